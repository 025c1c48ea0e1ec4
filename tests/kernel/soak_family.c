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
static void grant(struct model *model, struct m_call *call, struct m_process *child)
{
    struct m_process *from = call->caller;
    struct m_carried *carried = call->carried;
    int count = call->carried_count;
    m_commit_caps(model, carried, count);
    call->carried_count = 0;
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

static void made(struct model *model, struct m_call *call, struct m_what what, uint64_t interface_id)
{
    struct m_expected *expected = m_expect(model, call->caller, call->number, E_MADE, ONE_CAP_BYTES);
    expected->cap_count = call->result_caps > 0;
    if (call->result_caps > 0)
        expected->caps[0] = m_grant(call->caller, 0, what, interface_id);
    if (call->answer) {
        call->answer->fields[0] = (struct m_carried){.what = what, .interface_id = interface_id};
        call->answer->field_count = 1;
    }
    m_arrive(model, call, ONE_CAP_BYTES, 0);
    m_end_call(model, call);
}

/* Room for one capability: in the results, or in the answer alone. */
static bool has_room(const struct m_call *call)
{
    if (call->result_caps == 0)
        return call->answer && call->result_len >= ONE_CAP_BYTES;
    return call->result_len >= ONE_CAP_BYTES + sizeof(struct cap_transfer_result);
}

static void refuse(struct model *model, struct m_call *call, int32_t status)
{
    m_fail(model, call, status, 0);
    m_end_call(model, call);
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

static struct m_process *free_process(struct model *model)
{
    for (int i = M_ROOTS; i < M_PROCESSES; i++)
        if (!model->processes[i].alive && !model->processes[i].dead)
            return &model->processes[i];
    abort();
}

void m_spawn(struct model *model, struct m_call *call)
{
    static const uint64_t otherwise[M_BUDGETS] = {
        KERNEL_CAP_SLOTS_MAX, KERNEL_CALLS_MAX, KERNEL_MEMORY_CHARGE_MAX, 0, 0, KERNEL_BADGES_DEFAULT};
    uint64_t wanted[M_BUDGETS];
    for (int i = 0; i < M_BUDGETS; i++)
        wanted[i] = call->profile[i] ? call->profile[i] : otherwise[i];
    int type = refusal(model, call->caller, call->carried, call->carried_count, wanted);
    if (type != NO_EXCEPTION) {
        m_except(model, call, (uint16_t)type);
    } else if (!has_room(call)) {
        refuse(model, call, CAP_ERR_BUFFER_TOO_SMALL);
    } else {
        struct m_process *child = free_process(model);
        begin_child(model, call->caller, wanted, child);
        grant(model, call, child);
        made(model, call, (struct m_what){.handle = new_handle(model, child)}, PROCESS_HANDLE_INTERFACE_ID);
    }
}

static void make_endpoint(struct model *model, struct m_call *call)
{
    struct m_record *record = call->record;
    if (record->left[M_ENDPOINT_RECORDS] == 0) {
        m_except(model, call, EXCEPTION_TYPE_OVERLOADED);
    } else if (!has_room(call)) {
        refuse(model, call, CAP_ERR_BUFFER_TOO_SMALL);
    } else {
        struct m_endpoint *endpoint = m_endpoint_new(model);
        endpoint->charged = record;
        record->left[M_ENDPOINT_RECORDS]--;
        made(model, call, (struct m_what){.owned = endpoint}, ENDPOINT_INTERFACE_ID);
    }
}

/* --- Handles ---------------------------------------------------------------------------- */

static void tell(struct model *model, struct m_call *call, const struct m_handle *handle)
{
    int32_t bytes = STATUS_BYTES + (handle->end == M_FAULTED ? FAULT_TEXT_BYTES : 0);
    if (call->result_len < (uint32_t)bytes) {
        refuse(model, call, CAP_ERR_BUFFER_TOO_SMALL);
        return;
    }
    m_expect(model, call->caller, call->number, E_TOLD, bytes)->told = *handle;
    m_arrive(model, call, bytes, 0);
    m_end_call(model, call);
}

static void call_handle(struct model *model, struct m_call *call, struct m_handle *handle)
{
    switch (call->method_id) {
    case PROCESS_HANDLE_METHOD_WAIT:
        if (!handle->process) {
            tell(model, call, handle);
            break;
        }
        call->state = M_WAITS_END;
        call->handle = handle;
        call->joined = ++model->order;
        break;
    case PROCESS_HANDLE_METHOD_KILL:
        if (handle->process && handle->process->alive && !handle->process->doomed)
            handle->process->doomed = ++model->order;
        m_expect(model, call->caller, call->number, E_STATUS, CAP_OK);
        m_arrive(model, call, CAP_OK, 0);
        m_end_call(model, call);
        break;
    default:
        tell(model, call, handle);
        break;
    }
}

/* --- Calls -------------------------------------------------------------------------------- */

static void run(struct model *model, struct m_call *call, struct m_what target)
{
    if (target.object == M_SPAWNER && call->interface_id == PROCESS_SPAWNER_INTERFACE_ID)
        (call->method_id == PROCESS_SPAWNER_METHOD_SPAWN ? m_spawn : make_endpoint)(model, call);
    else if (target.handle && call->interface_id == PROCESS_HANDLE_INTERFACE_ID)
        call_handle(model, call, target.handle);
    else
        m_except(model, call, m_is_null(target) ? EXCEPTION_TYPE_FAILED : EXCEPTION_TYPE_UNIMPLEMENTED);
}

/* True: the call has ended, or waits for promises. */
static bool take_caps(struct model *model, struct m_call *call, const struct m_submission *submission)
{
    bool promises = false;
    int32_t status = m_decode_caps(model, call->caller, submission, true, call->carried);
    if (status < 0) {
        refuse(model, call, status);
        return true;
    }
    call->carried_count = submission->sqe.xfer_cap_count;
    for (int i = 0; i < call->carried_count; i++)
        promises |= call->carried[i].promise != NULL;
    if (!promises)
        return false;
    m_commit_caps(model, call->carried, call->carried_count);
    m_wait_for_caps(model, call);
    call->state = M_DEPENDS;
    return true;
}

void m_call_object(struct model *model, struct m_call *call, struct m_what target,
                   const struct m_submission *submission)
{
    bool takes_caps = target.object == M_SPAWNER && call->interface_id == PROCESS_SPAWNER_INTERFACE_ID &&
                      call->method_id == PROCESS_SPAWNER_METHOD_SPAWN;
    int count = submission ? submission->sqe.xfer_cap_count : call->carried_count;
    if (count > 0 && !takes_caps)
        m_except(model, call, EXCEPTION_TYPE_INVALID_ARGUMENT);
    else if (m_missing(model, call) == 0 && (!submission || !take_caps(model, call, submission)))
        run(model, call, target);
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

/* Of those that wait for the end, the one that has waited longest. */
static struct m_call *first_waiter(struct model *model, const struct m_handle *handle)
{
    struct m_call *first = NULL;
    for (int i = 0; i < model->calls_high; i++) {
        struct m_call *call = &model->calls[i];
        if (call->state == M_WAITS_END && call->handle == handle && (!first || call->joined < first->joined))
            first = call;
    }
    return first;
}

void m_gone(struct model *model, struct m_process *process)
{
    struct m_handle *handle = process->handle;
    struct m_call *waiter;
    process->dead = false;
    process->record->gone = true;
    if (!handle)
        return;
    handle->process = NULL;
    while ((waiter = first_waiter(model, handle)))
        tell(model, waiter, handle);
}

void m_end_doomed(struct model *model)
{
    struct m_process *first;
    do {
        first = NULL;
        for (int i = 0; i < M_PROCESSES; i++) {
            struct m_process *process = &model->processes[i];
            if (process->alive && process->doomed && (!first || process->doomed < first->doomed))
                first = process;
        }
        if (first)
            m_end_tree(model, first, M_ENDED, 0);
    } while (first);
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
