/*
 * Handles: invariants 3, 9 and 11, and the report of what is held at the end.
 */
#include <capos/handle.h>
#include <capos/heap.h>

#include <stdlib.h>
#include <string.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

static struct capos_runtime *const runtime = &fake.runtime;
static struct capos_ring *ring;

static capos_cap id(uint32_t slot, uint64_t generation)
{
    return generation << CAPOS_CAP_SLOT_SHIFT | slot;
}

static struct capos_handle_stats stats(void)
{
    struct capos_handle_stats now;
    capos_handle_stats(runtime, &now);
    return now;
}

TAP_TEST(invariant_9_the_last_drop_queues_exactly_one_release)
{
    capos_cap first, second, third;
    fake_start();
    TAP_EQ(capos_handle_adopt(runtime, id(20, 1), &first), CAP_OK);
    TAP_EQ(capos_handle_acquire(runtime, first, &second), CAP_OK);
    TAP_EQ(capos_handle_acquire(runtime, second, &third), CAP_OK);
    TAP_CHECK(first == id(20, 1) && second == first && third == first);
    TAP_EQ(capos_handle_owners(runtime, first), 3);
    capos_handle_release(runtime, second);
    capos_handle_release(runtime, first);
    TAP_EQ(stats().queued, 0);
    TAP_EQ(capos_handle_owners(runtime, third), 1);
    capos_handle_release(runtime, third);
    TAP_EQ(stats().queued, 1);
    TAP_EQ(stats().held, 0);
    TAP_EQ(fake.taken, 0);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    TAP_EQ(fake.taken, 1);
    TAP_EQ(fake.last.op, CAP_OP_RELEASE);
    TAP_EQ(fake.last.cap_id, id(20, 1));
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    TAP_EQ(fake.taken, 1);
}

TAP_TEST(invariant_9_lending_and_returning_flush)
{
    capos_cap cap;
    fake_start();
    capos_handle_adopt(runtime, id(1, 1), &cap);
    capos_handle_release(runtime, cap);
    capos_runtime_lend_ring(runtime, &ring);
    TAP_EQ(fake.taken, 1);
    capos_handle_adopt(runtime, id(2, 1), &cap);
    capos_handle_release(runtime, cap);
    TAP_EQ(fake.taken, 1);
    capos_runtime_return_ring(runtime, ring);
    TAP_EQ(fake.taken, 2);
    TAP_EQ(stats().queued, 0);
}

TAP_TEST(invariant_9_a_flush_reports_refusals_and_stale_ids_are_none)
{
    capos_cap cap;
    fake_start();
    capos_handle_adopt(runtime, id(3, 1), &cap);
    capos_handle_release(runtime, cap);
    fake.result = CAP_ERR_STALE_CAP;
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    capos_handle_adopt(runtime, id(3, 2), &cap);
    capos_handle_release(runtime, cap);
    fake.result = CAP_ERR_NOT_PERMITTED;
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_ERR_NOT_PERMITTED);
    TAP_EQ(stats().released, 1);
    TAP_EQ(stats().refused, 1);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK); /* it is off the queue */
}

TAP_TEST(a_queue_of_releases_goes_out_in_one_entry)
{
    capos_cap cap;
    fake_start();
    for (uint32_t slot = 0; slot < 40; slot++) {
        capos_handle_adopt(runtime, id(slot, 9), &cap);
        capos_handle_release(runtime, cap);
    }
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    TAP_EQ(fake.taken, 40);
    TAP_EQ(fake.enters, 3);
}

TAP_TEST(the_null_capability_is_nobodys)
{
    capos_cap cap = 5;
    fake_start();
    TAP_EQ(capos_handle_adopt(runtime, CAPOS_CAP_NULL, &cap), CAP_OK);
    TAP_EQ(cap, CAPOS_CAP_NULL);
    TAP_EQ(capos_handle_acquire(runtime, cap, &cap), CAP_OK);
    capos_handle_release(runtime, cap);
    TAP_EQ(stats().queued, 0);
    TAP_EQ(stats().stray, 0);
}

TAP_TEST(what_nobody_owns_cannot_be_acquired)
{
    capos_cap cap, other = 7;
    fake_start();
    TAP_EQ(capos_handle_acquire(runtime, id(4, 1), &other), CAP_ERR_STALE_CAP);
    capos_handle_adopt(runtime, id(4, 1), &cap);
    capos_handle_release(runtime, cap);
    TAP_EQ(capos_handle_acquire(runtime, cap, &other), CAP_ERR_STALE_CAP);
    TAP_EQ(capos_handle_adopt(runtime, cap, &other), CAP_ERR_STALE_CAP);
    TAP_EQ(other, 7);
}

TAP_TEST(owners_are_counted_up_to_their_bound)
{
    capos_cap cap, other = 7;
    fake_start();
    capos_handle_adopt(runtime, id(4, 1), &cap);
    for (int i = 1; i < 65535; i++)
        capos_handle_acquire(runtime, cap, &other);
    other = 7;
    TAP_EQ(capos_handle_acquire(runtime, cap, &other), CAP_ERR_NO_MEMORY);
    TAP_EQ(other, 7);
    TAP_EQ(capos_handle_owners(runtime, cap), 65535);
}

/* A slot's next capability ends the entry of the one before, wherever that is. */
TAP_TEST(a_slot_that_is_given_out_again_forgets_the_old_id)
{
    capos_cap old, queued, new;
    fake_start();
    capos_handle_adopt(runtime, id(5, 1), &old);
    for (uint32_t slot = 6; slot < 9; slot++) {
        capos_handle_adopt(runtime, id(slot, 1), &queued);
        capos_handle_release(runtime, queued);
    }
    TAP_EQ(capos_handle_adopt(runtime, id(5, 2), &new), CAP_OK);
    TAP_EQ(capos_handle_owners(runtime, old), 0);
    TAP_EQ(stats().held, 1);
    capos_handle_release(runtime, old); /* stale, and harmless */
    TAP_EQ(stats().stray, 1);
    TAP_EQ(capos_handle_owners(runtime, new), 1);
    TAP_EQ(capos_handle_adopt(runtime, id(8, 2), &new), CAP_OK); /* the queue's last one */
    TAP_EQ(stats().queued, 2);
    TAP_EQ(capos_handle_adopt(runtime, id(6, 2), &new), CAP_OK); /* its first one */
    capos_handle_adopt(runtime, id(9, 1), &queued);
    capos_handle_release(runtime, queued);
    TAP_EQ(stats().queued, 2);
    capos_runtime_flush_releases(runtime);
    TAP_EQ(fake.taken, 2);
    TAP_EQ(fake.last.cap_id, id(9, 1));
}

static capos_cap twice;

static void release_it(void)
{
    capos_handle_release(runtime, twice);
}

static int64_t exit_code_of(void (*run)(void))
{
    fake.exit_code = -1;
    if (setjmp(fake.at_exit) == 0)
        run();
    return fake.exit_code;
}

/* With CAPOS_DEBUG the program ends; without, the release is counted and does nothing. */
TAP_TEST(a_second_release_is_seen)
{
    fake_start();
    capos_handle_adopt(runtime, id(4, 1), &twice);
    capos_handle_release(runtime, twice);
#ifdef CAPOS_DEBUG
    TAP_EQ(exit_code_of(release_it), CAPOS_EXIT_PANIC);
    TAP_CHECK(strstr(fake.line, "released twice; it came from tests/rt/handle_test.c:"));
    TAP_EQ(fake.taken, 1); /* nothing goes along with a panic's line */
#else
    TAP_EQ(exit_code_of(release_it), -1);
    TAP_EQ(stats().queued, 1);
#endif
    TAP_EQ(stats().stray, 1);
}

TAP_TEST(the_table_grows_from_the_heap)
{
    enum { COUNT = 300 };
    static capos_cap caps[COUNT];
    struct capos_heap_stats heap;
    fake_start();
    for (uint32_t i = 0; i < COUNT; i++)
        TAP_EQ(capos_handle_adopt(runtime, id(i, i + 1), &caps[i]), CAP_OK);
    for (uint32_t i = 0; i < COUNT; i++)
        TAP_EQ(capos_handle_owners(runtime, caps[i]), 1);
    capos_heap_stats(&heap);
    TAP_EQ(heap.used_blocks, 1);
    for (uint32_t i = 0; i < COUNT; i++)
        capos_handle_release(runtime, caps[i]);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    TAP_EQ(fake.taken, COUNT);
}

TAP_TEST(without_memory_adopting_fails_and_releasing_does_not)
{
    void *blocks[256];
    uint32_t count = 0;
    capos_cap cap, other = 7;
    fake_start();
    while ((blocks[count] = capos_alloc(1024)) != NULL)
        count++;
    TAP_EQ(capos_handle_adopt(runtime, id(63, 1), &cap), CAP_OK);
    TAP_EQ(capos_handle_adopt(runtime, id(64, 1), &other), CAP_ERR_NO_MEMORY);
    TAP_EQ(other, 7);
    rt_handle_drop(runtime, id(64, 1)); /* there is no entry to queue: it goes out at once */
    TAP_EQ(fake.taken, 1);
    TAP_EQ(fake.last.cap_id, id(64, 1));
    capos_handle_release(runtime, cap);
    TAP_EQ(stats().queued, 1);
    while (count > 0)
        capos_free(blocks[--count]);
}

TAP_TEST(invariant_3_capset_handles_become_owned_by_adoption_only)
{
    struct timer timer;
    capos_cap owned;
    fake_start();
    timer_from_capset(runtime, "timer", &timer);
    TAP_EQ(capos_handle_owners(runtime, timer.cap), 0);
    TAP_EQ(capos_handle_adopt(runtime, timer.cap, &owned), CAP_OK);
    TAP_EQ(capos_handle_owners(runtime, timer.cap), 1);
    TAP_EQ(capos_handle_adopt(runtime, timer.cap, &owned), CAP_OK);
    TAP_EQ(capos_handle_owners(runtime, timer.cap), 2);
}

static void leave(void)
{
    capos_runtime_exit(runtime, 3);
}

/* The kernel releases what the process held: the runtime leaves it to that. */
TAP_TEST(invariant_11_exit_overtakes_the_queue)
{
    capos_cap cap;
    fake_start();
    capos_handle_adopt(runtime, id(4, 1), &cap);
    capos_handle_release(runtime, cap);
    TAP_EQ(exit_code_of(leave), 3);
    TAP_EQ(fake.taken, 0);
}

TAP_TEST(what_is_held_at_the_end_is_told_with_its_place)
{
    capos_cap cap;
    fake_start();
    CAPOS_NOTED(capos_handle_adopt(runtime, id(4, 1), &cap));
    rt_handles_report(runtime);
    TAP_EQ(fake.taken, 1);
    TAP_CHECK(strstr(fake.line, "still held at exit: a capability from tests/rt/handle_test.c:"));
    capos_handle_release(runtime, cap);
    rt_handles_report(runtime);
    TAP_EQ(fake.taken, 1);
    capos_handle_note("somewhere else");
    TAP_EQ((capos_handle_adopt)(runtime, id(5, 1), &cap), CAP_OK);
    rt_handles_report(runtime);
    TAP_STR_EQ(fake.line, "still held at exit: a capability from somewhere else");
}

/* A program that notes nothing is told nothing. */
TAP_TEST(without_notes_nothing_is_told)
{
    capos_cap cap;
    fake_start();
    TAP_EQ((capos_handle_adopt)(runtime, id(4, 1), &cap), CAP_OK);
    rt_handles_report(runtime);
    TAP_EQ(fake.taken, 0);
}

/* --- Against a model -------------------------------------------------------------------- */

enum { SLOTS = 90, STEPS = 40000 };

static struct {
    uint64_t generation;
    uint32_t owners;
    bool in_kernel; /* the kernel has not released it */
} model[SLOTS];

static void take_releases(uint32_t queued)
{
    uint32_t before = fake.taken;
    capos_runtime_flush_releases(runtime);
    TAP_EQ(fake.taken - before, queued);
    for (int i = 0; i < SLOTS; i++)
        model[i].in_kernel = model[i].owners > 0;
}

static uint32_t queued_in_model(void)
{
    uint32_t count = 0;
    for (int i = 0; i < SLOTS; i++)
        count += model[i].in_kernel && model[i].owners == 0;
    return count;
}

static void step(uint32_t slot)
{
    capos_cap cap = id(slot, model[slot].generation), got;
    int what = rand() % 100;
    if (what < 2) {
        take_releases(queued_in_model());
    } else if (!model[slot].in_kernel) {
        model[slot].generation++;
        model[slot].owners = 1;
        model[slot].in_kernel = true;
        TAP_EQ(capos_handle_adopt(runtime, id(slot, model[slot].generation), &got), CAP_OK);
    } else if (model[slot].owners == 0) {
        TAP_EQ(capos_handle_acquire(runtime, cap, &got), CAP_ERR_STALE_CAP);
    } else if (what < 40) {
        TAP_EQ(capos_handle_acquire(runtime, cap, &got), CAP_OK);
        model[slot].owners++;
    } else if (what < 50) {
        bool sole = model[slot].owners == 1, given = rand() % 2;
        TAP_EQ(rt_handle_give(runtime, cap), sole ? CAP_OK : CAP_ERR_NOT_PERMITTED);
        if (sole)
            rt_handle_given(runtime, cap, given);
        if (sole && given)
            model[slot].in_kernel = false;
        if (sole && given)
            model[slot].owners = 0;
    } else {
        capos_handle_release(runtime, cap);
        model[slot].owners--;
    }
    TAP_EQ(capos_handle_owners(runtime, cap), model[slot].generation == cap >> 16 ? model[slot].owners : 0);
    TAP_EQ(stats().queued, queued_in_model());
}

TAP_TEST(invariant_9_holds_for_random_owners)
{
    uint32_t held = 0;
    fake_start();
    memset(model, 0, sizeof model);
    srand(5);
    for (int n = 0; n < STEPS; n++) {
        step((uint32_t)rand() % SLOTS);
        TAP_STOP_IF_FAILED();
    }
    for (int i = 0; i < SLOTS; i++)
        held += model[i].owners > 0;
    TAP_EQ(stats().held, held);
    TAP_EQ(stats().stray, 0);
}
