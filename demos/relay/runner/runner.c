/*
 * Serves a Runner: takes a baton, which is then its own, touches it, and hands it on or keeps it.
 */
#include <capos/capset.h>
#include <capos/runtime.h>
#include <capos/server.h>
#include <capos/text.h>

#include "schema/capos.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 2 };

static struct runner_state {
    struct capos_runtime *runtime;
    struct wire_text name;
    struct baton baton; /* null: it holds none */
} state;

static capos_status hand_on(struct capos_ring *ring, struct runner next, uint32_t *ret_touches)
{
    const struct runner nobody = {CAPOS_CAP_NULL};
    capos_status status =
        runner_take(ring, next, baton_moved(state.baton), runner_copied(nobody), ret_touches);
    if (status == CAP_OK)
        state.baton.cap = CAPOS_CAP_NULL;
    return status;
}

static capos_status take(struct capos_request *request, struct runner_take_params_reader params,
                         struct runner_take_results_builder results)
{
    struct capos_ring *ring = capos_request_ring(request);
    struct runner next;
    uint32_t touches = 0;
    capos_handle_release(state.runtime, state.baton.cap);
    state.baton.cap = CAPOS_CAP_NULL;
    capos_status status = runner_take_params_adopt_baton(params, &state.baton);
    if (status == CAP_OK)
        status = baton_touch(ring, state.baton, state.name, &touches);
    if (status == CAP_OK && runner_take_params_borrow_next(params, &next) == CAP_OK)
        status = hand_on(ring, next, &touches);
    runner_take_results_set_touches(results, touches);
    return status;
}

static capos_status drop(struct capos_request *request, struct runner_drop_results_builder results)
{
    if (state.baton.cap == CAPOS_CAP_NULL)
        return capos_request_refuse(request, EXCEPTION_TYPE_FAILED, WIRE_TEXT("it holds no baton"));
    runner_drop_results_pass_baton(results, baton_moved(state.baton));
    state.baton.cap = CAPOS_CAP_NULL;
    return CAP_OK;
}

static const struct runner_ops ops = {.take = take, .drop = drop};

/* What the manifest calls this runner is the name of its one export. */
int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object runner;
    static char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct capos_capset_item item;
    if (capos_capset_get(runtime, 0, &item) < 0)
        return 1;
    for (uint32_t i = 0; i < item.name.size; i++)
        name[i] = item.name.chars[i];
    state.runtime = runtime;
    state.name = item.name;
    runner_object_init(&runner, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, name, &server, &runner, REQUESTS, memory) < 0;
}
