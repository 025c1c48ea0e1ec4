/*
 * One of a family: calls two services that may die and come again, and may
 * start children of its own, which do the same. Any of them may die at any
 * moment: each call is completed once, each child ends once, and what a child
 * took of the budget is back after it. The verdict is how long the program
 * then sleeps, or the exit code that its parent sees.
 */
#include <capos/capset.h>
#include <capos/handle.h>
#include <capos/ring.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"
#include "tests/kill/crowd/verdict.h"

enum { FLIGHT = 4, CHILDREN = 2, CLIENT_ROUNDS = 150, PARENT_ROUNDS = 8, LEAF_ROUNDS = 10, SHORT_NS = 20000 };

/* What children get: see the profile in the manifest. */
enum { LEAF_SLOTS = 16, LEAF_CALLS = 8, LEAF_BYTES = 1 << 20 };
enum { MIDDLE_SLOTS = 256 + CHILDREN * LEAF_SLOTS, MIDDLE_CALLS = 64 + CHILDREN * LEAF_CALLS };
enum { MIDDLE_BYTES = (CHILDREN + 1) * LEAF_BYTES };

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct timer timer;
static struct baton batons[2]; /* tough, frail */
static struct process_spawner spawner;
static uint64_t random_state;
static int64_t failed_line;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % bound;
}

/* Keeps the first line that did not hold. */
static void hold(bool condition, int64_t line)
{
    if (!condition && failed_line == 0)
        failed_line = line;
}

#define HOLDS(condition) hold(condition, __LINE__)

static bool is_disconnected(const struct capos_call *call, capos_status status)
{
    return status == CAP_ERR_APPLICATION_EXCEPTION &&
           capos_call_exception(call).type == EXCEPTION_TYPE_DISCONNECTED;
}

/* --- Calls ----------------------------------------------------------------------------------- */

/* A call is answered, or its server died with it. */
static void touch(void)
{
    struct baton_touch_call calls[FLIGHT];
    struct baton_touch_results_reader results;
    struct baton baton = batons[random_below(2)];
    for (int i = 0; i < FLIGHT; i++)
        baton_touch_send(ring, baton, CAPOS_TEXT("kin"), &calls[i]);
    for (int i = 0; i < FLIGHT; i++) {
        capos_status status = baton_touch_wait(ring, &calls[i], &results);
        HOLDS(status == CAP_OK || is_disconnected(&calls[i].call, status));
        HOLDS(status != CAP_OK || baton_touch_results_get_touches(results) > 0);
        baton_touch_finish(ring, &calls[i]);
    }
}

/* A service that is always started again answers in the end. */
static void touch_tough(void)
{
    uint32_t touches = 0;
    while (baton_touch(ring, batons[0], CAPOS_TEXT("kin"), &touches) == CAP_ERR_APPLICATION_EXCEPTION)
        ;
    HOLDS(touches > 0);
}

/* --- Children -------------------------------------------------------------------------------- */

struct child {
    struct process_handle process;
    struct process_handle_wait_call wait;
    struct process_handle_wait_call wait_too;
};

static void add_grant(struct wire_list_builder grants, uint32_t index, const char *name,
                      struct capos_transfer transfer)
{
    struct spawn_grant_builder grant = process_spawner_spawn_params_edit_grants_at(grants, index);
    spawn_grant_set_name(grant, capos_text_of(name));
    capos_caps_pass(spawn_grant_edit_capability(grant), NULL, 0, transfer);
}

static void fill(struct process_spawner_spawn_params_builder params, bool leaf)
{
    enum { GRANTS = 4 };
    process_spawner_spawn_params_set_name(params, leaf ? CAPOS_TEXT("leaf") : CAPOS_TEXT("middle"));
    process_spawner_spawn_params_set_binary(params, CAPOS_TEXT("kin"));
    struct wire_list_builder grants = process_spawner_spawn_params_init_grants(params, GRANTS - leaf);
    add_grant(grants, 0, leaf ? "leaf" : "middle", timer_copied(timer).t);
    add_grant(grants, 1, "tough", baton_copied(batons[0]).t);
    add_grant(grants, 2, "frail", baton_copied(batons[1]).t);
    if (!leaf)
        add_grant(grants, GRANTS - 1, "spawner", process_spawner_copied(spawner).t);
    struct resource_profile_builder profile = process_spawner_spawn_params_init_profile(params);
    resource_profile_set_cap_slots(profile, leaf ? LEAF_SLOTS : MIDDLE_SLOTS);
    resource_profile_set_calls(profile, leaf ? LEAF_CALLS : MIDDLE_CALLS);
    resource_profile_set_memory_bytes(profile, leaf ? LEAF_BYTES : MIDDLE_BYTES);
    resource_profile_set_processes(profile, leaf ? 0 : CHILDREN);
    resource_profile_set_badges(profile, leaf ? 1 : CHILDREN); /* which they do not mint */
}

/* False: what an earlier child took is not back, as a server has not returned a call of it. */
static bool try_start(bool leaf, struct child *child)
{
    enum { ROOM_WORDS = 128 };
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    if (process_spawner_spawn_begin(ring, spawner, ROOM_WORDS, &call, &params) == CAP_OK)
        fill(params, leaf);
    process_spawner_spawn_submit(ring, &call);
    capos_status status = process_spawner_spawn_wait(ring, &call, &results);
    bool full = status == CAP_ERR_APPLICATION_EXCEPTION &&
                capos_call_exception(&call.call).type == EXCEPTION_TYPE_OVERLOADED;
    HOLDS(status == CAP_OK || full);
    if (status == CAP_OK)
        HOLDS(process_spawner_spawn_results_adopt_process(results, &child->process) == CAP_OK);
    process_spawner_spawn_finish(ring, &call);
    return !full;
}

static void start(bool leaf, struct child *child)
{
    child->process.cap = CAPOS_CAP_NULL;
    while (!try_start(leaf, child))
        timer_sleep(ring, timer, SHORT_NS);
    process_handle_wait_send(ring, child->process, &child->wait);
    process_handle_wait_send(ring, child->process, &child->wait_too);
}

/* How one of the waits says that it ended. */
static uint16_t hear_end(struct process_handle_wait_call *wait)
{
    struct process_handle_wait_results_reader results;
    uint16_t which = PROCESS_STATUS_WHICH_RUNNING;
    if (process_handle_wait_wait(ring, wait, &results) == CAP_OK) {
        struct process_status_reader status = process_handle_wait_results_get_status(results);
        which = process_status_which(status);
        if (which == PROCESS_STATUS_WHICH_EXITED)
            hold(process_status_get_exited(status) == 0, 1000 + process_status_get_exited(status));
    }
    process_handle_wait_finish(ring, wait);
    return which;
}

static void see_end(struct child *child)
{
    uint16_t which = hear_end(&child->wait);
    HOLDS(which != PROCESS_STATUS_WHICH_RUNNING);
    HOLDS(which == hear_end(&child->wait_too));
    capos_handle_release(runtime, child->process.cap);
}

/* All that the budget gives at once. Some are killed, which others may do at the same moment. */
static void raise_children(bool leaves)
{
    struct child children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        start(leaves, &children[i]);
    touch();
    for (int i = 0; i < CHILDREN; i++) {
        if (random_below(4) == 0)
            HOLDS(process_handle_kill(ring, children[i].process) == CAP_OK);
        see_end(&children[i]);
    }
    HOLDS(capos_runtime_flush_releases(runtime) == CAP_OK);
}

/* --- All of it ------------------------------------------------------------------------------ */

static void check_own(void)
{
    struct capos_handle_stats handles;
    struct capos_ring_stats stats;
    capos_handle_stats(runtime, &handles);
    HOLDS(handles.held == 0 && handles.queued == 0 && handles.refused == 0);
    capos_ring_stats(ring, &stats);
    HOLDS(stats.unknown == 0 && stats.repaired == 0);
    HOLDS(stats.owed == 0 && stats.submitted == stats.completed);
}

static void live(bool starts_others, bool leaf, bool child)
{
    uint32_t rounds = leaf ? LEAF_ROUNDS : starts_others ? PARENT_ROUNDS : CLIENT_ROUNDS;
    for (uint32_t i = 0; i < (child && !leaf ? 1 : rounds) && failed_line == 0; i++)
        if (starts_others)
            raise_children(child);
        else
            touch();
    touch_tough();
    check_own();
}

/* The first name is the role, or the seed. */
int64_t capos_rt_main(struct capos_runtime *lent)
{
    struct capos_capset_item role;
    runtime = lent;
    if (capos_capset_get(runtime, 0, &role) != CAP_OK || capos_runtime_lend_ring(runtime, &ring) != CAP_OK ||
        baton_from_capset(runtime, "tough", &batons[0]) != CAP_OK ||
        baton_from_capset(runtime, "frail", &batons[1]) != CAP_OK)
        return 1;
    timer.cap = role.cap;
    bool leaf = wire_text_equal(role.name, CAPOS_TEXT("leaf"));
    bool child = leaf || wire_text_equal(role.name, CAPOS_TEXT("middle"));
    bool starts_others = process_spawner_from_capset(runtime, "spawner", &spawner) == CAP_OK;
    random_state = capos_runtime_process_id(runtime);
    for (uint32_t i = 0; i < role.name.size; i++)
        random_state = random_state * 31 + (uint8_t)role.name.chars[i];
    live(starts_others, leaf, child);
    if (child)
        return failed_line;
    for (;;)
        timer_sleep(ring, timer, VERDICT_NS + (uint64_t)failed_line);
}
