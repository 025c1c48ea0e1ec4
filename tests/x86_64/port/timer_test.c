/* kernel/x86_64/timer.c, loop.c: the clock and deadlines. */
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

enum { MILLISECOND = 1000000 };

TAP_TEST(the_timer_fires_once_and_not_before_its_time)
{
    static const uint64_t after[] = {0, 1, 1000, MILLISECOND / 10, MILLISECOND, 3 * MILLISECOND};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        uint64_t now = port_now(NULL);
        x86_timer_set(now, now + after[i]);
        TAP_EQ(x86_idle(), X86_VECTOR_TIMER);
        x86_interrupt_done();
        TAP_CHECK(port_now(NULL) >= now + after[i]);
        x86_port.timer_at = CAPOS_FOREVER;
    }
}

TAP_TEST(the_timer_is_set_anew_by_the_last_who_asks)
{
    uint64_t now = port_now(NULL);
    x86_timer_set(now, now + 200 * MILLISECOND);
    x86_timer_set(now, now + UINT64_C(1000000000000));
    x86_timer_set(now, CAPOS_FOREVER);
    x86_timer_set(now, now + 210 * MILLISECOND);
    TAP_EQ(x86_idle(), X86_VECTOR_TIMER);
    x86_interrupt_done();
    TAP_CHECK(port_now(NULL) >= now + 210 * MILLISECOND);
}

TAP_TEST(a_deadline_that_is_over_fires_at_once)
{
    uint64_t now = port_now(NULL);
    x86_timer_set(now, now - MILLISECOND);
    TAP_EQ(x86_idle(), X86_VECTOR_TIMER);
    x86_interrupt_done();
}

/* --- Deadlines of the core, by the loop ------------------------------------------------------- */

static void step(uint64_t until)
{
    x86_loop_step(until);
}

TAP_TEST(deadlines_are_kept_in_their_order)
{
    mini_open();
    uint64_t start = port_now(mini.kernel);
    for (uint64_t i = 1; i <= 5; i++) {
        uint64_t due = start + i * MILLISECOND;
        mini.deadline = due;
        mini.ticks = 0;
        while (mini.ticks == 0)
            step(CAPOS_FOREVER);
        TAP_CHECK(mini.first_tick >= due);
        TAP_EQ(mini.deadline, CAPOS_FOREVER);
    }
    mini_close();
}

TAP_TEST(a_step_ends_at_its_own_limit_before_a_later_deadline)
{
    mini_open();
    uint64_t now = port_now(mini.kernel);
    mini.deadline = now + UINT64_C(3600000000000);
    while (port_now(mini.kernel) < now + MILLISECOND)
        step(now + MILLISECOND);
    TAP_EQ(mini.ticks, 0);
    step(0); /* long over: it does not wait */
    TAP_EQ(mini.ticks, 0);
    mini.deadline = CAPOS_FOREVER;
    mini_close();
}

TAP_TEST(a_deadline_interrupts_a_process_that_never_yields)
{
    const struct program_command command = {.operation = PROGRAM_SPIN};
    mini_open();
    struct mini_process *process = mini_start(contract_image(), &command);
    TAP_CHECK(process);
    for (uint64_t i = 1; i <= 3; i++) {
        uint64_t due = port_now(mini.kernel) + MILLISECOND;
        mini.deadline = due;
        mini.ticks = 0;
        while (mini.ticks == 0)
            step(CAPOS_FOREVER);
        TAP_CHECK(mini.first_tick >= due);
    }
    port_process_kill(mini.kernel, &process->process);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    mini_free(process);
    mini_close();
}

/* A deadline further away than the timer can count: it fires early, and is set again. */
TAP_TEST(a_deadline_beyond_the_timers_range_does_not_tick_early)
{
    mini_open();
    uint64_t now = port_now(mini.kernel);
    mini.deadline = UINT64_MAX - 1;
    x86_timer_set(now, mini.deadline);
    TAP_EQ(x86_port.timer_at, UINT64_MAX - 1);
    step(now + MILLISECOND);
    TAP_EQ(mini.ticks, 0);
    mini.deadline = CAPOS_FOREVER;
    mini_close();
}
