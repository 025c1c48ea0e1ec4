#include "tests/kill/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/process.h"
#include "kernel/core/text.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"
#include "tests/port/mini_core.h"
#include "tests/kill/crowd/verdict.h"
#include "tests/tap.h"

enum { ARENA_BYTES = 4 << 20, DIGITS = 16 };
static const uint64_t limit_ns = UINT64_C(20000000000);
static const char seed_name[] = "seed-";

extern const uint8_t crowd_package[], crowd_package_end[];

static uint32_t those_not_killed(void)
{
    enum { PROCESSES = 10 };
    return PROCESSES - crowd.killed_count;
}

const struct crowd_system crowd_of_servers = {crowd_package, crowd_package_end, those_not_killed};

struct crowd crowd;

void crowd_open(const struct crowd_system *system)
{
    size_t bytes = (size_t)(system->package_end - system->package);
    crowd = (struct crowd){.system = system,
                           .kernel = calloc(1, sizeof *crowd.kernel),
                           .arena = aligned_alloc(16, ARENA_BYTES),
                           .package = aligned_alloc(16, (bytes + 15) / 16 * 16)};
    TAP_CHECK(crowd.kernel && crowd.arena && crowd.package);
    memcpy(crowd.package, system->package, bytes);
    mini_port_open(crowd.kernel);
}

void crowd_close(void)
{
    mini_port_close(crowd.kernel);
    free(crowd.package);
    free(crowd.arena);
    free(crowd.kernel);
}

uint32_t crowd_random(uint32_t bound)
{
    crowd.random = crowd.random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(crowd.random >> 33) % bound;
}

/* Writes the seed over the digits in the names of the package's grants. */
static void write_seed(uint64_t seed, size_t bytes)
{
    char *text = crowd.package;
    for (size_t at = 0; at + sizeof seed_name + DIGITS <= bytes; at += 8)
        if (memcmp(text + at, seed_name, sizeof seed_name - 1) == 0)
            for (int i = 0; i < DIGITS; i++)
                text[at + sizeof seed_name - 1 + (size_t)i] = "0123456789abcdef"[seed >> (4 * i) & 15];
}

void crowd_begin(uint64_t seed)
{
    void *port = crowd.kernel->port;
    size_t bytes = (size_t)(crowd.system->package_end - crowd.system->package);
    const struct kernel_boot boot = {crowd.arena, ARENA_BYTES, crowd.package, bytes, port};
    struct kernel_error error = {""};
    crowd.seed = crowd.random = seed;
    crowd.killed_count = 0;
    write_seed(seed, bytes);
    if (!kernel_boot(crowd.kernel, &boot, &error))
        tap_fail(__FILE__, __LINE__, error.text);
}

void crowd_step(uint64_t ns)
{
    mini_port_step(crowd.kernel, ns);
}

void crowd_tell(const char *what)
{
    char line[100];
    struct text text = KERNEL_TEXT_IN(line);
    kernel_text_add(&text, what);
    kernel_text_add(&text, "; again with seed ");
    kernel_text_add_number(&text, crowd.seed);
    tap_note(line);
}

struct process *crowd_pick(bool (*is_there)(const struct process *process))
{
    struct process *found[CROWD_ALIVE_MAX];
    uint32_t count = 0;
    struct list *all = &crowd.kernel->processes;
    for (struct list_node *node = list_first(all); node && count < CROWD_ALIVE_MAX;
         node = list_next(all, node)) {
        struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        if (process->state == PROCESS_RUNNING && process != crowd.kernel->init &&
            !crowd_was_killed(process) && is_there(process))
            found[count++] = process;
    }
    return count > 0 ? found[crowd_random(count)] : NULL;
}

bool crowd_was_killed(const struct process *process)
{
    for (uint32_t i = 0; i < crowd.killed_count; i++)
        if (crowd.killed[i] == process->id)
            return true;
    return false;
}

/* As another program would have it ended, as the port reports a death, and behind the kernel's back. */
void crowd_kill(struct process *process, uint32_t way)
{
    const struct fault fault = {.kind = FAULT_KILLED, .signal = 9, .number = 9};
    crowd.killed[crowd.killed_count++] = process->id;
    if (way == 0)
        kernel_process_kill(crowd.kernel, process);
    else if (way == 1)
        kernel_fault(crowd.kernel, process, &fault);
    else
        crowd_port_kill(process);
    kernel_settle(crowd.kernel);
}

/* --- Verdicts --------------------------------------------------------------------------- */

/* The sleep that is a client's verdict: 0, or the line that did not hold. */
static bool find_verdict(const struct process *process, uint64_t *ret_line)
{
    for (struct list_node *node = list_first(&process->calls_busy); node;
         node = list_next(&process->calls_busy, node)) {
        const struct call *call = LIST_ENTRY(node, struct call, in_process);
        if (call->target->type != &object_timer || call->argument.number < VERDICT_NS)
            continue;
        *ret_line = call->argument.number - VERDICT_NS;
        return true;
    }
    return false;
}

static bool is_client(const struct process *process)
{
    return memcmp(process->name, "client", 6) == 0;
}

/* Init waits for all who live. */
static bool has_heard_of_all(const struct process *init)
{
    return init->waiting && init->calls_busy_count == crowd.system->processes() - 1;
}

/* A server that has nothing to do waits for messages, and owes nobody an answer. */
static bool is_idle(const struct process *process)
{
    uint64_t line;
    if (is_client(process))
        return find_verdict(process, &line);
    if (process == crowd.kernel->init)
        return has_heard_of_all(process);
    return process->waiting && !process->delivered.root && process->receives_busy_count > 0;
}

bool crowd_is_settled(void)
{
    struct list *all = &crowd.kernel->processes;
    for (struct list_node *node = list_first(all); node; node = list_next(all, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        bool killed = crowd_was_killed(process);
        if (process->state != PROCESS_RUNNING ? process->state != PROCESS_GONE : killed || !is_idle(process))
            return false;
    }
    return true;
}

static void fail_about(const struct process *process, const char *what)
{
    tap_note(process->name);
    tap_fail(__FILE__, __LINE__, what);
}

static void check_survivors(void)
{
    struct list *all = &crowd.kernel->processes;
    uint32_t alive = 0;
    uint64_t line = 0;
    for (struct list_node *node = list_first(all); node; node = list_next(all, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        if (process->state == PROCESS_RUNNING && !is_idle(process))
            fail_about(process, "whoever was not killed has nothing left to do");
        TAP_STOP_IF_FAILED();
        alive += process->state == PROCESS_RUNNING;
        if (is_client(process) && process->state == PROCESS_RUNNING && find_verdict(process, &line)) {
            const uint64_t line_that_did_not_hold = line;
            TAP_EQ(line_that_did_not_hold, 0);
        }
    }
    TAP_EQ(alive, crowd.system->processes());
}

/* --- The end of a round ------------------------------------------------------------------- */

/* What the Stats capability answers: nothing but the arena's size, of which all is free again. */
static void check_stats(void)
{
    static const uint64_t nothing[STATS_READ_RESULTS_DATA_WORDS];
    uint64_t words[STATS_READ_RESULTS_DATA_WORDS + 2];
    struct wire_build build;
    wire_build_init(&build, words, sizeof words / 8);
    struct stats_read_results_builder results = stats_read_results_build_root(&build);
    object_stats.methods[STATS_METHOD_READ].perform(crowd.kernel, NULL, results.s);
    stats_read_results_set_arena_bytes(results, 0);
    TAP_MEM_EQ(results.s.data, nothing, sizeof nothing);
    TAP_EQ(crowd.kernel->arena.used, 0);
}

/* Of all that was, those who live keep what they were given; a client also its sleep, and init what it waits
 * for. */
static void check_kept(void)
{
    struct list *all = &crowd.kernel->processes;
    TAP_EQ(crowd.kernel->queued_messages, 0);
    TAP_EQ(crowd.kernel->queued_bytes, 0);
    TAP_EQ(crowd.kernel->bundle_pool.taken, 0);
    uint64_t calls = 0;
    for (struct list_node *node = list_first(all); node; node = list_next(all, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        calls += is_client(process) && process->state == PROCESS_RUNNING;
        calls += process != crowd.kernel->init;
        TAP_EQ(process->state, PROCESS_RUNNING); /* nobody is kept for a call that was not returned */
    }
    TAP_EQ(crowd.kernel->calls, calls);
}

static void finish(void)
{
    uint64_t limit = port_now(crowd.kernel) + limit_ns;
    struct kernel_end end;
    while (!kernel_ended(crowd.kernel, &end) && port_now(crowd.kernel) < limit)
        crowd_step(10000000);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(kernel_ended(crowd.kernel, &end));
    check_stats();
    TAP_STOP_IF_FAILED();
    if (crowd.resources == 0)
        crowd.resources = crowd_port_resources();
    TAP_EQ(crowd_port_resources(), crowd.resources);
}

void crowd_settle(void)
{
    uint64_t limit = port_now(crowd.kernel) + limit_ns;
    while (!crowd_is_settled() && port_now(crowd.kernel) < limit)
        crowd_step(10000000);
}

void crowd_end(void)
{
    crowd_settle();
    check_survivors();
    if (!tap_stopped())
        check_kept();
    kernel_shutdown(crowd.kernel);
    finish();
}

void crowd_end_without_init(void)
{
    finish();
}
