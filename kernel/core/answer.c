/*
 * Promises: calls on answers that have not arrived.
 */
#include "kernel/core/answer.h"

#include <string.h>

#include "kernel/core/ahead.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/held_return.h"
#include "kernel/core/kernel.h"
#include "kernel/core/ring.h"

/* --- Answers -------------------------------------------------------------------- */

static struct answer *find(const struct process *process, uint64_t id)
{
    struct tree_node *node = kernel_tree_find(&process->answers, id);
    return node ? LIST_ENTRY(node, struct answer, by_id) : NULL;
}

struct answer *kernel_answer_find(const struct process *process, uint64_t id)
{
    struct answer *answer = find(process, id);
    return answer && answer->call && !answer->finished ? answer : NULL;
}

static struct answer *answer_of(const struct call *call)
{
    return find(call->caller, call->sqe.answer_id);
}

struct answer *kernel_answer_of(const struct call *call)
{
    return call->sqe.flags & CAP_SQE_PROMISE ? answer_of(call) : NULL;
}

static int32_t new_answer(struct kernel *kernel, struct process *process, uint32_t id)
{
    if (id == 0 || id >= KERNEL_ANSWERS_MAX || find(process, id))
        return CAP_ERR_BAD_ANSWER;
    struct answer *answer = kernel_pool_take(&kernel->answer_pool);
    if (!answer)
        return CAP_ERR_NO_MEMORY;
    answer->process = process;
    list_init(&answer->waits);
    kernel_tree_insert(&process->answers, &answer->by_id, id);
    return CAP_OK;
}

static void free_answer(struct kernel *kernel, struct answer *answer)
{
    struct call *call = answer->call;
    if (answer->by_id.key != 0)
        kernel_tree_remove(&answer->process->answers, &answer->by_id);
    for (uint32_t i = 0; i < answer->field_count; i++)
        if (answer->fields[i].object)
            kernel_object_release(kernel, answer->fields[i].object);
    if (call)
        call->sqe.flags &= (uint8_t)~CAP_SQE_PROMISE;
    if (call && answer->call_over)
        kernel_call_free(kernel, call);
    kernel_pool_give(&kernel->answer_pool, answer);
}

/* Once nothing waits for an answer that is there, its completion is posted; a finished one is gone. */
static void settle(struct kernel *kernel, struct answer *answer)
{
    if (answer->state == ANSWER_AWAITED || answer->wait_count > 0)
        return;
    if (answer->owes && answer->process->state == PROCESS_RUNNING)
        kernel_ring_post(kernel, answer->process, &answer->cqe);
    answer->owes = false;
    if (answer->finished)
        free_answer(kernel, answer);
}

bool kernel_answer_fits_kept(const struct call *call, const struct bundle *bundle, uint32_t fields,
                             uint32_t *ret_shown)
{
    uint32_t max = call->sqe.result_cap_max;
    *ret_shown = bundle->count < max ? bundle->count : max;
    return bundle->count <= max || bundle->count <= fields;
}

void kernel_answer_keep(struct call *call, const struct bundle *bundle, uint32_t fields, bool resolved)
{
    struct answer *answer = answer_of(call);
    for (uint32_t i = 0; i < fields; i++) {
        const struct carried *cap = &bundle->caps[i];
        bool mints = cap->mode == CAP_TRANSFER_MINT;
        answer->fields[i] = (struct answer_field){cap->object, cap->interface_id,
                                                  resolved && mints ? call->delivered.key : 0};
        if (cap->object)
            kernel_object_acquire(cap->object);
    }
    answer->field_count = fields;
}

/* What does not fit is cut off before a character. */
void kernel_answer_note(struct call *call, const char *text, uint32_t bytes)
{
    if (bytes > KERNEL_EXCEPTION_TEXT_MAX)
        for (bytes = KERNEL_EXCEPTION_TEXT_MAX; bytes > 0 && (text[bytes] & 0xc0) == 0x80;)
            bytes--;
    struct answer *answer = answer_of(call);
    if (!answer)
        return;
    if (bytes > 0)
        memcpy(answer->text, text, bytes);
    answer->text[bytes] = 0;
}

__attribute__((noinline)) bool kernel_answer_keeps_record(struct call *call)
{
    struct answer *answer = answer_of(call);
    if (!answer)
        return false;
    answer->call_over = answer->state != ANSWER_AWAITED;
    answer->call = answer->call_over ? call : NULL;
    return answer->call_over;
}

void kernel_answer_finish(struct kernel *kernel, struct answer *answer)
{
    answer->finished = true;
    if (answer->state == ANSWER_AWAITED && answer->wait_count == 0)
        kernel_call_abandon(kernel, answer->call, CAP_ERR_CANCELLED);
    else
        settle(kernel, answer);
}

void kernel_answers_end(struct kernel *kernel, struct process *process)
{
    while (process->answers.root) {
        struct answer *answer = LIST_ENTRY(process->answers.root, struct answer, by_id);
        kernel_tree_remove(&process->answers, &answer->by_id);
        answer->by_id.key = 0;
        answer->state = ANSWER_FAILED;
        answer->finished = true;
        settle(kernel, answer);
    }
}

/* --- Waiting -------------------------------------------------------------------- */

static void go_on(struct kernel *kernel, struct deadline *turn);

static void take_turn(struct kernel *kernel, struct wait *wait)
{
    kernel_deadline_set(&kernel->arrived, &wait->turn, wait->call->argument.waits.order, go_on);
    if (!list_linked(&kernel->in_ready))
        list_prepend(&kernel->ready, &kernel->in_ready); /* before endpoints deliver */
}

static int32_t wait_for(struct kernel *kernel, struct call *call, struct answer *answer, uint16_t field,
                        uint16_t cap)
{
    struct wait *wait = kernel_pool_take(&kernel->wait_pool);
    if (!wait)
        return CAP_ERR_NO_MEMORY;
    wait->answer = answer;
    wait->call = call;
    wait->field = field;
    wait->cap = cap;
    if (call->argument.waits.order == 0)
        call->argument.waits.order = ++kernel->last_order;
    wait->next = call->argument.waits.first;
    call->argument.waits.first = wait;
    answer->wait_count++;
    if (answer->state == ANSWER_AWAITED)
        list_append(&answer->waits, &wait->in_answer);
    else
        take_turn(kernel, wait);
    return CAP_OK;
}

static void free_wait(struct kernel *kernel, struct wait *wait)
{
    struct answer *answer = wait->answer;
    kernel_pool_give(&kernel->wait_pool, wait);
    answer->wait_count--;
    settle(kernel, answer);
}

void kernel_promise_drop(struct kernel *kernel, struct call *call)
{
    struct wait *wait;
    while ((wait = call->argument.waits.first)) {
        call->argument.waits.first = wait->next;
        list_remove(&wait->in_answer);
        kernel_deadline_clear(&kernel->arrived, &wait->turn);
        free_wait(kernel, wait);
    }
}

int32_t kernel_promise_caps(struct kernel *kernel, struct call *call, const struct bundle *bundle)
{
    for (uint32_t i = 0; i < bundle->count; i++) {
        const struct carried *cap = &bundle->caps[i];
        if (cap->mode != CAP_TRANSFER_PROMISED)
            continue;
        struct answer *answer = kernel_answer_find(call->caller, kernel_carried_answer(cap));
        if (!answer) /* decoding has found it */
            continue;
        int32_t status = wait_for(kernel, call, answer, kernel_carried_field(cap), (uint16_t)i);
        if (status != CAP_OK) {
            kernel_promise_drop(kernel, call);
            return status;
        }
        call->missing++;
    }
    return CAP_OK;
}

int32_t kernel_promise_keep_carried(struct kernel *kernel, struct call *call)
{
    struct bundle *kept = kernel_pool_take(&kernel->bundle_pool);
    int32_t status = CAP_ERR_NO_MEMORY;
    if (kept) {
        *kept = kernel->carried;
        status = kernel_promise_caps(kernel, call, kept);
    }
    if (status == CAP_OK) {
        kernel_transfer_commit(kernel, kept);
        if (kept->mints)
            call->sqe.flags |= KERNEL_SQE_MINTED;
        kernel->carried.count = 0; /* for the next call */
        call->caps = kept;
        call->state = CALL_DEPENDS;
        return CAP_OK;
    }
    if (kept)
        kernel_pool_give(&kernel->bundle_pool, kept);
    kernel_transfer_discard(kernel, &kernel->carried);
    return status;
}

static void arrive(struct kernel *kernel, struct call *call, const struct cap_cqe *cqe)
{
    struct answer *answer = answer_of(call);
    struct list_node *node;
    answer->call = call;
    answer->cqe = *cqe;
    answer->owes = true;
    answer->state = cqe->result >= 0 ? ANSWER_ARRIVED : ANSWER_FAILED;
    while ((node = list_take(&answer->waits)))
        take_turn(kernel, LIST_ENTRY(node, struct wait, in_answer));
    settle(kernel, answer);
}

/* Out of line, as all that plain calls do not need. */
__attribute__((noinline)) void kernel_answer_report(struct kernel *kernel, struct call *call,
                                                    struct cap_cqe *cqe)
{
    if (cqe->result < 0 && (call->sqe.flags & KERNEL_SQE_MINTED))
        cqe->flags = CAP_CQE_MINTED;
    if (call->sqe.flags & CAP_SQE_PROMISE)
        arrive(kernel, call, cqe);
    else
        kernel_ring_post(kernel, call->caller, cqe);
}

/* --- Going on ------------------------------------------------------------------- */

/* The call, or the one that a RETURN is for, ends as the answer did; or with a status of its own. */
static void fail(struct kernel *kernel, struct call *call, const struct answer *answer, int32_t status)
{
    bool exception =
        status == CAP_ERR_APPLICATION_EXCEPTION || status == CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED;
    if (call->state == CALL_RETURNS) {
        struct call *held = call;
        call = held->other;
        call->state = CALL_DELIVERED;
        kernel_return_end(kernel, held,
                          (struct cap_cqe){.result = exception ? CAP_ERR_BROKEN_PROMISE : status}, false);
    }
    if (exception)
        kernel_call_except(kernel, call, (uint16_t)answer->cqe.aux, answer->text);
    else
        kernel_call_fail(kernel, call, status);
}

/* Puts a promised capability where the call carries it. */
static void give(struct kernel *kernel, struct call *call, uint16_t cap, const struct answer_field *field)
{
    struct carried *carried = &call->caps->caps[cap];
    carried->object = kernel_object_acquire(field->object);
    carried->interface_id = field->interface_id;
    if (--call->missing > 0)
        return;
    if (call->state == CALL_QUEUED)
        kernel_queue_settle(kernel, call->queue);
    else if (call->state == CALL_RETURNS)
        kernel_return_late(kernel, call);
    else if (!call->argument.waits.first) /* its target is known: an object of the kernel */
        kernel_call_start(kernel, call);
}

static void aim(struct kernel *kernel, struct call *call, const struct answer_field *field)
{
    list_remove(&call->in_object);
    if (call->state == CALL_AHEAD && field->resolved != call->ahead_of)
        kernel_ahead_withdraw(call);
    kernel_call_aim(kernel, call, field->object);
}

static void go_on(struct kernel *kernel, struct deadline *turn)
{
    struct wait *wait = LIST_ENTRY(turn, struct wait, turn);
    struct answer *answer = wait->answer;
    struct call *call = wait->call;
    struct wait **link = &call->argument.waits.first;
    while (*link != wait)
        link = &(*link)->next;
    *link = wait->next;

    const struct answer_field *field =
        wait->field < answer->field_count ? &answer->fields[wait->field] : NULL;
    if (answer->state == ANSWER_FAILED)
        fail(kernel, call, answer, answer->cqe.result);
    else if (!field || !field->object)
        fail(kernel, call, answer, CAP_ERR_BROKEN_PROMISE);
    else if (wait->cap == WAIT_TARGET)
        aim(kernel, call, field);
    else if (!kernel_transfer_allows(field->object, call->state == CALL_DEPENDS))
        fail(kernel, call, answer, CAP_ERR_NOT_TRANSFERABLE);
    else
        give(kernel, call, wait->cap, field);
    free_wait(kernel, wait);
}

void kernel_answers_go_on(struct kernel *kernel)
{
    struct deadline *turn;
    deadline_fn due;
    while ((due = kernel_deadline_take(&kernel->arrived, UINT64_MAX, &turn)))
        due(kernel, turn);
}

/* --- Cycles --------------------------------------------------------------------- */

static void walk_to(struct list *walk, struct answer *answer)
{
    if (answer && !list_linked(&answer->in_walk))
        list_append(walk, &answer->in_walk);
}

/* What an answer that is awaited waits for itself. */
static struct wait *waits_of(const struct answer *answer)
{
    const struct call *call = answer->state == ANSWER_AWAITED ? answer->call : NULL;
    if (call && call->state == CALL_RETURNING)
        call = call->other;
    return call && call->state >= CALL_DEPENDS && call->state <= CALL_QUEUED ? call->argument.waits.first
                                                                             : NULL;
}

bool kernel_promise_leads_back(struct call *call, const struct bundle *bundle)
{
    const struct answer *start = kernel_answer_of(call);
    struct list walk;
    struct list_node *node;
    uint32_t looked = 0;
    bool found = false;
    list_init(&walk);
    for (uint32_t i = 0; i < bundle->count; i++)
        if (bundle->caps[i].mode == CAP_TRANSFER_PROMISED)
            walk_to(&walk, kernel_answer_find(bundle->sender, kernel_carried_answer(&bundle->caps[i])));
    for (node = list_first(&walk); node && start && !found; node = list_next(&walk, node)) {
        const struct answer *answer = LIST_ENTRY(node, struct answer, in_walk);
        for (struct wait *wait = waits_of(answer); wait; wait = wait->next)
            walk_to(&walk, wait->answer);
        found = answer == start || ++looked > KERNEL_CYCLE_MAX;
    }
    while (list_take(&walk))
        ;
    return found;
}

/* --- Calling -------------------------------------------------------------------- */

static int32_t accept_pipelined(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    struct answer *target = kernel_answer_find(process, sqe->pipeline.dep);
    struct call *call;
    if (!target)
        return CAP_ERR_BAD_ANSWER;
    int32_t status = kernel_call_check(process, sqe);
    if (status == CAP_OK)
        status = kernel_call_begin(process, &kernel->objects[0], sqe, &call);
    if (status != CAP_OK)
        return status;
    call->state = CALL_DEPENDS;
    list_append(&process->pipelined, &call->in_object);
    status = wait_for(kernel, call, target, sqe->pipeline.field, WAIT_TARGET);
    if (status == CAP_OK && sqe->xfer_cap_count > 0)
        status = kernel_call_take_caps(kernel, call, NULL, NULL);
    if (status == CAP_OK)
        kernel_ahead_send(kernel, target);
    else
        kernel_call_drop(kernel, call);
    return status;
}

int32_t kernel_promise_call(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe)
{
    bool promises = sqe->flags & CAP_SQE_PROMISE, pipelines = sqe->flags & CAP_SQE_PIPELINE;
    if ((!promises && sqe->answer_id != 0) || (pipelines && sqe->pipeline.zero != 0))
        return CAP_ERR_BAD_SQE;
    int32_t status = promises ? new_answer(kernel, process, sqe->answer_id) : CAP_OK;
    if (status != CAP_OK)
        return status;
    status = (pipelines ? accept_pipelined : kernel_call_accept)(kernel, process, sqe);
    struct answer *answer = promises ? find(process, sqe->answer_id) : NULL;
    if (answer && status != CAP_OK)
        free_answer(kernel, answer);
    else if (answer && answer->state == ANSWER_AWAITED)
        answer->call = LIST_ENTRY(kernel_tree_find(&process->pending, sqe->user_data), struct call,
                                  pending.by_user_data);
    return status;
}
