/*
 * Calls: accepted, run, completed. The params are copied into the kernel, once
 * for each decoding, before anything looks at them; results.c has the way back.
 */
#include "kernel/core/call.h"

#include "kernel/core/ahead.h"
#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/held_return.h"
#include "kernel/core/kernel.h"
#include "kernel/core/process.h"
#include "kernel/core/ring.h"
#include "kernel/core/trace.h"
#include "kernel/core/transfer.h"
#include "schema/capos.capos.h"

static inline __attribute__((always_inline)) int32_t check_call(struct process *process,
                                                                const struct cap_sqe *sqe)
{
    if (kernel_tree_find(&process->pending, sqe->user_data))
        return CAP_ERR_BAD_SQE;
    if (sqe->params_len > KERNEL_MESSAGE_MAX || sqe->result_len > KERNEL_MESSAGE_MAX)
        return CAP_ERR_MESSAGE_TOO_LARGE;
    if (!kernel_aligned(sqe->params_addr) || !kernel_aligned(sqe->params_len))
        return CAP_ERR_BAD_PARAMS;
    if (!kernel_aligned(sqe->result_addr) || !port_writable(process, sqe->result_addr, sqe->result_len))
        return CAP_ERR_BAD_RESULT_BUFFER;
    return CAP_OK;
}

int32_t kernel_call_check(struct process *process, const struct cap_sqe *sqe)
{
    return check_call(process, sqe);
}

int32_t kernel_call_begin(struct process *process, struct object *target, const struct cap_sqe *sqe,
                          struct call **ret_call)
{
    struct list_node *node = list_first(&process->calls_free);
    if (!node)
        return CAP_ERR_TOO_MANY_CALLS;
    int32_t status = kernel_caps_reserve(&process->caps, sqe->result_cap_max);
    if (status < 0)
        return status;
    struct call *call = LIST_ENTRY(node, struct call, in_process);
    list_remove(node);
    *call = (struct call){.caller = process, .target = kernel_object_acquire(target)};
    call->sqe = *sqe; /* into its place at once */
    kernel_tree_insert(&process->pending, &call->pending.by_user_data, sqe->user_data);
    list_append(&process->calls_busy, &call->in_process);
    process->calls_busy_count++;
    process->kernel->calls++;
    port_trace_call(call);
    *ret_call = call;
    return CAP_OK;
}

/* Whether it is a call to a kernel object's method that takes capabilities. */
static bool takes_caps(const struct object *target, const struct cap_sqe *sqe)
{
    const struct capos_interface *interface = target->type->interface;
    return interface && interface->id == sqe->interface_id && sqe->method_id < interface->method_count &&
           target->type->methods[sqe->method_id].takes_caps;
}

/* True: the call carries something that the method does not take, and has ended for it. */
static bool refuse_caps(struct kernel *kernel, struct call *call)
{
    if (call->sqe.xfer_cap_count == 0 || takes_caps(call->target, &call->sqe))
        return false;
    kernel_call_except(kernel, call, EXCEPTION_TYPE_INVALID_ARGUMENT, "the method takes no capabilities");
    return true;
}

/* What ends with the target waits for that; all else that the kernel owns lives for ever. */
static void watch(struct kernel *kernel, struct call *call, struct object *watched)
{
    struct facet *facet = kernel_facet_of(watched);
    struct endpoint *endpoint = kernel_endpoint_of(watched);
    if (refuse_caps(kernel, call))
        return;
    call->state = CALL_WATCHES;
    if (call->sqe.method_id != CAPABILITY_METHOD_WATCH) {
        kernel_call_except(kernel, call, EXCEPTION_TYPE_UNIMPLEMENTED, "the interface has no such method");
    } else if (watched == &kernel->objects[0]) {
        kernel_call_except(kernel, call, EXCEPTION_TYPE_FAILED, "a call to the null capability");
    } else if (facet && !facet->endpoint) {
        kernel_call_disconnect(kernel, call);
    } else if (facet) {
        list_append(&facet->calls, &call->in_facet);
    } else if (endpoint) {
        list_append(&endpoint->watchers, &call->in_object);
    }
}

void kernel_call_start(struct kernel *kernel, struct call *call)
{
    if (refuse_caps(kernel, call))
        return;
    if (call->missing > 0)
        return;
    call->state = CALL_RUNS;
    kernel_call_run(kernel, call);
}

/* Watching an endpoint does not keep it alive. */
static struct object *held_by_call(struct kernel *kernel, const struct cap_sqe *sqe, struct object *target)
{
    bool watches = sqe->interface_id == CAPABILITY_INTERFACE_ID;
    return watches && kernel_endpoint_of(target) ? &kernel->objects[0] : target;
}

int32_t kernel_call_accept(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    int32_t status = check_call(process, sqe);
    if (status < 0)
        return status;
    struct object *target = &kernel->objects[0];
    if (sqe->cap_id != CAPOS_CAP_NULL)
        target = kernel_caps_find(&process->caps, sqe->cap_id);
    if (!target)
        return CAP_ERR_STALE_CAP;
    struct facet *facet = kernel_facet_of(target);
    bool watches = sqe->interface_id == CAPABILITY_INTERFACE_ID;
    if (facet && !watches)
        return kernel_endpoint_call(kernel, process, facet, sqe);

    struct call *call;
    status = kernel_call_begin(process, held_by_call(kernel, sqe, target), sqe, &call);
    if (status < 0)
        return status;
    if (watches)
        watch(kernel, call, target);
    else
        kernel_call_start(kernel, call);
    return CAP_OK;
}

void kernel_call_aim(struct kernel *kernel, struct call *call, struct object *target)
{
    struct facet *facet = kernel_facet_of(target);
    kernel_object_release(kernel, call->target);
    call->target = kernel_object_acquire(held_by_call(kernel, &call->sqe, target));
    if (call->state == CALL_AHEAD && kernel_ahead_aim(call, facet))
        return;
    int32_t status = CAP_OK;
    if (call->sqe.interface_id == CAPABILITY_INTERFACE_ID)
        watch(kernel, call, target);
    else if (facet)
        status = kernel_endpoint_join(kernel, facet, call);
    else
        kernel_call_start(kernel, call);
    if (status < 0)
        kernel_call_fail(kernel, call, status);
}

void kernel_call_raise(struct call *call, uint16_t type, const char *text)
{
    call->raised = true;
    call->exception_type = type;
    call->exception_text = text;
}

/* --- Running ------------------------------------------------------------------- */

static const struct capos_method *find_method(struct call *call)
{
    const struct capos_interface *interface = call->target->type->interface;
    if (!interface)
        kernel_call_raise(call, EXCEPTION_TYPE_FAILED, "a call to the null capability");
    else if (call->sqe.interface_id != interface->id)
        kernel_call_raise(call, EXCEPTION_TYPE_UNIMPLEMENTED, "the target has another interface");
    else if (call->sqe.method_id >= interface->method_count)
        kernel_call_raise(call, EXCEPTION_TYPE_UNIMPLEMENTED, "the interface has no such method");
    else
        return &interface->methods[call->sqe.method_id];
    return NULL;
}

/* Opens the params, which are in kernel->message.params, and lets the method check them. */
static bool decode(struct kernel *kernel, struct call *call)
{
    struct wire_message message;
    struct wire_struct root = {0};
    bool opened = call->sqe.params_len > 0;
    if (opened) {
        wire_open_flat(&message, WIRE_PRIVATE, kernel->message.params, call->sqe.params_len);
        message.cap_count = kernel->carried.count;
        root = wire_root(&message);
    }
    bool (*check)(struct kernel *, struct call *, struct wire_struct) =
        call->target->type->methods[call->sqe.method_id].decode;
    bool good = !check || check(kernel, call, root);
    if (opened && message.error != WIRE_OK) {
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, wire_error_text(message.error));
        return false;
    }
    return good;
}

/* Decodes what the call carries. False: the call has ended, or waits. */
static bool take_caps(struct kernel *kernel, struct call *call)
{
    const struct cap_sqe *sqe = &call->sqe;
    if (call->caps) { /* taken before the target was known, or before promises had arrived */
        kernel->carried = *call->caps;
        kernel_pool_give(&kernel->bundle_pool, call->caps);
        call->caps = NULL;
        return true;
    }
    int32_t status = kernel_transfer_decode(kernel, call->caller, sqe->params_addr + sqe->params_len,
                                            sqe->xfer_cap_count, true, &kernel->carried);
    bool waits = status == CAP_OK && kernel->carried.promises > 0;
    if (waits)
        status = kernel_promise_keep_carried(kernel, call);
    if (status < 0)
        kernel_call_fail(kernel, call, status);
    return status == CAP_OK && !waits;
}

void kernel_call_run(struct kernel *kernel, struct call *call)
{
    if (!find_method(call)) {
        kernel_call_complete_raised(kernel, call);
        return;
    }
    const struct object_method *method = &call->target->type->methods[call->sqe.method_id];
    if (!port_copy_in(call->caller, kernel->message.params, call->sqe.params_addr, call->sqe.params_len)) {
        kernel_call_fail(kernel, call, CAP_ERR_BAD_PARAMS);
        return;
    }
    port_trace_params(call);
    if (call->sqe.xfer_cap_count > 0 && !take_caps(kernel, call))
        return;
    if (!decode(kernel, call)) {
        if (kernel->carried.count > 0)
            kernel_transfer_discard(kernel, &kernel->carried);
        kernel_call_complete_raised(kernel, call);
        return;
    }
    struct wire_struct_builder results = kernel_call_begin_results(kernel, call);
    if (method->perform(kernel, call, results) == CALL_WAITS)
        return;
    if (call->raised)
        kernel_call_complete_raised(kernel, call);
    else
        kernel_call_complete(kernel, call);
}

/* --- Completing ---------------------------------------------------------------- */

/* The caller is owed nothing more. */
static void settle_with_caller(struct call *call)
{
    struct process *process = call->caller;
    kernel_caps_unreserve(&process->caps, call->sqe.result_cap_max);
    kernel_tree_remove(&process->pending, &call->pending.by_user_data);
    list_remove(&call->in_process);
    process->calls_busy_count--;
}

/* Where a call can be that was not just served. */
static void leave(struct kernel *kernel, struct call *call)
{
    if (kernel_call_at_server(call->state))
        kernel_tree_remove(&call->server->delivered, &call->delivered);
    else
        kernel_promise_drop(kernel, call);
    if (call->state == CALL_QUEUED)
        kernel_queue_leave(kernel, call->queue, call);
    if (call->state == CALL_RETURNING)
        kernel_return_end(kernel, call->other, (struct cap_cqe){.result = CAP_ERR_UNKNOWN_CALL}, false);
}

/* Takes the call out of everything that knows it. */
static void forget(struct kernel *kernel, struct call *call)
{
    struct process *process = call->caller;
    enum call_state state = call->state;
    if (state == CALL_DELIVERED)
        kernel_tree_remove(&call->server->delivered, &call->delivered);
    else if (state > CALL_WATCHES)
        leave(kernel, call);
    list_remove(&call->in_object);
    list_remove(&call->in_facet);
    kernel_deadline_clear(&kernel->deadlines, &call->deadline);
    if (call->caps) {
        kernel_transfer_drop(kernel, call->caps);
        kernel_pool_give(&kernel->bundle_pool, call->caps);
    }
    kernel_object_release(kernel, call->target);
    if (!(call->sqe.flags & CAP_SQE_PROMISE) || !kernel_answer_keeps_record(call))
        kernel_call_free(kernel, call);
    if (state == CALL_ABANDONED && --process->calls_abandoned == 0)
        kernel_process_forget(kernel, process);
}

void kernel_call_free(struct kernel *kernel, struct call *call)
{
    list_append(&call->caller->calls_free, &call->in_process);
    kernel->calls--;
}

/* Tells the caller, who is alive. */
static void report(struct kernel *kernel, struct call *call, struct cap_cqe *cqe)
{
    if (call->sqe.flags & (CAP_SQE_PROMISE | KERNEL_SQE_MINTED))
        kernel_answer_report(kernel, call, cqe);
    else
        kernel_ring_post(kernel, call->caller, cqe);
}

void kernel_call_drop(struct kernel *kernel, struct call *call)
{
    port_trace_dropped(call);
    if (call->state != CALL_ABANDONED)
        settle_with_caller(call);
    forget(kernel, call);
}

/* Completes a call that its server may still answer: that is told, and the record stays until then. */
static void leave_at_server(struct kernel *kernel, struct call *call, struct cap_cqe *cqe)
{
    struct process *process = call->caller;
    struct facet *facet = kernel_facet_of(call->target);
    struct endpoint *endpoint = facet ? facet->endpoint : call->endpoint;
    port_trace_end(call, cqe);
    if (call->state == CALL_AHEAD) {
        kernel_promise_drop(kernel, call);
        list_remove(&call->in_facet);
        list_remove(&call->in_object);
    }
    settle_with_caller(call);
    call->state = CALL_ABANDONED;
    process->calls_abandoned++;
    if (endpoint) {
        list_append(&endpoint->cancelled, &call->in_object);
        kernel_endpoint_ready(kernel, endpoint);
    }
    if (process->state == PROCESS_RUNNING)
        report(kernel, call, cqe);
}

void kernel_call_finish(struct kernel *kernel, struct call *call, struct cap_cqe cqe)
{
    struct process *process = call->caller;
    bool owed = call->state != CALL_ABANDONED && process->state == PROCESS_RUNNING;
    cqe.user_data = call->sqe.user_data;
    if (call->state == CALL_AHEAD) {
        leave_at_server(kernel, call, &cqe);
        return;
    }
    port_trace_end(call, &cqe);
    if (owed)
        report(kernel, call, &cqe);
    kernel_call_drop(kernel, call);
}

void kernel_call_fail(struct kernel *kernel, struct call *call, int32_t status)
{
    kernel_call_finish(kernel, call, (struct cap_cqe){.result = status});
}

void kernel_call_disconnect(struct kernel *kernel, struct call *call)
{
    if (call->state == CALL_ABANDONED || call->caller->state != PROCESS_RUNNING) {
        kernel_call_drop(kernel, call);
        return;
    }
    kernel_call_except(kernel, call, EXCEPTION_TYPE_DISCONNECTED, "the target is gone, or was revoked");
}

void kernel_call_abandon(struct kernel *kernel, struct call *call, int32_t status)
{
    struct cap_cqe cqe = {.user_data = call->sqe.user_data, .result = status};
    bool owed = call->state == CALL_DELIVERED;
    if (call->state == CALL_RETURNING) {
        kernel_return_end(kernel, call->other, (struct cap_cqe){0}, true);
        call->state = CALL_DELIVERED; /* and answered */
    }
    if (owed)
        leave_at_server(kernel, call, &cqe);
    else
        kernel_call_finish(kernel, call, cqe);
}
