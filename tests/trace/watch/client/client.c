/*
 * Uses a Store that another program serves: puts, gets, an exception, and a
 * watch that is answered when a later put has happened.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

struct client {
    struct capos_ring *ring;
    struct console console;
    struct store store;
};

/* "what: number" */
static void say(struct client *client, const char *what, uint64_t number)
{
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
    capos_line_string(&line, ": ");
    capos_line_u64(&line, number);
    console_write_line(client->ring, client->console, capos_line_text(&line));
}

static void get(struct client *client, uint64_t key)
{
    struct store_get_call call;
    struct store_get_results_reader got;
    store_get_send(client->ring, client->store, key, &call);
    if (store_get_wait(client->ring, &call, &got) == CAP_OK) {
        say(client, "get", store_get_results_get_value(got));
    } else {
        struct capos_exception exception = capos_call_exception(&call.call);
        console_write_line(client->ring, client->console, exception.message);
    }
    store_get_finish(client->ring, &call);
}

static void put(struct client *client, uint64_t key, uint64_t value)
{
    uint64_t version = 0;
    if (store_put(client->ring, client->store, key, value, &version) == CAP_OK)
        say(client, "put, version", version);
}

static void watch(struct client *client, uint64_t key, uint64_t version)
{
    struct store_watch_call call;
    struct store_watch_results_reader seen;
    store_watch_send(client->ring, client->store, key, version, &call);
    if (store_watch_wait_for(client->ring, &call, 1000000, &seen) == CAP_ERR_TIMED_OUT)
        say(client, "nothing yet later than version", version);
    store_watch_finish(client->ring, &call);

    store_watch_send(client->ring, client->store, key, version, &call);
    put(client, key, 43);
    if (store_watch_wait(client->ring, &call, &seen) == CAP_OK)
        say(client, "watch saw", store_watch_results_get_value(seen));
    store_watch_finish(client->ring, &call);
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct client client;
    if (console_from_capset(runtime, "console", &client.console) < 0 ||
        store_from_capset(runtime, "store", &client.store) < 0 ||
        capos_runtime_lend_ring(runtime, &client.ring) < 0)
        return 1;
    get(&client, 7);
    put(&client, 7, 42);
    get(&client, 7);
    watch(&client, 7, 1);
    get(&client, 7);
    capos_runtime_return_ring(runtime, client.ring);
    return 0;
}
