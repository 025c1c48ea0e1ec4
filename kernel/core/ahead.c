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

/* What carries nothing waits for its target alone. */
static bool may_go(const struct call *call)
{
    return call->ahead_of == 0 && call->sqe.xfer_cap_count == 0 &&
           call->sqe.interface_id != CAPABILITY_INTERFACE_ID;
}

/*
 * Whether a call keeps its order behind the last one that is ahead: it is on the answer to that, or on the
 * same record, and then resolved with it or not at all.
 */
static bool follows(const struct call *call, const struct call *last, const struct call *before)
{
    return last == before || (last->ahead_of == before->delivered.key &&
                              last->argument.waits.first->field == call->argument.waits.first->field);
}

static bool send(struct kernel *kernel, struct call *call, const struct call *last)
{
    const struct wait *wait = call->argument.waits.first;
    const struct call *before = may_go(call) ? owed(wait->answer) : NULL;
    struct receive *receive =
        before && (!last || follows(call, last, before)) ? receive_for(before, call) : NULL;
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

/* What is first behind those that are ahead goes if it is on that answer, and then the next ones, as far as
 * they can. */
void kernel_ahead_send(struct kernel *kernel, const struct answer *answer)
{
    const struct list *calls = &answer->process->pipelined;
    const struct call *last = NULL;
    bool sent = false;
    for (struct list_node *node = list_first(calls); node; node = list_next(calls, node)) {
        struct call *call = LIST_ENTRY(node, struct call, in_object);
        if (call->state != CALL_AHEAD) {
            if ((!sent && call->argument.waits.first->answer != answer) || !send(kernel, call, last))
                return;
            sent = true;
        }
        last = call;
    }
}

/* --- What becomes of them ------------------------------------------------------------------------- */

void kernel_ahead_withdraw(struct call *call)
{
    kernel_tree_remove(&call->server->delivered, &call->delivered);
    list_remove(&call->in_facet);
    call->server = NULL;
    call->ahead_of = KERNEL_NEVER_AHEAD;
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
    if (call->ahead_of == 0 || call->ahead_of == KERNEL_NEVER_AHEAD || call->state == CALL_RETURNING)
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
