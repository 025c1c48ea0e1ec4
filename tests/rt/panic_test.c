#include <capos/panic.h>

#include <string.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

static struct capos_ring *ring;

/* The text of the last writeLine that the kernel took. */
static const char *last_line(void)
{
    static struct wire_message message;
    static char line[300];
    wire_open_flat(&message, WIRE_PRIVATE, (const void *)(uintptr_t)fake.last.params_addr,
                   fake.last.params_len);
    struct console_write_line_params_reader params = {wire_root(&message)};
    struct wire_text text = console_write_line_params_get_text(params);
    memcpy(line, text.chars, text.size + 1);
    return line;
}

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
    TAP_STR_EQ(last_line(), "panic: the sky falls");
}

/* Lent, with the queue full of calls, as many pending as there are places but two, and none read. */
TAP_TEST(invariant_10_a_panic_gets_through_a_full_ring)
{
    static struct timer_sleep_call calls[CAPOS_RING_CREDITS - 1];
    struct timer timer = {12};
    fake_start();
    capos_runtime_lend_ring(&fake.runtime, &ring);
    for (int i = 0; i < CAPOS_RING_CREDITS - 1; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    TAP_EQ(ring->sq_tail - fake.sq_head, CAPOS_SQ_ENTRIES - 1);
    struct timer_sleep_call one_more;
    timer_sleep_send(ring, timer, 1, &one_more);
    TAP_EQ(panic_code("full"), CAPOS_EXIT_PANIC);
    TAP_STR_EQ(last_line(), "panic: full");
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
    TAP_EQ(strlen(last_line()), CAPOS_PANIC_BYTES_MAX);
}

TAP_TEST(a_panic_within_a_panic_ends_at_once)
{
    fake_start();
    fake.hold = true; /* the console never answers: the wait panics in turn */
    TAP_EQ(panic_code("first"), CAPOS_EXIT_PANIC);
    TAP_STR_EQ(last_line(), "panic: first");
    TAP_EQ(fake.taken, 1);
}
