/*
 * The model's second half: answers, ends, and what follows from them.
 */
#include <stddef.h>

#include "schema/capos.capos.h"
#include "tests/kernel/soak_model.h"

/* --- Answers ----------------------------------------------------------------------- */

static struct m_call *find_delivered(struct model *model, const struct m_process *server, uint64_t id)
{
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if ((call->state == M_DELIVERED || call->state == M_ABANDONED || call->state == M_RETURNING ||
             (call->state == M_DEPENDS && call->ahead)) &&
            call->server == server && call->id == id && id != 0)
            return call;
    }
    return NULL;
}

/* To nobody: what was moved is gone, what was minted has nobody. */
static void lose(struct model *model, struct m_call *call, struct m_carried *carried, int count)
{
    m_commit_caps(model, carried, count);
    for (int i = 0; i < count; i++)
        if (carried[i].moved)
            carried[i].moved->used = false;
    m_end_call(model, call);
}

/* What arrives of an answer, and what its caller keeps. */
static void give(struct model *model, struct m_call *call, const struct cap_sqe *sqe,
                 struct m_carried *carried, int shown, struct m_expected *expected)
{
    struct m_answer *kept = call->answer;
    for (int i = 0; kept && i < sqe->result_cap_max; i++) {
        kept->fields[i] = carried[i];
        kept->fields[i].resolved = carried[i].minted && (sqe->flags & CAP_SQE_AHEAD) ? call->came : 0;
    }
    if (kept)
        kept->field_count = sqe->result_cap_max;
    m_deliver_caps(call->caller, carried, shown, expected);
    for (int i = shown; i < sqe->xfer_cap_count; i++)
        if (carried[i].moved)
            carried[i].moved->used = false;
    (void)model;
}

int32_t m_answer_call(struct model *model, struct m_call *call, const struct cap_sqe *sqe, uint64_t stamp,
                      struct m_carried *carried, bool committed)
{
    int count = sqe->xfer_cap_count, shown = count, slots = 0;
    for (int i = 0; i < count; i++)
        slots += !m_is_null(carried[i].what);
    bool fits = slots <= call->result_caps;
    if (call->answer) {
        shown = count < call->result_caps ? count : call->result_caps;
        fits = shown == count || count <= sqe->result_cap_max;
    }
    fits = fits && 16 + 32u * (unsigned)shown <= call->result_len;
    int32_t status = fits ? CAP_OK : CAP_ERR_BUFFER_TOO_SMALL;
    int32_t result = sqe->flags & CAP_SQE_EXCEPTION ? CAP_ERR_APPLICATION_EXCEPTION : 16;
    struct m_expected *expected =
        m_expect(model, call->caller, call->number, fits ? E_RESULTS : E_STATUS, fits ? result : status);
    expected->type = sqe->method_id;
    expected->stamp = stamp;
    if (fits && !committed)
        m_commit_caps(model, carried, count);
    if (fits)
        give(model, call, sqe, carried, shown, expected);
    m_arrive(model, call, expected->result, sqe->method_id);
    m_end_call(model, call);
    return status;
}

static int32_t answer(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    const struct cap_sqe *sqe = &submission->sqe;
    struct m_carried carried[M_CAPS_IN_MESSAGE] = {0};
    struct m_call *call = find_delivered(model, process, sqe->interface_id);
    bool promises = false;
    if (!call)
        return CAP_ERR_UNKNOWN_CALL;
    if (call->state == M_DEPENDS || (sqe->flags & CAP_SQE_BACK))
        return m_ahead_return(model, call, sqe->flags & CAP_SQE_BACK);
    int32_t status = m_decode_caps(model, process, submission, false, carried);
    if (status < 0)
        return status;
    for (int i = 0; i < sqe->xfer_cap_count; i++)
        promises |= carried[i].promise != NULL;
    if (call->state == M_ABANDONED) {
        lose(model, call, carried, sqe->xfer_cap_count);
        return CAP_OK;
    }
    if (call->state == M_RETURNING)
        return CAP_ERR_UNKNOWN_CALL;
    if (promises)
        return m_hold(model, call, submission, carried);
    return m_answer_call(model, call, sqe, submission->stamp, carried, false);
}

void m_return(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    bool receives = submission->sqe.flags & CAP_SQE_RETURN_RECV;
    int32_t status = receives ? m_check_receive(model, process, submission) : CAP_OK;
    if (status == CAP_OK)
        status = answer(model, process, submission);
    if (status == CAP_OK && receives)
        m_post_receive(model, process, submission);
    else if (status <= 0)
        m_refuse(model, process, submission, status);
}

/* --- Ends --------------------------------------------------------------------------- */

/* Ends what wants a facet, in the order in which it came; delivered calls, too, if told so. */
void m_cut_off(struct model *model, struct m_facet *facet, bool delivered)
{
    struct m_call *next;
    do {
        next = NULL;
        for (int i = 0; i < model->calls_high; i++) {
            struct m_call *call = &model->calls[i];
            bool at_server =
                call->state == M_DELIVERED || call->state == M_ABANDONED || call->state == M_RETURNING;
            if (call->state == M_FREE || call->facet != facet)
                continue;
            if ((delivered || !at_server) && (!next || call->joined < next->joined))
                next = call;
            else if (!delivered && call->state == M_ABANDONED)
                call->told = true;
        }
        if (next)
            m_disconnect(model, next);
    } while (next);
    facet->noticed = false;
    facet->endpoint = NULL;
}

/* Who does not own an endpoint any more receives nothing from it. */
void m_end_receives(struct model *model, struct m_process *process, const struct m_endpoint *endpoint)
{
    for (int i = 0; i < process->receives_high; i++) {
        struct m_receive *receive = &process->receives[i];
        if (!receive->used || receive->endpoint != endpoint)
            continue;
        receive->used = false;
        m_expect(model, process, receive->number, E_STATUS, CAP_ERR_STALE_CAP);
    }
}

void m_release(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    uint64_t id = submission->sqe.cap_id;
    struct m_cap *cap = m_find(process, id);
    if (cap)
        cap->used = false;
    if (cap && cap->what.owned && !m_owns(process, cap->what.owned))
        m_end_receives(model, process, cap->what.owned);
    m_refuse(model, process, submission, cap || id == 0 ? CAP_OK : CAP_ERR_STALE_CAP);
}

void m_cancel(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    uint64_t number = submission->sqe.interface_id;
    struct m_call *call = m_pending_call(model, process, number);
    struct m_receive *receive = m_pending_receive(process, number);
    if (call)
        m_abandon(model, call);
    else if (receive)
        receive->used = false;
    if (call || receive)
        m_expect(model, process, number, E_STATUS, CAP_ERR_CANCELLED);
    m_refuse(model, process, submission, call || receive ? CAP_OK : CAP_ERR_NOT_FOUND);
}

void m_finish(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    struct m_answer *kept = m_named(model, process, submission->sqe.answer_id);
    m_refuse(model, process, submission, kept ? CAP_OK : CAP_ERR_BAD_ANSWER);
    if (!kept)
        return;
    kept->finished = true;
    if (kept->state == M_AWAITED && !m_waited_for(model, kept)) {
        m_expect(model, process, kept->call->number, E_STATUS, CAP_ERR_CANCELLED);
        m_abandon(model, kept->call);
    }
}

/* The unfinished call of a process that was submitted first. */
static struct m_call *first_call(struct model *model, const struct m_process *process)
{
    struct m_call *first = NULL;
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (call->state != M_FREE && call->state != M_ABANDONED && call->state != M_KEPT &&
            call->caller == process && (!first || call->order < first->order))
            first = call;
    }
    return first;
}

void m_kill(struct model *model, struct m_process *process)
{
    process->alive = false;
    for (int i = 0; i < process->receives_high; i++)
        process->receives[i].used = false;
    m_ahead_end(model, process, NULL);
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if ((call->state == M_DELIVERED || call->state == M_ABANDONED || call->state == M_RETURNING) &&
            call->server == process)
            m_disconnect(model, call);
    }
    struct m_call *call;
    while ((call = first_call(model, process)))
        m_abandon(model, call);
    m_forget_answers(model, process);
    for (int i = 0; i < model->calls_high; i++)
        if (model->calls[i].caller == process)
            model->calls[i].caller = NULL;
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX; i++)
        process->caps[i].used = false;
    for (int i = 0; i < model->expected_count; i++) /* nobody reads what has come to it */
        model->expected[i].met |= model->expected[i].process == process;
}

/* --- What follows --------------------------------------------------------------------- */

static bool is_owned(const struct model *model, const struct m_endpoint *endpoint)
{
    for (int i = 0; i < M_PROCESSES; i++)
        if (m_owns(&model->processes[i], endpoint))
            return true;
    for (int i = 0; i < model->calls_high; i++)
        for (int j = 0; model->calls[i].state == M_DEPENDS && j < model->calls[i].carried_count; j++)
            if (model->calls[i].carried[j].what.owned == endpoint)
                return true;
    for (int i = 0; i < model->answers_high; i++)
        for (int j = 0; model->answers[i].used && j < model->answers[i].field_count; j++)
            if (model->answers[i].fields[j].what.owned == endpoint)
                return true;
    return false;
}

static void end_endpoint(struct model *model, struct m_endpoint *endpoint)
{
    for (int i = 0; i < M_PROCESSES; i++)
        m_end_receives(model, &model->processes[i], endpoint);
    for (int i = 0; i < model->calls_high; i++)
        if (model->calls[i].state == M_WATCH && model->calls[i].watched == endpoint)
            m_disconnect(model, &model->calls[i]);
    for (int i = 0; i < model->facets_high; i++)
        if (model->facets[i].used && model->facets[i].endpoint == endpoint)
            m_cut_off(model, &model->facets[i], false);
    m_ahead_end(model, NULL, endpoint);
    if (endpoint->charged)
        endpoint->charged->left[M_ENDPOINT_RECORDS]++;
    endpoint->used = false;
}

static void refer(struct m_what what)
{
    if (what.facet)
        what.facet->references++;
    if (what.handle)
        what.handle->references++;
}

static void count_references(struct model *model)
{
    for (int i = 0; i < model->facets_high; i++)
        model->facets[i].references = 0;
    for (int i = 0; i < M_HANDLES; i++)
        model->handles[i].references = 0;
    for (int p = 0; p < M_PROCESSES; p++)
        for (int i = 0; i < model->processes[p].caps_high; i++)
            if (model->processes[p].caps[i].used)
                refer(model->processes[p].caps[i].what);
    for (int i = 0; i < model->calls_high; i++) {
        const struct m_call *call = &model->calls[i];
        if (call->state != M_FREE)
            refer((struct m_what){.facet = call->facet, .handle = call->handle});
        bool carries = call->state == M_QUEUED || call->state == M_DEPENDS || call->state == M_RETURNS;
        for (int j = 0; carries && j < call->carried_count; j++)
            refer(call->carried[j].what);
    }
    for (int i = 0; i < model->answers_high; i++)
        for (int j = 0; model->answers[i].used && j < model->answers[i].field_count; j++)
            refer(model->answers[i].fields[j].what);
}

static void end_what_nobody_holds(struct model *model)
{
    for (int i = 0; i < M_ENDPOINTS; i++)
        if (model->endpoints[i].used && !is_owned(model, &model->endpoints[i]))
            end_endpoint(model, &model->endpoints[i]);
    count_references(model);
    for (int i = 0; i < model->facets_high; i++) {
        struct m_facet *facet = &model->facets[i];
        if (facet->used && facet->references == 0 && facet->endpoint)
            facet->noticed = true;
        else if (facet->used && facet->references == 0)
            m_free_facet(facet);
    }
    for (int i = 0; i < M_HANDLES; i++) {
        struct m_handle *handle = &model->handles[i];
        if (!handle->used || handle->references > 0)
            continue;
        handle->used = false;
        if (handle->process)
            handle->process->handle = NULL;
    }
}

/* Of one process, or of any. */
struct m_receive *m_first_receive(struct model *model, const struct m_endpoint *endpoint,
                                  const struct m_process *process, bool takes_ahead)
{
    struct m_receive *first = NULL;
    for (int p = 0; p < M_PROCESSES; p++)
        for (int i = 0; i < model->processes[p].receives_high; i++) {
            struct m_receive *receive = &model->processes[p].receives[i];
            if (receive->used && receive->endpoint == endpoint && receive->takes_ahead >= takes_ahead &&
                (!process || process == &model->processes[p]) && (!first || receive->order < first->order))
                first = receive;
        }
    return first;
}

static struct m_call *first_queued(struct model *model, const struct m_endpoint *endpoint,
                                   const struct m_process *caller)
{
    struct m_call *first = NULL;
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (call->state == M_QUEUED && call->facet->endpoint == endpoint && call->caller == caller &&
            (!first || call->order < first->order))
            first = call;
    }
    return first;
}

/* Of which whoever received it can be told. */
static struct m_call *first_cancelled(struct model *model, const struct m_endpoint *endpoint)
{
    struct m_call *first = NULL;
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (call->state == M_ABANDONED && m_abandoned_at(call) == endpoint && !call->told &&
            m_first_receive(model, endpoint, call->server, false) && (!first || call->order < first->order))
            first = call;
    }
    return first;
}

static int notices(const struct model *model, const struct m_endpoint *endpoint)
{
    int count = 0;
    for (int i = 0; i < model->facets_high; i++)
        count += model->facets[i].used && model->facets[i].noticed && model->facets[i].endpoint == endpoint;
    return count - endpoint->scheduled;
}

static void deliver_call(struct model *model, struct m_endpoint *endpoint, struct m_receive *receive)
{
    struct m_process *turn = endpoint->turns[0];
    struct m_call *call = first_queued(model, endpoint, turn);
    struct m_expected *expected =
        m_expect(model, receive->process, receive->number, E_CALL, 64 + (int32_t)call->params_len);
    expected->call = *call;
    expected->badge = call->facet->badge;
    expected->delivered = call;
    call->state = M_DELIVERED;
    call->id = 0;
    call->server = receive->process;
    call->came = ++model->order;
    expected->call.came = call->came;
    m_deliver_caps(receive->process, call->carried, call->carried_count, expected);
    call->carried_count = 0;
    for (int i = 1; i < endpoint->turn_count; i++)
        endpoint->turns[i - 1] = endpoint->turns[i];
    endpoint->turns[endpoint->turn_count - 1] = turn;
    m_turns(model, endpoint);
    receive->used = false;
    if (call->answer)
        m_ahead_send(model, call->answer, call->caller);
}

void m_deliver_at_once(struct model *model, struct m_endpoint *endpoint)
{
    struct m_receive *receive = m_first_receive(model, endpoint, NULL, false);
    if (!receive || endpoint->turn_count == 0)
        return;
    deliver_call(model, endpoint, receive);
}

static void count_receivers(struct model *model)
{
    for (int i = 0; i < M_ENDPOINTS; i++)
        model->endpoints[i].receivers = 0;
    for (int p = 0; p < M_PROCESSES; p++)
        for (int i = 0; i < model->processes[p].receives_high; i++)
            if (model->processes[p].receives[i].used)
                model->processes[p].receives[i].endpoint->receivers++;
}

/* To a receive that waits. False: there is nothing for any. */
static bool deliver_next(struct model *model, struct m_endpoint *endpoint)
{
    struct m_receive *receive = m_first_receive(model, endpoint, NULL, false);
    struct m_call *cancelled = first_cancelled(model, endpoint);
    if (cancelled) {
        receive = m_first_receive(model, endpoint, cancelled->server, false);
        cancelled->told = true;
        struct m_expected *expected = m_expect(model, receive->process, receive->number, E_CANCELLED, 64);
        expected->call = *cancelled;
        expected->badge = cancelled->facet ? cancelled->facet->badge : 0;
    } else if (notices(model, endpoint) > 0) {
        endpoint->scheduled++;
        m_expect(model, receive->process, receive->number, E_RELEASED, 64)->endpoint = endpoint;
    } else if (endpoint->turn_count > 0) {
        deliver_call(model, endpoint, receive);
    } else {
        return false;
    }
    receive->used = false;
    return true;
}

static void lower_marks(struct model *model)
{
    while (model->calls_high > 0 && model->calls[model->calls_high - 1].state == M_FREE)
        model->calls_high--;
    while (model->answers_high > 0 && !model->answers[model->answers_high - 1].used)
        model->answers_high--;
    while (model->waits_high > 0 && !model->waits[model->waits_high - 1].used)
        model->waits_high--;
    while (model->facets_high > 0 && !model->facets[model->facets_high - 1].used)
        model->facets_high--;
    for (int i = 0; i < M_PROCESSES; i++) {
        struct m_process *process = &model->processes[i];
        while (process->caps_high > 0 && !process->caps[process->caps_high - 1].used)
            process->caps_high--;
        while (process->receives_high > 0 && !process->receives[process->receives_high - 1].used)
            process->receives_high--;
    }
}

void m_settle(struct model *model)
{
    lower_marks(model);
    do {
        m_end_doomed(model);
        end_what_nobody_holds(model);
    } while (m_go_on(model));
    m_forget_records(model);
    count_receivers(model);
    for (int i = 0; i < M_ENDPOINTS; i++) {
        struct m_endpoint *endpoint = &model->endpoints[i];
        while (endpoint->used && endpoint->receivers > 0 && deliver_next(model, endpoint))
            endpoint->receivers--;
    }
}
