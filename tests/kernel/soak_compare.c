/*
 * The kernel's completions beside those that the model expects.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/kernel/soak_compare.h"
#include "tests/tap.h"

struct model soak_model;
struct process *soak_real[M_PROCESSES], *soak_records[M_RECORDS];
uint64_t soak_seed, soak_step, soak_ids[64];
uint64_t soak_generations[M_PROCESSES][KERNEL_CAP_SLOTS_MAX];
bool soak_failed;

static uint64_t last_call_id, highest_call_id;

uint64_t soak_place(uint64_t number)
{
    return FAKE_MEMORY + number % 256 * SOAK_PLACE_BYTES;
}

static void differ(const char *what)
{
    char text[160];
    if (soak_failed)
        return;
    soak_failed = true;
    snprintf(text, sizeof text, "CAPOS_SEED=%llu, step %llu: %s", (unsigned long long)soak_seed,
             (unsigned long long)soak_step, what);
    tap_fail(__FILE__, __LINE__, text);
}

void soak_check(bool good, const char *what)
{
    if (!good)
        differ(what);
}

/* Records: the ids are new, and the model learns them. */
static void check_records(int who, struct m_expected *expected, const struct cap_transfer_result *records,
                          uint16_t count)
{
    soak_check(count == expected->cap_count, "so many capabilities come along");
    for (int i = 0; i < count && !soak_failed; i++) {
        const struct cap_transfer_result *record = &records[i];
        struct m_cap *cap = expected->caps[i];
        soak_check((record->cap_id != 0) == (cap != NULL), "a record is null as what was sent");
        soak_check(record->flags == (expected->own[i] ? CAP_RECORD_OWN : 0),
                   "owners are told, and they alone");
        soak_check(record->badge == expected->badges[i], "with the badge");
        if (!cap || soak_failed)
            continue;
        uint32_t slot = CAPOS_CAP_SLOT(record->cap_id);
        uint64_t generation = record->cap_id >> CAPOS_CAP_SLOT_SHIFT;
        soak_check(record->interface_id == cap->interface_id, "the interface id goes along");
        soak_check(slot < KERNEL_CAP_SLOTS_MAX && generation > soak_generations[who][slot], "an id is new");
        if (!soak_failed)
            soak_generations[who][slot] = generation;
        cap->id = record->cap_id;
    }
}

static void check_ahead(const struct cap_message_header *header, const struct m_expected *expected)
{
    bool is_known = expected->owed->came == expected->call.ahead_of && expected->owed->id != 0;
    soak_check(header->kind == CAP_MESSAGE_AHEAD && (!is_known || header->badge == expected->owed->id) &&
                   header->field == expected->field && header->cap_count == 0,
               "the call ahead of that answer");
}

static void check_call(int who, struct m_expected *expected)
{
    const struct cap_message_header *header =
        fake_memory(soak_real[who], soak_place(expected->number) + SOAK_MESSAGE);
    const struct m_call *call = &expected->call;
    if (expected->kind == E_AHEAD)
        check_ahead(header, expected);
    else
        soak_check(header->kind == CAP_MESSAGE_CALL && header->badge == expected->badge,
                   "the call of that badge");
    soak_check(((const uint64_t *)(header + 1))[1] == call->stamp, "the call whose turn it is");
    soak_check(header->call_id > last_call_id, "a call id is new");
    soak_check(header->result_len == call->result_len && header->result_cap_max == call->result_caps &&
                   header->method_id == call->method_id && header->interface_id == call->interface_id &&
                   header->params_len == call->params_len,
               "the call's own fields");
    if (header->call_id > highest_call_id)
        highest_call_id = header->call_id;
    soak_ids[header->call_id % 64] = header->call_id;
    if (expected->delivered->came == call->came)
        expected->delivered->id = header->call_id;
    check_records(who, expected, (const void *)((const char *)(header + 1) + call->params_len),
                  header->cap_count);
}

static void check_notice(int who, struct m_expected *expected)
{
    const struct cap_message_header *header =
        fake_memory(soak_real[who], soak_place(expected->number) + SOAK_MESSAGE);
    if (expected->kind == E_CANCELLED) {
        soak_check(header->kind == CAP_MESSAGE_CANCELLED && header->badge == expected->badge &&
                       (header->call_id == expected->call.id || expected->call.id == 0),
                   "the notice of that call");
        return;
    }
    struct m_facet *facet = NULL;
    for (int i = 0; i < soak_model.facets_high; i++)
        if (soak_model.facets[i].used && soak_model.facets[i].noticed &&
            soak_model.facets[i].badge == header->badge &&
            soak_model.facets[i].endpoint == expected->endpoint)
            facet = &soak_model.facets[i];
    soak_check(header->kind == CAP_MESSAGE_RELEASED && facet, "the notice of a badge that nobody holds");
    if (facet)
        m_free_facet(facet);
    expected->endpoint->scheduled--;
}

/* The names of its grants: the model learns their ids. */
static void meet(struct m_process *child, struct process *real)
{
    static const char *const names[M_CAPS_IN_MESSAGE] = {"g0", "g1"};
    const long who = child - soak_model.processes;
    soak_real[who] = real;
    soak_records[child->record - soak_model.records] = real;
    memset(soak_generations[who], 0, sizeof soak_generations[who]);
    for (int i = 0; i < M_CAPS_IN_MESSAGE && child->alive; i++) {
        uint64_t id = fake_cap(real, names[i]);
        soak_check((id != 0) == (child->granted[i] != NULL), "a child has its grants");
        if (!child->granted[i] || soak_failed)
            continue;
        child->granted[i]->id = id;
        soak_generations[who][CAPOS_CAP_SLOT(id)] = id >> CAPOS_CAP_SLOT_SHIFT;
    }
}

static struct m_process *last_unmet(void)
{
    struct m_process *last = NULL;
    for (int i = 0; i < M_PROCESSES; i++) {
        struct m_process *of = &soak_model.processes[i];
        if (!soak_real[i] && (of->alive || of->dead) && (!last || of->record->order > last->record->order))
            last = of;
    }
    return last;
}

/* Children of the step at hand are the kernel's last processes. */
static void meet_children(void)
{
    struct list_node *node = machine->kernel.processes.head.previous;
    for (struct m_process *child; (child = last_unmet()); node = node->previous)
        meet(child, LIST_ENTRY(node, struct process, in_kernel));
}

/* How a process ended. */
static void check_told(const struct m_expected *expected, const uint64_t *results)
{
    static const uint16_t tags[] = {[M_RUNS] = PROCESS_STATUS_WHICH_RUNNING,
                                    [M_EXITED] = PROCESS_STATUS_WHICH_EXITED,
                                    [M_FAULTED] = PROCESS_STATUS_WHICH_FAULTED,
                                    [M_ENDED] = PROCESS_STATUS_WHICH_KILLED};
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, results, (uint64_t)expected->result);
    struct process_status_reader status = process_handle_status_results_get_status(
        (struct process_handle_status_results_reader){wire_root(&message)});
    soak_check(process_status_which(status) == tags[expected->told.end],
               "a handle tells how a process ended");
    soak_check(expected->told.end != M_EXITED || process_status_get_exited(status) == expected->told.code,
               "with its code");
}

static void match(int who, struct cap_cqe cqe)
{
    struct m_expected *found = NULL;
    for (int i = 0; i < soak_model.expected_count && !found; i++) {
        struct m_expected *expected = &soak_model.expected[i];
        if (!expected->met && expected->process == &soak_model.processes[who] &&
            expected->number == cqe.user_data && expected->result == cqe.result)
            found = expected;
    }
    soak_check(found, "a completion is one that was to come");
    if (!found)
        return;
    found->met = true;
    const uint64_t *results = fake_memory(soak_real[who], soak_place(found->number) + SOAK_RESULTS);
    switch (found->kind) {
    case E_STATUS:
        break;
    case E_EXCEPTION:
        soak_check(cqe.aux == found->type, "the exception's type");
        break;
    case E_CALL:
    case E_AHEAD:
        check_call(who, found);
        break;
    case E_CANCELLED:
    case E_RELEASED:
        check_notice(who, found);
        break;
    case E_MADE:
        check_records(who, found, (const void *)(results + 2), cqe.cap_count);
        break;
    case E_TOLD:
        check_told(found, results);
        break;
    case E_RESULTS:
        soak_check(results[1] == found->stamp, "the answer of that return");
        soak_check(cqe.result == 16 || cqe.aux == found->type, "the type of its exception");
        check_records(who, found, (const void *)(results + 2), cqe.cap_count);
        break;
    }
}

/* What the kernel keeps is what the model says it must. */
static void check_accounts(void)
{
    const struct kernel *kernel = &machine->kernel;
    uint64_t calls = 0, queued = 0, bytes = 0, bundles = 0, facets = 0, endpoints = 0, answers = 0, waits = 0;
    for (int i = 0; i < soak_model.calls_high; i++) {
        const struct m_call *call = &soak_model.calls[i];
        calls += call->state != M_FREE;
        queued += call->state == M_QUEUED;
        bytes += call->state == M_QUEUED ? call->params_len : 0;
        bundles += call->carried_count > 0 &&
                   (call->state == M_QUEUED || call->state == M_DEPENDS || call->state == M_RETURNS);
    }
    for (int i = 0; i < soak_model.answers_high; i++)
        answers += soak_model.answers[i].used;
    for (int i = 0; i < soak_model.waits_high; i++)
        waits += soak_model.waits[i].used;
    for (int i = 0; i < soak_model.facets_high; i++)
        facets += soak_model.facets[i].used;
    for (int i = 0; i < M_ENDPOINTS; i++)
        endpoints += soak_model.endpoints[i].used;
    soak_check(kernel->calls == calls, "as many calls as the model");
    soak_check(kernel->queued_messages == queued && kernel->queued_bytes == bytes, "as many that wait");
    soak_check(kernel->bundle_pool.taken == bundles, "as many messages with capabilities");
    soak_check(kernel->answer_pool.taken == answers && kernel->wait_pool.taken == waits,
               "as many answers, and promises that are waited for");
    soak_check(kernel->facet_pool.taken == facets, "as many badges");
    soak_check(kernel->endpoint_pool.taken == endpoints, "as many endpoints");
}

/* Processes, and what each may still hand on. */
static void check_families(void)
{
    uint64_t processes = 1, records = 1, handles = 0; /* the machine's first is none of ours */
    for (int i = 0; i < M_PROCESSES; i++)
        processes += soak_model.processes[i].alive || soak_model.processes[i].dead;
    for (int i = 0; i < M_HANDLES; i++)
        handles += soak_model.handles[i].used;
    for (int i = 0; i < M_RECORDS && !soak_failed; i++) {
        const struct m_record *record = &soak_model.records[i];
        records += record->used;
        for (int kind = 0; record->used && kind < M_BUDGETS; kind++)
            soak_check(soak_records[i]->left.of[kind] == record->left[kind], "so much is left of a budget");
    }
    soak_check(port_pages(&machine->kernel) == processes * FAKE_PAGES, "as many processes");
    soak_check(machine->kernel.process_pool.taken == records, "as many records of processes");
    soak_check(machine->kernel.handle_pool.taken == handles, "as many handles");
}

static void check_tables(void)
{
    for (int who = 0; who < M_PROCESSES; who++) {
        struct m_process *of = &soak_model.processes[who];
        if (!soak_real[who])
            continue;
        soak_check(soak_real[who]->caps.used == m_slots_used(of), "as many capabilities as the model");
        for (int i = 0; i < of->caps_high && !soak_failed; i++) {
            const struct m_cap *cap = &of->caps[i];
            if (!cap->used)
                continue;
            struct object *object = kernel_caps_find(&soak_real[who]->caps, cap->id);
            soak_check(cap->moving == !object, "only what is under way cannot be found");
            const struct facet *facet = object ? kernel_facet_of(object) : NULL;
            soak_check(!object || !!cap->what.facet == !!facet, "the same kind");
            soak_check(!facet || (facet->by_badge.key == cap->what.facet->badge &&
                                  !!facet->endpoint == !!cap->what.facet->endpoint),
                       "the same badge, dead or alive");
        }
    }
}

void soak_compare(void)
{
    struct cap_cqe cqe;
    meet_children();
    for (int who = 0; who < M_PROCESSES; who++) {
        if (!soak_model.processes[who].alive)
            continue;
        while (!soak_failed && fake_reap(soak_real[who], &cqe))
            do
                match(who, cqe);
            while (!soak_failed && (fake_reap(soak_real[who], &cqe) ||
                                    (fake_poll(soak_real[who]), fake_reap(soak_real[who], &cqe))));
    }
    for (int i = 0; i < soak_model.expected_count; i++)
        soak_check(soak_model.expected[i].met, "every completion that is owed comes");
    soak_model.expected_count = 0;
    last_call_id = highest_call_id;
    check_accounts();
    check_families();
    if (soak_step % 16 == 0)
        check_tables();
}
