#include <string.h>

#include <capos/heap.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

CAPOS_HEAP_BYTES(256 * 1024)

static struct capos_ring *ring;
static const struct timer timer = {12};
static const struct console console = {11};

static void start(void)
{
    fake_start();
    capos_runtime_lend_ring(&fake.runtime, &ring);
}

/* A results message of one data word. */
static const uint64_t number_message[] = {UINT64_C(0x0000000100000000), 42};

static void answer_with(const void *payload, uint32_t bytes)
{
    fake.payload = payload;
    fake.payload_bytes = bytes;
    fake.result = (int32_t)bytes;
}

static uint32_t owed(void)
{
    struct capos_ring_stats stats;
    capos_ring_stats(ring, &stats);
    return stats.owed;
}

TAP_TEST(a_call_returns_typed_results)
{
    uint64_t ns = 0;
    start();
    answer_with(number_message, sizeof number_message);
    TAP_EQ(timer_now(ring, timer, &ns), CAP_OK);
    TAP_EQ(ns, 42);
    TAP_EQ(fake.last.cap_id, 12);
    TAP_EQ(fake.last.interface_id, TIMER_INTERFACE_ID);
    TAP_EQ(fake.last.method_id, TIMER_METHOD_NOW);
    TAP_EQ(fake.last.params_len, 0);
    TAP_EQ(owed(), 0);
}

TAP_TEST(invariant_5_buffers_outlive_a_call_that_is_dropped)
{
    struct timer_sleep_call call;
    start();
    fake.hold = true;
    timer_sleep_send(ring, timer, 1, &call);
    capos_ring_flush(ring);
    TAP_EQ(fake.held_count, 1);
    timer_sleep_finish(ring, &call);
    /* The kernel has let go of it before finish returned. */
    TAP_EQ(fake.held_count, 0);
    TAP_EQ(call.call.pending.completion.result, CAP_ERR_CANCELLED);
    TAP_EQ(owed(), 0);
    timer_sleep_finish(ring, &call);
    TAP_EQ(fake.taken, 2);
}

TAP_TEST(invariant_5_a_returned_ring_drains_every_call)
{
    struct timer_sleep_call calls[20];
    start();
    fake.hold = true;
    for (int i = 0; i < 20; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    TAP_EQ(capos_runtime_return_ring(&fake.runtime, ring), CAP_OK);
    TAP_EQ(fake.held_count, 0);
    TAP_EQ(owed(), 0);
    for (int i = 0; i < 20; i++) {
        TAP_EQ(timer_sleep_wait(ring, &calls[i]), CAP_ERR_CANCELLED);
        timer_sleep_finish(ring, &calls[i]);
    }
}

TAP_TEST(invariant_5_a_call_that_is_under_way_reads_its_own_buffer)
{
    struct timer_sleep_call call;
    start();
    timer_sleep_send(ring, timer, 77, &call);
    capos_ring_flush(ring);
    TAP_CHECK(fake.last.params_addr == (uintptr_t)call.words &&
              fake.last.result_addr == (uintptr_t)call.words);
    TAP_EQ(fake.last.params_len, 16);
    TAP_EQ(call.words[1], 77);
    timer_sleep_finish(ring, &call);
}

/* Every order in which four calls can complete. */
TAP_TEST(invariant_6_completions_go_to_their_calls_in_any_order)
{
    for (int order = 0; order < 4 * 3 * 2; order++) {
        struct timer_sleep_call calls[4];
        int left[4] = {0, 1, 2, 3}, rest = order;
        start();
        fake.hold = true;
        for (int i = 0; i < 4; i++)
            timer_sleep_send(ring, timer, 1, &calls[i]);
        capos_ring_flush(ring);
        for (uint32_t count = 4; count > 0; count--) {
            uint32_t pick = (uint32_t)rest % count;
            rest /= (int)count;
            int which = left[pick];
            memmove(&left[pick], &left[pick + 1], (count - 1 - pick) * sizeof left[0]);
            fake_complete(pick, -100 - which);
        }
        for (int i = 3; i >= 0; i--)
            TAP_EQ(timer_sleep_wait(ring, &calls[i]), -100 - i);
        for (int i = 0; i < 4; i++)
            timer_sleep_finish(ring, &calls[i]);
    }
}

TAP_TEST(invariant_6_unknown_completions_are_counted_and_harm_nobody)
{
    struct timer_sleep_call call;
    struct capos_ring_stats stats;
    start();
    fake.hold = true;
    timer_sleep_send(ring, timer, 1, &call);
    capos_ring_flush(ring);
    uint64_t number = fake.held[0].user_data;
    fake_post((struct cap_cqe){.user_data = number + CAPOS_RING_CREDITS, .result = -1}); /* the same place */
    fake_post((struct cap_cqe){.user_data = 0, .result = -1});
    fake_post((struct cap_cqe){.user_data = UINT64_MAX, .result = -1});
    TAP_EQ(capos_call_poll(ring, &call.call, NULL), CAP_ERR_TIMED_OUT);
    fake_complete(0, 0);
    fake_post((struct cap_cqe){.user_data = number, .result = -1}); /* a second time */
    TAP_EQ(timer_sleep_wait(ring, &call), CAP_OK);
    capos_ring_flush(ring);
    capos_ring_stats(ring, &stats);
    TAP_EQ(stats.unknown, 4);
    TAP_EQ(stats.completed, 1);
    timer_sleep_finish(ring, &call);
}

TAP_TEST(more_calls_than_credits_are_all_answered)
{
    enum { COUNT = 400 };
    static struct timer_sleep_call calls[COUNT];
    start();
    for (int i = 0; i < COUNT; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    for (int i = COUNT - 1; i >= 0; i--)
        TAP_EQ(timer_sleep_wait(ring, &calls[i]), CAP_OK);
    TAP_EQ(fake.taken, COUNT);
    TAP_EQ(owed(), 0);
}

TAP_TEST(one_entry_takes_a_whole_queue)
{
    struct timer_sleep_call calls[CAPOS_SQ_ENTRIES];
    start();
    for (int i = 0; i < CAPOS_SQ_ENTRIES; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
    TAP_EQ(fake.enters, 0);
    for (int i = 0; i < CAPOS_SQ_ENTRIES; i++)
        TAP_EQ(timer_sleep_wait(ring, &calls[i]), CAP_OK);
    TAP_EQ(fake.enters, 1);
}

TAP_TEST(exceptions_are_decoded)
{
    /* CapException: type invalidArgument, message "no". */
    static const uint64_t words[] = {UINT64_C(0x0001000100000000), 4, UINT64_C(0x0000001a00000001), 0x6f6e};
    struct timer_sleep_call call;
    start();
    answer_with(words, sizeof words);
    fake.result = CAP_ERR_APPLICATION_EXCEPTION;
    fake.aux = 4;
    timer_sleep_send(ring, timer, 1, &call);
    TAP_EQ(timer_sleep_wait(ring, &call), CAP_ERR_APPLICATION_EXCEPTION);
    struct capos_exception exception = capos_call_exception(&call.call);
    TAP_EQ(exception.type, EXCEPTION_TYPE_INVALID_ARGUMENT);
    TAP_STR_EQ(exception.message.chars, "no");
    TAP_EQ(exception.needed, 0);
    timer_sleep_finish(ring, &call);
    exception = capos_call_exception(&call.call);
    TAP_EQ(exception.message.state, WIRE_ABSENT);
}

TAP_TEST(exceptions_that_do_not_fit_or_decode_keep_their_type)
{
    static const uint64_t broken[] = {UINT64_C(0x0001000100000000), 3, UINT64_C(0x7fffff0200000001)};
    struct timer_sleep_call call;
    start();
    fake.result = CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED;
    fake.aux = 2;
    fake.needed = 4000;
    timer_sleep_send(ring, timer, 1, &call);
    TAP_EQ(timer_sleep_wait(ring, &call), CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED);
    struct capos_exception exception = capos_call_exception(&call.call);
    TAP_EQ(exception.type, EXCEPTION_TYPE_DISCONNECTED);
    TAP_EQ(exception.needed, 4000);
    TAP_EQ(exception.message.state, WIRE_ABSENT);
    timer_sleep_finish(ring, &call);

    answer_with(broken, sizeof broken);
    fake.result = CAP_ERR_APPLICATION_EXCEPTION;
    fake.aux = 3;
    timer_sleep_send(ring, timer, 1, &call);
    timer_sleep_wait(ring, &call);
    exception = capos_call_exception(&call.call);
    TAP_EQ(exception.type, EXCEPTION_TYPE_UNIMPLEMENTED);
    TAP_EQ(exception.message.state, WIRE_ABSENT);
    timer_sleep_finish(ring, &call);
}

TAP_TEST(transport_failures_come_through)
{
    start();
    for (int32_t status = CAP_ERR_BAD_SQE; status >= CAP_ERR_NO_MEMORY; status--) {
        uint64_t ns = 9;
        fake.result = status;
        TAP_EQ(timer_now(ring, timer, &ns), status);
        TAP_EQ(ns, 9);
    }
}

TAP_TEST(results_that_are_no_message_are_bad_messages)
{
    static const uint64_t not_a_struct[] = {UINT64_C(0x0000000100000001)};
    uint64_t ns = 9;
    start();
    answer_with(not_a_struct, sizeof not_a_struct);
    TAP_EQ(timer_now(ring, timer, &ns), CAP_ERR_BAD_MESSAGE);
    fake.result = 4; /* not whole words */
    TAP_EQ(timer_now(ring, timer, &ns), CAP_ERR_BAD_MESSAGE);
    fake.payload = NULL;
    fake.result = 1 << 20; /* more than the buffer */
    TAP_EQ(timer_now(ring, timer, &ns), CAP_ERR_BAD_MESSAGE);
    TAP_EQ(ns, 9);
}

TAP_TEST(a_buffer_that_is_too_small_says_what_is_needed)
{
    struct timer_now_call call;
    struct timer_now_results_reader results;
    start();
    fake.result = CAP_ERR_BUFFER_TOO_SMALL;
    fake.needed = 640;
    timer_now_send(ring, timer, &call);
    TAP_EQ(capos_call_needed(&call.call), 0);
    TAP_EQ(timer_now_wait(ring, &call, &results), CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(capos_call_needed(&call.call), 640);
    timer_now_finish(ring, &call);
}

TAP_TEST(large_params_come_from_the_heap_and_go_back)
{
    static char text[8000];
    struct capos_heap_stats before, after;
    memset(text, 'x', sizeof text - 1);
    start();
    capos_heap_stats(&before);
    TAP_EQ(console_write_line(ring, console, wire_text_make(text, sizeof text - 1)), CAP_OK);
    TAP_EQ(fake.last.params_len, 16 + 8000);
    capos_heap_stats(&after);
    TAP_EQ(after.used_bytes, before.used_bytes);
    TAP_EQ(after.allocations, before.allocations + 1);
}

TAP_TEST(params_that_fit_nowhere_are_no_memory_and_nothing_is_sent)
{
    static char text[300 * 1024];
    memset(text, 'x', sizeof text - 1);
    start();
    TAP_EQ(console_write_line(ring, console, wire_text_make(text, sizeof text - 1)), CAP_ERR_NO_MEMORY);
    TAP_EQ(fake.taken, 0);
}

TAP_TEST(params_larger_than_the_kernel_takes_are_refused)
{
    static char text[4000];
    memset(text, 'x', sizeof text - 1);
    start();
    fake.page.header.message_max = 1024;
    TAP_EQ(console_write_line(ring, console, wire_text_make(text, sizeof text - 1)),
           CAP_ERR_MESSAGE_TOO_LARGE);
    TAP_EQ(fake.taken, 0);
}

TAP_TEST(an_index_that_was_written_over_is_put_right)
{
    struct capos_ring_stats stats;
    uint64_t ns;
    start();
    answer_with(number_message, sizeof number_message);
    fake.page.header.sq_tail += 500;
    TAP_EQ(capos_ring_flush(ring), CAP_OK);
    fake.page.header.cq_head += 500;
    TAP_EQ(timer_now(ring, timer, &ns), CAP_OK);
    capos_ring_stats(ring, &stats);
    TAP_EQ(stats.repaired, 2);
}

/* Indices that are wrong and possible: nothing old is submitted again, nothing is taken for new. */
TAP_TEST(a_plausible_index_is_put_right_too)
{
    struct timer_sleep_call call;
    uint64_t ns;
    start();
    answer_with(number_message, sizeof number_message);
    timer_now(ring, timer, &ns);
    timer_now(ring, timer, &ns);
    fake.page.header.sq_tail += 2;
    capos_ring_flush(ring);
    TAP_EQ(fake.taken, 2);
    fake.hold = true;
    timer_sleep_send(ring, timer, 1, &call);
    fake.page.header.cq_head -= 1;
    TAP_EQ(capos_call_wait(ring, &call.call, 1000, NULL), CAP_ERR_TIMED_OUT);
    timer_sleep_finish(ring, &call);
}

static int64_t exit_code_of(void (*run)(void))
{
    fake.exit_code = -1;
    if (setjmp(fake.at_exit) == 0)
        run();
    return fake.exit_code;
}

static void one_call(void)
{
    uint64_t ns;
    timer_now(ring, timer, &ns);
}

static void many_calls(void)
{
    static struct timer_sleep_call calls[64];
    for (int i = 0; i < 64; i++)
        timer_sleep_send(ring, timer, 1, &calls[i]);
}

TAP_TEST(a_ring_that_cannot_be_repaired_ends_the_program)
{
    start();
    fake.bad_rings = 1000;
    TAP_EQ(exit_code_of(one_call), CAPOS_EXIT_BAD_RING);
    start();
    fake.refusal = -38;
    TAP_EQ(exit_code_of(one_call), CAPOS_EXIT_BAD_RING);
    start();
    fake.stubborn = true;
    TAP_EQ(exit_code_of(many_calls), CAPOS_EXIT_BAD_RING);
    start();
    fake.page.header.cq_tail = 33;
    TAP_EQ(exit_code_of(one_call), CAPOS_EXIT_BAD_RING);
}
