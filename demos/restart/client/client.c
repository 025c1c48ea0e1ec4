/*
 * Uses a counter that breaks. The call under way ends with disconnected; the
 * next one, through the same handle, waits for the counter's next instance.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

struct client {
    struct capos_ring *ring;
    struct console console;
    struct baton counter;
};

static bool touch(const struct client *client)
{
    struct capos_line line;
    char chars[40];
    uint32_t touches = 0;
    capos_status status = baton_touch(client->ring, client->counter, CAPOS_TEXT("hand"), &touches);
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "touches: ");
    capos_line_u64(&line, touches);
    return status == CAP_OK &&
           console_write_line(client->ring, client->console, capos_line_text(&line)) == CAP_OK;
}

static bool touch_twice(const struct client *client)
{
    bool first = touch(client);
    return touch(client) && first;
}

/* Whether the call ended as it must when its server dies. */
static bool break_it(const struct client *client)
{
    struct baton_touch_call call;
    struct baton_touch_results_reader results;
    baton_touch_send(client->ring, client->counter, CAPOS_TEXT("clumsy"), &call);
    bool good = baton_touch_wait(client->ring, &call, &results) == CAP_ERR_APPLICATION_EXCEPTION &&
                capos_call_exception(&call.call).type == EXCEPTION_TYPE_DISCONNECTED;
    baton_touch_finish(client->ring, &call);
    return good;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct client client;
    if (console_from_capset(runtime, "console", &client.console) != CAP_OK ||
        baton_from_capset(runtime, "counter", &client.counter) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &client.ring) != CAP_OK)
        return 1;
    bool good = touch_twice(&client);
    for (int i = 0; i < 2 && good; i++)
        good = break_it(&client) && touch_twice(&client);
    capos_runtime_return_ring(runtime, client.ring);
    return !good;
}
