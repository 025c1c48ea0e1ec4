/*
 * Programs that call each other are killed: at each step of a call, and at
 * any moment. Whoever lives gets what is owed to it, once, and the kernel
 * keeps nothing of those who are gone (docs/security.md, clauses 8, 15 and 16).
 *
 * A seed makes a round; on the bare machine, under -icount, each time the same.
 */
#include "tests/kill/crowd.h"
#include "tests/tap.h"

static bool anyone(const struct process *process)
{
    (void)process;
    return true;
}

/* --- At any moment ------------------------------------------------------------------------- */

/* One of the three clients is left each time: when the last job is gone, init stops the others. */
TAP_TEST(programs_are_killed_at_any_moment)
{
    enum { STEPS = 150, STEP_NS = 20000, KILLS_MAX = 2 };
    uint32_t wanted = crowd_port_kills(), kills = 0;
    uint64_t seed = crowd_port_seed();
    crowd_open(&crowd_of_servers);
    TAP_STOP_IF_FAILED();
    for (; kills < wanted; seed++) {
        crowd_begin(seed);
        TAP_STOP_IF_FAILED();
        for (uint32_t left = 1 + crowd_random(KILLS_MAX); left > 0; left--, kills++) {
            for (uint32_t steps = crowd_random(STEPS); steps > 0; steps--)
                crowd_step(1 + crowd_random(STEP_NS));
            struct process *victim = crowd_pick(anyone);
            uint32_t way = crowd_random(CROWD_WAYS);
            if (victim) /* else init has not come to start one */
                crowd_kill(victim, way);
        }
        crowd_end();
        if (tap_stopped())
            crowd_tell("killed at random");
        TAP_STOP_IF_FAILED();
    }
    crowd_close();
}

/* --- At each step of a call ------------------------------------------------------------------ */

/* A call of it stands in a queue, with capabilities if it must. */
static bool has_queued(const struct process *process, bool with_caps)
{
    for (struct list_node *node = list_first(&process->calls_busy); node;
         node = list_next(&process->calls_busy, node)) {
        const struct call *call = LIST_ENTRY(node, struct call, in_process);
        if (call->state == CALL_QUEUED && (!with_caps || call->caps))
            return true;
    }
    return false;
}

/* Whether a message for it waits at an endpoint of its own. */
static bool is_waited_for(const struct process *server, bool with_caps)
{
    struct list *all = &crowd.kernel->processes;
    for (struct list_node *node = list_first(all); node; node = list_next(all, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        for (struct list_node *at = list_first(&process->calls_busy); at;
             at = list_next(&process->calls_busy, at)) {
            const struct call *call = LIST_ENTRY(at, struct call, in_process);
            if (call->state != CALL_QUEUED || (with_caps && !call->caps))
                continue;
            for (uint32_t slot = 0; slot < KERNEL_CAP_SLOTS_MAX; slot++)
                if (server->caps.slots[slot].object == &call->queue->endpoint->object)
                    return true;
        }
    }
    return false;
}

static bool calls_before_recv(const struct process *process)
{
    return has_queued(process, false);
}

static bool serves_before_recv(const struct process *process)
{
    return is_waited_for(process, false);
}

static bool calls_after_recv(const struct process *process)
{
    for (struct list_node *node = list_first(&process->calls_busy); node;
         node = list_next(&process->calls_busy, node))
        if (LIST_ENTRY(node, struct call, in_process)->state == CALL_DELIVERED)
            return true;
    return false;
}

static bool serves_after_recv(const struct process *process)
{
    return process->delivered.root;
}

static bool calls_during_transfer(const struct process *process)
{
    return has_queued(process, true);
}

static bool serves_during_transfer(const struct process *process)
{
    return is_waited_for(process, true);
}

/* It has completions that it has not read. */
static bool calls_after_return(const struct process *process)
{
    return list_empty(&process->receives_busy) && process->cq_tail != process->ring->header.cq_head;
}

static bool anyone_called;
static bool serves_after_return(const struct process *process)
{
    anyone_called = anyone_called || crowd_pick(calls_after_return);
    return anyone_called && process->receives_busy_count > 0 && !process->delivered.root;
}

static const struct stage {
    const char *name;
    bool (*reached)(const struct process *process);
} stages[] = {
    {"the caller, before RECV", calls_before_recv},
    {"the server, before RECV", serves_before_recv},
    {"the caller, after RECV", calls_after_recv},
    {"the server, after RECV", serves_after_recv},
    {"the sender, during a transfer", calls_during_transfer},
    {"the receiver, during a transfer", serves_during_transfer},
    {"the caller, after RETURN", calls_after_return},
    {"the server, after RETURN", serves_after_return},
};

/* One round: kills one who comes to the stage, after some that did. True: somebody was killed. */
static bool kill_at(const struct stage *stage, uint32_t passes_max, uint64_t seed)
{
    crowd_begin(seed);
    if (tap_stopped())
        return false;
    uint32_t passes = crowd_random(passes_max);
    struct process *victim = NULL;
    anyone_called = false;
    while (!victim && !crowd_is_settled()) {
        crowd_step(1 + crowd_random(2000));
        victim = crowd_pick(stage->reached);
        if (victim && passes > 0) {
            passes--;
            victim = NULL;
        }
    }
    if (victim)
        crowd_kill(victim, crowd_random(CROWD_WAYS));
    crowd_end();
    if (tap_stopped())
        crowd_tell(stage->name);
    return victim;
}

TAP_TEST(programs_are_killed_at_each_step_of_a_call)
{
    enum { PASSES_MAX = 8, ROUNDS_MORE = 100 };
    uint32_t rounds = crowd_port_kills() / 16;
    uint64_t seed = crowd_port_seed();
    crowd_open(&crowd_of_servers);
    TAP_STOP_IF_FAILED();
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        uint32_t killed = 0;
        for (uint32_t round = 0; round < rounds || (killed == 0 && round < rounds + ROUNDS_MORE); round++) {
            killed += kill_at(&stages[i], round < rounds ? PASSES_MAX : 1, seed++);
            TAP_STOP_IF_FAILED();
        }
        if (killed == 0)
            tap_note(stages[i].name);
        TAP_CHECK(killed > 0);
    }
    crowd_close();
}
