/*
 * A small world in every order: a client, a server, and each of their acts once (the server receives and
 * returns more often), in each order that is possible up to a number of acts, behind one of a few openings,
 * against the model of the soak; then both end, and nothing is left. docs/security.md, clauses 14 to 17, 30
 * and 31. CAPOS_WORLD_ACTS=n says how many acts, CAPOS_LONG=1 takes more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/kernel/soak_compare.h"
#include "tests/tap.h"

enum {
    CLIENT = 0,
    SERVER = 1,
    ACTS = 4,
    ACTS_LONG = 5,
    ACTS_MOST = 16,
    BADGE_CALLED = 1,
    BADGE_SELF = 2,
    BADGE_MADE = 3
};

enum act {
    CALL,         /* the client's, answer 1 */
    PIPELINE,     /* on answer 1, answer 2 */
    PIPELINE_ON,  /* on answer 2 */
    CARRY,        /* a direct call with a promise on answer 1, and a capability that is moved */
    FINISH,       /* answer 1 */
    FINISH_NEXT,  /* answer 2 */
    CANCEL,       /* of CALL */
    CANCEL_NEXT,  /* of PIPELINE */
    RELEASE,      /* what the client calls */
    EXIT_CLIENT,  /* from here on the server's */
    RECEIVE,      /* three times */
    RETURN,       /* the first call of those that it owes, with a new badge as a field; twice */
    RETURN_ERROR, /* with an exception */
    RETURN_PROMISE,
    GIVE_BACK, /* the first call that came ahead */
    CALL_SELF, /* the server's answer 1 */
    REVOKE,    /* what the client calls */
    EXIT_SERVER,
    ACT_COUNT,
};

static const uint8_t times[ACT_COUNT] = {[RECEIVE] = 3, [RETURN] = 2};

static uint64_t client_caps[2], server_caps[2]; /* a facet and a timer; the owner facet and a facet */
static int done[ACT_COUNT];
static uint64_t worlds;
static bool ahead; /* the server takes calls ahead, and knows what it mints */

static int who_does(enum act act)
{
    return act < RECEIVE ? CLIENT : SERVER;
}

/* --- The stage ---------------------------------------------------------------------- */

static void spawn(int who, const char *name)
{
    const struct process_grant timer = {"timer", 5, &machine->kernel.objects[KERNEL_CAPABILITY_TIMER],
                                        TIMER_INTERFACE_ID};
    if (kernel_process_spawn(&machine->kernel, &FAKE_START(name, &timer, 1), &soak_real[who]) < 0)
        abort();
    struct m_process *of = &soak_model.processes[who];
    m_begin_root(&soak_model, of, soak_real[who]->left.of);
    soak_records[of->record - soak_model.records] = soak_real[who];
    m_grant(of, fake_cap(soak_real[who], "timer"), (struct m_what){.object = M_TIMER}, TIMER_INTERFACE_ID);
}

static uint64_t give(struct m_endpoint *endpoint, int to, uint64_t badge)
{
    uint64_t id = ipc_facet(soak_real[SERVER], server_caps[0], badge, soak_real[to]);
    m_grant(
        &soak_model.processes[to], id,
        (struct m_what){.facet = m_mint(&soak_model, endpoint, badge, soak_model.processes[SERVER].record)},
        IPC_INTERFACE);
    return id;
}

static void begin(void)
{
    struct model *model = &soak_model; /* large: only what was used is cleared */
    memset(model->processes, 0, 2 * sizeof model->processes[0]);
    memset(model->records, 0, 2 * sizeof model->records[0]);
    memset(model->endpoints, 0, sizeof model->endpoints[0]);
    memset(model->facets, 0, (size_t)model->facets_high * sizeof model->facets[0]);
    memset(model->calls, 0, (size_t)model->calls_high * sizeof model->calls[0]);
    memset(model->answers, 0, sizeof model->answers);
    model->facets_high = model->calls_high = model->answers_high = 0;
    memset(soak_generations, 0, 2 * sizeof soak_generations[0]);
    memset(done, 0, sizeof done);
    spawn(CLIENT, "client");
    spawn(SERVER, "server");
    struct m_endpoint *endpoint = m_endpoint_new(&soak_model);
    server_caps[0] = ipc_endpoint(soak_real[SERVER], IPC_MESSAGE_MAX, M_CAPS_IN_MESSAGE);
    m_grant(&soak_model.processes[SERVER], server_caps[0], (struct m_what){.owned = endpoint},
            ENDPOINT_INTERFACE_ID);
    client_caps[0] = give(endpoint, CLIENT, BADGE_CALLED);
    client_caps[1] = fake_cap(soak_real[CLIENT], "timer");
    server_caps[1] = give(endpoint, SERVER, BADGE_SELF);
}

static void end_process(int who)
{
    struct m_process *of = &soak_model.processes[who];
    if (!of->alive)
        return;
    ipc_kill(soak_real[who]);
    m_end_tree(&soak_model, of, M_FAULTED, 0);
    m_settle(&soak_model);
    soak_compare();
}

static void end(void)
{
    const struct kernel *kernel = &machine->kernel;
    end_process(CLIENT);
    end_process(SERVER);
    for (int who = CLIENT; who <= SERVER; who++)
        kernel_process_gone(&machine->kernel, soak_real[who]);
    soak_check(kernel->calls + kernel->facet_pool.taken + kernel->endpoint_pool.taken +
                       kernel->queue_pool.taken + kernel->bundle_pool.taken + kernel->answer_pool.taken +
                       kernel->wait_pool.taken + kernel->queued_bytes ==
                   0,
               "nothing is left at the end");
}

/* --- Acts ----------------------------------------------------------------------------- */

static void put(int who, struct m_submission *made)
{
    const uint64_t words[2] = {UINT64_C(0x0000000100000000), made->stamp = made->sqe.user_data};
    uint8_t *memory = fake_memory(soak_real[who], soak_place(made->sqe.user_data));
    memcpy(memory, words, sizeof words);
    memcpy(memory + sizeof words, made->caps, sizeof made->caps);
    made->sqe.params_addr = soak_place(made->sqe.user_data);
    made->sqe.params_len = 16;
}

static void set_call(struct m_submission *made, uint64_t cap, uint32_t answer)
{
    made->sqe.op = CAP_OP_CALL;
    made->sqe.method_id = IPC_METHOD;
    made->sqe.interface_id = IPC_INTERFACE;
    made->sqe.result_cap_max = 1;
    made->sqe.result_len = M_RESULT_BYTES;
    made->sqe.result_addr = soak_place(made->sqe.user_data) + SOAK_RESULTS;
    made->sqe.cap_id = cap;
    made->sqe.answer_id = answer;
    made->sqe.flags = answer ? CAP_SQE_PROMISE : 0;
}

static void set_pipeline(struct m_submission *made, uint32_t on, uint32_t answer)
{
    set_call(made, CAPOS_CAP_NULL, answer);
    made->sqe.flags |= CAP_SQE_PIPELINE;
    made->sqe.pipeline.dep = on;
}

/* The call that the server owes an answer to and that was delivered first. */
static uint64_t owed(void)
{
    uint64_t id = 0;
    for (int i = 0; i < soak_model.calls_high; i++) {
        const struct m_call *call = &soak_model.calls[i];
        bool owes = call->state == M_DELIVERED || call->state == M_ABANDONED;
        if (owes && (id == 0 || call->id < id))
            id = call->id;
    }
    return id;
}

/* The call that has been ahead and can be given back, or not any more; which came first. */
static uint64_t came_ahead(void)
{
    uint64_t id = 0;
    for (int i = 0; i < soak_model.calls_high; i++) {
        const struct m_call *call = &soak_model.calls[i];
        bool there = call->state == M_DEPENDS || call->state == M_DELIVERED || call->state == M_ABANDONED;
        if (there && call->server && call->ahead_of && (id == 0 || call->id < id))
            id = call->id;
    }
    return id;
}

static void set_return(struct m_submission *made, uint8_t flags, struct cap_transfer cap)
{
    made->sqe.op = CAP_OP_RETURN;
    made->sqe.flags = (uint8_t)(flags | (ahead ? CAP_SQE_AHEAD : 0));
    made->sqe.method_id = flags ? EXCEPTION_TYPE_FAILED : 0;
    made->sqe.interface_id = owed();
    made->caps[0] = cap;
    made->sqe.xfer_cap_count = made->sqe.result_cap_max = cap.mode != 0;
}

static struct m_submission make(enum act act)
{
    struct m_submission made = {.sqe = {.user_data = (uint64_t)act * 4 + (uint64_t)done[act] + 1}};
    const struct cap_transfer promise = {.mode = CAP_TRANSFER_PROMISED, .cap_id = 1},
                              moved = {.mode = CAP_TRANSFER_MOVE, .cap_id = client_caps[1]},
                              minted = {.mode = CAP_TRANSFER_MINT,
                                        .cap_id = server_caps[0],
                                        .badge = BADGE_MADE,
                                        .interface_id = BADGE_MADE << 8 | 7};
    switch (act) {
    case CALL:
        set_call(&made, client_caps[0], 1);
        break;
    case PIPELINE:
        set_pipeline(&made, 1, 2);
        break;
    case PIPELINE_ON:
        set_pipeline(&made, 2, 0);
        break;
    case CARRY:
        set_call(&made, client_caps[0], 0);
        made.caps[0] = promise;
        made.caps[1] = moved;
        made.sqe.xfer_cap_count = 2;
        break;
    case FINISH:
    case FINISH_NEXT:
        made.sqe.op = CAP_OP_FINISH;
        made.sqe.answer_id = act == FINISH ? 1 : 2;
        return made;
    case CANCEL:
    case CANCEL_NEXT:
        made.sqe.op = CAP_OP_CANCEL;
        made.sqe.interface_id = (act == CANCEL ? CALL : PIPELINE) * 4 + 1;
        return made;
    case RELEASE:
        made.sqe.op = CAP_OP_RELEASE;
        made.sqe.cap_id = client_caps[0];
        return made;
    case RECEIVE:
        made.sqe.op = CAP_OP_RECV;
        made.sqe.flags = ahead ? CAP_SQE_AHEAD : 0;
        made.sqe.cap_id = server_caps[0];
        made.sqe.result_addr = soak_place(made.sqe.user_data) + SOAK_MESSAGE;
        made.sqe.result_len = IPC_RECEIVE_BYTES;
        return made;
    case GIVE_BACK:
        made.sqe.op = CAP_OP_RETURN;
        made.sqe.flags = CAP_SQE_BACK;
        made.sqe.interface_id = came_ahead();
        return made;
    case RETURN:
        set_return(&made, 0, minted);
        break;
    case RETURN_ERROR:
        set_return(&made, CAP_SQE_EXCEPTION, (struct cap_transfer){0});
        break;
    case RETURN_PROMISE:
        set_return(&made, 0, promise);
        break;
    case CALL_SELF:
        set_call(&made, server_caps[1], 1);
        break;
    case REVOKE:
        set_call(&made, server_caps[0], 0);
        made.sqe.interface_id = ENDPOINT_INTERFACE_ID;
        made.sqe.method_id = ENDPOINT_METHOD_REVOKE;
        break;
    default:
        abort();
    }
    put(who_does(act), &made);
    return made;
}

typedef void (*model_fn)(struct model *, struct m_process *, const struct m_submission *);

/* One act, by kernel and model. */
static void do_act(enum act act)
{
    static const model_fn model_of[] = {
        [CAP_OP_CALL] = m_call,       [CAP_OP_RECV] = m_receive,  [CAP_OP_RETURN] = m_return,
        [CAP_OP_RELEASE] = m_release, [CAP_OP_FINISH] = m_finish, [CAP_OP_CANCEL] = m_cancel};
    int who = who_does(act);
    struct m_process *of = &soak_model.processes[who];
    if (act == EXIT_CLIENT || act == EXIT_SERVER) {
        end_process(who);
        return;
    }
    struct m_submission made = make(act);
    fake_submit(soak_real[who], &made.sqe);
    if (act == REVOKE) {
        const uint64_t badge = BADGE_CALLED;
        memcpy((uint8_t *)fake_memory(soak_real[who], made.sqe.params_addr) + 8, &badge, 8);
        m_revoke(&soak_model, of, &made, badge);
    } else {
        model_of[made.sqe.op](&soak_model, of, &made);
    }
    m_settle(&soak_model);
    fake_poll(soak_real[who]);
    soak_compare();
}

/* --- Every order ---------------------------------------------------------------------- */

/* What would be refused for a name that means nothing is left out: it changes nothing. */
static bool means_something(enum act act)
{
    struct m_process *of = &soak_model.processes[who_does(act)];
    switch (act) {
    case PIPELINE:
    case FINISH:
        return m_named(&soak_model, of, 1);
    case PIPELINE_ON:
    case FINISH_NEXT:
        return m_named(&soak_model, of, 2);
    case CARRY:
        return m_named(&soak_model, of, 1) && m_find(of, client_caps[0]);
    case CALL:
    case RELEASE:
        return m_find(of, client_caps[0]);
    case CANCEL:
        return m_pending_call(&soak_model, of, CALL * 4 + 1);
    case CANCEL_NEXT:
        return m_pending_call(&soak_model, of, PIPELINE * 4 + 1);
    case RETURN_PROMISE:
        return owed() && m_named(&soak_model, of, 1);
    case GIVE_BACK:
        return came_ahead();
    case RETURN:
    case RETURN_ERROR:
        return owed();
    default:
        return true;
    }
}

static bool may(enum act act)
{
    return soak_model.processes[who_does(act)].alive && done[act] < (times[act] ? times[act] : 1) &&
           means_something(act);
}

/* Plays these acts in a new world: what may come next, a bit each. */
static uint32_t play(const enum act *acts, int count)
{
    uint32_t next = 0;
    soak_step = ++worlds * 16; /* tables are compared, too */
    begin();
    for (int i = 0; i < count && !soak_failed; i++) {
        do_act(acts[i]);
        done[acts[i]]++;
    }
    for (int act = 0; act < ACT_COUNT && !soak_failed; act++)
        next |= may((enum act)act) ? UINT32_C(1) << act : 0;
    end();
    return next;
}

static void tell(const enum act *acts, int count)
{
    char text[80] = "acts:";
    size_t length = strlen(text);
    for (int i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, " %d", acts[i]);
    tap_note(text);
}

static void explore(enum act *acts, int count, int most)
{
    uint32_t next = play(acts, count);
    if (soak_failed)
        tell(acts, count);
    for (int act = 0; act < ACT_COUNT && count < most && !soak_failed; act++) {
        acts[count] = (enum act)act;
        if (next & UINT32_C(1) << act)
            explore(acts, count + 1, most);
    }
}

/* How worlds begin; then each order of acts follows. */
static const struct opening {
    bool ahead;
    int count;
    enum act acts[7];
} openings[] = {
    {false, 0, {0}},
    {false, 3, {CALL, PIPELINE, RECEIVE}},
    {false, 4, {CALL, CARRY, PIPELINE, RECEIVE}},
    {false, 5, {CALL, RECEIVE, CALL_SELF, RETURN_PROMISE, RECEIVE}},
    {false, 7, {CALL_SELF, RECEIVE, CALL, PIPELINE, PIPELINE_ON, CARRY, RECEIVE}},
    {true, 4, {CALL, RECEIVE, RECEIVE, PIPELINE}},
    {true, 6, {CALL, RECEIVE, RECEIVE, RECEIVE, PIPELINE, PIPELINE_ON}},
};

static void explore_from(int opening)
{
    const char *wanted = getenv("CAPOS_WORLD_ACTS");
    int most = wanted ? atoi(wanted) : getenv("CAPOS_LONG") ? ACTS_LONG : ACTS;
    enum act acts[ACTS_MOST + 1];
    char text[80];
    TAP_CHECK(most + 8 <= ACTS_MOST);
    if (KERNEL_CALLS_MAX < 8 || KERNEL_RECVS_MAX < 3 || KERNEL_QUEUE_MAX < 4)
        TAP_SKIP("needs more calls");
    const struct opening *from = &openings[opening];
    most += from->count == 0;
    ahead = from->ahead;
    fake_begin();
    machine->port.recycles = true;
    memcpy(acts, from->acts, sizeof from->acts);
    explore(acts, from->count, from->count + most);
    fake_end();
    snprintf(text, sizeof text, "%llu worlds of up to %d acts behind %d", (unsigned long long)worlds, most,
             from->count);
    tap_note(text);
}

#define SMALL_WORLD(opening)                                                                                 \
    TAP_TEST(a_small_world_is_as_the_model_says_in_every_order_##opening)                                    \
    {                                                                                                        \
        explore_from(opening);                                                                               \
    }

SMALL_WORLD(0)
SMALL_WORLD(1)
SMALL_WORLD(2)
SMALL_WORLD(3)
SMALL_WORLD(4)
SMALL_WORLD(5)
SMALL_WORLD(6)
