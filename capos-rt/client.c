/*
 * Calls: from params in a buffer to results in the same one.
 */
#include <capos/call.h>

#include <capos/heap.h>

#include "capos-rt/rt.h"
#include "capos-rt/transfer.h"
#include "schema/capos.capos.h"

/* The call is over before the kernel has seen it: what it was to give away stays. */
static capos_status end(struct capos_call *call, capos_status status)
{
    call->state = CAPOS_CALL_COMPLETE;
    call->status = status;
    rt_caps_conclude(&call->caps, status, 0);
    return status;
}

/* A buffer of room_words, and room for capabilities, from the heap when `words` is too small. */
static bool choose_buffer(struct capos_call *call, uint32_t room_words)
{
    const struct capos_method *method = call->method;
    if (room_words <= call->word_count)
        return true;
    room_words += method->params_caps * CAPOS_TRANSFER_WORDS + method->results_caps * CAPOS_RECORD_WORDS;
    uint64_t *words = capos_alloc((size_t)room_words * 8);
    if (!words)
        return false;
    call->words = words;
    call->word_count = room_words;
    call->owns_words = 1;
    return true;
}

capos_status capos_call_begin(struct capos_ring *ring, struct capos_call *call,
                              const struct capos_method *method, capos_cap target CAPOS_USES, uint64_t *words,
                              uint32_t word_count, uint32_t room_words,
                              struct wire_struct_builder *ret_params)
{
    struct wire_struct_builder params = {0};
    /* Field by field: what the union and the completion hold is set before it is read. */
    call->method = method;
    call->target = target;
    call->words = words;
    call->word_count = word_count;
    call->state = CAPOS_CALL_BUILDING;
    call->owns_words = call->is_promise = call->answer_id = 0;
    call->status = CAP_OK;
    call->root = (struct wire_struct){0};
    call->pending.is_complete = 0;
    call->pending.number = 0;
    if (!ring->lent)
        call->status = CAP_ERR_RING_LENT;
    else if (!choose_buffer(call, room_words))
        call->status = CAP_ERR_NO_MEMORY;
    wire_build_init(&call->wire.params, call->words,
                    rt_caps_init_outgoing(&call->caps, ring->runtime, call->words, call->word_count,
                                          method->params_caps));
    call->wire.params.message.caps = &call->caps;
    if (call->status == CAP_OK && (method->params_data_words > 0 || method->params_pointers > 0)) {
        params = wire_slot_init_struct(wire_build_root(&call->wire.params), method->params_data_words,
                                       method->params_pointers);
        if (params.state != WIRE_PRESENT)
            call->status = CAP_ERR_NO_MEMORY;
    }
    if (ret_params)
        *ret_params = params;
    return call->status;
}

/* Bytes of the params that were built, or why they cannot be sent. */
static capos_status close_params(struct capos_call *call, uint64_t *ret_bytes)
{
    const struct wire_build *build = &call->wire.params;
    if (call->status < 0)
        return call->status;
    if (call->caps.status < 0)
        return call->caps.status;
    if (wire_build_error(build) == WIRE_ERR_NO_SPACE)
        return CAP_ERR_NO_MEMORY;
    if (wire_build_error(build) != WIRE_OK)
        return CAP_ERR_BAD_MESSAGE;
    *ret_bytes = 0;
    if (call->method->params_data_words > 0 || call->method->params_pointers > 0)
        wire_build_flat(build, ret_bytes);
    return CAP_OK;
}

/* Bytes of the buffer that results may take: not what the call gives away. */
static uint32_t result_room(const struct capos_call *call)
{
    return call->word_count * 8 - call->caps.max * (uint32_t)sizeof(struct capos_given);
}

/*
 * What promises say in a submission: of the call's target and arguments, and
 * of its own answer. *ret_needs is what has to come before its completion. Out of line, as all that only
 * promises need.
 */
static __attribute__((noinline)) capos_status
name_answers(struct capos_runtime *runtime, struct capos_call *call, struct cap_sqe *sqe, uint64_t *ret_needs)
{
    struct rt_promised target;
    capos_status status = rt_caps_resolve(&call->caps, ret_needs);
    if (status == CAP_OK && rt_is_promised(call->target)) {
        status = rt_promise_find(runtime, call->target, &target);
        if (status != CAP_OK)
            return status;
        sqe->flags |= CAP_SQE_PIPELINE;
        sqe->cap_id = 0;
        sqe->pipeline.dep = target.answer_id;
        sqe->pipeline.field = target.field;
        *ret_needs |= rt_promise_needs(runtime, target.answer_id);
    }
    if (status == CAP_OK && call->is_promise) {
        status = rt_promise_keep(runtime, &call->pending, &call->answer_id);
        sqe->flags |= CAP_SQE_PROMISE;
        sqe->answer_id = call->answer_id;
    }
    return status;
}

capos_status capos_call_submit(struct capos_ring *ring, struct capos_call *call)
{
    uint64_t bytes = 0, needs = 0;
    if (call->state != CAPOS_CALL_BUILDING)
        return call->status;
    capos_status status = ring->lent ? close_params(call, &bytes) : CAP_ERR_RING_LENT;
    uint32_t room = result_room(call), message_max = ring->page->header.message_max;
    struct cap_sqe sqe = {
        .op = CAP_OP_CALL,
        .method_id = call->method->ordinal,
        .xfer_cap_count = call->caps.count,
        .result_cap_max = call->method->results_caps,
        .params_addr = (uintptr_t)call->words,
        .params_len = (uint32_t)bytes,
        .result_len = room < message_max ? room : message_max,
        .result_addr = (uintptr_t)call->words,
        .interface_id = call->method->interface_id,
        .cap_id = call->target,
    };
    if (status == CAP_OK && bytes > message_max)
        status = CAP_ERR_MESSAGE_TOO_LARGE;
    if (status == CAP_OK && (call->is_promise | call->caps.promised | rt_is_promised(call->target)))
        status = name_answers(ring->runtime, call, &sqe, &needs);
    if (status < 0)
        return end(call, status);
    rt_caps_close(&call->caps, call->words, bytes);
    rt_ring_submit(ring, &sqe, &call->pending);
    call->pending.needs = needs;
    call->state = CAPOS_CALL_PENDING;
    return CAP_OK;
}

void(capos_call_promise)(struct capos_call *call)
{
    call->is_promise = 1;
}

capos_cap capos_call_promised(const struct capos_call *call, uint16_t field)
{
    if (call->answer_id != 0)
        return rt_promise_name(call->caps.runtime, call->answer_id, field);
    bool failed = call->is_promise && call->status < 0 && call->state != CAPOS_CALL_FINISHED;
    return rt_promise_none(failed ? call->status : CAP_ERR_BAD_ANSWER);
}

/* The capabilities that came: their records follow the payload. */
static __attribute__((noinline)) void open_records(struct capos_call *call, const struct cap_cqe *cqe,
                                                   uint64_t bytes)
{
    uint64_t records = (uint64_t)cqe->cap_count * sizeof(struct cap_transfer_result);
    if (bytes % 8 != 0 || bytes + records > (uint64_t)call->word_count * 8)
        return;
    rt_caps_init_incoming(&call->caps, call->caps.runtime, call->words + bytes / 8, cqe->cap_count);
    call->caps.fields = call->method->results_fields;
}

static bool open_payload(struct capos_call *call, uint64_t bytes)
{
    struct wire_message *results = &call->wire.results;
    if (bytes > (uint64_t)call->word_count * 8 ||
        wire_open_flat(results, WIRE_PRIVATE, call->words, bytes) != WIRE_OK)
        return false;
    results->cap_count = call->caps.count;
    results->caps = &call->caps;
    call->root = wire_root(results);
    call->caps.root = call->root.data;
    return call->root.state != WIRE_BROKEN;
}

/* Looks at a completion that has come: opens its payload, if it has one. */
static void conclude(struct capos_call *call)
{
    const struct cap_cqe *cqe = &call->pending.completion;
    uint64_t bytes = cqe->result > 0 ? (uint64_t)cqe->result : 0;
    call->state = CAPOS_CALL_COMPLETE;
    call->status = cqe->result < 0 ? cqe->result : CAP_OK;
    if (call->caps.given_count > 0)
        rt_caps_conclude(&call->caps, cqe->result, cqe->flags);
    if (cqe->cap_count > 0)
        open_records(call, cqe, bytes);
    if (bytes > 0 && !open_payload(call, bytes))
        call->status = CAP_ERR_BAD_MESSAGE;
}

capos_status capos_call_wait(struct capos_ring *ring, struct capos_call *call, uint64_t timeout_ns,
                             struct wire_struct *ret_results)
{
    if (call->state == CAPOS_CALL_PENDING) {
        if (!call->pending.is_complete && !ring->lent)
            return CAP_ERR_RING_LENT;
        capos_status status = rt_ring_await(ring, &call->pending, timeout_ns);
        if (status < 0)
            return status;
        conclude(call);
    }
    if (call->state != CAPOS_CALL_COMPLETE)
        return call->status < 0 ? call->status : CAP_ERR_UNKNOWN_CALL;
    if (call->status == CAP_OK && ret_results)
        *ret_results = call->root;
    return call->status;
}

capos_status capos_call_poll(struct capos_ring *ring, struct capos_call *call,
                             struct wire_struct *ret_results)
{
    return capos_call_wait(ring, call, 0, ret_results);
}

capos_status capos_call_wait_for(struct capos_ring *ring, struct capos_call *call, uint64_t timeout_ns,
                                 struct wire_struct *ret_results)
{
    capos_status status = capos_call_wait(ring, call, timeout_ns, ret_results);
    if (status != CAP_ERR_TIMED_OUT || call->state != CAPOS_CALL_PENDING)
        return status;
    capos_call_cancel(ring, call);
    status = capos_call_wait(ring, call, CAPOS_FOREVER, ret_results);
    if (status == CAP_ERR_CANCELLED)
        status = call->status = CAP_ERR_TIMED_OUT;
    return status;
}

capos_status capos_call_cancel(struct capos_ring *ring, struct capos_call *call)
{
    if (call->state != CAPOS_CALL_PENDING || call->pending.is_complete)
        return CAP_OK;
    if (!ring->lent)
        return CAP_ERR_RING_LENT;
    rt_ring_cancel(ring, &call->pending);
    return CAP_OK;
}

/* The kernel ends a promise by itself, unless there are calls that need it. */
static __attribute__((noinline)) void finish_promise(struct capos_ring *ring, struct capos_call *call)
{
    rt_promise_finish(ring->runtime, call->answer_id);
    call->answer_id = 0;
    if (call->state != CAPOS_CALL_PENDING)
        return;
    rt_ring_reap(ring);
    if (call->pending.is_complete)
        return;
    rt_ring_settle(ring);
    rt_ring_await(ring, &call->pending, CAPOS_FOREVER);
}

void capos_call_finish(struct capos_ring *ring, struct capos_call *call)
{
    if (call->answer_id != 0)
        finish_promise(ring, call);
    else
        capos_call_cancel(ring, call);
    if (call->state == CAPOS_CALL_BUILDING)
        end(call, CAP_ERR_CANCELLED);
    if (call->state == CAPOS_CALL_PENDING)
        conclude(call);
    if (call->state == CAPOS_CALL_FINISHED)
        return;
    rt_caps_fini_incoming(&call->caps);
    if (call->owns_words)
        capos_free(call->words);
    call->owns_words = 0;
    call->state = CAPOS_CALL_FINISHED;
}

__attribute__((cold)) struct capos_exception capos_call_exception(const struct capos_call *call)
{
    struct capos_exception exception = {.message = wire_text_make("", 0)};
    const struct cap_cqe *cqe = &call->pending.completion;
    exception.message.state = WIRE_ABSENT;
    if (call->state != CAPOS_CALL_COMPLETE)
        return exception;
    if (call->status == CAP_ERR_APPLICATION_EXCEPTION) {
        /* Reading keeps errors in the message: a copy of it, so that the call stays as it is. */
        struct wire_message message;
        wire_open_flat(&message, WIRE_PRIVATE, call->words, (uint64_t)call->word_count * 8);
        struct cap_exception_reader reader = {wire_root(&message)};
        struct wire_text text = cap_exception_get_message(reader);
        exception.type = (uint16_t)cqe->aux;
        if (text.state == WIRE_PRESENT)
            exception.message = text;
    } else if (call->status == CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED) {
        exception.type = (uint16_t)cqe->aux;
        exception.needed = cqe->needed;
    }
    return exception;
}

uint64_t capos_call_needed(const struct capos_call *call)
{
    bool small = call->state == CAPOS_CALL_COMPLETE && call->status == CAP_ERR_BUFFER_TOO_SMALL;
    return small ? call->pending.completion.needed : 0;
}
