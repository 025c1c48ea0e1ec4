#include "tests/kernel/soak_do_family.h"

#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/kernel/soak_compare.h"
#include "tests/kernel/soak_pick.h"

/* Records of processes: those that are kept for others' sake become no more than this. */
enum { RECORDS = 20 };

static bool spawner_called; /* in the burst at hand: there is room for one such request */

/* Few of each, so that they run out; or so many that there is some left for children. */
static void pick_profile(bool rich, struct budget *profile)
{
    profile->of[BUDGET_SLOTS] = (rich ? 3 * KERNEL_CAP_SLOTS_MAX : 0) + soak_random(60);
    profile->of[BUDGET_CALLS] = (rich ? 3 * KERNEL_CALLS_MAX : 0) + soak_random(16);
    profile->of[BUDGET_MEMORY] = (rich ? 6 : 1) * M_IMAGE_BYTES - soak_random(16) / 15;
    profile->of[BUDGET_PROCESSES] = soak_random(rich ? 5 : 2);
    profile->of[BUDGET_ENDPOINTS] = soak_random(rich ? 5 : 2);
    profile->of[BUDGET_BADGES] = rich && soak_random(4) ? 2 + soak_random(30) : soak_random(4);
}

static void finish_request(struct m_submission *made)
{
    made->sqe.user_data = soak_pick_number();
    made->sqe.result_addr = soak_place(made->sqe.user_data) + SOAK_RESULTS;
    made->sqe.result_len = soak_random(10) == 0 ? 16 : M_RESULT_BYTES;
    made->sqe.result_cap_max = soak_random(10) > 0;
}

static struct m_process *free_process(void)
{
    for (int i = M_ROOTS; i < M_PROCESSES; i++)
        if (!soak_model.processes[i].alive && !soak_model.processes[i].dead)
            return &soak_model.processes[i];
    return NULL;
}

static void do_spawn(int who)
{
    static const char *const names[M_CAPS_IN_MESSAGE] = {"g0", "g1"};
    struct m_process *of = &soak_model.processes[who], *child = free_process();
    uint64_t spawner = soak_pick_object(of, M_SPAWNER);
    if (spawner_called || !child || !spawner || (who < M_ROOTS && soak_random(2)) ||
        machine->kernel.process_pool.taken > RECORDS)
        return;
    struct m_submission made = {.stamp = 0};
    struct spawn_request request = {.grant_count = soak_pick_transfers(of, made.caps, 90)};
    for (uint32_t i = 0; i < request.grant_count && i < M_CAPS_IN_MESSAGE; i++) {
        uint64_t how = soak_random(6);
        if (how < 4 || made.caps[i].mode == CAP_TRANSFER_PROMISED)
            made.caps[i] = (struct cap_transfer){.cap_id = how < 2 ? spawner : soak_pick_cap(of, true),
                                                 .mode = how == 2 ? CAP_TRANSFER_MOVE : CAP_TRANSFER_COPY};
        request.grants[i].name = names[i];
        request.grants[i].transfer = made.caps[i];
    }
    pick_profile(soak_random(who < M_ROOTS ? 4 : 2) > 0, &request.profile);
    made.sqe = spawn_call(soak_real[who], spawner, &request);
    finish_request(&made);
    spawner_called = true;
    fake_submit(soak_real[who], &made.sqe);
    m_spawn(&soak_model, of, &made, request.profile.of, child);
}

int soak_endpoints_used(void)
{
    int used = 0;
    for (int i = 0; i < M_ENDPOINTS; i++)
        used += soak_model.endpoints[i].used;
    return used;
}

static void do_endpoint(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t spawner = soak_pick_object(of, M_SPAWNER);
    if (spawner_called || !spawner || soak_endpoints_used() >= M_ENDPOINTS - M_ROOTS)
        return;
    struct m_submission made = {
        .sqe = endpoint_call(soak_real[who], spawner, IPC_MESSAGE_MAX, M_CAPS_IN_MESSAGE)};
    finish_request(&made);
    spawner_called = true;
    fake_submit(soak_real[who], &made.sqe);
    m_make_endpoint(&soak_model, of, &made);
}

static void do_handle(int who)
{
    struct m_process *of = &soak_model.processes[who];
    uint64_t handle = soak_pick_object(of, M_NO_OBJECT), how = soak_random(8);
    if (!handle)
        return;
    struct m_submission made = {.sqe = handle_call(handle, how < 2   ? PROCESS_HANDLE_METHOD_KILL
                                                           : how < 5 ? PROCESS_HANDLE_METHOD_WAIT
                                                                     : PROCESS_HANDLE_METHOD_STATUS)};
    finish_request(&made);
    fake_submit(soak_real[who], &made.sqe);
    m_call_handle(&soak_model, of, &made);
}

void soak_family_begin(void)
{
    spawner_called = false;
}

void soak_do_family(int who)
{
    uint64_t how = soak_random(8);
    if (how < 3)
        do_spawn(who);
    else if (how < 5)
        do_endpoint(who);
    else
        do_handle(who);
}
