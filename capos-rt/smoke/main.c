/*
 * Runs the tables and tells.
 */
#include <capos/heap.h>
#include <capos/text.h>

#include "capos-rt/smoke/smoke.h"

CAPOS_HEAP_BYTES(256 * 1024)

static const struct smoke_test *const tables[] = {
    smoke_start_tests, smoke_call_tests, smoke_ring_tests, smoke_memory_tests, smoke_peer_tests,
};

struct cap_cqe smoke_perform(struct smoke *smoke, struct cap_sqe sqe)
{
    struct cap_cqe cqe = {.result = 1};
    capos_ring_perform(smoke->ring, &sqe, &cqe);
    return cqe;
}

static void report(struct smoke *smoke, uint64_t number, const char *name, bool good)
{
    char chars[160];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, good ? "ok " : "not ok ");
    capos_line_u64(&line, number);
    capos_line_string(&line, " - ");
    capos_line_string(&line, name);
    console_write_line(smoke->ring, smoke->console, capos_line_text(&line));
}

static void plan(struct smoke *smoke, uint64_t count)
{
    char chars[32];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "1..");
    capos_line_u64(&line, count);
    console_write_line(smoke->ring, smoke->console, capos_line_text(&line));
}

static bool find_all(struct smoke *smoke)
{
    struct capos_runtime *runtime = smoke->runtime;
    return console_from_capset(runtime, "console", &smoke->console) == CAP_OK &&
           timer_from_capset(runtime, "timer", &smoke->timer) == CAP_OK &&
           entropy_source_from_capset(runtime, "entropy", &smoke->entropy) == CAP_OK &&
           boot_package_from_capset(runtime, "boot", &smoke->boot) == CAP_OK &&
           directory_from_capset(runtime, "peer", &smoke->peer) == CAP_OK;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct smoke smoke = {.runtime = runtime};
    uint64_t number = 0, failed = 0;
    if (!find_all(&smoke) || capos_runtime_lend_ring(runtime, &smoke.ring) < 0)
        return 2;
    for (uint32_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (const struct smoke_test *test = tables[i]; test->name; test++) {
            bool good = test->run(&smoke);
            failed += !good;
            report(&smoke, ++number, test->name, good);
        }
    }
    plan(&smoke, number);
    capos_runtime_return_ring(runtime, smoke.ring);
    return failed > 0;
}
