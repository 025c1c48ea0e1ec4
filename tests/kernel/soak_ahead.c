/*
 * The model's calls that are sent ahead to who owes the answer that they are on.
 */
#include <stddef.h>

#include "schema/capos.capos.h"
#include "tests/kernel/soak_model.h"

struct m_endpoint *m_abandoned_at(const struct m_call *call)
{
    return call->facet ? call->facet->endpoint : call->ahead;
}

/* The call whose answer it is, while a server owes that. */
static struct m_call *owed(const struct m_answer *answer)
{
    struct m_call *call = answer->state == M_AWAITED ? answer->call : NULL;
    bool owes = call && (call->state == M_DELIVERED || (call->state == M_DEPENDS && call->ahead));
    return owes ? call : NULL;
}

/* The process's call whose target is a promise, and that was submitted first after that one. */
static struct m_wait *next_of(struct model *model, const struct m_process *process, uint64_t after)
{
    struct m_wait *next = NULL;
    for (int i = 0; i < model->waits_high; i++) {
        struct m_wait *wait = &model->waits[i];
        if (wait->used && wait->call->caller == process && wait->call->state == M_DEPENDS && wait->cap < 0 &&
            wait->call->order > after && (!next || wait->call->order < next->call->order))
            next = wait;
    }
    return next;
}

static bool send(struct model *model, const struct m_wait *wait, struct m_call *before)
{
    struct m_call *call = wait->call;
    struct m_endpoint *endpoint = before->state == M_DEPENDS ? before->ahead : before->facet->endpoint;
    bool goes = !call->ahead && call->ahead_of == 0 && call->carried_count == 0 && !call->watches;
    if (!goes || !endpoint || call->params_len > M_MESSAGE_BYTES || m_queued_at(model, endpoint, NULL) > 0)
        return false;
    struct m_receive *receive = m_first_receive(model, endpoint, before->server, true);
    if (!receive)
        return false;
    receive->used = false;
    endpoint->receivers--;
    struct m_expected *expected =
        m_expect(model, receive->process, receive->number, E_AHEAD, 64 + (int32_t)call->params_len);
    call->ahead = endpoint;
    call->ahead_of = before->came;
    call->came = ++model->order;
    call->server = before->server;
    call->id = 0;
    expected->call = *call;
    expected->owed = before;
    expected->field = wait->field;
    expected->delivered = call;
    return true;
}

/* What comes behind those that are ahead, if it is on that answer, and so on: each on the answer to the one
 * before it, or on the record that that is on. */
void m_ahead_send(struct model *model, const struct m_answer *answer, const struct m_process *caller)
{
    const struct m_wait *last = NULL;
    bool sent = false;
    for (struct m_wait *wait = next_of(model, caller, 0); wait;
         wait = next_of(model, caller, wait->call->order)) {
        struct m_call *before = owed(wait->answer);
        bool beside = last && before && last->field == wait->field && last->call->ahead_of == before->came;
        bool goes = before && (!last || last->call == before || beside);
        if (!wait->call->ahead) {
            if (!goes || (!sent && wait->answer != answer) || !send(model, wait, before))
                return;
            sent = true;
        }
        last = wait;
    }
}

void m_ahead_withdraw(struct m_call *call)
{
    call->ahead = NULL;
    call->server = NULL;
    call->ahead_of = M_NEVER_AHEAD;
    call->id = 0;
}

bool m_ahead_aim(struct model *model, struct m_call *call, const struct m_carried *target)
{
    struct m_facet *facet = target->what.facet;
    if (target->resolved != call->ahead_of || !facet || facet->endpoint != call->ahead) {
        m_ahead_withdraw(call);
        return false;
    }
    call->facet = facet;
    call->joined = ++model->order;
    call->state = M_DELIVERED;
    call->ahead = NULL;
    return true;
}

void m_ahead_abandon(struct model *model, struct m_call *call)
{
    m_forget_waits(model, call);
    call->state = M_ABANDONED;
    call->order = ++model->order;
    call->result_caps = 0;
    call->told = false;
}

int32_t m_ahead_return(struct model *model, struct m_call *call, bool back)
{
    int32_t status = CAP_OK;
    if (call->ahead_of == 0 || call->ahead_of == M_NEVER_AHEAD || call->state == M_RETURNING)
        return CAP_ERR_NOT_PERMITTED;
    if (call->state == M_ABANDONED) {
        m_end_call(model, call);
        return CAP_OK;
    }
    if (call->state == M_DEPENDS)
        m_ahead_withdraw(call);
    if (call->state == M_DELIVERED)
        status = CAP_ERR_NOT_PERMITTED;
    else if (!back)
        status = CAP_ERR_UNKNOWN_CALL;
    if (status == CAP_OK)
        return CAP_OK;
    m_fail(model, call, CAP_ERR_BROKEN_PROMISE, 0);
    m_end_call(model, call);
    return status;
}

void m_ahead_end(struct model *model, const struct m_process *server, const struct m_endpoint *endpoint)
{
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (!call->ahead || (server && call->server != server) || (endpoint && call->ahead != endpoint))
            continue;
        if (call->state == M_DEPENDS)
            m_ahead_withdraw(call);
        else if (endpoint)
            call->told = true;
    }
}
