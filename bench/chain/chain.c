/*
 * What chains of calls to another program cost: links that each give the
 * capability for the next, and a call on the last. With promises, and with
 * each link awaited; in nanoseconds a chain, the median of the rounds. What
 * is dropped is counted, too.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/bench.client.capos.h"
#include "schema/capos.client.capos.h"

enum { ROUNDS = 31, CHAINS = 50, DEPTH_MAX = 9, DATA_BYTES = 40 };

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct timer timer;
static struct meter meter;
static uint64_t wrong;

static const uint8_t bytes[DATA_BYTES] = "forty bytes";

static uint64_t now(void)
{
    uint64_t ns = 0;
    timer_now(ring, timer, &ns);
    return ns;
}

static void wait_for_echo(struct meter_echo_call *echo)
{
    struct meter_echo_results_reader results;
    wrong += meter_echo_wait(ring, echo, &results) != CAP_OK || meter_echo_results_get_number(results) != 7;
    meter_echo_finish(ring, echo);
}

static void run_promised(uint32_t depth)
{
    static struct meter_make_call links[DEPTH_MAX];
    struct meter_echo_call echo;
    struct meter at = meter;
    for (uint32_t i = 0; i + 1 < depth; i++) {
        meter_make_send(ring, at, &links[i]);
        at = meter_make_promised_meter(&links[i]);
    }
    meter_echo_send(ring, at, 7, wire_data_make(bytes, sizeof bytes), &echo);
    wait_for_echo(&echo);
    for (uint32_t i = 0; i + 1 < depth; i++)
        meter_make_finish(ring, &links[i]);
}

static void run_awaited(uint32_t depth)
{
    struct meter links[DEPTH_MAX] = {{0}};
    struct meter_echo_call echo;
    struct meter at = meter;
    for (uint32_t i = 0; i + 1 < depth; i++) {
        wrong += meter_make(ring, at, &links[i]) != CAP_OK;
        at = links[i];
    }
    meter_echo_send(ring, at, 7, wire_data_make(bytes, sizeof bytes), &echo);
    wait_for_echo(&echo);
    for (uint32_t i = 0; i + 1 < depth; i++)
        capos_handle_release(runtime, links[i].cap);
}

static uint64_t measure(void (*run)(uint32_t depth), uint32_t depth)
{
    uint64_t times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = now();
        for (int c = 0; c < CHAINS; c++) {
            run(depth);
            if (c % 4 == 3)
                capos_runtime_flush_releases(runtime);
        }
        uint64_t took = (now() - start) / CHAINS;
        int at = i;
        for (; at > 0 && times[at - 1] > took; at--)
            times[at] = times[at - 1];
        times[at] = took;
    }
    return times[ROUNDS / 2];
}

static void tell(struct console console, const char *what, uint64_t ns)
{
    char chars[80];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
    capos_line_string(&line, " ");
    capos_line_u64(&line, ns);
    console_write_line(ring, console, capos_line_text(&line));
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    struct console console;
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) < 0 ||
        timer_from_capset(runtime, "timer", &timer) < 0 || meter_from_capset(runtime, "meter", &meter) < 0 ||
        capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    tell(console, "call", measure(run_promised, 1));
    tell(console, "chain", measure(run_promised, 4));
    tell(console, "chain-awaited", measure(run_awaited, 4));
    tell(console, "chain-9", measure(run_promised, 9));
    tell(console, "chain-9-awaited", measure(run_awaited, 9));
    capos_runtime_return_ring(runtime, ring);
    return wrong != 0;
}
