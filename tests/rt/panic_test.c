#include <capos/panic.h>

#include <string.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

static struct capos_ring *ring;

static int64_t panic_code(const char *message)
{
    fake.exit_code = -1;
    if (setjmp(fake.at_exit) == 0)
        capos_panic(message);
    return fake.exit_code;
}

TAP_TEST(invariant_10_a_panic_reaches_the_console)
{
    fake_start();
    TAP_EQ(panic_code("the sky falls"), CAPOS_EXIT_PANIC);
    TAP_EQ(fake.last.cap_id, 11);
    TAP_STR_EQ(fake.line, "panic: the sky falls");
}

/* Lent, the queue full of calls, and nothing read of what is complete. */
TAP_TEST(invariant_10_a_panic_gets_through_a_full_queue)
{
    static struct timer_sleep_call calls[CAPOS_SQ_ENTRIES];
    struct timer timer = {12};
    fake_start();
    capos_runtime_lend_ring(&fake.runtime, &ring);
    for (int i = 0; i < CAPOS_SQ_ENTRIES; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    TAP_EQ(ring->sq_tail - fake.sq_head, CAPOS_SQ_ENTRIES);
    TAP_EQ(panic_code("full"), CAPOS_EXIT_PANIC);
    TAP_STR_EQ(fake.line, "panic: full");
}

/* Every credit is taken: all are complete in the kernel, and none has been read. */
TAP_TEST(invariant_10_a_panic_gets_through_without_credits)
{
    static struct timer_sleep_call calls[CAPOS_RING_CREDITS];
    struct timer timer = {12};
    fake_start();
    capos_runtime_lend_ring(&fake.runtime, &ring);
    fake.hold = true;
    for (int i = 0; i < CAPOS_RING_CREDITS; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    capos_ring_flush(ring);
    TAP_EQ(fake.held_count, CAPOS_RING_CREDITS);
    TAP_EQ(ring->free_count, 0);
    while (fake.held_count > 0)
        fake_complete(0, 0);
    fake.hold = false;
    TAP_EQ(panic_code("no credit"), CAPOS_EXIT_PANIC);
    TAP_STR_EQ(fake.line, "panic: no credit");
}

/* As many calls are outstanding as may be: one makes way for the console's. */
TAP_TEST(invariant_10_a_panic_gets_through_with_every_call_outstanding)
{
    enum { CALLS = 64 };
    static struct timer_sleep_call calls[CALLS];
    struct timer timer = {12};
    fake_start();
    capos_runtime_lend_ring(&fake.runtime, &ring);
    fake.hold = true;
    fake.never_held = 11;
    fake.calls_max = CALLS;
    for (int i = 0; i < CALLS; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    TAP_EQ(panic_code("no call left"), CAPOS_EXIT_PANIC);
    TAP_EQ(fake.held_count, CALLS - 1);
    TAP_EQ(fake.last.cap_id, 11);
    TAP_STR_EQ(fake.line, "panic: no call left");
}

TAP_TEST(invariant_10_a_panic_without_a_console_still_ends)
{
    fake_start();
    fake.capset.entries[0].interface_id = 1;
    TAP_EQ(panic_code("nobody hears"), CAPOS_EXIT_PANIC);
    TAP_EQ(fake.taken, 0);
}

TAP_TEST(a_panic_is_cut_to_its_bound)
{
    char message[400];
    memset(message, 'm', sizeof message);
    message[399] = 0;
    fake_start();
    panic_code(message);
    TAP_EQ(strlen(fake.line), CAPOS_PANIC_BYTES_MAX);
}

TAP_TEST(a_panic_within_a_panic_ends_at_once)
{
    fake_start();
    fake.hold = true; /* the console never answers: the wait panics in turn */
    TAP_EQ(panic_code("first"), CAPOS_EXIT_PANIC);
    TAP_STR_EQ(fake.line, "panic: first");
    TAP_EQ(fake.taken, 1);
}
