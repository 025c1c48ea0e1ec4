/*
 * Port and core together on the bare machine: processes take turns, none stays behind, and frames that
 * run out end a spawn only. Holds docs/security.md, clauses 18 and 22. Times are those of `-icount`, where
 * they are the same on every run.
 */
#include <string.h>

#include "kernel/core/kernel.h"
#include "kernel/core/process.h"
#include "kernel/x86_64/x86_64.h"
#include "schema/capos.capos.h"
#include "tests/port/program.h"
#include "tests/tap.h"
#include "tests/x86_64/door/door.h"
#include "tests/x86_64/target/options.h"

enum { ARENA_BYTES = 4 << 20, MILLISECOND = 1000000, QUANTUM_NS = 100000 };

extern const uint8_t door_program[], door_program_end[];

static struct kernel kernel;
static struct elf_image image;
static uint64_t timer_cap;

/* The log of many deaths is not for reading. */
void __wrap_port_log(struct kernel *of, const char *line);
void __wrap_port_log(struct kernel *of, const char *line)
{
    (void)of;
    (void)line;
}

/* --- The system ------------------------------------------------------------------------------ */

static void start(void)
{
    struct kernel_error error = {""};
    void *arena = x86_memory_carve(ARENA_BYTES);
    size_t bytes = (uintptr_t)door_program_end - (uintptr_t)door_program;
    TAP_CHECK(elf_open(door_program, bytes, &image, &error));
    TAP_CHECK(arena);
    kernel_init(&kernel, &x86_port, arena, ARENA_BYTES);
    x86_port.kernel = &kernel;
    x86_port.options.quantum_ns = QUANTUM_NS;
}

/* The command goes where the CapSet's first entry has its name: the programs read nothing else of it. */
static int32_t spawn(uint64_t operation, uint64_t a, uint64_t b, uint64_t c, struct process **ret_process)
{
    const struct program_command command = {operation, a, b, c};
    const struct process_grant grant = {"timer", 5, &kernel.objects[KERNEL_CAPABILITY_TIMER],
                                        TIMER_INTERFACE_ID};
    int32_t status = kernel_process_spawn(&kernel,
                                          &(struct process_start){.name = "probe",
                                                                  .image = &image,
                                                                  .grants = &grant,
                                                                  .grant_count = 1,
                                                                  .budget = kernel_budget_first},
                                          ret_process);
    if (status < 0)
        return status;
    const struct capos_capset_entry *entry =
        (const void *)((const struct capos_capset_header *)(*ret_process)->capset + 1);
    timer_cap = entry->cap_id;
    memcpy((*ret_process)->capset, &command, sizeof command);
    return status;
}

static volatile uint64_t *count_of(const struct process *process)
{
    return (volatile uint64_t *)(void *)((uint8_t *)process->ring + DOOR_RING_COUNT);
}

static void run_until(uint64_t until)
{
    while (port_now(&kernel) < until)
        x86_loop_step(until);
}

static void run_until_alone(void)
{
    uint64_t limit = port_now(&kernel) + UINT64_C(10000000000);
    while (!list_empty(&kernel.processes) && port_now(&kernel) < limit)
        x86_loop_step(limit);
    TAP_CHECK(list_empty(&kernel.processes));
}

static void end_all(void)
{
    kernel_shutdown(&kernel);
    run_until_alone();
}

/* --- Turns ------------------------------------------------------------------------------------- */

static void check_turns(unsigned spinner_count)
{
    enum { SLEEPS = 40, SLACK_NS = 20000 };
    struct process *spinners[4], *sleeper;
    start();
    TAP_STOP_IF_FAILED();
    for (unsigned i = 0; i < spinner_count; i++)
        TAP_EQ(spawn(DOOR_SPIN, 0, 0, 0, &spinners[i]), CAP_OK);
    /* It is looked at SLEEPS times, and must not be gone by then. */
    TAP_EQ(spawn(DOOR_SLEEP, (UINT64_C(1) << CAPOS_CAP_SLOT_SHIFT), MILLISECOND, 2 * SLEEPS, &sleeper),
           CAP_OK);
    TAP_EQ(timer_cap, UINT64_C(1) << CAPOS_CAP_SLOT_SHIFT);
    /* Whoever wakes stands behind all others, as it does at its start. */
    uint64_t turns = spinner_count * QUANTUM_NS + SLACK_NS, began = port_now(&kernel) + turns;
    for (uint64_t i = 1; i < SLEEPS; i++) {
        run_until(began + i * (MILLISECOND + turns));
        TAP_CHECK(*count_of(sleeper) >= i);
    }
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < spinner_count; i++) {
        uint64_t count = *count_of(spinners[i]);
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    TAP_CHECK(least > 1000);
    TAP_CHECK(most - least < most / 4);
    end_all();
}

TAP_TEST(a_process_that_never_yields_does_not_stop_another)
{
    check_turns(1);
}

TAP_TEST(processes_that_never_yield_take_turns)
{
    check_turns(3);
}

/* --- Cycles -------------------------------------------------------------------------------------- */

/* One process that exits, faults, or is ended while it is new, runs, or sleeps. */
static void cycle(unsigned how)
{
    static const struct program_command commands[] = {
        {DOOR_GOOD, 0, 0, 0},
        {DOOR_OWN, DOOR_OWN_read_null, 0, 0},
        {DOOR_SPIN, 0, 0, 0},
        {DOOR_SPIN, 0, 0, 0},
        {DOOR_SLEEP, UINT64_C(1) << CAPOS_CAP_SLOT_SHIFT, UINT64_C(1000000000), 1},
    };
    enum { ENDED_NEW = 2, ENDED_RUNNING, ENDED_SLEEPING };
    const struct program_command *command = &commands[how % 5];
    struct process *process;
    TAP_EQ(spawn(command->operation, command->a, command->b, command->c, &process), CAP_OK);
    if (how % 5 >= ENDED_RUNNING)
        run_until(port_now(&kernel) + 2 * QUANTUM_NS);
    if (how % 5 >= ENDED_NEW)
        kernel_process_kill(&kernel, process);
    run_until_alone();
}

TAP_TEST(many_processes_leave_the_free_frames_as_they_were)
{
    uint64_t cycles = target_count ? target_count : 1000;
    start();
    TAP_STOP_IF_FAILED();
    for (unsigned i = 0; i < 5; i++)
        cycle(i);
    TAP_STOP_IF_FAILED();
    uint64_t frames = x86_frames_free(), used = kernel.arena.used;
    uint8_t *next = kernel.arena.next;
    for (uint64_t i = 0; i < cycles && !tap_stopped(); i++)
        cycle((unsigned)i);
    TAP_STOP_IF_FAILED();
    TAP_EQ(x86_frames_free(), frames);
    TAP_EQ(kernel.arena.used, used);
    TAP_CHECK(kernel.arena.next == next);
}

/* --- No memory --------------------------------------------------------------------------------------- */

/* A spawn whose frame n, counted from here, is not to be had. */
static void spawn_without_frame(uint64_t n)
{
    struct process *process = NULL;
    uint64_t frames, used = kernel.arena.used;
    x86_texts_drop_idle();
    frames = x86_frames_free();
    x86_port.memory.fail_at = x86_port.memory.takes + n;
    int32_t status = spawn(DOOR_GOOD, 0, 0, 0, &process);
    bool failed = x86_port.memory.takes >= x86_port.memory.fail_at;
    x86_port.memory.fail_at = 0;
    TAP_EQ(status, failed ? CAP_ERR_NO_MEMORY : CAP_OK);
    if (failed) {
        x86_texts_drop_idle();
        TAP_EQ(x86_frames_free(), frames);
        TAP_EQ(kernel.arena.used, used);
        TAP_CHECK(list_empty(&kernel.processes));
        TAP_EQ(spawn(DOOR_GOOD, 0, 0, 0, &process), CAP_OK);
    }
    run_until_alone();
    TAP_STOP_IF_FAILED();
    x86_texts_drop_idle();
    TAP_EQ(x86_frames_free(), frames);
}

TAP_TEST(a_spawn_survives_each_frame_that_there_is_not)
{
    start();
    TAP_STOP_IF_FAILED();
    uint64_t before = x86_port.memory.takes, needed;
    struct process *process;
    TAP_EQ(spawn(DOOR_GOOD, 0, 0, 0, &process), CAP_OK);
    needed = x86_port.memory.takes - before;
    run_until_alone();
    TAP_CHECK(needed > 40);
    for (uint64_t n = 1; n <= needed + 1 && !tap_stopped(); n++)
        spawn_without_frame(n);
}

/* Several processes come and go, and any frame of theirs may be the one. */
TAP_TEST(any_frame_may_be_missing_at_any_time)
{
    uint64_t seed = target_seed, tries = target_count ? target_count : 300;
    start();
    TAP_STOP_IF_FAILED();
    x86_texts_drop_idle();
    uint64_t frames = x86_frames_free(), failed = 0;
    for (uint64_t i = 0; i < tries && !tap_stopped(); i++) {
        struct process *process;
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        x86_port.memory.fail_at = x86_port.memory.takes + 1 + (seed >> 33) % 150;
        for (unsigned k = 0; k < 4; k++) {
            int32_t status = spawn(k % 2 ? DOOR_GOOD : DOOR_SPIN, 0, 0, 0, &process);
            failed += status < 0;
            TAP_CHECK(status == CAP_OK || status == CAP_ERR_NO_MEMORY);
            run_until(port_now(&kernel) + (seed >> 50) % QUANTUM_NS);
        }
        x86_port.memory.fail_at = 0;
        end_all();
        TAP_STOP_IF_FAILED();
        x86_texts_drop_idle();
        TAP_EQ(x86_frames_free(), frames);
    }
    TAP_CHECK(failed > tries / 2);
}
