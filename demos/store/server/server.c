/*
 * Serves a Store: values by key, and watches that are answered later, from
 * inside the put that they wait for.
 */
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/capos.capos.h"
#include "schema/demo.server.capos.h"

enum { KEYS_MAX = 64, WATCHERS_MAX = 8, REQUESTS = 8 };

struct value {
    uint64_t key;
    uint64_t value;
    uint64_t version; /* 0: the place is free */
};

struct watcher {
    struct store_watch_reply reply;
    uint64_t key;
    bool waits;
};

static struct store_state {
    struct value values[KEYS_MAX];
    struct watcher watchers[WATCHERS_MAX];
} state;

/* The place of a key, or the first free one; NULL: there is neither. */
static struct value *find(uint64_t key)
{
    for (int i = 0; i < KEYS_MAX; i++)
        if (state.values[i].version == 0 || state.values[i].key == key)
            return &state.values[i];
    return NULL;
}

static capos_status get(struct capos_request *request, struct store_get_params_reader params,
                        struct store_get_results_builder results)
{
    const struct value *found = find(store_get_params_get_key(params));
    if (!found || found->version == 0)
        return capos_request_refuse(request, EXCEPTION_TYPE_FAILED, WIRE_TEXT("no such key"));
    store_get_results_set_value(results, found->value);
    store_get_results_set_version(results, found->version);
    return CAP_OK;
}

static void answer(struct watcher *watcher, const struct value *value)
{
    struct store_watch_results_builder results = store_watch_reply_results(&watcher->reply);
    store_watch_results_set_value(results, value->value);
    store_watch_results_set_version(results, value->version);
    watcher->waits = false;
    store_watch_reply_send(&watcher->reply);
}

static capos_status put(struct capos_request *request, struct store_put_params_reader params,
                        struct store_put_results_builder results)
{
    uint64_t key = store_put_params_get_key(params);
    struct value *place = find(key);
    if (!place)
        return capos_request_refuse(request, EXCEPTION_TYPE_OVERLOADED, WIRE_TEXT("the store is full"));
    *place = (struct value){key, store_put_params_get_value(params), place->version + 1};
    store_put_results_set_version(results, place->version);
    for (int i = 0; i < WATCHERS_MAX; i++)
        if (state.watchers[i].waits && state.watchers[i].key == key)
            answer(&state.watchers[i], place);
    return CAP_OK;
}

/* Whoever asked has given up: the call is still to be answered, and nobody hears it. */
static void cancelled(struct capos_reply *reply)
{
    struct watcher *watcher = reply->data;
    watcher->waits = false;
    capos_reply_refuse(reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("cancelled"));
}

static capos_status watch(struct capos_request *request, struct store_watch_params_reader params,
                          struct store_watch_results_builder results)
{
    const struct value *found = find(store_watch_params_get_key(params));
    if (found && found->version > store_watch_params_get_version(params)) {
        store_watch_results_set_value(results, found->value);
        store_watch_results_set_version(results, found->version);
        return CAP_OK;
    }
    for (int i = 0; i < WATCHERS_MAX; i++) {
        struct watcher *watcher = &state.watchers[i];
        if (watcher->waits)
            continue;
        capos_status status = store_watch_defer(request, 0, &watcher->reply);
        watcher->reply.reply.data = watcher;
        watcher->reply.reply.cancelled = cancelled;
        watcher->key = store_watch_params_get_key(params);
        watcher->waits = status == CAP_OK;
        return status;
    }
    return capos_request_refuse(request, EXCEPTION_TYPE_OVERLOADED, WIRE_TEXT("too many watchers"));
}

static const struct store_ops ops = {.get = get, .put = put, .watch = watch};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object store;
    store_object_init(&store, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "store", &server, &store, REQUESTS, memory) < 0;
}
