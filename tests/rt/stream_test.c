/*
 * Streams: calls in a window, in order, and what becomes of errors: docs/security.md, clause 35.
 */
#include <string.h>

#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct sink_put_stream stream;
static struct sink sink;
static uint8_t bytes[40000];
static uint64_t sent;

static void start(void)
{
    demo_start(4);
    demo_turns();
    sink = demo_sink();
    sent = 0;
    sink_put_stream_start(demo.ring, sink, &stream);
}

static capos_status send(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(sent + i);
    capos_status status = sink_put_stream_send(&stream, wire_data_make(bytes, count));
    sent += status == CAP_OK ? count : 0;
    return status;
}

static void nothing_is_left(void)
{
    struct capos_ring_stats stats;
    TAP_EQ(stream.stream.used, 0);
    TAP_EQ(stream.stream.in_flight, 0);
    for (int i = 0; i < CAPOS_STREAM_CALLS; i++)
        TAP_EQ(stream.calls[i].call.state, CAPOS_CALL_FINISHED);
    capos_ring_stats(&fake.runtime.ring, &stats);
    TAP_EQ(stats.unknown, 0);
}

TAP_TEST(a_stream_arrives_whole_and_in_order)
{
    uint64_t taken = 0, calls = 0;
    uint32_t most;
    start();
    for (int i = 0; i < 100; i++)
        TAP_EQ(send(1 + (uint32_t)i * 7 % 300), CAP_OK);
    TAP_EQ(sink_put_stream_end(&stream), CAP_OK);
    TAP_EQ(sink_put_stream_end(&stream), CAP_OK);
    TAP_EQ(sink_taken(demo.ring, sink, &taken, &calls, &most, &most), CAP_OK);
    TAP_EQ(taken, sent);
    TAP_EQ(calls, 100);
    TAP_CHECK(demo.in_order);
    nothing_is_left();
}

/* Of a call that was never begun, nothing but that is known. */
TAP_TEST(a_stream_starts_in_memory_that_holds_anything)
{
    start();
    memset(&stream, 5, sizeof stream);
    sink_put_stream_start(demo.ring, sink, &stream);
    TAP_EQ(send(10), CAP_OK);
    TAP_EQ(sink_put_stream_end(&stream), CAP_OK);
    TAP_EQ(fake.runtime.promises.kept, 0);
    nothing_is_left();
}

TAP_TEST(the_sender_waits_only_when_the_window_is_full)
{
    start();
    for (int i = 0; i < CAPOS_STREAM_CALLS; i++)
        TAP_EQ(send(10), CAP_OK);
    TAP_EQ(fake.enters, 0);
    TAP_EQ(demo.calls, 0);
    TAP_EQ(stream.stream.used, CAPOS_STREAM_CALLS);
    TAP_EQ(send(10), CAP_OK);
    TAP_CHECK(demo.calls >= 1);
    TAP_CHECK(stream.stream.used <= CAPOS_STREAM_CALLS);
    TAP_EQ(sink_put_stream_end(&stream), CAP_OK);
    TAP_EQ(demo.calls, CAPOS_STREAM_CALLS + 1);
    nothing_is_left();
}

/* A kernel that holds all calls, and ends one when somebody waits. */
static void end_one(void)
{
    fake_complete(0, 0);
}

TAP_TEST(the_window_is_bounded_by_bytes_too)
{
    struct capos_ring *ring;
    fake_start();
    fake.hold = true;
    fake.idle = end_one;
    capos_runtime_lend_ring(&fake.runtime, &ring);
    sink_put_stream_start(ring, (struct sink){12}, &stream);
    for (uint32_t i = 0; i < 10; i++) {
        TAP_EQ(send(30000), CAP_OK);
        TAP_EQ(stream.stream.used, i == 0 ? 1 : 2);
        TAP_CHECK(stream.stream.in_flight <= CAPOS_STREAM_BYTES);
    }
    TAP_EQ(send(40000), CAP_OK); /* with nothing beside it */
    TAP_EQ(stream.stream.used, 1);
    TAP_EQ(sink_put_stream_end(&stream), CAP_OK);
    nothing_is_left();
}

TAP_TEST(an_error_is_told_at_the_next_send_and_at_the_end)
{
    start();
    demo.refuse_call = 3;
    int i = 0;
    while (i < 100 && send(10) == CAP_OK)
        i++;
    TAP_CHECK(i >= 3 && i < 3 + 2 * CAPOS_STREAM_CALLS);
    uint32_t calls = demo.calls;
    TAP_EQ(send(10), CAP_ERR_APPLICATION_EXCEPTION);
    struct sink_put_params_builder params;
    TAP_EQ(sink_put_stream_next(&stream, 0, &params), CAP_ERR_APPLICATION_EXCEPTION);
    sink_put_params_set_data(params, wire_data_make(bytes, 3)); /* inert */
    TAP_EQ(sink_put_stream_submit(&stream), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(sink_put_stream_end(&stream), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_CHECK(demo.calls < calls + CAPOS_STREAM_CALLS);
    nothing_is_left();
}

TAP_TEST(the_last_call_s_error_is_told_at_the_end)
{
    start();
    demo.refuse_call = 2;
    TAP_EQ(send(10), CAP_OK);
    TAP_EQ(send(10), CAP_OK);
    TAP_EQ(sink_put_stream_end(&stream), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(sink_put_stream_end(&stream), CAP_ERR_APPLICATION_EXCEPTION);
    nothing_is_left();
}

TAP_TEST(a_slow_server_slows_the_sender_and_a_deadline_ends_it)
{
    static struct sink_put_reply later;
    start();
    demo.hold_put = &later; /* one call is kept, the others are answered */
    TAP_EQ(send(10), CAP_OK);
    capos_ring_flush(demo.ring);
    demo.hold_put = NULL;
    for (int i = 1; i < CAPOS_STREAM_CALLS; i++)
        TAP_EQ(send(10), CAP_OK);
    TAP_EQ(capos_stream_end(&stream.stream, 1000), CAP_ERR_TIMED_OUT);
    TAP_EQ(demo.calls, CAPOS_STREAM_CALLS);
    nothing_is_left();
    TAP_EQ(sink_put_reply_send(&later), CAP_OK);
}

TAP_TEST(params_that_the_program_fills_in_and_what_it_leaves)
{
    struct sink_put_params_builder params;
    start();
    TAP_EQ(sink_put_stream_next(&stream, 0, &params), CAP_OK);
    sink_put_params_set_data(params, wire_data_make(bytes, 0));
    TAP_EQ(sink_put_stream_submit(&stream), CAP_OK);
    TAP_EQ(sink_put_stream_next(&stream, 0, &params), CAP_OK);
    TAP_EQ(sink_put_stream_next(&stream, 0, &params), CAP_OK); /* the one before is dropped */
    TAP_EQ(sink_put_stream_end(&stream), CAP_OK);
    TAP_EQ(demo.calls, 1);
    nothing_is_left();
    TAP_EQ(sink_put_stream_submit(&stream), CAP_ERR_UNKNOWN_CALL); /* nothing was begun */
}

/* The target is what a call has promised: nothing of it is there when the first bytes are sent. */
TAP_TEST(a_stream_to_a_promise)
{
    struct directory_open_call open;
    start();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("not there"), &open);
    sink_put_stream_start(demo.ring, (struct sink){directory_open_promised_file(&open).cap}, &stream);
    for (int i = 0; i < 4; i++)
        TAP_EQ(send(10), CAP_OK);
    TAP_EQ(sink_put_stream_end(&stream), CAP_ERR_APPLICATION_EXCEPTION);
    directory_open_finish(demo.ring, &open);
    TAP_EQ(demo.taken, 0);
    nothing_is_left();
}
