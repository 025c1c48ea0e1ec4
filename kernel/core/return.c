/*
 * RETURN: the answer to a call, from the server's memory to the caller's.
 */
#include "kernel/core/ahead.h"
#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/held_return.h"
#include "kernel/core/kernel.h"
#include "kernel/core/trace.h"
#include "kernel/core/transfer.h"
#include "schema/capos.capos.h"

enum { RECORD_BYTES = sizeof(struct cap_transfer_result) };

static struct cap_cqe status_of(int32_t status)
{
    return (struct cap_cqe){.result = status};
}

/* The message of an exception, for what depends on the call: what does not decode has none. */
static void note_exception(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe)
{
    struct wire_message message;
    if (!(call->sqe.flags & CAP_SQE_PROMISE) || sqe->params_len == 0)
        return;
    wire_open_flat(&message, WIRE_PRIVATE, kernel->message.params, sqe->params_len);
    struct wire_text text = cap_exception_get_message((struct cap_exception_reader){wire_root(&message)});
    if (message.error == WIRE_OK)
        kernel_answer_note(call, text.chars, text.size);
}

/* What the caller is told when the answer does not fit its buffer or its slots. */
static struct cap_cqe refuse_answer(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                                    uint32_t bytes)
{
    struct cap_cqe cqe = {.result = CAP_ERR_BUFFER_TOO_SMALL, .needed = bytes};
    if (sqe->flags & CAP_SQE_EXCEPTION) {
        note_exception(kernel, call, sqe);
        cqe.result = CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED;
        cqe.aux = sqe->method_id;
    }
    kernel_call_finish(kernel, call, cqe);
    return sqe->flags & CAP_SQE_EXCEPTION ? status_of(CAP_OK) : cqe;
}

/* What the caller gets of it, and what its answer keeps. */
static void deliver_caps(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                         struct bundle *bundle, uint32_t shown)
{
    struct process *caller = call->caller;
    kernel_caps_unreserve(&caller->caps, call->sqe.result_cap_max);
    call->sqe.result_cap_max = 0;
    kernel_transfer_commit(kernel, bundle);
    if (call->sqe.flags & CAP_SQE_PROMISE)
        kernel_answer_keep(call, bundle, sqe->result_cap_max, sqe->flags & CAP_SQE_AHEAD);
    port_trace_caps(call, bundle, shown, caller);
    kernel_transfer_deliver(bundle, shown, caller);
    if (bundle->count > 0)
        kernel_transfer_lose(kernel, bundle);
}

/* The call, its answer, and what it carries are in order: nothing of it has been done. */
struct cap_cqe kernel_return_answer(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                                    struct bundle *bundle)
{
    struct process *server = call->server, *caller = call->caller;
    uint32_t bytes = sqe->params_len, shown = 0;
    bool fits = true;
    if (bundle->count > 0) {
        fits = kernel_call_fits(call, bundle, sqe->result_cap_max, &shown);
        bytes += (fits ? shown : bundle->count) * RECORD_BYTES;
    }
    if (!port_copy_in(server, kernel->message.params, sqe->params_addr, sqe->params_len)) {
        kernel_transfer_discard(kernel, bundle);
        return status_of(CAP_ERR_BAD_PARAMS);
    }
    if (bytes > call->sqe.result_len || !fits) {
        kernel_transfer_discard(kernel, bundle);
        return refuse_answer(kernel, call, sqe, bytes);
    }
    if (shown > 0)
        kernel_transfer_records(bundle, shown, caller, kernel_message_records(kernel, sqe->params_len));
    if (!port_copy_out(caller, call->sqe.result_addr, kernel->message.params, bytes)) {
        kernel_transfer_discard(kernel, bundle);
        kernel_call_fail(kernel, call, CAP_ERR_BAD_RESULT_BUFFER);
        return status_of(CAP_ERR_BAD_RESULT_BUFFER);
    }

    struct cap_cqe cqe = {.result = (int32_t)sqe->params_len, .cap_count = (uint16_t)shown};
    if (sqe->flags & CAP_SQE_EXCEPTION) {
        note_exception(kernel, call, sqe);
        cqe.result = CAP_ERR_APPLICATION_EXCEPTION;
        cqe.aux = sqe->method_id;
    }
    if (bundle->count > 0)
        deliver_caps(kernel, call, sqe, bundle, shown);
    port_trace_results(call, sqe->flags & CAP_SQE_EXCEPTION, kernel->message.params, sqe->params_len);
    kernel_call_finish(kernel, call, cqe);
    return status_of(CAP_OK);
}

struct cap_cqe kernel_return(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    struct tree_node *node = kernel_tree_find(&process->delivered, sqe->interface_id);
    if (!node)
        return status_of(CAP_ERR_UNKNOWN_CALL);
    if (sqe->params_len > KERNEL_MESSAGE_MAX)
        return status_of(CAP_ERR_MESSAGE_TOO_LARGE);
    if (!kernel_aligned(sqe->params_addr) || !kernel_aligned(sqe->params_len))
        return status_of(CAP_ERR_BAD_PARAMS);
    struct call *call = LIST_ENTRY(node, struct call, delivered);
    if (call->state == CALL_AHEAD || (sqe->flags & CAP_SQE_BACK))
        return status_of(kernel_ahead_return(kernel, call, sqe->flags & CAP_SQE_BACK));
    struct bundle *bundle = &kernel->answer_caps;
    bundle->count = 0;
    if (sqe->xfer_cap_count > 0) {
        int32_t status = kernel_transfer_decode(kernel, process, sqe->params_addr + sqe->params_len,
                                                sqe->xfer_cap_count, false, bundle);
        if (status < 0)
            return status_of(status);
        if (bundle->promises > 0 && call->state != CALL_ABANDONED)
            return kernel_return_hold(kernel, call, sqe, bundle);
    }
    if (call->state == CALL_DELIVERED)
        return kernel_return_answer(kernel, call, sqe, bundle);
    if (call->state == CALL_RETURNING) {
        kernel_transfer_discard(kernel, bundle);
        return status_of(CAP_ERR_UNKNOWN_CALL);
    }
    kernel_transfer_commit(kernel, bundle);
    kernel_transfer_lose(kernel, bundle);
    kernel_call_drop(kernel, call);
    return status_of(CAP_OK);
}
