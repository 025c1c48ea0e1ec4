/*
 * Hostile and honest programs at random against the kernel core, each step compared with a model of it:
 * docs/security.md, clauses 14 to 17, 30 and 31. CAPOS_SEED=n replays a failure; CAPOS_SOAK_STEPS=n and
 * CAPOS_LONG=1 say how far.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/kernel/soak_compare.h"
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

enum { TESTS = 20, STEPS_LONG = 500000, PLACES = 200, BURST_MAX = 6 };

static uint64_t random_state, serial;

static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % bound;
}

/* --- Places ------------------------------------------------------------------------ */

/* Places that are in use, or were when the burst at hand began: what is there has not been looked at. */
static bool in_use[256];

static void find_places(struct m_process *of)
{
    memset(in_use, 0, sizeof in_use);
    for (int i = 0; i < soak_model.calls_high; i++)
        if (soak_model.calls[i].state != M_FREE && soak_model.calls[i].caller == of)
            in_use[soak_model.calls[i].number % 256] = true;
    for (int i = 0; i < KERNEL_RECVS_MAX; i++)
        if (of->receives[i].used)
            in_use[of->receives[i].number % 256] = true;
}

/* A number whose place is free. */
static uint64_t pick_number(void)
{
    for (;;) {
        uint64_t place = random_below(PLACES);
        if (in_use[place])
            continue;
        in_use[place] = true;
        return ++serial * 256 + place;
    }
}

static uint64_t pick_pending(struct m_process *of)
{
    for (int tries = 0; tries < 20; tries++) {
        const struct m_call *call = &soak_model.calls[random_below(M_CALLS)];
        if (call->state != M_FREE && call->state != M_ABANDONED && call->state != M_RETURNS &&
            call->state != M_KEPT && call->caller == of)
            return call->number;
        const struct m_receive *receive = &of->receives[random_below(KERNEL_RECVS_MAX)];
        if (receive->used)
            return receive->number;
    }
    return pick_number();
}

/* A capability that the process holds, or almost. */
static uint64_t pick_cap(struct m_process *of, bool owned)
{
    uint64_t found = 0;
    unsigned seen = 0;
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX; i++) {
        const struct m_cap *cap = &of->caps[i];
        if (cap->used && cap->id && !!cap->what.owned == owned && random_below(++seen) == 0)
            found = cap->id;
    }
    uint64_t how = random_below(60);
    return how == 0 ? 0 : how == 1 ? found + (1 << 16) : how == 2 ? random_state : found;
}

/* An answer that the process keeps, or almost; mostly one that has failed, or mostly one that has not. */
static uint32_t pick_answer(struct m_process *of, bool failed)
{
    uint32_t found = (uint32_t)random_below(KERNEL_ANSWERS_MAX + 1);
    unsigned seen = 0;
    for (int i = 0; i < M_ANSWERS; i++) {
        const struct m_answer *answer = &soak_model.answers[i];
        bool fits = (answer->state == M_FAILED) == failed || random_below(8) == 0;
        if (answer->used && answer->owner == of && fits && random_below(++seen) == 0)
            found = answer->id;
    }
    return found;
}

/* --- Submissions --------------------------------------------------------------------- */

static void put(struct process *of, uint64_t number, struct m_submission *submission)
{
    const uint64_t words[2] = {UINT64_C(0x0000000100000000), submission->stamp = ++serial};
    uint8_t *memory = fake_memory(of, soak_place(number));
    memcpy(memory, words, sizeof words);
    memcpy(memory + sizeof words, submission->caps, sizeof submission->caps);
}

static uint16_t pick_transfers(struct m_process *from, struct cap_transfer *caps, uint64_t percent)
{
    uint16_t count = random_below(100) < percent ? (uint16_t)(1 + random_below(M_CAPS_IN_MESSAGE)) : 0;
    for (int i = 0; i < count; i++) {
        uint64_t how = random_below(40), badge = 1 + random_below(6);
        bool mint = how < 14, owned = how == 24 || how == 36 || how == 38;
        caps[i] = (struct cap_transfer){
            .cap_id = how == 39 ? 0 : pick_cap(from, mint || owned),
            .mode = mint       ? CAP_TRANSFER_MINT
                    : how < 25 ? CAP_TRANSFER_COPY
                    : how < 37 ? CAP_TRANSFER_MOVE
                               : (uint16_t)random_below(6),
        };
        if (random_below(4) == 0 || caps[i].mode == CAP_TRANSFER_PROMISED)
            caps[i] = (struct cap_transfer){.mode = CAP_TRANSFER_PROMISED,
                                            .cap_id = pick_answer(from, false),
                                            .field = (uint16_t)(random_below(8) / 7)};
        if (caps[i].mode == CAP_TRANSFER_MINT) {
            caps[i].badge = badge;
            caps[i].interface_id = badge << 8 | 7;
        }
    }
    return count;
}

static struct m_submission make_call(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t number = random_below(50) == 0 ? pick_pending(of) : pick_number();
    struct m_submission made = {.sqe = {
                                    .op = CAP_OP_CALL,
                                    .method_id = IPC_METHOD,
                                    .user_data = number,
                                    .params_len = 16,
                                    .result_cap_max = (uint16_t)random_below(3),
                                    .result_len = random_below(10) == 0 ? 16 : M_RESULT_BYTES,
                                    .interface_id = IPC_INTERFACE,
                                    .cap_id = pick_cap(of, random_below(30) == 0),
                                }};
    if (random_below(4) == 0) {
        made.sqe.flags |= CAP_SQE_PIPELINE;
        made.sqe.cap_id = 0;
        made.sqe.pipeline.dep = pick_answer(of, false);
        made.sqe.pipeline.field = (uint16_t)(random_below(8) / 7);
    }
    if (random_below(2) == 0) {
        made.sqe.flags |= CAP_SQE_PROMISE;
        made.sqe.answer_id = random_below(20) == 0 ? pick_answer(of, false) : 1 + (uint32_t)random_below(16);
    }
    made.sqe.xfer_cap_count = pick_transfers(of, made.caps, 25);
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
    sqe->cap_id = pick_cap(of, random_below(30) != 0);
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
    if (random_below(4) > 0)
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
    uint64_t badge = 1 + random_below(6), words[2] = {UINT64_C(0x0000000100000000), badge};
    made.sqe.cap_id = pick_cap(of, true);
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
    uint64_t number = random_below(50) == 0 ? pick_pending(of) : pick_number();
    struct m_submission made = {.sqe = {.op = CAP_OP_RECV, .user_data = number}};
    set_receive(of, &made.sqe);
    fake_submit(soak_real[who], &made.sqe);
    m_receive(&soak_model, of, &made);
}

static void do_return(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t number = pick_number(), id = soak_ids[random_below(64)];
    for (int i = 0; i < M_CALLS; i++)
        if ((soak_model.calls[i].state == M_DELIVERED || soak_model.calls[i].state == M_ABANDONED ||
             (soak_model.calls[i].state == M_RETURNING && random_below(8) == 0)) &&
            soak_model.calls[i].server == of && soak_model.calls[i].id && random_below(3) > 0)
            id = soak_model.calls[i].id;
    struct m_submission made = {.sqe = {
                                    .op = CAP_OP_RETURN,
                                    .user_data = number,
                                    .params_addr = soak_place(number),
                                    .params_len = 16,
                                    .interface_id = id,
                                }};
    if (random_below(8) == 0) {
        made.sqe.flags |= CAP_SQE_EXCEPTION;
        made.sqe.method_id = (uint16_t)random_below(5);
    } else {
        made.sqe.xfer_cap_count = pick_transfers(of, made.caps, 60);
        made.sqe.result_cap_max =
            random_below(4) ? made.sqe.xfer_cap_count : (uint16_t)random_below(made.sqe.xfer_cap_count + 1u);
    }
    if (random_below(2) == 0) {
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
                                        .user_data = pick_number(),
                                        .cap_id = pick_cap(of, random_below(60) == 0)}};
    fake_submit(soak_real[who], &made.sqe);
    m_release(&soak_model, of, &made);
}

static void do_finish(int who)
{
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {.sqe = {.op = CAP_OP_FINISH,
                                        .user_data = pick_number(),
                                        .answer_id = pick_answer(of, random_below(2))}};
    fake_submit(soak_real[who], &made.sqe);
    m_finish(&soak_model, of, &made);
}

static void do_cancel(int who)
{
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {
        .sqe = {.op = CAP_OP_CANCEL, .user_data = pick_number(), .interface_id = pick_pending(of)}};
    fake_submit(soak_real[who], &made.sqe);
    m_cancel(&soak_model, of, &made);
}

/* --- The stage ----------------------------------------------------------------------- */

static void give_facet(int owner_index, int to)
{
    struct m_process *of = &soak_model.processes[owner_index];
    uint64_t id = pick_cap(of, true), badge = 1 + random_below(6);
    struct m_cap *cap = m_find(of, id);
    if (!cap || !cap->what.owned || soak_real[to]->caps.free <= soak_real[to]->caps.reserved ||
        m_badges(&soak_model, cap->what.owned) >= KERNEL_FACETS_MAX)
        return;
    uint64_t given = ipc_facet(soak_real[owner_index], id, badge, soak_real[to]);
    m_grant(&soak_model.processes[to], given,
            (struct m_what){.facet = m_mint(&soak_model, cap->what.owned, badge)}, IPC_INTERFACE);
}

static void share_owner(int from, int to)
{
    uint64_t given, id = pick_cap(&soak_model.processes[from], true);
    struct m_cap *cap = m_find(&soak_model.processes[from], id);
    if (!cap || !cap->what.owned || m_owns(&soak_model.processes[to], cap->what.owned) ||
        kernel_caps_insert(&soak_real[to]->caps, kernel_caps_find(&soak_real[from]->caps, id),
                           ENDPOINT_INTERFACE_ID, &given) < 0)
        return;
    m_grant(&soak_model.processes[to], given, (struct m_what){.owned = cap->what.owned},
            ENDPOINT_INTERFACE_ID);
}

/* A process with a timer, an endpoint, and something of everybody's. */
static void spawn(int who)
{
    struct object *timer = &machine->kernel.objects[KERNEL_CAPABILITY_TIMER];
    const struct process_grant grant = {"timer", 5, timer, TIMER_INTERFACE_ID};
    struct m_process *of = &soak_model.processes[who];
    *of = (struct m_process){.alive = true};
    if (kernel_process_spawn(&machine->kernel, &FAKE_START("p", &grant, 1), &soak_real[who]) < 0)
        abort();
    m_grant(of, fake_cap(soak_real[who], "timer"), (struct m_what){.timer = true}, TIMER_INTERFACE_ID);
    int used = 0;
    for (int i = 0; i < M_ENDPOINTS; i++)
        used += soak_model.endpoints[i].used;
    if (used == M_ENDPOINTS)
        return;
    m_grant(of, ipc_endpoint(soak_real[who], IPC_MESSAGE_MAX, M_CAPS_IN_MESSAGE),
            (struct m_what){.owned = m_endpoint_new(&soak_model)}, ENDPOINT_INTERFACE_ID);
}

static void kill_one(int who)
{
    ipc_kill(soak_real[who]);
    m_kill(&soak_model, &soak_model.processes[who]);
    m_settle(&soak_model);
    kernel_process_gone(&machine->kernel, soak_real[who]);
}

/* --- Running ------------------------------------------------------------------------- */

static void one(int who)
{
    uint64_t how = random_below(100);
    if (m_slots_used(&soak_model.processes[who]) > 20 && how < 40)
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

/* Submissions of one process, taken in one entry. A notice that may stand for several badges ends the burst.
 */
static void burst(int who)
{
    uint64_t count = 1 + random_below(BURST_MAX);
    bool open = true;
    find_places(&soak_model.processes[who]);
    while (open && count-- > 0) {
        one(who);
        m_settle(&soak_model);
        for (int i = 0; i < M_ENDPOINTS; i++)
            open &= soak_model.endpoints[i].scheduled == 0;
    }
    fake_poll(soak_real[who]);
}

static void kill_and_replace(int who)
{
    kill_one(who);
    soak_compare();
    memset(soak_generations[who], 0, sizeof soak_generations[who]);
    spawn(who);
    for (int i = 0; i < M_PROCESSES; i++) {
        give_facet(who, i);
        give_facet(i, who);
    }
}

static void soak(uint64_t number)
{
    const char *wanted = getenv("CAPOS_SEED"), *steps_wanted = getenv("CAPOS_SOAK_STEPS");
    bool is_long = getenv("CAPOS_LONG") != NULL;
    uint64_t steps = steps_wanted        ? strtoull(steps_wanted, NULL, 0) / TESTS
                     : is_long || wanted ? STEPS_LONG
                                         : STEPS;
    soak_seed = wanted ? strtoull(wanted, NULL, 0) : is_long ? (uint64_t)time(NULL) * TESTS + number : number;
    random_state = (soak_seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    fake_begin();
    for (int who = 0; who < M_PROCESSES; who++)
        spawn(who);
    for (soak_step = 1; soak_step <= steps && !soak_failed; soak_step++) {
        int who = (int)random_below(M_PROCESSES);
        uint64_t how = random_below(1000);
        if (how < 4)
            kill_and_replace(who);
        else if (how < 10)
            share_owner(who, (int)random_below(M_PROCESSES));
        else if (how < 40)
            give_facet(who, (int)random_below(M_PROCESSES));
        else
            burst(who);
        m_settle(&soak_model);
        soak_compare();
    }
    struct kernel *kernel = &machine->kernel;
    kernel_shutdown(kernel);
    soak_check(kernel->calls + kernel->facet_pool.taken + kernel->endpoint_pool.taken +
                       kernel->queue_pool.taken + kernel->bundle_pool.taken + kernel->answer_pool.taken +
                       kernel->wait_pool.taken + kernel->queued_bytes ==
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
