/*
 * What tests of promises share.
 */
#ifndef CAPOS_TESTS_RT_PROMISE_CHECK_H
#define CAPOS_TESTS_RT_PROMISE_CHECK_H

#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct capos_runtime *const runtime = &fake.runtime;

/* Everything that the process holds but the endpoint and the two grants. */
static inline uint32_t held(void)
{
    capos_runtime_flush_releases(runtime);
    return fake_endpoint_held() - 3;
}

static inline void start(void)
{
    demo_start(4);
    demo_turns();
}

/* The next promise gets id 1, if that is free. */
static inline void start_at_first_id(void)
{
    runtime->promises.last = runtime->promises.room - 1;
}

/* Nothing is left of what was promised: not in the kernel, not in the runtime. */
static inline void all_is_gone(void)
{
    demo_settle();
    TAP_EQ(held(), 0);
    TAP_EQ(fake_endpoint_answers(), 0);
    TAP_EQ(fake_endpoint_parked(), 0);
    TAP_EQ(runtime->promises.kept, 0);
    TAP_EQ(runtime->promises.queued, 0);
}

#endif
