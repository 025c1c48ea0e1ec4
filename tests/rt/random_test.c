/*
 * The ring client against a model: calls are sent, completed, cancelled,
 * awaited and dropped in every order; each ends with its own status, once.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

enum { CALLS = 60, STEPS = 60000 };

static struct capos_ring *ring;
static const struct timer timer = {12};

/* What the model knows of each call. */
static struct {
    struct timer_sleep_call *call; /* fresh memory for each, so that a sanitizer sees a late write */
    bool submitted;
    int32_t expected; /* 1: still pending */
} model[CALLS];

static int find_held(uint64_t number)
{
    for (int i = 0; i < CALLS; i++)
        if (model[i].call && model[i].call->call.pending.number == number)
            return i;
    return -1;
}

static void complete_one(int32_t status)
{
    if (fake.held_count == 0)
        return;
    uint32_t pick = (uint32_t)rand() % fake.held_count;
    int i = find_held(fake.held[pick].user_data);
    TAP_CHECK(i >= 0);
    TAP_EQ(fake.held[pick].params_addr, (uintptr_t)model[i].call->words);
    model[i].expected = status;
    fake_complete(pick, status);
}

static void look_at(int i)
{
    capos_status status = capos_call_poll(ring, &model[i].call->call, NULL);
    if (model[i].expected == 1)
        TAP_EQ(status, CAP_ERR_TIMED_OUT);
    else
        TAP_EQ(status, model[i].expected);
}

static void cancel(int i)
{
    TAP_EQ(capos_call_cancel(ring, &model[i].call->call), CAP_OK);
    if (model[i].expected == 1)
        model[i].expected = CAP_ERR_CANCELLED;
    look_at(i);
}

static void drop(int i)
{
    timer_sleep_finish(ring, model[i].call);
    free(model[i].call);
    model[i].call = NULL;
}

static void send(int i)
{
    model[i].call = malloc(sizeof *model[i].call);
    memset(model[i].call, 0xa5, sizeof *model[i].call);
    model[i].expected = 1;
    TAP_EQ(timer_sleep_send(ring, timer, 1, model[i].call), CAP_OK);
}

static void return_and_lend(void)
{
    TAP_EQ(capos_runtime_return_ring(&fake.runtime, ring), CAP_OK);
    TAP_EQ(fake.held_count, 0);
    for (int i = 0; i < CALLS; i++)
        if (model[i].call && model[i].expected == 1)
            model[i].expected = CAP_ERR_CANCELLED;
    TAP_EQ(capos_runtime_lend_ring(&fake.runtime, &ring), CAP_OK);
}

static void step(void)
{
    int i = rand() % CALLS, what = rand() % 100;
    if (what == 0)
        return_and_lend();
    else if (what < 30)
        complete_one(-100 - rand() % 50);
    else if (what < 33)
        fake_post((struct cap_cqe){.user_data = (uint64_t)rand(), .result = -1});
    else if (what < 36)
        capos_ring_flush(ring);
    else if (what < 38)
        fake.page.header.sq_tail ^= (uint32_t)rand() % 2 ? 0x10000 : 0;
    else if (!model[i].call)
        send(i);
    else if (what < 60)
        look_at(i);
    else if (what < 70)
        cancel(i);
    else if (what < 90)
        drop(i);
}

TAP_TEST(invariants_5_and_6_hold_for_random_clients)
{
    struct capos_ring_stats stats;
    fake_start();
    fake.hold = true;
    capos_runtime_lend_ring(&fake.runtime, &ring);
    srand(11);
    for (int n = 0; n < STEPS; n++) {
        step();
        TAP_STOP_IF_FAILED();
    }
    return_and_lend();
    for (int i = 0; i < CALLS; i++)
        if (model[i].call)
            drop(i);
    capos_ring_flush(ring);
    capos_ring_stats(ring, &stats);
    TAP_EQ(stats.owed, 0);
    TAP_EQ(stats.completed, stats.submitted);
}
