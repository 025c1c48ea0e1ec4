/*
 * What calls take, in steps of the time stamp counter from the program's call
 * instruction to the return from it: the least of many rounds, because an
 * interrupt may fall inside. In QEMU under -icount shift=0 a step is one instruction,
 * and the numbers are exact; elsewhere they are cycles, as good as the machine is quiet.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"

enum { ROUNDS = 1000, LINES = 50 };

static struct capos_ring *ring;
static struct timer timer;
static struct console console;

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

static uint64_t least(int rounds, capos_cap_enter_fn call)
{
    /* Hidden from gcc 12, which takes a call to a number for one that cannot happen. */
    __asm__ volatile("" : "+r"(call));
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < rounds; i++) {
        uint64_t start = read_counter();
        call(0, 0);
        uint64_t took = read_counter() - start;
        best = took < best ? took : best;
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

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    enum { EMPTY_FUNCTION = 2 }; /* a call and a return: what is left is the measuring's own */
    if (console_from_capset(runtime, "console", &console) < 0 ||
        timer_from_capset(runtime, "timer", &timer) < 0 || capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    const capos_cap_enter_fn enter = (capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER);
    uint64_t own = least(ROUNDS, do_nothing);
    own -= own < EMPTY_FUNCTION ? own : EMPTY_FUNCTION;
    tell("cap-enter", least(ROUNDS, enter) - own);
    tell("timer-now", least(ROUNDS, read_timer) - own);
    tell("console-write-line", least(LINES, write_line) - own);
    capos_runtime_return_ring(runtime, ring);
    return 0;
}
