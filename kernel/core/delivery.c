/*
 * Calls between programs: from the caller's memory to a receiver's. A message
 * is put together in kernel->message and copied out whole; ids are foretold, so
 * that nothing has to be undone when that fails. return.c has the way back.
 */
#include "kernel/core/ahead.h"
#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/held_return.h"
#include "kernel/core/kernel.h"
#include "kernel/core/ring.h"
#include "kernel/core/trace.h"
#include "kernel/core/transfer.h"
#include "schema/capos.capos.h"

enum {
    HEADER_BYTES = sizeof(struct cap_message_header),
    RECORD_BYTES = sizeof(struct cap_transfer_result),
};

/* --- Receives ------------------------------------------------------------------- */

int32_t kernel_receive_check(struct process *process, const struct cap_sqe *sqe, uint64_t *ret_needed)
{
    struct object *object = kernel_caps_find(&process->caps, sqe->cap_id);
    if (!object && sqe->cap_id != CAPOS_CAP_NULL)
        return CAP_ERR_STALE_CAP;
    const struct endpoint *endpoint = object ? kernel_endpoint_of(object) : NULL;
    if (!endpoint)
        return CAP_ERR_NOT_PERMITTED;
    if (kernel_tree_find(&process->pending, sqe->user_data))
        return CAP_ERR_BAD_SQE;
    if (!kernel_aligned(sqe->result_addr) || !port_writable(process, sqe->result_addr, sqe->result_len))
        return CAP_ERR_BAD_RESULT_BUFFER;
    uint64_t needed = HEADER_BYTES + endpoint->message_max + (uint64_t)endpoint->caps_max * RECORD_BYTES;
    if (sqe->result_len < needed) {
        *ret_needed = needed;
        return CAP_ERR_BUFFER_TOO_SMALL;
    }
    if (list_empty(&process->receives_free))
        return CAP_ERR_TOO_MANY_CALLS;
    return process->caps.free - process->caps.reserved < endpoint->caps_max ? CAP_ERR_NO_SLOTS : CAP_OK;
}

void kernel_receive(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    struct endpoint *endpoint = kernel_endpoint_of(kernel_caps_find(&process->caps, sqe->cap_id));
    struct receive *receive = LIST_ENTRY(list_take(&process->receives_free), struct receive, in_process);
    receive->pending.is_receive = true;
    receive->process = process;
    receive->endpoint = endpoint;
    receive->address = sqe->result_addr;
    receive->takes_ahead = sqe->flags & CAP_SQE_AHEAD;
    kernel_caps_reserve(&process->caps, endpoint->caps_max);
    kernel_tree_insert(&process->pending, &receive->pending.by_user_data, sqe->user_data);
    list_append(&process->receives_busy, &receive->in_process);
    process->receives_busy_count++;
    list_append(&endpoint->receivers, &receive->in_endpoint);
    kernel_endpoint_ready(kernel, endpoint);
}

void kernel_receive_complete(struct kernel *kernel, struct receive *receive, struct cap_cqe cqe)
{
    struct process *process = receive->process;
    cqe.user_data = receive->pending.by_user_data.key;
    kernel_tree_remove(&process->pending, &receive->pending.by_user_data);
    list_remove(&receive->in_endpoint);
    list_remove(&receive->in_process);
    list_append(&process->receives_free, &receive->in_process);
    process->receives_busy_count--;
    if (process->state == PROCESS_RUNNING)
        kernel_ring_post(kernel, process, &cqe);
}

void kernel_receive_end(struct kernel *kernel, struct receive *receive, int32_t status)
{
    kernel_caps_unreserve(&receive->process->caps, receive->endpoint->caps_max);
    kernel_receive_complete(kernel, receive, (struct cap_cqe){.result = status});
}

/* --- Delivering ----------------------------------------------------------------- */

static struct receive *first_receiver(const struct endpoint *endpoint)
{
    struct list_node *node = list_first(&endpoint->receivers);
    return node ? LIST_ENTRY(node, struct receive, in_endpoint) : NULL;
}

/* Inline on the way of a call, and a function to ahead.c. */
inline bool kernel_receive_copy(struct kernel *kernel, struct receive *receive, uint32_t bytes)
{
    if (port_copy_out(receive->process, receive->address, &kernel->message, bytes))
        return true;
    kernel_receive_end(kernel, receive, CAP_ERR_BAD_RESULT_BUFFER);
    return false;
}

/* A message without params and capabilities. */
static bool deliver_notice(struct kernel *kernel, struct receive *receive,
                           const struct cap_message_header *header)
{
    kernel->message.header = *header;
    if (!kernel_receive_copy(kernel, receive, HEADER_BYTES))
        return false;
    kernel_receive_end(kernel, receive, HEADER_BYTES);
    return true;
}

/* A receive of that process; or NULL. */
static struct receive *receiver_of(const struct endpoint *endpoint, const struct process *process)
{
    for (struct list_node *node = list_first(&endpoint->receivers); node;
         node = list_next(&endpoint->receivers, node)) {
        struct receive *receive = LIST_ENTRY(node, struct receive, in_endpoint);
        if (receive->process == process)
            return receive;
    }
    return NULL;
}

static void deliver_cancelled(struct kernel *kernel, struct call *call, struct receive *receive)
{
    const struct facet *facet = kernel_facet_of(call->target); /* NULL: it came ahead */
    const struct cap_message_header header = {
        .badge = facet ? facet->by_badge.key : 0,
        .interface_id = call->sqe.interface_id,
        .call_id = call->delivered.key,
        .kind = CAP_MESSAGE_CANCELLED,
        .method_id = call->sqe.method_id,
    };
    if (deliver_notice(kernel, receive, &header))
        list_remove(&call->in_object);
}

static void deliver_released(struct kernel *kernel, struct endpoint *endpoint, struct receive *receive)
{
    struct list_node *node = list_first(&endpoint->released);
    struct facet *facet = kernel_facet_of(LIST_ENTRY(node, struct object, in_dying));
    const struct cap_message_header header = {
        .badge = facet->by_badge.key,
        .kind = CAP_MESSAGE_RELEASED,
    };
    if (deliver_notice(kernel, receive, &header))
        kernel_facet_free(kernel, facet);
}

/* Header, params and records of a call. False: the params are not there. */
static bool compose(struct kernel *kernel, struct call *call, const struct process *receiver,
                    uint32_t *ret_bytes)
{
    uint32_t count = call->caps ? call->caps->count : 0;
    kernel->message.header = (struct cap_message_header){
        .badge = kernel_facet_of(call->target)->by_badge.key,
        .interface_id = call->sqe.interface_id,
        .call_id = kernel->last_call_id + 1,
        .params_len = call->sqe.params_len,
        .result_len = call->sqe.result_len,
        .kind = CAP_MESSAGE_CALL,
        .method_id = call->sqe.method_id,
        .cap_count = (uint16_t)count,
        .result_cap_max = call->sqe.result_cap_max,
    };
    if (!port_copy_in(call->caller, kernel->message.params, call->sqe.params_addr, call->sqe.params_len))
        return false;
    if (count > 0)
        kernel_transfer_records(call->caps, count, receiver,
                                kernel_message_records(kernel, call->sqe.params_len));
    *ret_bytes = HEADER_BYTES + call->sqe.params_len + count * RECORD_BYTES;
    return true;
}

/*
 * Delivers a call. False: the receive has ended in its stead, and the call waits as
 * before. A call whose params are not there ends, and the receive waits on.
 */
static bool deliver_call(struct kernel *kernel, struct call *call, struct receive *receive)
{
    struct process *receiver = receive->process;
    struct endpoint *endpoint = receive->endpoint;
    uint32_t bytes = 0;
    if (!compose(kernel, call, receiver, &bytes)) {
        kernel_call_fail(kernel, call, CAP_ERR_BAD_PARAMS);
        return true;
    }
    if (!kernel_receive_copy(kernel, receive, bytes))
        return false;

    struct cap_cqe cqe = {.result = (int32_t)(HEADER_BYTES + call->sqe.params_len)};
    port_trace_params(call);
    port_trace_delivered(call, receiver);
    kernel_caps_unreserve(&receiver->caps, endpoint->caps_max);
    if (call->caps) {
        cqe.cap_count = (uint16_t)call->caps->count;
        port_trace_caps(call, call->caps, call->caps->count, receiver);
        kernel_transfer_deliver(call->caps, call->caps->count, receiver);
        kernel_pool_give(&kernel->bundle_pool, call->caps);
        call->caps = NULL;
    }
    if (call->state == CALL_QUEUED)
        kernel_queue_leave(kernel, call->queue, call);
    call->state = CALL_DELIVERED;
    call->server = receiver;
    kernel_tree_insert(&receiver->delivered, &call->delivered, ++kernel->last_call_id);
    kernel_receive_complete(kernel, receive, cqe);
    if (call->sqe.flags & CAP_SQE_PROMISE)
        kernel_ahead_send(kernel, kernel_answer_of(call));
    return true;
}

/* The queue whose turn it is goes to the end of the line. */
static struct call *next_call(struct endpoint *endpoint)
{
    struct queue *queue = LIST_ENTRY(list_first(&endpoint->turns), struct queue, in_turns);
    list_remove(&queue->in_turns);
    list_append(&endpoint->turns, &queue->in_turns);
    return LIST_ENTRY(list_first(&queue->calls), struct call, in_object);
}

/* A receiver's bad buffer costs it its turn, not the queue: that goes back to the head of the line. */
static void deliver_next_call(struct kernel *kernel, struct endpoint *endpoint, struct receive *receive)
{
    struct call *call = next_call(endpoint);
    if (deliver_call(kernel, call, receive))
        return;
    struct list_node *turn = &call->queue->in_turns;
    list_remove(turn);
    list_prepend(&endpoint->turns, turn);
}

/* Who received a call is told that it was cancelled; another owner of the endpoint is not. */
static void serve_cancelled(struct kernel *kernel, struct endpoint *endpoint)
{
    struct list_node *next;
    for (struct list_node *node = list_first(&endpoint->cancelled); node; node = next) {
        struct call *call = LIST_ENTRY(node, struct call, in_object);
        struct receive *receive;
        next = list_next(&endpoint->cancelled, node);
        while (list_linked(node) && (receive = receiver_of(endpoint, call->server)))
            deliver_cancelled(kernel, call, receive);
    }
}

static void serve(struct kernel *kernel, struct endpoint *endpoint)
{
    struct receive *receive;
    if (!list_empty(&endpoint->cancelled))
        serve_cancelled(kernel, endpoint);
    while ((receive = first_receiver(endpoint))) {
        if (!list_empty(&endpoint->released))
            deliver_released(kernel, endpoint, receive);
        else if (!list_empty(&endpoint->turns))
            deliver_next_call(kernel, endpoint, receive);
        else
            return;
    }
}

void kernel_work_through(struct kernel *kernel)
{
    struct list_node *node;
    if (kernel->working) /* an operation within: what follows from it is done by the one around it */
        return;
    kernel->working = true;
    do {
        kernel_objects_reap(kernel);
        node = list_take(&kernel->ready);
        if (node == &kernel->in_ready)
            kernel_answers_go_on(kernel);
        else if (node)
            serve(kernel, LIST_ENTRY(node, struct endpoint, in_ready));
    } while (node || !list_empty(&kernel->dying));
    kernel->working = false;
}

/* --- Calling -------------------------------------------------------------------- */

/* What is decoded waits for the promises in it, at the endpoint if that is known. */
static int32_t wait_for_caps(struct kernel *kernel, struct call *call, const struct bundle *bundle,
                             struct endpoint *endpoint, struct queue **queue)
{
    int32_t status = kernel_promise_caps(kernel, call, bundle);
    if (status != CAP_OK || !endpoint || *queue)
        return status;
    status = kernel_queue_enter(kernel, endpoint, call->caller, queue);
    if (status != CAP_OK)
        kernel_promise_drop(kernel, call);
    return status;
}

int32_t kernel_call_take_caps(struct kernel *kernel, struct call *call, struct endpoint *endpoint,
                              struct queue **queue)
{
    const struct cap_sqe *sqe = &call->sqe;
    struct bundle *bundle = kernel_pool_take(&kernel->bundle_pool);
    if (!bundle)
        return CAP_ERR_NO_MEMORY;
    int32_t status = kernel_transfer_decode(kernel, call->caller, sqe->params_addr + sqe->params_len,
                                            sqe->xfer_cap_count, !endpoint, bundle);
    if (status == CAP_OK && bundle->promises > 0) {
        status = wait_for_caps(kernel, call, bundle, endpoint, queue);
        if (status != CAP_OK)
            kernel_transfer_discard(kernel, bundle);
    }
    if (status < 0) {
        kernel_pool_give(&kernel->bundle_pool, bundle);
        return status;
    }
    kernel_transfer_commit(kernel, bundle);
    if (bundle->mints)
        call->sqe.flags |= KERNEL_SQE_MINTED;
    call->caps = bundle;
    return CAP_OK;
}

/* Finds the call a receiver, or a place in its queue. */
static int32_t submit(struct kernel *kernel, struct endpoint *endpoint, struct call *call)
{
    struct receive *receive;
    struct queue *queue = NULL;
    int32_t status = CAP_OK;
    if (endpoint->queues.root || list_empty(&endpoint->receivers))
        status = kernel_queue_enter(kernel, endpoint, call->caller, &queue);
    if (status == CAP_OK && call->sqe.xfer_cap_count > 0 && !call->caps)
        status = kernel_call_take_caps(kernel, call, endpoint, &queue);
    if (queue && status == CAP_OK)
        kernel_queue_append(kernel, queue, call);
    else if (queue)
        kernel_queue_leave(kernel, queue, NULL);
    if (queue || status < 0)
        return status;
    while ((receive = first_receiver(endpoint)))
        if (deliver_call(kernel, call, receive))
            return CAP_OK;
    status = kernel_queue_enter(kernel, endpoint, call->caller, &queue);
    if (status < 0)
        kernel_call_fail(kernel, call, status);
    else
        kernel_queue_append(kernel, queue, call);
    return CAP_OK;
}

static bool too_large(const struct endpoint *endpoint, const struct cap_sqe *sqe)
{
    return sqe->params_len > endpoint->message_max || sqe->xfer_cap_count > endpoint->caps_max;
}

/* What was taken before the target was known may be for objects of the kernel alone. */
static bool may_be_sent(const struct bundle *bundle)
{
    for (uint32_t i = 0; bundle && i < bundle->count; i++)
        if (bundle->caps[i].object && !bundle->caps[i].object->type->transferable)
            return false;
    return true;
}

int32_t kernel_endpoint_join(struct kernel *kernel, struct facet *facet, struct call *call)
{
    struct endpoint *endpoint = facet->endpoint;
    if (endpoint && too_large(endpoint, &call->sqe))
        return CAP_ERR_MESSAGE_TOO_LARGE;
    if (!may_be_sent(call->caps))
        return CAP_ERR_NOT_TRANSFERABLE;
    list_append(&facet->calls, &call->in_facet);
    if (!endpoint) {
        kernel_call_disconnect(kernel, call);
        return CAP_OK;
    }
    struct queue *queue;
    if (call->missing == 0)
        return submit(kernel, endpoint, call);
    int32_t status = kernel_queue_enter(kernel, endpoint, call->caller, &queue);
    if (status == CAP_OK)
        kernel_queue_append(kernel, queue, call);
    return status;
}

int32_t kernel_endpoint_call(struct kernel *kernel, struct process *process, struct facet *facet,
                             const struct cap_sqe *sqe)
{
    struct endpoint *endpoint = facet->endpoint;
    struct call *call;
    if (endpoint && too_large(endpoint, sqe))
        return CAP_ERR_MESSAGE_TOO_LARGE;
    int32_t status = kernel_call_begin(process, &facet->object, sqe, &call);
    if (status < 0)
        return status;
    list_append(&facet->calls, &call->in_facet);
    if (!endpoint) {
        kernel_call_disconnect(kernel, call);
        return CAP_OK;
    }
    status = submit(kernel, endpoint, call);
    if (status < 0)
        kernel_call_drop(kernel, call);
    return status;
}
