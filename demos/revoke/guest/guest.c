/*
 * Serves a Guest: uses the door that it was given, and says how that ended.
 */
#include <capos/capset.h>
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/server.h>
#include <capos/text.h>

#include "schema/capos.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 2, ANSWER_BYTES = 40 };

static struct guest_state {
    struct capos_runtime *runtime;
    struct door door; /* null: it has none */
    struct capos_line line;
    char chars[ANSWER_BYTES];
} state;

/* How a call ended, in a word; after that no other answer to it may come. */
static struct wire_text ended(struct capos_ring *ring, const struct capos_call *call, capos_status status)
{
    struct capos_ring_stats stats;
    capos_line_begin(&state.line, state.chars, sizeof state.chars);
    if (status == CAP_ERR_APPLICATION_EXCEPTION)
        capos_line_string(&state.line, capos_call_exception(call).type == EXCEPTION_TYPE_DISCONNECTED
                                           ? "disconnected"
                                           : "refused");
    else
        capos_line_string(&state.line, status == CAP_OK ? "done" : capos_status_name(status));
    capos_ring_stats(ring, &stats);
    if (stats.unknown != 0)
        capos_line_string(&state.line, ", and an answer too many");
    return capos_line_text(&state.line);
}

static capos_status take(struct capos_request *request, struct guest_take_params_reader params)
{
    (void)request;
    capos_handle_release(state.runtime, state.door.cap);
    state.door.cap = CAPOS_CAP_NULL;
    return guest_take_params_adopt_door(params, &state.door);
}

static capos_status lend(struct capos_request *request, struct guest_lend_results_builder results)
{
    (void)request;
    guest_lend_results_pass_door(results, door_copied(state.door));
    return CAP_OK;
}

static capos_status knock(struct capos_request *request, struct guest_knock_results_builder results)
{
    struct capos_ring *ring = capos_request_ring(request);
    struct door_knock_call call;
    struct door_knock_results_reader got;
    door_knock_send(ring, state.door, &call);
    capos_status status = door_knock_wait(ring, &call, &got);
    struct wire_text answer = ended(ring, &call.call, status);
    if (status == CAP_OK) {
        capos_line_string(&state.line, ", number ");
        capos_line_u64(&state.line, door_knock_results_get_knocks(got));
        answer = capos_line_text(&state.line);
    }
    door_knock_finish(ring, &call);
    guest_knock_results_set_answer(results, answer);
    return CAP_OK;
}

static capos_status stay(struct capos_request *request, struct guest_stay_results_builder results)
{
    struct capos_ring *ring = capos_request_ring(request);
    struct door_stay_call call;
    door_stay_send(ring, state.door, &call);
    guest_stay_results_set_answer(results, ended(ring, &call.call, door_stay_wait(ring, &call)));
    door_stay_finish(ring, &call);
    return CAP_OK;
}

static const struct guest_ops ops = {.take = take, .lend = lend, .knock = knock, .stay = stay};

/* What the manifest calls this guest is the name of its one export. */
int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object guest;
    static char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct capos_capset_item item;
    if (capos_capset_get(runtime, 0, &item) != CAP_OK)
        return 1;
    for (uint32_t i = 0; i < item.name.size; i++)
        name[i] = item.name.chars[i];
    state.runtime = runtime;
    guest_object_init(&guest, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, name, &server, &guest, REQUESTS, memory) != CAP_OK;
}
