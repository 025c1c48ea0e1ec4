/*
 * The ring, used well and badly: docs/security.md, clauses 2 and 3.
 */
#include "kernel/core/ring.h"

#include <stdlib.h>

#include "tests/kernel/fake_calls.h"
#include "tests/tap.h"

TAP_TEST(no_completion_is_lost_when_the_program_does_not_read)
{
    fake_begin();
    uint64_t submitted = 0, read = 0;
    struct cap_cqe cqe;
    while (submitted < KERNEL_CREDITS) {
        struct cap_sqe sqe = fake_nop(submitted++);
        fake_submit(process, &sqe);
        fake_poll(process);
    }
    TAP_EQ(process->deferred_count, KERNEL_CREDITS - CAPOS_CQ_ENTRIES);
    TAP_EQ(process->ring->header.cq_deferred, KERNEL_CREDITS - CAPOS_CQ_ENTRIES);

    /* Without a credit a submission stays in the queue. */
    struct cap_sqe sqe = fake_nop(submitted++);
    fake_submit(process, &sqe);
    fake_poll(process);
    TAP_EQ(process->ring->header.sq_head, KERNEL_CREDITS);
    while (read < submitted) {
        while (fake_reap(process, &cqe))
            TAP_EQ(cqe.user_data, read++);
        TAP_CHECK(fake_poll(process) >= 0);
    }
    TAP_EQ(process->ring->header.cq_deferred, 0);
    fake_end();
}

TAP_TEST(impossible_indices_are_reported_until_they_are_repaired)
{
    fake_begin();
    uint32_t *sq_tail = &process->ring->header.sq_tail, *cq_head = &process->ring->header.cq_head;
    *sq_tail += CAPOS_SQ_ENTRIES + 1;
    TAP_EQ(fake_poll(process), CAP_ERR_BAD_RING);
    TAP_EQ(process->ring->header.sq_head, 0);
    *sq_tail = 0;
    TAP_EQ(fake_poll(process), 0);
    /* A call that is not complete, and an index one too far: a sum of the two would wrap around to nothing.
     */
    struct cap_sqe sleep = fake_sleep_call(process, FAKE_PARAMS, 1000, 1), sqe = fake_nop(3);
    struct cap_cqe cqe;
    fake_submit(process, &sleep);
    TAP_EQ(fake_poll(process), 0);
    fake_submit(process, &sqe);
    *cq_head = 1;
    TAP_EQ(fake_poll(process), CAP_ERR_BAD_RING);
    TAP_EQ(process->ring->header.sq_head, 1);
    *cq_head = 0;
    TAP_EQ(fake_poll(process), 1);
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(cqe.user_data, 3);
    fake_end();
}

/* As a second thread of the program could do it, between the check of the ring and the next submission. */
TAP_TEST(an_index_that_turns_impossible_takes_no_submission)
{
    fake_begin();
    struct cap_sqe sqe = fake_nop(3), taken;
    fake_submit(process, &sqe);
    process->ring->header.cq_head = process->cq_tail + 60; /* 60 completions less than none */
    process->deferred_count = 60;
    TAP_CHECK(!kernel_ring_take(process, &taken));
    process->deferred_count = 0;
    process->ring->header.cq_head = process->cq_tail;
    TAP_CHECK(kernel_ring_take(process, &taken));
    fake_end();
}

TAP_TEST(what_completes_while_the_ring_is_broken_is_kept)
{
    fake_begin();
    struct cap_sqe sleep = fake_sleep_call(process, FAKE_PARAMS, 1000, 1);
    struct cap_cqe cqe;
    fake_submit(process, &sleep);
    TAP_EQ(fake_poll(process), 0);
    process->ring->header.sq_tail += 1000;
    TAP_EQ(fake_poll(process), CAP_ERR_BAD_RING);
    machine->port.now = 1000;
    kernel_tick(&machine->kernel);
    TAP_EQ(process->ring->header.cq_tail, 0);
    process->ring->header.sq_tail -= 1000;
    TAP_EQ(fake_poll(process), 1);
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(cqe.user_data, 1);
    fake_end();
}

TAP_TEST(indices_wrap_around)
{
    fake_begin();
    struct capos_ring_header *header = &process->ring->header;
    process->sq_head = header->sq_head = header->sq_tail = UINT32_MAX - 3;
    process->cq_tail = header->cq_head = header->cq_tail = UINT32_MAX - 5;
    for (uint64_t i = 0; i < 64; i++) {
        struct cap_sqe sqe = fake_nop(i);
        TAP_EQ(fake_run(process, &sqe).user_data, i);
    }
    fake_end();
}

TAP_TEST(cap_enter_waits_for_what_can_come_and_no_more)
{
    fake_begin();
    int64_t result;
    struct cap_sqe sqe = fake_sleep_call(process, FAKE_PARAMS, 1000, 1);
    fake_submit(process, &sqe);
    TAP_EQ(kernel_enter(&machine->kernel, process, 5, CAPOS_FOREVER, &result), KERNEL_ENTER_WAITS);
    machine->port.now = 1000;
    kernel_tick(&machine->kernel);
    TAP_CHECK(fake_process(process)->woken);
    TAP_EQ(fake_process(process)->wake_result, 1);
    TAP_EQ(kernel_enter(&machine->kernel, process, 33, CAPOS_FOREVER, &result), KERNEL_ENTER_RETURNS);
    TAP_EQ(result, CAP_ERR_BAD_PARAMS);
    TAP_EQ(kernel_enter(&machine->kernel, process, 32, CAPOS_FOREVER, &result), KERNEL_ENTER_RETURNS);
    TAP_EQ(result, 1);
    fake_end();
}

TAP_TEST(cap_enter_gives_up_when_its_time_is_over)
{
    fake_begin();
    int64_t result;
    struct cap_sqe sqe = fake_sleep_call(process, FAKE_PARAMS, 1000, 1);
    fake_submit(process, &sqe);
    TAP_EQ(kernel_enter(&machine->kernel, process, 1, 0, &result), KERNEL_ENTER_RETURNS);
    TAP_EQ(result, 0);
    TAP_EQ(kernel_enter(&machine->kernel, process, 1, 500, &result), KERNEL_ENTER_WAITS);
    TAP_EQ(kernel_deadline(&machine->kernel), 500);
    machine->port.now = 499;
    kernel_tick(&machine->kernel);
    TAP_CHECK(!fake_process(process)->woken);
    machine->port.now = 500;
    kernel_tick(&machine->kernel);
    TAP_CHECK(fake_process(process)->woken);
    TAP_EQ(fake_process(process)->wake_result, 0);
    TAP_EQ(kernel_deadline(&machine->kernel), 1000);
    fake_end();
}

TAP_TEST(two_kernels_share_nothing)
{
    fake_begin();
    struct fake_machine *first = machine;
    struct process *first_process = process;
    fake_begin();
    struct cap_sqe sqe = fake_sleep_call(process, FAKE_PARAMS, 10, 1);
    fake_submit(process, &sqe);
    TAP_EQ(fake_poll(process), 0);
    TAP_EQ(kernel_deadline(&first->kernel), -1);
    TAP_EQ(first_process->calls_busy_count, 0);
    fake_end();
    fake_machine_stop(first);
    free(first);
}
