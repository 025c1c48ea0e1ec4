/*
 * Several calls that are waited for at once.
 */
#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

static struct capos_ring *ring;
static struct capos_arrivals arrivals;
static const struct timer timer = {12};

static void start(void)
{
    fake_start();
    fake.hold = true;
    capos_runtime_lend_ring(&fake.runtime, &ring);
}

static void begin(struct timer_sleep_call *call)
{
    timer_sleep_send(ring, timer, 1, call);
    TAP_EQ(capos_call_gather(ring, &call->call, &arrivals), CAP_OK);
}

TAP_TEST(calls_are_handed_out_in_the_order_in_which_they_completed)
{
    struct timer_sleep_call calls[3];
    struct capos_call *next = NULL;
    start();
    for (int i = 0; i < 3; i++)
        begin(&calls[i]);
    TAP_EQ(capos_call_next(ring, &arrivals, 0, &next), CAP_ERR_TIMED_OUT);
    fake_complete(2, 0);
    fake_complete(0, 0);
    TAP_EQ(capos_call_next(ring, &arrivals, CAPOS_FOREVER, &next), CAP_OK);
    TAP_CHECK(next == &calls[2].call);
    TAP_EQ(timer_sleep_wait(ring, &calls[2]), CAP_OK);
    TAP_EQ(capos_call_next(ring, &arrivals, CAPOS_FOREVER, &next), CAP_OK);
    TAP_CHECK(next == &calls[0].call);
    TAP_EQ(capos_call_next(ring, &arrivals, 0, &next), CAP_ERR_TIMED_OUT);
    fake_complete(0, 0);
    TAP_EQ(capos_call_next(ring, &arrivals, CAPOS_FOREVER, &next), CAP_OK);
    TAP_CHECK(next == &calls[1].call);
}

TAP_TEST(a_call_that_was_complete_before_it_was_gathered_has_arrived)
{
    struct timer_sleep_call first, second;
    struct capos_call *next = NULL;
    start();
    timer_sleep_send(ring, timer, 1, &first);
    capos_ring_flush(ring);
    fake_complete(0, 0);
    capos_ring_flush(ring);
    TAP_EQ(capos_call_gather(ring, &first.call, &arrivals), CAP_OK);
    begin(&second);
    TAP_EQ(capos_call_next(ring, &arrivals, CAPOS_FOREVER, &next), CAP_OK);
    TAP_CHECK(next == &first.call);
    TAP_EQ(capos_call_next(ring, &arrivals, 0, &next), CAP_ERR_TIMED_OUT);
    timer_sleep_finish(ring, &second);
}

TAP_TEST(what_is_not_pending_is_not_gathered)
{
    struct timer_sleep_call call;
    struct capos_call *next = NULL;
    start();
    begin(&call);
    timer_sleep_finish(ring, &call);
    TAP_EQ(capos_call_next(ring, &arrivals, 0, &next), CAP_OK);
    TAP_EQ(capos_call_gather(ring, &call.call, &arrivals), CAP_ERR_CANCELLED);
    timer_sleep_begin(ring, timer, 0, &call, &(struct timer_sleep_params_builder){{0}});
    TAP_EQ(capos_call_gather(ring, &call.call, &arrivals), CAP_ERR_UNKNOWN_CALL);
    timer_sleep_finish(ring, &call);
    capos_runtime_return_ring(&fake.runtime, ring);
    TAP_EQ(capos_call_next(ring, &arrivals, 0, &next), CAP_ERR_RING_LENT);
}
