#include "tests/kernel/soak_model.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "schema/capos.capos.h"

/* --- Finding --------------------------------------------------------------------- */

struct m_cap *m_find(struct m_process *process, uint64_t id)
{
    for (int i = 0; i < process->caps_high; i++)
        if (process->caps[i].used && process->caps[i].id == id && id != 0 && !process->caps[i].moving)
            return &process->caps[i];
    return NULL;
}

bool m_owns(const struct m_process *process, const struct m_endpoint *endpoint)
{
    for (int i = 0; i < process->caps_high; i++)
        if (process->caps[i].used && process->caps[i].what.owned == endpoint)
            return true;
    return false;
}

struct m_facet *m_find_facet(const struct model *model, const struct m_endpoint *endpoint, uint64_t badge)
{
    for (int i = 0; i < model->facets_high; i++)
        if (model->facets[i].used && model->facets[i].endpoint == endpoint && model->facets[i].badge == badge)
            return (struct m_facet *)&model->facets[i];
    return NULL;
}

int m_badges(const struct model *model, const struct m_endpoint *endpoint)
{
    int count = 0;
    for (int i = 0; i < model->facets_high; i++)
        count += model->facets[i].used && model->facets[i].endpoint == endpoint;
    return count;
}

unsigned m_slots_used(const struct m_process *process)
{
    unsigned used = 0;
    for (int i = 0; i < process->caps_high; i++)
        used += process->caps[i].used;
    return used;
}

static bool pending(const struct m_call *call)
{
    return call->state != M_FREE && call->state != M_ABANDONED && call->state != M_RETURNS &&
           call->state != M_KEPT;
}

static unsigned slots_left(const struct model *model, const struct m_process *process)
{
    unsigned taken = m_slots_used(process);
    for (int i = 0; i < model->calls_high; i++) {
        const struct m_call *call = &model->calls[i];
        if (pending(call) && call->caller == process)
            taken += call->result_caps;
    }
    for (int i = 0; i < process->receives_high; i++)
        taken += process->receives[i].used ? M_CAPS_IN_MESSAGE : 0;
    return (unsigned)process->slots - taken;
}

struct m_call *m_pending_call(struct model *model, const struct m_process *process, uint64_t number)
{
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (pending(call) && call->caller == process && call->number == number)
            return call;
    }
    return NULL;
}

struct m_receive *m_pending_receive(struct m_process *process, uint64_t number)
{
    for (int i = 0; i < process->receives_high; i++)
        if (process->receives[i].used && process->receives[i].number == number)
            return &process->receives[i];
    return NULL;
}

/* --- Setting the stage ------------------------------------------------------------- */

struct m_cap *m_grant(struct m_process *process, uint64_t id, struct m_what what, uint64_t interface_id)
{
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX; i++) {
        struct m_cap *cap = &process->caps[i];
        if (cap->used)
            continue;
        *cap = (struct m_cap){.used = true, .id = id, .what = what, .interface_id = interface_id};
        if (i >= process->caps_high)
            process->caps_high = i + 1;
        return cap;
    }
    abort();
}

struct m_endpoint *m_endpoint_new(struct model *model)
{
    for (int i = 0; i < M_ENDPOINTS; i++) {
        if (model->endpoints[i].used)
            continue;
        model->endpoints[i] = (struct m_endpoint){.used = true};
        return &model->endpoints[i];
    }
    abort();
}

struct m_facet *m_mint(struct model *model, struct m_endpoint *endpoint, uint64_t badge,
                       struct m_record *minter)
{
    struct m_facet *facet = m_find_facet(model, endpoint, badge);
    if (facet) {
        facet->noticed = false;
        return facet;
    }
    for (int i = 0; i < M_FACETS && !facet; i++) {
        if (model->facets[i].used)
            continue;
        facet = &model->facets[i];
        if (i >= model->facets_high)
            model->facets_high = i + 1;
    }
    if (!facet)
        abort();
    *facet = (struct m_facet){.used = true, .endpoint = endpoint, .badge = badge, .charged = minter};
    minter->left[M_BADGES]--;
    return facet;
}

void m_free_facet(struct m_facet *facet)
{
    facet->used = false;
    if (facet->charged)
        facet->charged->left[M_BADGES]++;
}

/* --- Completions --------------------------------------------------------------------- */

struct m_expected *m_expect(struct model *model, struct m_process *process, uint64_t number, enum m_kind kind,
                            int32_t result)
{
    struct m_expected *expected = &model->expected[model->expected_count++];
    *expected = (struct m_expected){.kind = kind, .process = process, .number = number, .result = result};
    return expected;
}

static void expect_exception(struct model *model, const struct m_call *call, uint16_t type)
{
    int32_t result = call->result_len < M_RESULT_BYTES ? CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED
                                                       : CAP_ERR_APPLICATION_EXCEPTION;
    if (call->caller->alive)
        m_expect(model, call->caller, call->number, E_EXCEPTION, result)->type = type;
}

/* The caller gets no more of it, and what it carries is where it was. */
void m_end_call(struct model *model, struct m_call *call)
{
    struct m_endpoint *endpoint = call->state == M_QUEUED ? call->facet->endpoint : NULL;
    if (call->state == M_DEPENDS && call->ahead) {
        m_ahead_abandon(model, call);
        return;
    }
    if (call->state == M_QUEUED || call->state == M_DEPENDS || call->state == M_RETURNS)
        for (int i = 0; i < call->carried_count; i++)
            if (call->carried[i].moved)
                call->carried[i].moved->moving = false;
    if (call->state == M_RETURNING)
        m_end_hold(model, call, CAP_ERR_UNKNOWN_CALL, false);
    m_forget_waits(model, call);
    call->state = call->answer && call->answer->state != M_AWAITED ? M_KEPT : M_FREE;
    call->facet = NULL;
    call->handle = NULL;
    call->ahead = NULL;
    call->result_caps = call->carried_count = 0;
    if (endpoint)
        m_turns(model, endpoint);
}

/* Ends a call without results: the caller is told, and so is what depends on it. */
void m_fail(struct model *model, struct m_call *call, int32_t status, uint16_t type)
{
    if (!call->caller || !call->caller->alive)
        return;
    if (status == CAP_ERR_APPLICATION_EXCEPTION || status == CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED)
        expect_exception(model, call, type);
    else
        m_expect(model, call->caller, call->number, E_STATUS, status);
    m_arrive(model, call, status, type);
}

/* Something waits here, and does not wait for a promise itself. */
static bool can_go(const struct model *model, const struct m_endpoint *endpoint,
                   const struct m_process *process)
{
    const struct m_call *first = NULL;
    for (int i = 0; i < model->calls_high; i++) {
        const struct m_call *call = &model->calls[i];
        if (call->state == M_QUEUED && call->caller == process && call->facet->endpoint == endpoint &&
            (!first || call->order < first->order))
            first = call;
    }
    return first && m_missing(model, first) == 0;
}

/* Processes of which nothing can go lose their turn; those of which something can are the last to get one. */
void m_turns(struct model *model, struct m_endpoint *endpoint)
{
    int kept = 0;
    for (int i = 0; i < endpoint->turn_count; i++)
        if (can_go(model, endpoint, endpoint->turns[i]))
            endpoint->turns[kept++] = endpoint->turns[i];
    endpoint->turn_count = kept;
    for (int p = 0; p < M_PROCESSES; p++) {
        struct m_process *process = &model->processes[p];
        bool has = false;
        for (int i = 0; i < kept; i++)
            has |= endpoint->turns[i] == process;
        if (!has && can_go(model, endpoint, process))
            endpoint->turns[endpoint->turn_count++] = process;
    }
}

void m_except(struct model *model, struct m_call *call, uint16_t type)
{
    m_fail(model, call, CAP_ERR_APPLICATION_EXCEPTION, type);
    m_end_call(model, call);
}

void m_watch(struct model *model, struct m_call *call, struct m_what target, int carried_count)
{
    if (carried_count > 0) {
        m_except(model, call, EXCEPTION_TYPE_INVALID_ARGUMENT);
    } else if (m_is_null(target)) {
        m_except(model, call, EXCEPTION_TYPE_FAILED);
    } else if (target.facet && !target.facet->endpoint) {
        m_except(model, call, EXCEPTION_TYPE_DISCONNECTED);
    } else {
        call->facet = target.facet;
        call->handle = target.handle;
        call->watched = target.owned;
        call->joined = ++model->order;
        call->state = M_WATCH;
    }
}

void m_disconnect(struct model *model, struct m_call *call)
{
    if (call->state != M_ABANDONED)
        m_fail(model, call, CAP_ERR_APPLICATION_EXCEPTION, EXCEPTION_TYPE_DISCONNECTED);
    m_end_call(model, call);
}

/* The caller gives up. */
void m_abandon(struct model *model, struct m_call *call)
{
    m_arrive(model, call, CAP_ERR_CANCELLED, 0);
    if (call->state == M_RETURNING) {
        m_end_hold(model, call, CAP_OK, true);
        call->state = M_FREE;
    }
    if (call->state != M_DELIVERED) {
        m_end_call(model, call);
        return;
    }
    call->result_caps = 0;
    call->state = M_ABANDONED;
    call->order = ++model->order;
    call->told = !call->facet->endpoint;
}

/* --- Submissions ------------------------------------------------------------------------ */

static struct m_call *new_call(struct model *model, struct m_process *process,
                               const struct m_submission *submission, int32_t *ret_status)
{
    const struct cap_sqe *sqe = &submission->sqe;
    struct m_call *free_call = NULL;
    int busy = 0;
    for (int i = 0; i < model->calls_high; i++) {
        busy += model->calls[i].state != M_FREE && model->calls[i].caller == process;
        if (model->calls[i].state == M_FREE && !free_call)
            free_call = &model->calls[i];
    }
    if (!free_call && model->calls_high < M_CALLS)
        free_call = &model->calls[model->calls_high++];
    *ret_status = (uint64_t)busy >= process->calls                   ? CAP_ERR_TOO_MANY_CALLS
                  : slots_left(model, process) < sqe->result_cap_max ? CAP_ERR_NO_SLOTS
                                                                     : CAP_OK;
    if (*ret_status < 0)
        return NULL;
    if (!free_call)
        abort();
    *free_call = (struct m_call){
        .caller = process,
        .record = process->record,
        .number = sqe->user_data,
        .order = ++model->order,
        .stamp = submission->stamp,
        .result_len = sqe->result_len,
        .result_caps = sqe->result_cap_max,
        .interface_id = sqe->interface_id,
        .method_id = sqe->method_id,
        .params_len = sqe->params_len,
        .watches = sqe->interface_id == CAPABILITY_INTERFACE_ID,
    };
    memcpy(free_call->profile, submission->profile, sizeof free_call->profile);
    return free_call;
}

static bool taken(struct model *model, struct m_process *process, uint64_t number)
{
    return m_pending_call(model, process, number) || m_pending_receive(process, number);
}

void m_refuse(struct model *model, struct m_process *process, const struct m_submission *submission,
              int32_t status)
{
    m_expect(model, process, submission->sqe.user_data, E_STATUS, status);
}

int m_queued_at(const struct model *model, const struct m_endpoint *endpoint, const struct m_process *caller)
{
    int count = 0;
    for (int i = 0; i < model->calls_high; i++)
        count += model->calls[i].state == M_QUEUED && model->calls[i].facet->endpoint == endpoint &&
                 (!caller || model->calls[i].caller == caller);
    return count;
}

int32_t m_join(struct model *model, struct m_call *call, struct m_facet *facet)
{
    if (m_queued_at(model, facet->endpoint, call->caller) >= KERNEL_QUEUE_MAX)
        return CAP_ERR_QUEUE_FULL;
    call->facet = facet;
    call->joined = ++model->order;
    call->state = M_QUEUED;
    m_turns(model, facet->endpoint);
    return CAP_OK;
}

static int32_t queue_call(struct model *model, struct m_call *call, const struct m_submission *submission,
                          struct m_facet *facet)
{
    if (m_queued_at(model, facet->endpoint, call->caller) >= KERNEL_QUEUE_MAX)
        return CAP_ERR_QUEUE_FULL;
    int32_t status = m_decode_caps(model, call->caller, submission, false, call->carried);
    if (status < 0)
        return status;
    call->carried_count = submission->sqe.xfer_cap_count;
    m_commit_caps(model, call->carried, call->carried_count);
    m_wait_for_caps(model, call);
    return m_join(model, call, facet);
}

static struct m_call *submit(struct model *model, struct m_process *process,
                             const struct m_submission *submission, struct m_answer *answer,
                             int32_t *ret_status)
{
    const struct cap_sqe *sqe = &submission->sqe;
    bool pipelines = sqe->flags & CAP_SQE_PIPELINE;
    struct m_cap *cap = pipelines ? NULL : m_find(process, sqe->cap_id);
    if (pipelines && !m_named(model, process, sqe->pipeline.dep))
        *ret_status = CAP_ERR_BAD_ANSWER;
    else if (taken(model, process, sqe->user_data))
        *ret_status = CAP_ERR_BAD_SQE;
    else if (!pipelines && !cap && sqe->cap_id != 0)
        *ret_status = CAP_ERR_STALE_CAP;
    else if (cap && cap->what.facet && cap->what.facet->endpoint &&
             sqe->interface_id != CAPABILITY_INTERFACE_ID && sqe->params_len > M_MESSAGE_BYTES)
        *ret_status = CAP_ERR_MESSAGE_TOO_LARGE;
    if (*ret_status < 0)
        return NULL;
    struct m_call *call = new_call(model, process, submission, ret_status);
    if (call)
        call->answer = answer;
    return call;
}

/* A call that has its target, and is over by now or waits there. */
static int32_t start(struct model *model, struct m_call *call, const struct m_submission *submission,
                     struct m_what target)
{
    if (call->watches)
        m_watch(model, call, target, submission->sqe.xfer_cap_count);
    else if (target.facet && !target.facet->endpoint)
        m_except(model, call, EXCEPTION_TYPE_DISCONNECTED);
    else if (target.facet)
        return queue_call(model, call, submission, target.facet);
    else
        m_call_object(model, call, target, submission);
    return CAP_OK;
}

void m_call(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    bool pipelines = submission->sqe.flags & CAP_SQE_PIPELINE;
    const struct m_cap *cap = pipelines ? NULL : m_find(process, submission->sqe.cap_id);
    struct m_answer *answer = NULL;
    int32_t status = m_keep(model, process, submission, &answer);
    struct m_call *call = status < 0 ? NULL : submit(model, process, submission, answer, &status);
    if (call && pipelines)
        status = m_decode_caps(model, process, submission, true, call->carried);
    else if (call)
        status = start(model, call, submission, cap ? cap->what : (struct m_what){0});
    if (call && pipelines && status == CAP_OK)
        m_pipeline(model, call, submission);
    if (call && pipelines && status == CAP_OK)
        m_ahead_send(model, m_named(model, process, submission->sqe.pipeline.dep), process);
    if (answer && status == CAP_OK)
        answer->call = call;
    else if (answer)
        answer->used = false;
    if (status == CAP_OK)
        return;
    m_refuse(model, process, submission, status);
}

void m_revoke(struct model *model, struct m_process *process, const struct m_submission *submission,
              uint64_t badge)
{
    const struct cap_sqe *sqe = &submission->sqe;
    int32_t status = CAP_OK;
    struct m_cap *cap = m_find(process, sqe->cap_id);
    if (taken(model, process, sqe->user_data)) {
        m_refuse(model, process, submission, CAP_ERR_BAD_SQE);
        return;
    }
    struct m_call *call = new_call(model, process, submission, &status);
    m_refuse(model, process, submission, status);
    struct m_facet *facet = call ? m_find_facet(model, cap->what.owned, badge) : NULL;
    if (facet)
        m_cut_off(model, facet, true);
}

int32_t m_check_receive(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    const struct cap_sqe *sqe = &submission->sqe;
    struct m_cap *cap = m_find(process, sqe->cap_id);
    int busy = 0;
    for (int i = 0; i < process->receives_high; i++)
        busy += process->receives[i].used;
    if (!cap && sqe->cap_id != 0)
        return CAP_ERR_STALE_CAP;
    if (!cap || !cap->what.owned)
        return CAP_ERR_NOT_PERMITTED;
    if (taken(model, process, sqe->user_data))
        return CAP_ERR_BAD_SQE;
    if (busy == KERNEL_RECVS_MAX)
        return CAP_ERR_TOO_MANY_CALLS;
    return slots_left(model, process) < M_CAPS_IN_MESSAGE ? CAP_ERR_NO_SLOTS : CAP_OK;
}

void m_post_receive(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    struct m_receive *receive = process->receives;
    while (receive->used)
        receive++;
    if (receive == process->receives + process->receives_high)
        process->receives_high++;
    *receive = (struct m_receive){
        .used = true,
        .number = submission->sqe.user_data,
        .process = process,
        .endpoint = m_find(process, submission->sqe.cap_id)->what.owned,
        .order = ++model->order,
        .takes_ahead = submission->sqe.flags & CAP_SQE_AHEAD,
    };
}

void m_receive(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    int32_t status = m_check_receive(model, process, submission);
    if (status < 0)
        m_refuse(model, process, submission, status);
    else
        m_post_receive(model, process, submission);
}
