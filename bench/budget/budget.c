/*
 * What calls take, in steps of the time stamp counter from the program's call
 * instruction to the return from it: the least of many rounds, because an
 * interrupt may fall inside. In QEMU under -icount shift=0 a step is one instruction,
 * and the numbers are exact; elsewhere they are cycles, as good as the machine is quiet.
 */
#include <capos/handle.h>
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"

enum { ROUNDS = 1000, LINES = 50, SPAWNS = 50 };

CAPOS_HEAP_BYTES(1 << 16)

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct timer timer;
static struct console console;
static struct process_spawner spawner;

static uint64_t read_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* What is measured has the type of cap_enter, which needs no function around it. */
static int64_t do_nothing(uint32_t min_complete, uint64_t timeout_ns)
{
    (void)min_complete, (void)timeout_ns;
    return 0;
}

static int64_t read_timer(uint32_t min_complete, uint64_t timeout_ns)
{
    (void)min_complete, (void)timeout_ns;
    uint64_t ns;
    return timer_now(ring, timer, &ns);
}

static int64_t write_line(uint32_t min_complete, uint64_t timeout_ns)
{
    (void)min_complete, (void)timeout_ns;
    return console_write_line(ring, console, CAPOS_TEXT("budget: a line of 32 bytes, end."));
}

static void grant(struct wire_list_builder grants, uint32_t index, struct wire_text name,
                  struct capos_transfer transfer)
{
    struct spawn_grant_builder to = process_spawner_spawn_params_edit_grants_at(grants, index);
    spawn_grant_set_name(to, name);
    capos_caps_pass(spawn_grant_edit_capability(to), NULL, 0, transfer);
}

/* A process with three grants; its handle. */
static capos_status spawn(struct process_handle *ret_process)
{
    enum { GRANTS = 3, ROOM_WORDS = 64 };
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    if (process_spawner_spawn_begin(ring, spawner, ROOM_WORDS, &call, &params) == CAP_OK) {
        process_spawner_spawn_params_set_name(params, CAPOS_TEXT("child"));
        process_spawner_spawn_params_set_binary(params, CAPOS_TEXT("child"));
        struct wire_list_builder grants = process_spawner_spawn_params_init_grants(params, GRANTS);
        grant(grants, 0, CAPOS_TEXT("console"), console_copied(console).t);
        grant(grants, 1, CAPOS_TEXT("timer"), timer_copied(timer).t);
        grant(grants, 2, CAPOS_TEXT("spawner"), process_spawner_copied(spawner).t);
    }
    process_spawner_spawn_submit(ring, &call);
    capos_status status = process_spawner_spawn_wait(ring, &call, &results);
    if (status == CAP_OK)
        status = process_spawner_spawn_results_adopt_process(results, ret_process);
    process_spawner_spawn_finish(ring, &call);
    return status;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* From the request to the handle; and from there until the process, which does nothing, is gone and that is
 * known. */
static bool measure_spawns(uint64_t *ret_spawn, uint64_t *ret_wait)
{
    *ret_spawn = *ret_wait = UINT64_MAX;
    for (int i = 0; i < SPAWNS; i++) {
        struct process_handle process;
        struct process_handle_wait_call call;
        struct process_handle_wait_results_reader results;
        uint64_t start = read_counter();
        if (spawn(&process) != CAP_OK)
            return false;
        uint64_t spawned = read_counter();
        capos_status status = process_handle_wait(ring, process, &call, &results);
        uint64_t gone = read_counter();
        process_handle_wait_finish(ring, &call);
        capos_handle_release(runtime, process.cap);
        capos_runtime_flush_releases(runtime);
        if (status != CAP_OK)
            return false;
        *ret_spawn = smaller(*ret_spawn, spawned - start);
        *ret_wait = smaller(*ret_wait, gone - spawned);
    }
    return true;
}

static uint64_t least(int rounds, capos_cap_enter_fn call)
{
    /* Hidden from gcc 12, which takes a call to a number for one that cannot happen. */
    __asm__ volatile("" : "+r"(call));
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < rounds; i++) {
        uint64_t start = read_counter();
        call(0, 0);
        uint64_t took = read_counter() - start;
        best = smaller(best, took);
    }
    return best;
}

static void tell(const char *what, uint64_t number)
{
    char chars[80];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "budget: ");
    capos_line_string(&line, what);
    capos_line_string(&line, " ");
    capos_line_u64(&line, number);
    console_write_line(ring, console, capos_line_text(&line));
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    enum { EMPTY_FUNCTION = 2 }; /* a call and a return: what is left is the measuring's own */
    uint64_t spawned, waited;
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) < 0 ||
        timer_from_capset(runtime, "timer", &timer) < 0 ||
        process_spawner_from_capset(runtime, "spawner", &spawner) < 0 ||
        capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    const capos_cap_enter_fn enter = (capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER);
    uint64_t own = least(ROUNDS, do_nothing);
    own -= own < EMPTY_FUNCTION ? own : EMPTY_FUNCTION;
    tell("cap-enter", least(ROUNDS, enter) - own);
    tell("timer-now", least(ROUNDS, read_timer) - own);
    tell("console-write-line", least(LINES, write_line) - own);
    if (!measure_spawns(&spawned, &waited))
        return 1;
    tell("spawn-3-grants", spawned - own);
    tell("run-exit-wait", waited - own);
    capos_runtime_return_ring(runtime, ring);
    return 0;
}
