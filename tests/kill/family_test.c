/*
 * Programs that start programs, and services that init starts again, are
 * killed at any moment, children and grandchildren included. A subtree goes
 * with its root; a call that a dead service had received ends once, one that
 * waits for it stays for the next instance, until init gives up; and the
 * kernel keeps nothing of those who are gone (docs/security.md, clauses 16, 26 and 27).
 */
#include <string.h>

#include "kernel/core/process.h"
#include "tests/kill/crowd.h"
#include "tests/tap.h"

enum { FRAIL_LIVES = 3, CLIENTS = 4 };

extern const uint8_t family_package[], family_package_end[];

/* Whom kills are for, by the beginning of their names. */
enum kin { CLIENT, PARENT, MIDDLE, LEAF, TOUGH, FRAIL, KINDS };
static const char *const kin_names[KINDS][2] = {{"client-1", "client-2"}, {"client-3", "client-4"},
                                                {"middle", "middle"},     {"leaf", "leaf"},
                                                {"tough", "tough"},       {"frail", "frail"}};
static uint32_t killed[KINDS]; /* in this round */

static uint32_t processes(void)
{
    enum { INIT_AND_TOUGH = 2 };
    return INIT_AND_TOUGH + CLIENTS - killed[CLIENT] - killed[PARENT] + (killed[FRAIL] < FRAIL_LIVES);
}

static const struct crowd_system family = {family_package, family_package_end, processes};

static bool is_kin(const struct process *process, enum kin kin)
{
    return strcmp(process->name, kin_names[kin][0]) == 0 || strcmp(process->name, kin_names[kin][1]) == 0;
}

/* --- What a kill must do, and must not -------------------------------------------------------- */

struct view {
    uint64_t id;
    uint64_t posted;
    uint32_t busy;
    uint32_t queued;
};

static struct view look_at(const struct process *process)
{
    struct view view = {.id = process->id,
                        .posted = (uint64_t)process->cq_tail + process->deferred_count,
                        .busy = process->calls_busy_count + process->receives_busy_count};
    for (struct list_node *node = list_first(&process->calls_busy); node;
         node = list_next(&process->calls_busy, node))
        view.queued += LIST_ENTRY(node, struct call, in_process)->state == CALL_QUEUED;
    return view;
}

static uint32_t look(struct view *views)
{
    uint32_t count = 0;
    struct list *all = &crowd.kernel->processes;
    for (struct list_node *node = list_first(all); node && count < CROWD_ALIVE_MAX;
         node = list_next(all, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        if (process->state == PROCESS_RUNNING)
            views[count++] = look_at(process);
    }
    return count;
}

/* Nobody lives on whose spawner does not, and nobody is owed an answer by the dead. */
static void check_trees(void)
{
    struct list *all = &crowd.kernel->processes;
    for (struct list_node *node = list_first(all); node; node = list_next(all, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        if (process->state != PROCESS_RUNNING)
            TAP_CHECK(!process->delivered.root);
        else if (process->spawner)
            TAP_EQ(process->spawner->state, PROCESS_RUNNING);
    }
}

/* What ended for a process was told to it, once each; what waited waits on. */
static void check_views(const struct view *before, uint32_t before_count)
{
    struct view after[CROWD_ALIVE_MAX];
    uint32_t count = look(after), found = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < before_count; j++) {
            if (after[i].id != before[j].id)
                continue;
            found++;
            TAP_EQ(after[i].posted - before[j].posted, before[j].busy - after[i].busy);
            TAP_EQ(after[i].queued, before[j].queued);
        }
    TAP_EQ(found, count);
}

/* The kernel may hear of a death only later; until then nothing has changed. */
static void kill_one(struct process *victim, enum kin kin)
{
    struct view before[CROWD_ALIVE_MAX];
    uint32_t count = look(before);
    crowd_kill(victim, crowd_random(CROWD_WAYS));
    killed[kin]++;
    check_views(before, count);
    check_trees();
}

/* --- At any moment ------------------------------------------------------------------------------ */

static enum kin wanted_kin;

static bool is_wanted(const struct process *process)
{
    return is_kin(process, wanted_kin);
}

/* Init stops all when the last of its jobs is gone. */
static bool may_kill(enum kin kin)
{
    return (kin != CLIENT && kin != PARENT) || killed[CLIENT] + killed[PARENT] + 1 < CLIENTS;
}

/* The next of the kind, after some time, and when there is one. NULL: there is none any more. */
static struct process *await(enum kin kin)
{
    enum { STEPS = 60, STEPS_MAX = 2000, STEP_NS = 20000 };
    struct process *victim = NULL;
    wanted_kin = kin;
    for (uint32_t steps = crowd_random(STEPS); steps > 0; steps--)
        crowd_step(1 + crowd_random(STEP_NS));
    for (uint32_t i = 0; i < STEPS_MAX && !victim && !(i > 0 && crowd_is_settled()); i++) {
        victim = crowd_pick(is_wanted);
        if (!victim)
            crowd_step(1 + crowd_random(STEP_NS));
    }
    return victim;
}

/* At its limit a service's endpoint is gone: nobody waits for what will not come. */
static void check_endpoints(uint32_t *limits)
{
    *limits += killed[FRAIL] >= FRAIL_LIVES;
    TAP_EQ(crowd.kernel->endpoint_pool.taken, 1 + (killed[FRAIL] < FRAIL_LIVES));
}

/* Every fourth round is the frail one's, to its last life. */
static uint32_t play(uint64_t seed, uint32_t *kills_of, uint32_t *limits)
{
    enum { KILLS = 6, FRAIL_ROUNDS = 4 };
    uint32_t kills = 0;
    memset(killed, 0, sizeof killed);
    crowd_begin(seed);
    for (uint32_t i = 0; i < KILLS && !tap_stopped(); i++) {
        enum kin kin = seed % FRAIL_ROUNDS == 0 ? FRAIL : (enum kin)crowd_random(KINDS);
        struct process *victim = may_kill(kin) ? await(kin) : NULL;
        if (!victim)
            continue;
        kill_one(victim, kin);
        kills_of[kin]++;
        kills++;
    }
    if (!tap_stopped())
        crowd_settle();
    if (!tap_stopped())
        check_endpoints(limits);
    if (!tap_stopped())
        crowd_end();
    return kills;
}

TAP_TEST(families_and_services_that_come_again_are_killed_at_any_moment)
{
    uint32_t wanted = crowd_port_kills(), kills = 0, limits = 0, kills_of[KINDS] = {0};
    uint64_t first = crowd_port_seed(), seed = first;
    crowd_open(&family);
    TAP_STOP_IF_FAILED();
    for (; kills < wanted && seed < first + wanted; seed++) {
        kills += play(seed, kills_of, &limits);
        if (tap_stopped())
            crowd_tell("of a family, killed at random");
        TAP_STOP_IF_FAILED();
    }
    for (enum kin kin = 0; kin < KINDS; kin++)
        TAP_CHECK(kills_of[kin] > 0);
    TAP_CHECK(kills >= wanted && limits > 0);
    crowd_close();
}

/* --- The first program ---------------------------------------------------------------------------- */

TAP_TEST(a_system_goes_with_init_at_any_moment)
{
    enum { STEPS = 200, STEP_NS = 20000, ROUNDS_SHARE = 8 };
    uint32_t rounds = crowd_port_kills() / ROUNDS_SHARE;
    uint64_t seed = crowd_port_seed();
    crowd_open(&family);
    TAP_STOP_IF_FAILED();
    for (uint32_t round = 0; round < rounds; round++) {
        crowd_begin(seed++);
        for (uint32_t steps = crowd_random(STEPS); steps > 0 && !tap_stopped(); steps--)
            crowd_step(1 + crowd_random(STEP_NS));
        if (!tap_stopped())
            crowd_kill(crowd.kernel->init, crowd_random(CROWD_WAYS));
        if (!tap_stopped())
            crowd_end_without_init();
        if (tap_stopped())
            crowd_tell("init killed");
        TAP_STOP_IF_FAILED();
    }
    crowd_close();
}
