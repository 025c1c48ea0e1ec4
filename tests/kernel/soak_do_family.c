#include "tests/kernel/soak_do_family.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/kernel/soak_compare.h"
#include "tests/kernel/soak_pick.h"

/* Records of processes: those that are kept for others' sake become no more than this. */
enum { RECORDS = 20 };

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

/* --- Room in the model ----------------------------------------------------------------- */

/* Calls that may yet do that. */
static int under_way(uint16_t method)
{
    int count = 0;
    for (int i = 0; i < soak_model.calls_high; i++)
        count += soak_model.calls[i].state == M_DEPENDS &&
                 soak_model.calls[i].interface_id == PROCESS_SPAWNER_INTERFACE_ID &&
                 soak_model.calls[i].method_id == method;
    return count;
}

int soak_endpoints_free(void)
{
    int count = -under_way(PROCESS_SPAWNER_METHOD_ENDPOINT);
    for (int i = 0; i < M_ENDPOINTS; i++)
        count += !soak_model.endpoints[i].used;
    return count;
}

static bool may_spawn(void)
{
    int coming = under_way(PROCESS_SPAWNER_METHOD_SPAWN), processes = 0, handles = 0;
    for (int i = M_ROOTS; i < M_PROCESSES; i++)
        processes += !soak_model.processes[i].alive && !soak_model.processes[i].dead;
    for (int i = 0; i < M_HANDLES; i++)
        handles += !soak_model.handles[i].used;
    return coming < processes && coming < handles &&
           machine->kernel.process_pool.taken + (unsigned)coming <= RECORDS;
}

/* --- Requests --------------------------------------------------------------------------- */

/* What a request is to: an object, or a promise of one; mostly one of that kind. False: there is none. */
static bool pick_target(struct m_process *of, int object, struct cap_sqe *sqe)
{
    uint64_t how = soak_random(20);
    if (how < 5) {
        sqe->flags |= CAP_SQE_PIPELINE;
        sqe->cap_id = 0;
        sqe->pipeline.dep = soak_pick_promised(of, object);
        sqe->pipeline.field = soak_pick_field();
        return true;
    }
    sqe->cap_id = how < 6 ? soak_pick_cap(of, false) : soak_pick_object(of, object);
    return sqe->cap_id != 0;
}

/* Gives it a number, and moves its params to that number's place: behind the results, for they are long. */
static void submit(int who, struct m_submission *made)
{
    struct m_process *of = &soak_model.processes[who];
    struct cap_sqe *sqe = &made->sqe;
    sqe->user_data = soak_pick_number();
    sqe->result_addr = soak_place(sqe->user_data) + SOAK_RESULTS;
    sqe->result_len = soak_random(10) == 0 ? 16 : M_RESULT_BYTES;
    sqe->result_cap_max = soak_random(10) > 0;
    if (soak_random(2) == 0)
        soak_keep_answer(of, sqe);
    const uint64_t bytes = sqe->params_len + sqe->xfer_cap_count * sizeof(struct cap_transfer);
    if (bytes > SOAK_PLACE_BYTES - SOAK_MESSAGE)
        abort();
    uint64_t *params = fake_memory(soak_real[who], soak_place(sqe->user_data) + SOAK_MESSAGE);
    memcpy(params, fake_memory(soak_real[who], sqe->params_addr), bytes);
    made->stamp = params[1];
    sqe->params_addr = soak_place(sqe->user_data) + SOAK_MESSAGE;
    fake_submit(soak_real[who], sqe);
    m_call(&soak_model, of, made);
}

/* A copy or move of a spawner or owner facet, the promise of a spawner, or whatever. */
static void pick_grant(struct m_process *of, struct cap_transfer *cap)
{
    uint64_t how = soak_random(6);
    if (how < 3 && cap->mode == CAP_TRANSFER_PROMISED)
        cap->cap_id = soak_pick_promised(of, M_SPAWNER);
    else if (how < 4 && cap->mode != CAP_TRANSFER_PROMISED)
        *cap = (struct cap_transfer){.cap_id =
                                         how < 2 ? soak_pick_object(of, M_SPAWNER) : soak_pick_cap(of, true),
                                     .mode = how == 2 ? CAP_TRANSFER_MOVE : CAP_TRANSFER_COPY};
}

static void do_spawn(int who)
{
    static const char *const names[M_CAPS_IN_MESSAGE] = {"g0", "g1"};
    struct m_process *of = &soak_model.processes[who];
    struct m_submission made = {.stamp = 0};
    struct spawn_request request = {.grant_count = soak_pick_transfers(of, made.caps, 90)};
    if (!may_spawn() || (who < M_ROOTS && soak_random(2)))
        return;
    for (uint32_t i = 0; i < request.grant_count && i < M_CAPS_IN_MESSAGE; i++) {
        pick_grant(of, &made.caps[i]);
        request.grants[i].name = names[i];
        request.grants[i].transfer = made.caps[i];
    }
    pick_profile(soak_random(who < M_ROOTS ? 4 : 2) > 0, &request.profile);
    memcpy(made.profile, request.profile.of, sizeof made.profile);
    made.sqe = spawn_call(soak_real[who], CAPOS_CAP_NULL, &request);
    if (pick_target(of, M_SPAWNER, &made.sqe))
        submit(who, &made);
}

static void do_endpoint(int who)
{
    struct m_process *of = &soak_model.processes[who];
    if (soak_endpoints_free() <= M_ROOTS)
        return;
    struct m_submission made = {
        .sqe = endpoint_call(soak_real[who], CAPOS_CAP_NULL, M_MESSAGE_BYTES, M_CAPS_IN_MESSAGE)};
    if (pick_target(of, M_SPAWNER, &made.sqe))
        submit(who, &made);
}

static void do_handle(int who)
{
    static const uint64_t no_params[2] = {UINT64_C(0x0000000100000000)};
    struct m_process *of = &soak_model.processes[who];
    uint64_t how = soak_random(8);
    struct m_submission made = {.sqe = handle_call(CAPOS_CAP_NULL, how < 2   ? PROCESS_HANDLE_METHOD_KILL
                                                                   : how < 5 ? PROCESS_HANDLE_METHOD_WAIT
                                                                             : PROCESS_HANDLE_METHOD_STATUS)};
    memcpy(fake_memory(soak_real[who], made.sqe.params_addr), no_params, sizeof no_params);
    made.sqe.params_len = sizeof no_params;
    if (pick_target(of, M_NO_OBJECT, &made.sqe))
        submit(who, &made);
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
