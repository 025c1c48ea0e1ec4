/*
 * What chains of calls to other programs cost: links that each give the capability for the next, and a call
 * with 64 bytes each way on the last. Reads "MILLISECONDS DEPTH [CHAINS]" from the console: each row for so
 * long, or so many; says "ROW NS", a chain's time, and how often it entered the kernel for one.
 */
#include <capos/handle.h>
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/bench.client.capos.h"
#include "schema/capos.client.capos.h"

enum { DEPTH_MAX = 64, SERVICES = 2, DATA_BYTES = 40, INPUT_BYTES = 40, BETWEEN_LOOKS = 16 };

CAPOS_HEAP_BYTES(16384) /* for a table of more handles than 64 */

struct row {
    const char *name;
    void (*run)(uint32_t depth, bool both);
    bool both; /* each link is at the other service than the one before */
};

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct console console;
static struct timer timer;
static struct meter services[SERVICES];
static uint64_t wrong;

static const uint8_t bytes[DATA_BYTES] = "forty bytes";

static struct meter next_service(uint32_t link)
{
    return services[(link + 1) % SERVICES];
}

static void call(struct meter at)
{
    struct meter_echo_call echo;
    struct meter_echo_results_reader results;
    meter_echo_send(ring, at, 7, wire_data_make(bytes, sizeof bytes), &echo);
    wrong += meter_echo_wait(ring, &echo, &results) != CAP_OK || meter_echo_results_get_number(results) != 7;
    meter_echo_finish(ring, &echo);
}

/* Links of one service make an object each; of two, they hand on what they are given. */
static void promised(uint32_t depth, bool both)
{
    static union {
        struct meter_make_call make;
        struct meter_step_call step;
    } links[DEPTH_MAX];
    struct meter at = services[0];
    for (uint32_t i = 0; i + 1 < depth; i++) {
        if (both) {
            meter_step_send(ring, at, meter_copied(next_service(i)), &links[i].step);
            at = meter_step_promised_meter(&links[i].step);
        } else {
            meter_make_send(ring, at, &links[i].make);
            at = meter_make_promised_meter(&links[i].make);
        }
    }
    call(at);
    for (uint32_t i = 0; i + 1 < depth; i++) {
        if (both)
            meter_step_finish(ring, &links[i].step);
        else
            meter_make_finish(ring, &links[i].make);
    }
}

static void awaited(uint32_t depth, bool both)
{
    static struct meter links[DEPTH_MAX];
    struct meter at = services[0];
    for (uint32_t i = 0; i + 1 < depth; i++) {
        wrong += (both ? meter_step(ring, at, meter_copied(next_service(i)), &links[i])
                       : meter_make(ring, at, &links[i])) != CAP_OK;
        at = links[i];
    }
    call(at);
    for (uint32_t i = 0; i + 1 < depth; i++)
        capos_handle_release(runtime, links[i].cap);
}

static const struct row rows[] = {
    {"chain", promised, false},
    {"chain-awaited", awaited, false},
    {"chain-both", promised, true},
    {"chain-both-awaited", awaited, true},
};

static uint64_t now(void)
{
    uint64_t ns = 0;
    timer_now(ring, timer, &ns);
    return ns;
}

static uint64_t entries(void)
{
    struct capos_ring_stats stats;
    capos_ring_stats(ring, &stats);
    return stats.entered;
}

/* Until the time is over, or the chains are done. Returns how many there were. */
static uint64_t run(const struct row *row, uint32_t depth, uint64_t ns, uint64_t chains, uint64_t *ret_took,
                    uint64_t *ret_entered)
{
    uint64_t start = now(), took = 0, done = 0, entered = 0;
    do {
        for (uint32_t i = 0; i < BETWEEN_LOOKS && !(chains && done >= chains); i++, done++) {
            uint64_t before = entries();
            row->run(depth, row->both);
            entered += entries() - before;
            capos_runtime_flush_releases(runtime);
        }
        took = now() - start;
    } while (!wrong && (chains ? done < chains : took < ns));
    *ret_took = took;
    *ret_entered = entered;
    return done;
}

static void measure(const struct row *row, uint32_t depth, uint64_t ns, uint64_t chains)
{
    char chars[120];
    struct capos_line said;
    uint64_t took, entered;
    if (!chains)
        run(row, depth, ns / 5, 0, &took, &entered); /* warms up */
    uint64_t done = run(row, depth, ns, chains, &took, &entered);
    capos_line_begin(&said, chars, sizeof chars);
    capos_line_string(&said, row->name);
    capos_line_string(&said, " ");
    capos_line_u64(&said, took / done);
    capos_line_string(&said, "\n# entries for 100 of them: ");
    capos_line_u64(&said, entered * 100 / done);
    console_write_line(ring, console, capos_line_text(&said));
}

static uint64_t number(const char **at, const char *end)
{
    uint64_t value = 0;
    while (*at < end && **at == ' ')
        ++*at;
    while (*at < end && **at >= '0' && **at <= '9')
        value = value * 10 + (uint64_t)(*(*at)++ - '0');
    return value;
}

static bool measure_all(void)
{
    struct console_read_call asked;
    struct console_read_results_reader results;
    if (console_read(ring, console, INPUT_BYTES, &asked, &results) != CAP_OK)
        return false;
    struct wire_data data = console_read_results_get_data(results);
    const char *at = (const char *)data.bytes, *end = at + data.size;
    uint64_t ns = number(&at, end) * 1000000 / (sizeof rows / sizeof rows[0]);
    uint64_t depth = number(&at, end), chains = number(&at, end);
    console_read_finish(ring, &asked);
    if (depth == 0 || depth > DEPTH_MAX)
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        measure(&rows[i], (uint32_t)depth, ns, chains);
    return wrong == 0;
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK ||
        meter_from_capset(runtime, "meter", &services[0]) != CAP_OK ||
        meter_from_capset(runtime, "other", &services[1]) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    bool good = measure_all();
    capos_runtime_return_ring(runtime, ring);
    return !good;
}
