/*
 * Calls sent ahead of their targets.
 */
#include "kernel/core/ahead.h"

#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"
#include "kernel/core/trace.h"
#include "schema/capos.capos.h"

enum { HEADER_BYTES = sizeof(struct cap_message_header) };

/* --- Sending ------------------------------------------------------------------------------------ */

/* The call whose answer it is, while a server owes that; or NULL. */
static const struct call *owed(const struct answer *answer)
{
    const struct call *call = answer->state == ANSWER_AWAITED ? answer->call : NULL;
    return call && (call->state == CALL_DELIVERED || call->state == CALL_AHEAD) ? call : NULL;
}

static struct endpoint *endpoint_of(const struct call *call)
{
    return call->state == CALL_AHEAD ? call->endpoint : kernel_facet_of(call->target)->endpoint;
}

/* A receive of the server's that takes such a message, where the owed call came from, when no call waits
 * there. */
static struct receive *receive_for(const struct call *owed, const struct call *call)
{
    const struct endpoint *endpoint = endpoint_of(owed);
    if (!endpoint || endpoint->queues.root || call->sqe.params_len > endpoint->message_max)
        return NULL;
    for (struct list_node *node = list_first(&endpoint->receivers); node;
         node = list_next(&endpoint->receivers, node)) {
        struct receive *receive = LIST_ENTRY(node, struct receive, in_endpoint);
        if (receive->takes_ahead && receive->process == owed->server)
            return receive;
    }
    return NULL;
}

static bool may_go(const struct call *call)
{
    return call->state == CALL_DEPENDS && call->ahead_of == 0 && call->sqe.xfer_cap_count == 0 &&
           call->sqe.interface_id != CAPABILITY_INTERFACE_ID;
}

static bool send(struct kernel *kernel, const struct wait *wait)
{
    struct call *call = wait->call;
    const struct call *before = owed(wait->answer);
    struct receive *receive = before && may_go(call) ? receive_for(before, call) : NULL;
    if (!receive)
        return false;
    kernel->message.header = (struct cap_message_header){
        .badge = before->delivered.key,
        .interface_id = call->sqe.interface_id,
        .call_id = kernel->last_call_id + 1,
        .params_len = call->sqe.params_len,
        .result_len = call->sqe.result_len,
        .kind = CAP_MESSAGE_AHEAD,
        .method_id = call->sqe.method_id,
        .result_cap_max = call->sqe.result_cap_max,
        .field = wait->field,
    };
    uint32_t bytes = HEADER_BYTES + call->sqe.params_len;
    if (!port_copy_in(call->caller, kernel->message.params, call->sqe.params_addr, call->sqe.params_len) ||
        !kernel_receive_copy(kernel, receive, bytes))
        return false;
    port_trace_params(call);
    kernel_caps_unreserve(&before->server->caps, receive->endpoint->caps_max);
    call->state = CALL_AHEAD;
    call->ahead_of = before->delivered.key;
    call->endpoint = receive->endpoint;
    list_append(&call->endpoint->ahead, &call->in_facet);
    call->server = before->server;
    kernel_tree_insert(&call->server->delivered, &call->delivered, ++kernel->last_call_id);
    kernel_receive_complete(kernel, receive, (struct cap_cqe){.result = (int32_t)bytes});
    return true;
}

/* Whether it is where those must be that come before the next one on the same answer. */
static bool is_ahead(const struct wait *wait)
{
    const struct call *before = owed(wait->answer);
    return before && wait->call->state == CALL_AHEAD && wait->call->ahead_of == before->delivered.key;
}

/* Calls on one answer go in the order of their submission; behind one that cannot go ahead none does. */
void kernel_ahead_send(struct kernel *kernel, struct answer *answer)
{
    struct list walk;
    struct list_node *node;
    list_init(&walk);
    kernel_answer_walk(&walk, answer);
    for (node = list_first(&walk); node; node = list_next(&walk, node)) {
        const struct list *waits = &LIST_ENTRY(node, struct answer, in_walk)->waits;
        for (struct list_node *at = list_first(waits); at; at = list_next(waits, at)) {
            const struct wait *wait = LIST_ENTRY(at, struct wait, in_answer);
            if (wait->cap != WAIT_TARGET || is_ahead(wait))
                continue;
            if (!send(kernel, wait))
                break;
            kernel_answer_walk(&walk, kernel_answer_of(wait->call));
        }
    }
    while (list_take(&walk))
        ;
}

/* --- What becomes of them ------------------------------------------------------------------------- */

void kernel_ahead_withdraw(struct call *call)
{
    kernel_tree_remove(&call->server->delivered, &call->delivered);
    list_remove(&call->in_facet);
    call->server = NULL;
    call->state = CALL_DEPENDS;
}

bool kernel_ahead_aim(struct call *call, struct facet *facet)
{
    if (!facet || facet->endpoint != call->endpoint) {
        kernel_ahead_withdraw(call);
        return false;
    }
    port_trace_delivered(call, call->server);
    call->state = CALL_DELIVERED;
    list_remove(&call->in_facet);
    list_append(&facet->calls, &call->in_facet);
    return true;
}

int32_t kernel_ahead_return(struct kernel *kernel, struct call *call, bool back)
{
    if (call->ahead_of == 0 || call->state == CALL_RETURNING)
        return CAP_ERR_NOT_PERMITTED;
    if (call->state == CALL_ABANDONED) {
        kernel_call_drop(kernel, call);
        return CAP_OK;
    }
    int32_t status = call->state == CALL_DELIVERED ? CAP_ERR_NOT_PERMITTED
                     : back                        ? CAP_OK
                                                   : CAP_ERR_UNKNOWN_CALL;
    if (call->state == CALL_AHEAD)
        kernel_ahead_withdraw(call);
    if (status != CAP_OK)
        kernel_call_fail(kernel, call, CAP_ERR_BROKEN_PROMISE);
    return status;
}
