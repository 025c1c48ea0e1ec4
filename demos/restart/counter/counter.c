/*
 * Counts touches, and breaks when a clumsy one touches it.
 */
#include <capos/panic.h>
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/demo.server.capos.h"

enum { REQUESTS = 2 };

static uint32_t touches;

static capos_status touch(struct capos_request *request, struct baton_touch_params_reader params,
                          struct baton_touch_results_builder results)
{
    (void)request;
    if (wire_text_equal(baton_touch_params_get_by(params), WIRE_TEXT("clumsy")))
        capos_panic("the counter is broken");
    baton_touch_results_set_touches(results, ++touches);
    return CAP_OK;
}

static const struct baton_ops ops = {.touch = touch};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object counter;
    baton_object_init(&counter, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "counter", &server, &counter, REQUESTS, memory) != CAP_OK;
}
