/*
 * The start of a program: invariants 1 to 4, and docs/security.md, clause 13.
 */
#include <string.h>

#include <capos/capset.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

TAP_TEST(invariant_1_a_ring_at_another_address_is_refused)
{
    fake_start();
    struct capos_runtime runtime = {0};
    TAP_CHECK(!rt_init(&runtime, (uintptr_t)&fake.page, 1, 0, &fake_entry));
    TAP_CHECK(!rt_init(&runtime, 0, 1, 0, &fake_entry));
    TAP_CHECK(!rt_init(&runtime, CAPOS_RING_VADDR + CAPOS_PAGE_BYTES, 1, 0, &fake_entry));
}

TAP_TEST(invariant_1_what_is_no_ring_is_refused)
{
    static const size_t fields[] = {0, 4, 6, 8, 10, 12, 14, 16, 20};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct capos_runtime runtime = {0};
        fake_start();
        ((uint8_t *)&fake.page)[fields[i]] ^= 1;
        TAP_CHECK(!rt_init_at(&runtime, &fake.page, 1, NULL, &fake_entry));
    }
}

static capos_status find(uint64_t interface_id)
{
    capos_cap cap;
    fake.runtime = (struct capos_runtime){0};
    rt_init_at(&fake.runtime, &fake.page, 7, &fake.capset, &fake_entry);
    return capos_capset_find(&fake.runtime, "timer", interface_id, &cap);
}

TAP_TEST(invariant_2_the_capset_is_checked_before_any_look_up)
{
    fake_start();
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_OK);
    fake.capset.header.magic ^= 1;
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.header.version = 2;
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.header.entry_size = 32;
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.header.total_bytes += sizeof(struct capos_capset_entry);
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.header.count = 3;
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.header.count = UINT32_MAX;
    fake.capset.header.total_bytes = 0; /* what the sum is modulo 2^32 */
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.entries[0].name_len = 0; /* not the one that is looked for */
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
    fake_start();
    fake.capset.entries[0].name_len = CAPOS_CAPSET_NAME_MAX + 1;
    TAP_EQ(find(TIMER_INTERFACE_ID), CAP_ERR_BAD_CAPSET);
}

TAP_TEST(invariant_2_a_look_up_checks_the_interface)
{
    fake_start();
    TAP_EQ(find(CONSOLE_INTERFACE_ID), CAP_ERR_WRONG_INTERFACE);
    struct timer timer = {5};
    TAP_EQ(timer_from_capset(&fake.runtime, "console", &timer), CAP_ERR_WRONG_INTERFACE);
    TAP_EQ(timer.cap, 5);
    TAP_EQ(timer_from_capset(&fake.runtime, "timer", &timer), CAP_OK);
    TAP_EQ(timer.cap, 12);
}

TAP_TEST(names_are_compared_whole)
{
    static const char *const others[] = {"", "time", "timers", "Timer", "tim"};
    fake_start();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        capos_cap cap;
        TAP_EQ(capos_capset_find(&fake.runtime, others[i], TIMER_INTERFACE_ID, &cap), CAP_ERR_NOT_FOUND);
    }
    struct capos_capset_item item;
    TAP_EQ(capos_capset_get(&fake.runtime, 1, &item), CAP_OK);
    TAP_MEM_EQ(item.name.chars, "timer", 5);
    TAP_EQ(capos_capset_get(&fake.runtime, 2, &item), CAP_ERR_NOT_FOUND);
}

TAP_TEST(a_program_without_a_capset_has_an_empty_one)
{
    capos_cap cap;
    fake_start();
    fake.runtime = (struct capos_runtime){0};
    rt_init_at(&fake.runtime, &fake.page, 7, NULL, &fake_entry);
    TAP_EQ(capos_capset_find(&fake.runtime, "timer", TIMER_INTERFACE_ID, &cap), CAP_ERR_NOT_FOUND);
}

/* Handles of the CapSet are borrowed: nothing that uses one releases it. */
TAP_TEST(invariant_3_capset_handles_are_not_released)
{
    struct capos_ring *ring;
    struct timer timer;
    uint64_t ns;
    fake_start();
    timer_from_capset(&fake.runtime, "timer", &timer);
    capos_runtime_lend_ring(&fake.runtime, &ring);
    timer_now(ring, timer, &ns);
    TAP_EQ(fake.last.op, CAP_OP_CALL);
    capos_runtime_return_ring(&fake.runtime, ring);
    TAP_EQ(fake.taken, 1);
}

TAP_TEST(invariant_4_one_ring_client_is_lent_at_a_time)
{
    struct capos_ring *ring, *second = NULL;
    fake_start();
    TAP_EQ(capos_runtime_lend_ring(&fake.runtime, &ring), CAP_OK);
    TAP_EQ(capos_runtime_lend_ring(&fake.runtime, &second), CAP_ERR_RING_LENT);
    TAP_CHECK(!second);
    TAP_EQ(capos_runtime_return_ring(&fake.runtime, ring), CAP_OK);
    TAP_EQ(capos_runtime_return_ring(&fake.runtime, ring), CAP_ERR_RING_LENT);
    TAP_EQ(capos_runtime_lend_ring(&fake.runtime, &second), CAP_OK);
}

TAP_TEST(invariant_4_a_ring_that_is_not_lent_does_nothing)
{
    struct capos_ring *ring;
    struct timer timer = {12};
    struct cap_cqe cqe;
    uint64_t ns;
    fake_start();
    capos_runtime_lend_ring(&fake.runtime, &ring);
    capos_runtime_return_ring(&fake.runtime, ring);
    TAP_EQ(timer_now(ring, timer, &ns), CAP_ERR_RING_LENT);
    TAP_EQ(capos_ring_flush(ring), CAP_ERR_RING_LENT);
    TAP_EQ(capos_ring_perform(ring, &(struct cap_sqe){0}, &cqe), CAP_ERR_RING_LENT);
    TAP_EQ(fake.taken, 0);
}
