/*
 * cap_enter and the operations: takes submissions in order, checks each in
 * full, performs it. An operation is a row of a table: which fields it may
 * use, and what it does. Calls go on in call.c.
 */
#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"
#include "kernel/core/ring.h"
#include "kernel/core/trace.h"

#define FLAGS_KNOWN                                                                                          \
    (CAP_SQE_PIPELINE | CAP_SQE_PROMISE | CAP_SQE_EXCEPTION | CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD |          \
     CAP_SQE_BACK)

struct op {
    struct cap_sqe used; /* all ones in the fields and flags that the operation may use */
    void (*run)(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe);
    const struct op *wider; /* the same with fields and flags that are rarely used, or NULL */
};

/* Of a CALL only when it is refused: else kernel_call_finish() does it. */
static void complete(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe,
                     int32_t result)
{
    if (sqe->op == CAP_OP_CALL)
        port_trace_refused(process, sqe, result);
    kernel_ring_post(kernel, process, &(struct cap_cqe){.user_data = sqe->user_data, .result = result});
}

static void op_nop(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    complete(kernel, process, sqe, CAP_OK);
}

static void op_call(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    int32_t status = kernel_call_accept(kernel, process, sqe);
    if (status < 0)
        complete(kernel, process, sqe, status);
}

static void op_promise_call(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    int32_t status = kernel_promise_call(kernel, process, sqe);
    if (status < 0)
        complete(kernel, process, sqe, status);
}

static void op_finish(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    struct answer *answer = kernel_answer_find(process, sqe->answer_id);
    if (answer)
        kernel_answer_finish(kernel, answer);
    complete(kernel, process, sqe, answer ? CAP_OK : CAP_ERR_BAD_ANSWER);
}

static void op_release(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    int32_t status = CAP_OK;
    if (sqe->cap_id != CAPOS_CAP_NULL)
        status = kernel_caps_release(kernel, process, sqe->cap_id);
    complete(kernel, process, sqe, status);
}

static void op_receive(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    struct cap_cqe cqe = {.user_data = sqe->user_data};
    cqe.result = kernel_receive_check(process, sqe, &cqe.needed);
    if (cqe.result < 0)
        kernel_ring_post(kernel, process, &cqe);
    else
        kernel_receive(kernel, process, sqe);
}

/* Fields that depend on the flags, and the count of fields that are records. */
static int32_t check_return(const struct cap_sqe *sqe)
{
    bool exception = sqe->flags & CAP_SQE_EXCEPTION, receives = sqe->flags & CAP_SQE_RETURN_RECV;
    if (!exception && sqe->method_id != 0)
        return CAP_ERR_BAD_SQE;
    if (exception && (sqe->xfer_cap_count > 0 || sqe->result_cap_max > 0))
        return CAP_ERR_BAD_SQE;
    if (!receives && (sqe->cap_id != 0 || sqe->result_addr != 0 || sqe->result_len != 0))
        return CAP_ERR_BAD_SQE;
    if ((sqe->flags & CAP_SQE_BACK) &&
        (exception || sqe->params_addr != 0 || sqe->params_len != 0 || sqe->xfer_cap_count > 0))
        return CAP_ERR_BAD_SQE;
    return sqe->result_cap_max > sqe->xfer_cap_count ? CAP_ERR_BAD_TRANSFER : CAP_OK;
}

/* The receive of a RETURN_RECV is checked before the return is done, and taken if that went well. */
static void op_return(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    bool receives = sqe->flags & CAP_SQE_RETURN_RECV;
    struct cap_cqe cqe = {.result = check_return(sqe)};
    if (cqe.result == CAP_OK && receives)
        cqe.result = kernel_receive_check(process, sqe, &cqe.needed);
    if (cqe.result == CAP_OK)
        cqe = kernel_return(kernel, process, sqe);
    cqe.user_data = sqe->user_data;
    if (cqe.result == CAP_OK && receives)
        kernel_receive(kernel, process, sqe);
    else if (cqe.result != KERNEL_RETURN_WAITS)
        kernel_ring_post(kernel, process, &cqe);
}

/* The completion of what is cancelled comes before the cancel's own. */
static void op_cancel(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    struct tree_node *node = kernel_tree_find(&process->pending, sqe->interface_id);
    if (!node) {
        complete(kernel, process, sqe, CAP_ERR_NOT_FOUND);
        return;
    }
    struct pending *pending = LIST_ENTRY(node, struct pending, by_user_data);
    if (pending->is_receive)
        kernel_receive_end(kernel, LIST_ENTRY(pending, struct receive, pending), CAP_ERR_CANCELLED);
    else
        kernel_call_abandon(kernel, LIST_ENTRY(pending, struct call, pending), CAP_ERR_CANCELLED);
    kernel_work(kernel); /* what depends on it ends before it */
    complete(kernel, process, sqe, CAP_OK);
}

static const struct op promise_call = {
    .used = {.op = 0xff,
             .flags = CAP_SQE_PIPELINE | CAP_SQE_PROMISE,
             .method_id = UINT16_MAX,
             .xfer_cap_count = UINT16_MAX,
             .result_cap_max = UINT16_MAX,
             .user_data = UINT64_MAX,
             .params_addr = UINT64_MAX,
             .params_len = UINT32_MAX,
             .result_len = UINT32_MAX,
             .result_addr = UINT64_MAX,
             .interface_id = UINT64_MAX,
             .cap_id = UINT64_MAX,
             .answer_id = UINT32_MAX},
    .run = op_promise_call,
};

static const struct op ops[] = {
    [CAP_OP_NOP] = {.used = {.op = 0xff, .user_data = UINT64_MAX}, .run = op_nop},
    [CAP_OP_CALL] = {.used = {.op = 0xff,
                              .method_id = UINT16_MAX,
                              .xfer_cap_count = UINT16_MAX,
                              .result_cap_max = UINT16_MAX,
                              .user_data = UINT64_MAX,
                              .params_addr = UINT64_MAX,
                              .params_len = UINT32_MAX,
                              .result_len = UINT32_MAX,
                              .result_addr = UINT64_MAX,
                              .interface_id = UINT64_MAX,
                              .cap_id = UINT64_MAX},
                     .run = op_call,
                     .wider = &promise_call},
    [CAP_OP_RECV] = {.used = {.op = 0xff,
                              .flags = CAP_SQE_AHEAD,
                              .user_data = UINT64_MAX,
                              .result_len = UINT32_MAX,
                              .result_addr = UINT64_MAX,
                              .cap_id = UINT64_MAX},
                     .run = op_receive},
    [CAP_OP_RETURN] = {.used = {.op = 0xff,
                                .flags =
                                    CAP_SQE_EXCEPTION | CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD | CAP_SQE_BACK,
                                .method_id = UINT16_MAX,
                                .xfer_cap_count = UINT16_MAX,
                                .result_cap_max = UINT16_MAX,
                                .user_data = UINT64_MAX,
                                .params_addr = UINT64_MAX,
                                .params_len = UINT32_MAX,
                                .result_len = UINT32_MAX,
                                .result_addr = UINT64_MAX,
                                .interface_id = UINT64_MAX,
                                .cap_id = UINT64_MAX},
                       .run = op_return},
    [CAP_OP_RELEASE] = {.used = {.op = 0xff, .user_data = UINT64_MAX, .cap_id = UINT64_MAX},
                        .run = op_release},
    [CAP_OP_FINISH] = {.used = {.op = 0xff, .user_data = UINT64_MAX, .answer_id = UINT32_MAX},
                       .run = op_finish},
    [CAP_OP_CANCEL] = {.used = {.op = 0xff, .user_data = UINT64_MAX, .interface_id = UINT64_MAX},
                       .run = op_cancel},
};

/* The words of a submission; on every call's way, so without a loop left in it. */
static bool uses_only(const struct cap_sqe *sqe, const struct cap_sqe *used)
{
    typedef uint64_t word __attribute__((may_alias));
    const word *fields = (const void *)sqe, *masks = (const void *)used;
    uint64_t stray = 0;
#pragma GCC unroll 8
    for (size_t i = 0; i < sizeof *sqe / sizeof *fields; i++)
        stray |= fields[i] & ~masks[i];
    return stray == 0;
}

/* Fields or flags are set that the operation mostly does not use. Kept off the way of all others. */
__attribute__((noinline)) static void run_wider(struct kernel *kernel, struct process *process,
                                                const struct cap_sqe *sqe)
{
    const struct op *wider = ops[sqe->op].wider;
    if (wider && uses_only(sqe, &wider->used))
        wider->run(kernel, process, sqe);
    else
        complete(kernel, process, sqe, CAP_ERR_BAD_SQE);
}

static void run(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    const struct op *op = sqe->op < sizeof ops / sizeof ops[0] ? &ops[sqe->op] : NULL;
    if (!op || (sqe->flags & ~FLAGS_KNOWN))
        complete(kernel, process, sqe, CAP_ERR_UNSUPPORTED_OP);
    else if (uses_only(sqe, &op->used))
        op->run(kernel, process, sqe);
    else
        run_wider(kernel, process, sqe);
    kernel_work(kernel);
}

/* The count of unread completions, as cap_enter returns it. */
static int64_t enter_result(const struct process *process)
{
    uint32_t unread = kernel_ring_unread(process);
    return unread <= CAPOS_CQ_ENTRIES ? (int64_t)unread : CAP_ERR_BAD_RING;
}

static void wait_is_over(struct kernel *kernel, struct deadline *deadline)
{
    struct process *process = LIST_ENTRY(deadline, struct process, wait_deadline);
    if (!list_linked(&process->in_wakes))
        list_append(&kernel->wakes, &process->in_wakes);
}

static void begin_wait(struct kernel *kernel, struct process *process, uint32_t count, uint64_t timeout_ns)
{
    process->waiting = true;
    process->wait_min = count;
    if (timeout_ns == CAPOS_FOREVER)
        return;
    uint64_t now = port_now(kernel);
    if (timeout_ns < CAPOS_FOREVER - now)
        kernel_deadline_set(&kernel->deadlines, &process->wait_deadline, now + timeout_ns, wait_is_over);
}

static void wake(struct kernel *kernel)
{
    if (list_empty(&kernel->wakes)) /* mostly; before any register is saved */
        return;
    for (struct list_node *node; (node = list_take(&kernel->wakes));) {
        struct process *process = LIST_ENTRY(node, struct process, in_wakes);
        process->waiting = false;
        kernel_deadline_clear(&kernel->deadlines, &process->wait_deadline);
        port_wake(kernel, process, enter_result(process));
    }
}

void kernel_settle(struct kernel *kernel)
{
    kernel_work(kernel);
    wake(kernel);
}

static enum kernel_enter enter(struct kernel *kernel, struct process *process, uint32_t min_complete,
                               uint64_t timeout_ns, int64_t *ret_result)
{
    if (process->state != PROCESS_RUNNING)
        return KERNEL_ENTER_ENDS;
    *ret_result = CAP_ERR_BAD_PARAMS;
    if (min_complete > CAPOS_CQ_ENTRIES)
        return KERNEL_ENTER_RETURNS;
    *ret_result = CAP_ERR_BAD_RING;
    uint32_t waiting = kernel_ring_waiting(process);
    if (waiting > CAPOS_SQ_ENTRIES || kernel_ring_unread(process) > CAPOS_CQ_ENTRIES)
        return KERNEL_ENTER_RETURNS;

    if (process->deferred_count > 0)
        kernel_ring_post_deferred(process);
    struct cap_sqe sqe;
    for (; waiting > 0 && kernel_ring_take(process, &sqe); waiting--) {
        run(kernel, process, &sqe);
        if (process->state != PROCESS_RUNNING) /* its own RETURN let its spawner's call to kill it go on */
            return KERNEL_ENTER_ENDS;
    }

    *ret_result = enter_result(process);
    int64_t can_come = *ret_result + kernel_ring_owed(process);
    int64_t wanted = min_complete < can_come ? min_complete : can_come;
    if (*ret_result < 0 || *ret_result >= wanted || timeout_ns == 0)
        return KERNEL_ENTER_RETURNS;
    begin_wait(kernel, process, (uint32_t)wanted, timeout_ns);
    return KERNEL_ENTER_WAITS;
}

enum kernel_enter kernel_enter(struct kernel *kernel, struct process *process, uint32_t min_complete,
                               uint64_t timeout_ns, int64_t *ret_result)
{
    enum kernel_enter how = enter(kernel, process, min_complete, timeout_ns, ret_result);
    wake(kernel); /* each operation has done its work */
    return how;
}

void kernel_tick(struct kernel *kernel)
{
    uint64_t now = port_now(kernel);
    struct deadline *deadline;
    deadline_fn due;
    while ((due = kernel_deadline_take(&kernel->deadlines, now, &deadline)))
        due(kernel, deadline);
    kernel_settle(kernel);
}

uint64_t kernel_deadline(const struct kernel *kernel)
{
    return kernel->deadlines.first ? kernel->deadlines.first->at : CAPOS_FOREVER;
}
