/*
 * Hostile and honest programs at random against the kernel core, each step compared with a model of it:
 * docs/security.md, clauses 14 to 17, 26, 27, 30 and 31. CAPOS_SEED=n replays a failure; CAPOS_SOAK_STEPS=n
 * and CAPOS_LONG=1 say how far.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/kernel/soak_compare.h"
#include "tests/kernel/soak_do_family.h"
#include "tests/kernel/soak_pick.h"
#include "tests/tap.h"

/* A minute of it with the sanitizers, which see more; a few seconds without. */
#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define STEPS 160000
#    endif
#endif
#ifndef STEPS
#    define STEPS 12500
#endif

enum { TESTS = 20, STEPS_LONG = 500000, BURST_MAX = 6 };

/* --- Submissions --------------------------------------------------------------------- */

static void put(struct process *of, uint64_t number, struct m_submission *submission)
{
    const uint64_t words[2] = {UINT64_C(0x0000000100000000), submission->stamp = soak_serial()};
    uint8_t *memory = fake_memory(of, soak_place(number));
    memcpy(memory, words, sizeof words);
    memcpy(memory + sizeof words, submission->caps, sizeof submission->caps);
}

static struct m_submission make_call(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t number = soak_random(50) == 0 ? soak_pick_pending(of) : soak_pick_number();
    struct m_submission made = {.sqe = {
                                    .op = CAP_OP_CALL,
                                    .method_id = IPC_METHOD,
                                    .user_data = number,
                                    .params_len = 16,
                                    .result_cap_max = (uint16_t)soak_random(3),
                                    .result_len = soak_random(10) == 0 ? 16 : M_RESULT_BYTES,
                                    .interface_id = IPC_INTERFACE,
                                    .cap_id = soak_pick_cap(of, soak_random(30) == 0),
                                }};
    if (soak_random(4) == 0) {
        made.sqe.flags |= CAP_SQE_PIPELINE;
        made.sqe.cap_id = 0;
        made.sqe.pipeline.dep = soak_pick_answer(of, false);
        made.sqe.pipeline.field = soak_pick_field();
    }
    if (soak_random(2) == 0)
        soak_keep_answer(of, &made.sqe);
    made.sqe.xfer_cap_count = soak_pick_transfers(of, made.caps, 25);
    made.sqe.params_addr = soak_place(number);
    made.sqe.result_addr = soak_place(number) + SOAK_RESULTS;
    if (!m_pending_call(&soak_model, of, number) && !m_pending_receive(of, number))
        put(soak_real[who], number, &made);
    else
        made.sqe.xfer_cap_count = 0;
    return made;
}

static void set_receive(struct m_process *of, struct cap_sqe *sqe)
{
    sqe->cap_id = soak_pick_cap(of, soak_random(30) != 0);
    sqe->result_addr = soak_place(sqe->user_data) + SOAK_MESSAGE;
    sqe->result_len = IPC_RECEIVE_BYTES;
}

static void do_call(int who)
{
    struct m_submission made = make_call(who);
    fake_submit(soak_real[who], &made.sqe);
    m_call(&soak_model, &soak_model.processes[who], &made);
}

static void do_watch(int who)
{
    struct m_submission made = make_call(who);
    if (soak_random(4) > 0)
        made.sqe.xfer_cap_count = 0;
    made.sqe.interface_id = CAPABILITY_INTERFACE_ID;
    made.sqe.method_id = CAPABILITY_METHOD_WATCH;
    fake_submit(soak_real[who], &made.sqe);
    m_call(&soak_model, &soak_model.processes[who], &made);
}

static void do_revoke(int who)
{
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {.sqe = make_call(who).sqe};
    made.sqe.flags = 0;
    made.sqe.answer_id = 0;
    uint64_t badge = 1 + soak_random(6), words[2] = {UINT64_C(0x0000000100000000), badge};
    made.sqe.cap_id = soak_pick_cap(of, true);
    const struct m_cap *cap = m_find(of, made.sqe.cap_id);
    if (!cap || !cap->what.owned || m_pending_call(&soak_model, of, made.sqe.user_data) ||
        m_pending_receive(of, made.sqe.user_data))
        return;
    made.sqe.xfer_cap_count = 0;
    made.sqe.interface_id = ENDPOINT_INTERFACE_ID;
    made.sqe.method_id = ENDPOINT_METHOD_REVOKE;
    memcpy(fake_memory(soak_real[who], made.sqe.params_addr), words, sizeof words);
    fake_submit(soak_real[who], &made.sqe);
    m_revoke(&soak_model, of, &made, badge);
}

static void do_receive(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t number = soak_random(50) == 0 ? soak_pick_pending(of) : soak_pick_number();
    struct m_submission made = {.sqe = {.op = CAP_OP_RECV, .user_data = number}};
    if (soak_random(4) > 0)
        made.sqe.flags = CAP_SQE_AHEAD;
    set_receive(of, &made.sqe);
    fake_submit(soak_real[who], &made.sqe);
    m_receive(&soak_model, of, &made);
}

static void do_return(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t number = soak_pick_number(), id = soak_ids[soak_random(64)];
    for (int i = 0; i < soak_model.calls_high; i++)
        if ((soak_model.calls[i].state == M_DELIVERED || soak_model.calls[i].state == M_ABANDONED ||
             (soak_model.calls[i].state == M_RETURNING && soak_random(8) == 0) ||
             (soak_model.calls[i].state == M_DEPENDS && soak_random(2) == 0)) &&
            soak_model.calls[i].server == of && soak_model.calls[i].id && soak_random(3) > 0)
            id = soak_model.calls[i].id;
    struct m_submission made = {.sqe = {
                                    .op = CAP_OP_RETURN,
                                    .user_data = number,
                                    .params_addr = soak_place(number),
                                    .params_len = 16,
                                    .interface_id = id,
                                }};
    if (soak_random(8) == 0) {
        made.sqe.flags |= CAP_SQE_BACK;
        made.sqe.params_addr = made.sqe.params_len = 0;
    } else if (soak_random(8) == 0) {
        made.sqe.flags |= CAP_SQE_EXCEPTION;
        made.sqe.method_id = (uint16_t)soak_random(5);
    } else {
        made.sqe.xfer_cap_count = soak_pick_transfers(of, made.caps, 60);
        if (soak_random(8) == 0) /* with which callers start others, before they have the answer */
            made.caps[0] =
                (struct cap_transfer){.cap_id = soak_pick_object(of, M_SPAWNER), .mode = CAP_TRANSFER_COPY};
        made.sqe.result_cap_max =
            soak_random(4) ? made.sqe.xfer_cap_count : (uint16_t)soak_random(made.sqe.xfer_cap_count + 1u);
    }
    if (soak_random(4) > 0)
        made.sqe.flags |= CAP_SQE_AHEAD;
    if (soak_random(2) == 0) {
        made.sqe.flags |= CAP_SQE_RETURN_RECV;
        set_receive(of, &made.sqe);
    }
    put(soak_real[who], number, &made);
    fake_submit(soak_real[who], &made.sqe);
    m_return(&soak_model, of, &made);
}

static void do_release(int who)
{
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {.sqe = {.op = CAP_OP_RELEASE,
                                        .user_data = soak_pick_number(),
                                        .cap_id = soak_pick_cap(of, soak_random(60) == 0)}};
    fake_submit(soak_real[who], &made.sqe);
    m_release(&soak_model, of, &made);
}

static void do_finish(int who)
{
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {.sqe = {.op = CAP_OP_FINISH,
                                        .user_data = soak_pick_number(),
                                        .answer_id = soak_pick_answer(of, soak_random(2))}};
    fake_submit(soak_real[who], &made.sqe);
    m_finish(&soak_model, of, &made);
}

static void do_cancel(int who)
{
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {
        .sqe = {.op = CAP_OP_CANCEL, .user_data = soak_pick_number(), .interface_id = soak_pick_pending(of)}};
    fake_submit(soak_real[who], &made.sqe);
    m_cancel(&soak_model, of, &made);
}

/* --- The stage ----------------------------------------------------------------------- */

static void give_facet(int owner_index, int to)
{
    struct m_process *of = &soak_model.processes[owner_index];
    uint64_t id = soak_pick_cap(of, true), badge = 1 + soak_random(6);
    struct m_cap *cap = m_find(of, id);
    if (!cap || !cap->what.owned || !soak_model.processes[to].alive ||
        soak_real[to]->caps.free <= soak_real[to]->caps.reserved ||
        m_badges(&soak_model, cap->what.owned) >= KERNEL_FACETS_MAX || of->record->left[M_BADGES] == 0)
        return;
    uint64_t given = ipc_facet(soak_real[owner_index], id, badge, soak_real[to]);
    m_grant(&soak_model.processes[to], given,
            (struct m_what){.facet = m_mint(&soak_model, cap->what.owned, badge, of->record)}, IPC_INTERFACE);
}

static void share_owner(int from, int to)
{
    uint64_t given, id = soak_pick_cap(&soak_model.processes[from], true);
    struct m_cap *cap = m_find(&soak_model.processes[from], id);
    if (!cap || !cap->what.owned || cap->what.owned->charged ||
        m_owns(&soak_model.processes[to], cap->what.owned) ||
        kernel_caps_insert(&soak_real[to]->caps, kernel_caps_find(&soak_real[from]->caps, id),
                           ENDPOINT_INTERFACE_ID, &given) < 0)
        return;
    m_grant(&soak_model.processes[to], given, (struct m_what){.owned = cap->what.owned},
            ENDPOINT_INTERFACE_ID);
}

/* A process of the kernel's, with a timer, a spawner, an endpoint, and something of everybody's. */
static void begin_root(int who)
{
    struct object *timer = &machine->kernel.objects[KERNEL_CAPABILITY_TIMER];
    const struct process_grant grant = {"timer", 5, timer, TIMER_INTERFACE_ID};
    struct m_process *of = &soak_model.processes[who];
    if (kernel_process_spawn(&machine->kernel, &FAKE_START("p", &grant, 1), &soak_real[who]) < 0)
        abort();
    m_begin_root(&soak_model, of, soak_real[who]->left.of);
    soak_records[of->record - soak_model.records] = soak_real[who];
    memset(soak_generations[who], 0, sizeof soak_generations[who]);
    m_grant(of, fake_cap(soak_real[who], "timer"), (struct m_what){.object = M_TIMER}, TIMER_INTERFACE_ID);
    m_grant(of, spawn_begin(soak_real[who]), (struct m_what){.object = M_SPAWNER},
            PROCESS_SPAWNER_INTERFACE_ID);
    if (soak_endpoints_free() > 0)
        m_grant(of, ipc_endpoint(soak_real[who], M_MESSAGE_BYTES, M_CAPS_IN_MESSAGE),
                (struct m_what){.owned = m_endpoint_new(&soak_model)}, ENDPOINT_INTERFACE_ID);
}

static void report_gone(struct m_process *of)
{
    long who = of - soak_model.processes;
    struct process *real = soak_real[who];
    soak_real[who] = NULL; /* its place is free from here on */
    m_gone(&soak_model, of);
    m_settle(&soak_model);
    kernel_process_gone(&machine->kernel, real);
}

/* By itself, by a fault, or behind the kernel's back: then it is gone at once. */
static void end_one(struct m_process *of)
{
    struct process *real = soak_real[of - soak_model.processes];
    uint64_t how = soak_random(3);
    int64_t code = (int64_t)soak_random(300) - 100;
    m_end_tree(&soak_model, of, how == 0 ? M_EXITED : M_FAULTED, code);
    m_settle(&soak_model);
    if (how == 0)
        kernel_exit(&machine->kernel, real, code);
    else if (how == 1)
        ipc_kill(real);
    else
        report_gone(of);
}

/* --- Running ------------------------------------------------------------------------- */

static void one(int who)
{
    uint64_t how = soak_random(100);
    if (soak_random(who < M_ROOTS ? 8 : 4) == 0)
        soak_do_family(who);
    else if (m_slots_used(&soak_model.processes[who]) > 20 && how < 40)
        do_release(who);
    else if (how < 36)
        do_call(who);
    else if (how < 55)
        do_receive(who);
    else if (how < 75)
        do_return(who);
    else if (how < 82)
        do_finish(who);
    else if (how < 88)
        do_release(who);
    else if (how < 95)
        do_cancel(who);
    else if (how < 97)
        do_revoke(who);
    else
        do_watch(who);
}

static uint32_t flooded; /* the answer that a flood is about */

/* One more call on the same answer. */
static void flood(int who)
{
    struct m_submission made = make_call(who);
    made.sqe.flags |= CAP_SQE_PIPELINE;
    made.sqe.cap_id = 0;
    made.sqe.pipeline.dep = flooded;
    made.sqe.pipeline.field = soak_pick_field();
    fake_submit(soak_real[who], &made.sqe);
    m_call(&soak_model, &soak_model.processes[who], &made);
    if ((made.sqe.flags & CAP_SQE_PROMISE) && soak_random(3) > 0) /* from here on it is a chain */
        flooded = made.sqe.answer_id;
}

/* Submissions of one process, taken in one entry. A notice that may stand for several badges ends the burst.
 */
static void burst(int who, uint64_t count, void (*submit_one)(int who))
{
    bool open = true;
    soak_find_places(&soak_model.processes[who]);
    flooded = soak_pick_answer(&soak_model.processes[who], false);
    while (open && soak_model.processes[who].alive && count-- > 0) {
        submit_one(who);
        m_settle(&soak_model);
        for (int i = 0; i < M_ENDPOINTS; i++)
            open &= soak_model.endpoints[i].scheduled == 0;
    }
    fake_poll(soak_real[who]);
}

static void end_and_replace(struct m_process *of)
{
    int who = (int)(of - soak_model.processes);
    end_one(of);
    soak_compare();
    if (who >= M_ROOTS)
        return;
    if (of->dead)
        report_gone(of);
    soak_compare();
    begin_root(who);
    for (int i = 0; i < M_PROCESSES; i++) {
        give_facet(who, i);
        give_facet(i, who);
    }
}

static void one_step(void)
{
    int who = (int)(soak_pick_process(false) - soak_model.processes);
    int whom = (int)(soak_pick_process(false) - soak_model.processes);
    struct m_process *dead = soak_pick_process(true);
    uint64_t how = soak_random(1000);
    if (how < (who < M_ROOTS ? 5 : 25))
        end_and_replace(&soak_model.processes[who]);
    else if (how < 65 && dead)
        report_gone(dead);
    else if (how < 72)
        share_owner(who, whom);
    else if (how < 102)
        give_facet(who, whom);
    else if (how < 122)
        burst(who, CAPOS_SQ_ENTRIES, flood);
    else if (how < 132)
        burst(who, CAPOS_SQ_ENTRIES, do_finish);
    else if (how < 162)
        burst(who, 1 + soak_random(BURST_MAX), soak_do_family);
    else
        burst(who, 1 + soak_random(BURST_MAX), one);
}

static void soak(uint64_t number)
{
    const char *wanted = getenv("CAPOS_SEED"), *steps_wanted = getenv("CAPOS_SOAK_STEPS");
    bool is_long = getenv("CAPOS_LONG") != NULL;
    uint64_t steps = steps_wanted        ? strtoull(steps_wanted, NULL, 0) / TESTS
                     : is_long || wanted ? STEPS_LONG
                                         : STEPS;
    soak_seed = wanted ? strtoull(wanted, NULL, 0) : is_long ? (uint64_t)time(NULL) * TESTS + number : number;
    soak_randomize(soak_seed);
    fake_begin();
    for (int who = 0; who < M_ROOTS; who++)
        begin_root(who);
    for (soak_step = 1; soak_step <= steps && !soak_failed; soak_step++) {
        one_step();
        m_settle(&soak_model);
        soak_compare();
    }
    struct kernel *kernel = &machine->kernel;
    kernel_shutdown(kernel);
    soak_check(kernel->calls + kernel->facet_pool.taken + kernel->endpoint_pool.taken +
                       kernel->queue_pool.taken + kernel->bundle_pool.taken + kernel->answer_pool.taken +
                       kernel->wait_pool.taken + kernel->handle_pool.taken + kernel->queued_bytes ==
                   0,
               "nothing is left at the end");
    fake_end();
}

#define SOAK(number)                                                                                         \
    TAP_TEST(soak_##number)                                                                                  \
    {                                                                                                        \
        soak(number);                                                                                        \
    }

SOAK(1)
SOAK(2)
SOAK(3)
SOAK(4)
SOAK(5)
SOAK(6)
SOAK(7)
SOAK(8)
SOAK(9)
SOAK(10)
SOAK(11)
SOAK(12)
SOAK(13)
SOAK(14)
SOAK(15)
SOAK(16)
SOAK(17)
SOAK(18)
SOAK(19)
SOAK(20)
