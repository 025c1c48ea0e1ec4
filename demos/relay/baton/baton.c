/*
 * Serves a Baton: whoever holds it may touch it, and says so.
 */
#include <capos/runtime.h>
#include <capos/server.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 2 };

static struct baton_state {
    struct console console;
    uint32_t touches;
} state;

static capos_status touch(struct capos_request *request, struct baton_touch_params_reader params,
                          struct baton_touch_results_builder results)
{
    struct wire_text by = baton_touch_params_get_by(params);
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "baton: touched by ");
    capos_line_bytes(&line, by.chars, by.size);
    baton_touch_results_set_touches(results, ++state.touches);
    return console_write_line(capos_request_ring(request), state.console, capos_line_text(&line));
}

static const struct baton_ops ops = {.touch = touch};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object baton;
    baton_object_init(&baton, &server, &ops, NULL, NULL);
    if (console_from_capset(runtime, "console", &state.console) < 0)
        return 1;
    return capos_server_export(runtime, "baton", &server, &baton, REQUESTS, memory) < 0;
}
