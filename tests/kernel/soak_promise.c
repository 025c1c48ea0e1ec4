/*
 * The model's third part: answers that are kept, and what waits for them.
 */
#include <stddef.h>
#include <stdlib.h>

#include "schema/capos.capos.h"
#include "tests/kernel/soak_model.h"

/* --- Answers ------------------------------------------------------------------------ */

static struct m_answer *find(struct model *model, const struct m_process *process, uint64_t id)
{
    for (int i = 0; i < model->answers_high; i++)
        if (model->answers[i].used && model->answers[i].owner == process && model->answers[i].id == id)
            return &model->answers[i];
    return NULL;
}

struct m_answer *m_named(struct model *model, const struct m_process *process, uint64_t id)
{
    struct m_answer *answer = find(model, process, id);
    return answer && answer->call && !answer->finished ? answer : NULL;
}

int32_t m_keep(struct model *model, struct m_process *process, const struct m_submission *submission,
               struct m_answer **ret_answer)
{
    uint32_t id = submission->sqe.answer_id;
    if (!(submission->sqe.flags & CAP_SQE_PROMISE))
        return CAP_OK;
    if (id == 0 || id >= KERNEL_ANSWERS_MAX || find(model, process, id))
        return CAP_ERR_BAD_ANSWER;
    struct m_answer *answer = model->answers;
    while (answer->used)
        answer++;
    if (answer == model->answers + model->answers_high)
        model->answers_high++;
    *answer = (struct m_answer){.used = true, .owner = process, .id = id};
    *ret_answer = answer;
    return CAP_OK;
}

bool m_waited_for(const struct model *model, const struct m_answer *answer)
{
    for (int i = 0; i < model->waits_high; i++)
        if (model->waits[i].used && model->waits[i].answer == answer)
            return true;
    return false;
}

void m_arrive(struct model *model, struct m_call *call, int32_t status, uint16_t type)
{
    struct m_answer *answer = call->answer;
    if (!answer || !call->caller || !call->caller->alive)
        return;
    answer->state = status >= 0 ? M_ARRIVED : M_FAILED;
    answer->status = status;
    answer->type = type;
    for (int i = 0; i < model->waits_high; i++)
        if (model->waits[i].used && model->waits[i].answer == answer)
            model->waits[i].arrived = ++model->order;
}

static void forget_answer(struct m_answer *answer)
{
    answer->used = false;
    if (!answer->call)
        return;
    answer->call->answer = NULL;
    if (answer->call->state == M_KEPT)
        answer->call->state = M_FREE;
}

/* Finished ones for which nothing waits: whether there were any. */
static bool forget_finished(struct model *model)
{
    bool any = false;
    for (int i = 0; i < model->answers_high; i++) {
        struct m_answer *answer = &model->answers[i];
        if (answer->used && answer->finished && answer->state != M_AWAITED && !m_waited_for(model, answer)) {
            forget_answer(answer);
            any = true;
        }
    }
    return any;
}

void m_forget_answers(struct model *model, struct m_process *process)
{
    for (int i = 0; i < model->answers_high; i++)
        if (model->answers[i].used && model->answers[i].owner == process)
            forget_answer(&model->answers[i]);
}

/* --- Waiting ------------------------------------------------------------------------- */

static void wait_for(struct model *model, struct m_call *call, struct m_answer *answer, uint16_t field,
                     int cap)
{
    struct m_wait *wait = model->waits;
    while (wait < model->waits + M_WAITS && wait->used)
        wait++;
    if (wait == model->waits + M_WAITS)
        abort();
    if (wait == model->waits + model->waits_high)
        model->waits_high++;
    *wait = (struct m_wait){.used = true, .call = call, .answer = answer, .field = field, .cap = cap};
    if (answer->state != M_AWAITED)
        wait->arrived = ++model->order;
}

void m_wait_for_caps(struct model *model, struct m_call *call)
{
    for (int i = 0; i < call->carried_count; i++)
        if (call->carried[i].promise)
            wait_for(model, call, call->carried[i].promise, call->carried[i].field, i);
}

void m_forget_waits(struct model *model, struct m_call *call)
{
    for (int i = 0; i < model->waits_high; i++)
        if (model->waits[i].used && model->waits[i].call == call)
            model->waits[i].used = false;
}

int m_missing(const struct model *model, const struct m_call *call)
{
    int count = 0;
    for (int i = 0; i < model->waits_high; i++)
        count += model->waits[i].used && model->waits[i].call == call && model->waits[i].cap >= 0;
    return count;
}

void m_pipeline(struct model *model, struct m_call *call, const struct m_submission *submission)
{
    call->state = M_DEPENDS;
    call->carried_count = submission->sqe.xfer_cap_count;
    m_commit_caps(model, call->carried, call->carried_count);
    wait_for(model, call, m_named(model, call->caller, submission->sqe.pipeline.dep),
             submission->sqe.pipeline.field, -1);
    m_wait_for_caps(model, call);
}

/* --- Returns -------------------------------------------------------------------------- */

/* Adds an answer to a set. */
static int reach(const struct m_answer **reached, int count, const struct m_answer *answer)
{
    for (int i = 0; i < count; i++)
        if (reached[i] == answer)
            return count;
    reached[count] = answer;
    return count + 1;
}

/* Whether a RETURN that carries this waits, by whatever way, for the answer that it gives, or for more of
 * them than the kernel looks at. */
static bool leads_back(const struct model *model, const struct m_call *returned,
                       const struct m_carried *carried, int count)
{
    const struct m_answer *reached[M_ANSWERS];
    int found = 0;
    for (int i = 0; i < count; i++)
        if (carried[i].promise)
            found = reach(reached, found, carried[i].promise);
    for (int at = 0; at < found; at++) {
        const struct m_call *call = reached[at]->state == M_AWAITED ? reached[at]->call : NULL;
        if (reached[at] == returned->answer)
            return true;
        if (call && call->state == M_RETURNING)
            call = call->other;
        for (int i = 0; call && i < model->waits_high; i++)
            if (model->waits[i].used && model->waits[i].call == call)
                found = reach(reached, found, model->waits[i].answer);
    }
    return found > KERNEL_CYCLE_MAX;
}

int32_t m_hold(struct model *model, struct m_call *call, const struct m_submission *submission,
               const struct m_carried *carried)
{
    const struct cap_sqe *sqe = &submission->sqe;
    struct m_call *held = NULL;
    int busy = 0;
    if (sqe->flags & CAP_SQE_RETURN_RECV)
        return CAP_ERR_BAD_TRANSFER;
    if (call->answer && leads_back(model, call, carried, sqe->xfer_cap_count))
        return CAP_ERR_BROKEN_PROMISE;
    for (int i = 0; i < model->calls_high; i++) {
        busy += model->calls[i].state != M_FREE && model->calls[i].caller == call->server;
        if (model->calls[i].state == M_FREE)
            held = &model->calls[i];
    }
    if ((uint64_t)busy >= call->server->calls)
        return CAP_ERR_TOO_MANY_CALLS;
    if (!held)
        held = &model->calls[model->calls_high++];
    *held = (struct m_call){
        .state = M_RETURNS,
        .caller = call->server,
        .record = call->server->record,
        .number = sqe->user_data,
        .order = ++model->order,
        .stamp = submission->stamp,
        .carried_count = sqe->xfer_cap_count,
        .fields = sqe->result_cap_max,
        .other = call,
    };
    for (int i = 0; i < held->carried_count; i++)
        held->carried[i] = carried[i];
    m_commit_caps(model, held->carried, held->carried_count);
    m_wait_for_caps(model, held);
    call->state = M_RETURNING;
    call->other = held;
    return 1;
}

void m_end_hold(struct model *model, struct m_call *call, int32_t status, bool lost)
{
    struct m_call *held = call->other;
    for (int i = 0; lost && i < held->carried_count; i++)
        if (held->carried[i].moved)
            held->carried[i].moved->used = false;
    if (held->caller->alive)
        m_expect(model, held->caller, held->number, E_STATUS, status);
    m_end_call(model, held);
}

/* --- Going on -------------------------------------------------------------------------- */

static void fail(struct model *model, struct m_call *call, int32_t status, uint16_t type)
{
    bool exception =
        status == CAP_ERR_APPLICATION_EXCEPTION || status == CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED;
    if (call->state == M_RETURNS) {
        call = call->other;
        m_end_hold(model, call, exception ? CAP_ERR_BROKEN_PROMISE : status, false);
        call->state = M_DELIVERED;
    }
    m_fail(model, call, status, type);
    m_end_call(model, call);
}

static bool carries_owner(const struct m_call *call)
{
    for (int i = 0; i < call->carried_count; i++)
        if (call->carried[i].what.owned)
            return true;
    return false;
}

static void aim(struct model *model, struct m_call *call, const struct m_carried *target)
{
    struct m_what what = target->what;
    struct m_endpoint *endpoint = what.facet ? what.facet->endpoint : NULL;
    if (call->ahead && m_ahead_aim(model, call, target))
        return;
    if (call->watches)
        m_watch(model, call, what, call->carried_count);
    else if (!what.facet)
        m_call_object(model, call, what, NULL);
    else if (endpoint && call->params_len > M_MESSAGE_BYTES)
        fail(model, call, CAP_ERR_MESSAGE_TOO_LARGE, 0);
    else if (carries_owner(call))
        fail(model, call, CAP_ERR_NOT_TRANSFERABLE, 0);
    else if (!endpoint)
        m_except(model, call, EXCEPTION_TYPE_DISCONNECTED);
    else {
        bool alone = m_queued_at(model, endpoint, NULL) == 0 && m_missing(model, call) == 0;
        int32_t status = m_join(model, call, what.facet);
        if (status < 0)
            fail(model, call, status, 0);
        else if (alone)
            m_deliver_at_once(model, endpoint);
    }
}

static bool waits(const struct model *model, const struct m_call *call)
{
    for (int i = 0; i < model->waits_high; i++)
        if (model->waits[i].used && model->waits[i].call == call)
            return true;
    return false;
}

static void give(struct model *model, struct m_call *call, int cap, const struct m_carried *field)
{
    call->carried[cap].what = field->what;
    call->carried[cap].interface_id = field->interface_id;
    if (call->state == M_QUEUED)
        m_turns(model, call->facet->endpoint);
    if (call->state == M_DEPENDS && !waits(model, call)) /* its target is known, and takes capabilities */
        m_spawn(model, call);
    if (call->state != M_RETURNS || m_missing(model, call) > 0)
        return;
    struct m_call *answered = call->other;
    const struct cap_sqe sqe = {.xfer_cap_count = call->carried_count, .result_cap_max = call->fields};
    struct m_carried carried[M_CAPS_IN_MESSAGE];
    for (int i = 0; i < call->carried_count; i++)
        carried[i] = call->carried[i];
    answered->state = M_DELIVERED;
    int32_t status = m_answer_call(model, answered, &sqe, call->stamp, carried, true);
    m_expect(model, call->caller, call->number, E_STATUS, status);
    if (status == CAP_OK)
        call->carried_count = 0;
    m_end_call(model, call);
}

/* The first that can go on: of what has arrived, what was submitted first. */
static struct m_wait *next_wait(struct model *model)
{
    struct m_wait *next = NULL;
    for (int i = 0; i < model->waits_high; i++) {
        struct m_wait *wait = &model->waits[i];
        if (wait->used && wait->arrived &&
            (!next || wait->call->order < next->call->order ||
             (wait->call == next->call && wait->arrived < next->arrived)))
            next = wait;
    }
    return next;
}

bool m_go_on(struct model *model)
{
    struct m_wait *wait;
    bool any = false;
    while ((wait = next_wait(model))) {
        const struct m_answer *answer = wait->answer;
        const struct m_carried *field =
            wait->field < answer->field_count ? &answer->fields[wait->field] : NULL;
        wait->used = false;
        any = true;
        if (answer->state == M_FAILED)
            fail(model, wait->call, answer->status, answer->type);
        else if (!field || m_is_null(field->what))
            fail(model, wait->call, CAP_ERR_BROKEN_PROMISE, 0);
        else if (wait->cap < 0)
            aim(model, wait->call, field);
        else if (field->what.handle || (field->what.owned && wait->call->state != M_DEPENDS))
            fail(model, wait->call, CAP_ERR_NOT_TRANSFERABLE, 0);
        else
            give(model, wait->call, wait->cap, field);
    }
    any |= forget_finished(model);
    return any;
}
