/*
 * What a call to a kernel object costs: rounds of Timer.now, one at a time and
 * 16 in one entry, in nanoseconds a call, the median of the rounds.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"

enum { ROUNDS = 51, CALLS = 400, BATCH = 16 };

static struct capos_ring *ring;
static struct timer timer;

static uint64_t now(void)
{
    uint64_t ns = 0;
    timer_now(ring, timer, &ns);
    return ns;
}

static void one_at_a_time(void)
{
    for (int i = 0; i < CALLS; i++)
        now();
}

static void in_batches(void)
{
    static struct timer_now_call calls[BATCH];
    struct timer_now_results_reader results;
    for (int i = 0; i < CALLS; i += BATCH) {
        for (int b = 0; b < BATCH; b++)
            timer_now_send(ring, timer, &calls[b]);
        for (int b = 0; b < BATCH; b++) {
            timer_now_wait(ring, &calls[b], &results);
            timer_now_finish(ring, &calls[b]);
        }
    }
}

static uint64_t median_ns(void (*round)(void))
{
    uint64_t times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = now();
        round();
        uint64_t took = (now() - start) / CALLS;
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

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct console console;
    if (console_from_capset(runtime, "console", &console) < 0 ||
        timer_from_capset(runtime, "timer", &timer) < 0 || capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    tell(console, "timer-now", median_ns(one_at_a_time));
    tell(console, "timer-now-16", median_ns(in_batches));
    capos_runtime_return_ring(runtime, ring);
    return 0;
}
