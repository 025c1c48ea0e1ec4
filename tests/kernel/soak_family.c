/*
 * The model's fourth part: processes that start others, what they hand on, and how they end.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "schema/capos.capos.h"
#include "tests/kernel/soak_model.h"

enum { NO_EXCEPTION = -1, ONE_CAP_BYTES = 16, STATUS_BYTES = 40, FAULT_TEXT_BYTES = 32 };

/* --- Made ------------------------------------------------------------------------------ */

static struct m_record *new_record(struct model *model, struct m_record *spawner,
                                   const uint64_t granted[M_BUDGETS])
{
    struct m_record *record = model->records;
    while (record < model->records + M_RECORDS && record->used)
        record++;
    if (record == model->records + M_RECORDS)
        abort();
    *record = (struct m_record){.used = true, .spawner = spawner, .order = ++model->order};
    memcpy(record->granted, granted, sizeof record->granted);
    memcpy(record->left, granted, sizeof record->left);
    return record;
}

static uint64_t keep(uint64_t *left, uint64_t most)
{
    uint64_t kept = *left < most ? *left : most;
    *left -= kept;
    return kept;
}

void m_begin_root(struct model *model, struct m_process *process, const uint64_t left[M_BUDGETS])
{
    *process = (struct m_process){.alive = true,
                                  .record = new_record(model, NULL, left),
                                  .slots = KERNEL_CAP_SLOTS_MAX,
                                  .calls = KERNEL_CALLS_MAX};
}

static void begin_child(struct model *model, struct m_process *spawner, const uint64_t wanted[M_BUDGETS],
                        struct m_process *child)
{
    struct m_record *record = new_record(model, spawner->record, wanted);
    for (int i = 0; i < M_BUDGETS; i++)
        spawner->record->left[i] -= wanted[i];
    spawner->record->left[M_CHILDREN]--;
    record->left[M_MEMORY] -= M_IMAGE_BYTES;
    *child = (struct m_process){.alive = true, .record = record, .spawner = spawner};
    child->slots = keep(&record->left[M_SLOTS], KERNEL_CAP_SLOTS_MAX);
    child->calls = keep(&record->left[M_CALL_RECORDS], KERNEL_CALLS_MAX);
}

/* Copies stay, moves leave. */
static void grant(struct model *model, struct m_process *from, struct m_process *child,
                  struct m_carried *carried, int count)
{
    m_commit_caps(model, carried, count);
    for (int i = 0; i < count; i++)
        child->granted[i] = m_grant(child, 0, carried[i].what, carried[i].interface_id);
    for (int i = 0; i < count; i++) {
        if (!carried[i].moved)
            continue;
        carried[i].moved->used = false;
        if (carried[i].what.owned && !m_owns(from, carried[i].what.owned))
            m_end_receives(model, from, carried[i].what.owned);
    }
}

static struct m_handle *new_handle(struct model *model, struct m_process *child)
{
    struct m_handle *handle = model->handles;
    while (handle < model->handles + M_HANDLES && handle->used)
        handle++;
    if (handle == model->handles + M_HANDLES)
        abort();
    *handle = (struct m_handle){.used = true, .process = child};
    child->handle = handle;
    return handle;
}

static void expect_made(struct model *model, struct m_process *process, uint64_t number, struct m_what what,
                        uint64_t interface_id, struct m_process *child)
{
    struct m_expected *expected = m_expect(model, process, number, E_MADE, ONE_CAP_BYTES);
    expected->cap_count = 1;
    expected->caps[0] = m_grant(process, 0, what, interface_id);
    expected->child = child;
}

/* Room for one capability in the results. */
static bool has_room(const struct cap_sqe *sqe)
{
    return sqe->result_cap_max > 0 && sqe->result_len >= ONE_CAP_BYTES + sizeof(struct cap_transfer_result);
}

/* What is wrong with a spawn, or that there is too little left for it. */
static int refusal(const struct model *model, const struct m_process *process,
                   const struct m_carried *carried, int count, const uint64_t wanted[M_BUDGETS])
{
    uint64_t left[M_BUDGETS];
    memcpy(left, process->record->left, sizeof left);
    left[M_BADGES] -= (unsigned)m_fresh(model, carried, count, NULL);
    for (int i = 0; i < count; i++)
        if (m_is_null(carried[i].what))
            return EXCEPTION_TYPE_INVALID_ARGUMENT;
    if (wanted[M_MEMORY] < M_IMAGE_BYTES || wanted[M_SLOTS] < (unsigned)count)
        return EXCEPTION_TYPE_INVALID_ARGUMENT;
    for (int i = 0; i < M_BUDGETS; i++)
        if (wanted[i] + (i == M_CHILDREN) > left[i])
            return EXCEPTION_TYPE_OVERLOADED;
    return NO_EXCEPTION;
}

void m_spawn(struct model *model, struct m_process *process, const struct m_submission *submission,
             const uint64_t profile[M_BUDGETS], struct m_process *child)
{
    static const uint64_t otherwise[M_BUDGETS] = {
        KERNEL_CAP_SLOTS_MAX, KERNEL_CALLS_MAX, KERNEL_MEMORY_CHARGE_MAX, 0, 0, KERNEL_BADGES_DEFAULT};
    const struct cap_sqe *sqe = &submission->sqe;
    struct m_carried carried[M_CAPS_IN_MESSAGE] = {0};
    uint64_t wanted[M_BUDGETS];
    int32_t status = CAP_OK;
    for (int i = 0; i < M_BUDGETS; i++)
        wanted[i] = profile[i] ? profile[i] : otherwise[i];
    struct m_call *call = m_new_call(model, process, submission, &status);
    if (call)
        status = m_decode_caps(model, process, submission, true, carried);
    if (status < 0) {
        m_refuse(model, process, submission, status);
        return;
    }
    int type = refusal(model, process, carried, sqe->xfer_cap_count, wanted);
    if (type != NO_EXCEPTION) {
        m_fail(model, call, CAP_ERR_APPLICATION_EXCEPTION, (uint16_t)type);
    } else if (!has_room(sqe)) {
        m_refuse(model, process, submission, CAP_ERR_BUFFER_TOO_SMALL);
    } else {
        begin_child(model, process, wanted, child);
        grant(model, process, child, carried, sqe->xfer_cap_count);
        expect_made(model, process, sqe->user_data, (struct m_what){.handle = new_handle(model, child)},
                    PROCESS_HANDLE_INTERFACE_ID, child);
    }
}

void m_make_endpoint(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    const struct cap_sqe *sqe = &submission->sqe;
    struct m_record *record = process->record;
    int32_t status = CAP_OK;
    struct m_call *call = m_new_call(model, process, submission, &status);
    if (!call) {
        m_refuse(model, process, submission, status);
    } else if (record->left[M_ENDPOINT_RECORDS] == 0) {
        m_fail(model, call, CAP_ERR_APPLICATION_EXCEPTION, EXCEPTION_TYPE_OVERLOADED);
    } else if (!has_room(sqe)) {
        m_refuse(model, process, submission, CAP_ERR_BUFFER_TOO_SMALL);
    } else {
        struct m_endpoint *endpoint = m_endpoint_new(model);
        endpoint->charged = record;
        record->left[M_ENDPOINT_RECORDS]--;
        expect_made(model, process, sqe->user_data, (struct m_what){.owned = endpoint}, ENDPOINT_INTERFACE_ID,
                    NULL);
    }
}

/* --- Handles ---------------------------------------------------------------------------- */

static void tell(struct model *model, const struct m_call *call, const struct m_handle *handle)
{
    int32_t bytes = STATUS_BYTES + (handle->end == M_FAULTED ? FAULT_TEXT_BYTES : 0);
    bool fits = call->result_len >= (uint32_t)bytes;
    struct m_expected *expected = m_expect(model, call->caller, call->number, fits ? E_TOLD : E_STATUS,
                                           fits ? bytes : CAP_ERR_BUFFER_TOO_SMALL);
    expected->told = *handle;
}

void m_call_handle(struct model *model, struct m_process *process, const struct m_submission *submission)
{
    int32_t status = CAP_OK;
    struct m_handle *handle = m_find(process, submission->sqe.cap_id)->what.handle;
    struct m_call *call = m_new_call(model, process, submission, &status);
    if (!call) {
        m_refuse(model, process, submission, status);
        return;
    }
    switch (submission->sqe.method_id) {
    case PROCESS_HANDLE_METHOD_WAIT:
        if (!handle->process) {
            tell(model, call, handle);
            break;
        }
        call->state = M_WAITS_END;
        call->handle = handle;
        break;
    case PROCESS_HANDLE_METHOD_KILL:
        m_refuse(model, process, submission, CAP_OK);
        if (handle->process && handle->process->alive)
            m_end_tree(model, handle->process, M_ENDED, 0);
        break;
    default:
        tell(model, call, handle);
        break;
    }
}

/* --- The end ------------------------------------------------------------------------------ */

/* Of those that a process started and that live, the first. */
static struct m_process *first_child(struct model *model, const struct m_process *spawner)
{
    struct m_process *first = NULL;
    for (int i = 0; i < M_PROCESSES; i++) {
        struct m_process *process = &model->processes[i];
        if (process->alive && process->spawner == spawner &&
            (!first || process->record->order < first->record->order))
            first = process;
    }
    return first;
}

void m_end_tree(struct model *model, struct m_process *process, enum m_end end, int64_t code)
{
    struct m_process *ending[M_PROCESSES] = {process}, *child;
    for (int i = 0, count = 1; i < count; i++) {
        struct m_process *next = ending[i];
        if (next->handle)
            next->handle->end = i == 0 ? end : M_ENDED;
        if (next->handle)
            next->handle->code = code;
        while ((child = first_child(model, next))) {
            child->spawner = NULL;
            ending[count++] = child;
        }
        m_kill(model, next);
        next->dead = true;
    }
}

void m_gone(struct model *model, struct m_process *process)
{
    struct m_handle *handle = process->handle;
    process->dead = false;
    process->record->gone = true;
    if (!handle)
        return;
    handle->process = NULL;
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (call->state != M_WAITS_END || call->handle != handle)
            continue;
        tell(model, call, handle);
        m_end_call(model, call);
    }
}

static bool is_kept(const struct model *model, const struct m_record *record)
{
    for (int i = 0; i < M_RECORDS; i++)
        if (model->records[i].used && model->records[i].spawner == record)
            return true;
    for (int i = 0; i < model->calls_high; i++)
        if (model->calls[i].state != M_FREE && model->calls[i].record == record)
            return true;
    return !record->gone;
}

/* Badges that it was charged for, and that are left, are its spawner's from now on. */
static void bequeath_badges(struct model *model, struct m_record *record)
{
    for (int i = 0; i < model->facets_high; i++) {
        struct m_facet *facet = &model->facets[i];
        if (!facet->used || facet->charged != record)
            continue;
        facet->charged = record->spawner;
        record->granted[M_BADGES]--;
    }
}

void m_forget_records(struct model *model)
{
    for (int i = 0; i < M_RECORDS; i++) {
        struct m_record *record = &model->records[i];
        if (!record->used || is_kept(model, record))
            continue;
        record->used = false;
        bequeath_badges(model, record);
        if (!record->spawner)
            continue;
        for (int kind = 0; kind < M_BUDGETS; kind++)
            record->spawner->left[kind] += record->granted[kind];
        record->spawner->left[M_CHILDREN]++;
        i = -1; /* its spawner's may go, too */
    }
}
