/*
 * Returns that wait for promises.
 */
#include "kernel/core/held_return.h"

#include "kernel/core/answer.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"
#include "kernel/core/ring.h"
#include "kernel/core/transfer.h"

/* The record is charged like a call, and the completion is owed like one's. */
static int32_t hold(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                    struct bundle *bundle)
{
    struct process *process = call->server;
    struct list_node *node = list_first(&process->calls_free);
    if (!node)
        return CAP_ERR_TOO_MANY_CALLS;
    struct bundle *kept = kernel_pool_take(&kernel->bundle_pool);
    if (!kept)
        return CAP_ERR_NO_MEMORY;
    struct call *held = LIST_ENTRY(node, struct call, in_process);
    list_remove(node);
    *kept = *bundle;
    *held = (struct call){
        .caller = process,
        .target = kernel_object_acquire(&kernel->objects[0]),
        .sqe = *sqe,
        .state = CALL_RETURNS,
        .caps = kept,
        .other = call,
    };
    held->sqe.flags &= (uint8_t)~CAP_SQE_AHEAD; /* what it says is long past when it goes on */
    list_append(&process->calls_busy, &held->in_process);
    process->calls_busy_count++;
    kernel->calls++;
    int32_t status = kernel_promise_caps(kernel, held, kept);
    if (status != CAP_OK) {
        kept->count = 0; /* the caller's to discard */
        list_remove(&held->in_process);
        process->calls_busy_count--;
        kernel_pool_give(&kernel->bundle_pool, kept);
        kernel_object_release(kernel, held->target);
        kernel_call_free(kernel, held);
        return status;
    }
    kernel_transfer_commit(kernel, kept);
    call->state = CALL_RETURNING;
    call->other = held;
    return CAP_OK;
}

struct cap_cqe kernel_return_hold(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                                  struct bundle *bundle)
{
    int32_t status;
    if (call->state == CALL_RETURNING)
        status = CAP_ERR_UNKNOWN_CALL;
    else if (sqe->flags & CAP_SQE_RETURN_RECV)
        status = CAP_ERR_BAD_TRANSFER;
    else if (kernel_promise_leads_back(call, bundle))
        status = CAP_ERR_BROKEN_PROMISE;
    else
        status = hold(kernel, call, sqe, bundle);
    if (status == CAP_OK)
        bundle->count = 0;
    else
        kernel_transfer_discard(kernel, bundle);
    return (struct cap_cqe){.result = status == CAP_OK ? KERNEL_RETURN_WAITS : status};
}

void kernel_return_late(struct kernel *kernel, struct call *held)
{
    struct call *call = held->other;
    call->state = CALL_DELIVERED;
    kernel_return_end(kernel, held, kernel_return_answer(kernel, call, &held->sqe, held->caps), false);
}

void kernel_return_end(struct kernel *kernel, struct call *held, struct cap_cqe cqe, bool lost)
{
    struct process *process = held->caller;
    cqe.user_data = held->sqe.user_data;
    if (cqe.result < 0 && held->caps->mints)
        cqe.flags = CAP_CQE_MINTED;
    kernel_promise_drop(kernel, held);
    if (lost)
        kernel_transfer_lose(kernel, held->caps);
    else
        kernel_transfer_drop(kernel, held->caps);
    kernel_pool_give(&kernel->bundle_pool, held->caps);
    kernel_object_release(kernel, held->target);
    list_remove(&held->in_process);
    process->calls_busy_count--;
    kernel_call_free(kernel, held);
    if (process->state == PROCESS_RUNNING)
        kernel_ring_post(kernel, process, &cqe);
}
