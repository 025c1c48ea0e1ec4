/*
 * Badges that a process may have minted: docs/security.md, clause 26.
 */
#include <stdlib.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

enum { BADGES = 2 };

static uint64_t spawner, elsewhere; /* the other's endpoint, which takes what is minted */
static struct process *child;       /* serves the server's endpoint, too, and has minted nothing */
static uint64_t own, to_elsewhere;  /* what it was granted */

static struct cap_transfer copied(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY};
}

static void begin(void)
{
    ipc_begin();
    spawner = spawn_begin(server);
    elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    const struct spawn_request request = {
        .profile = {{[BUDGET_BADGES] = BADGES}},
        .grant_count = 2,
        .grants = {{"own", copied(owner)}, {"to", copied(ipc_facet(other, elsewhere, 5, server))}},
    };
    spawn_cap(server, spawn_call(server, spawner, &request));
    child = LIST_ENTRY(machine->kernel.processes.head.previous, struct process, in_kernel);
    own = fake_cap(child, "own");
    to_elsewhere = fake_cap(child, "to");
}

/* The child's call with some badges of its endpoint; they stay in the kernel until the other receives it. */
static void give(uint64_t number, uint64_t first, uint16_t count)
{
    struct cap_transfer caps[KERNEL_CAPS_MAX];
    struct cap_sqe sqe = ipc_call(child, to_elsewhere, number);
    for (uint16_t i = 0; i < count; i++)
        caps[i] = (struct cap_transfer){
            .cap_id = own, .mode = CAP_TRANSFER_MINT, .badge = first + i, .interface_id = IPC_INTERFACE};
    ipc_attach(child, &sqe, caps, count);
    ipc_do(child, sqe);
}

static struct cap_sqe mint_call(uint64_t badge)
{
    struct cap_sqe sqe = endpoint_call(child, own, (uint32_t)badge, 0); /* two numbers as params */
    sqe.interface_id = ENDPOINT_INTERFACE_ID;
    sqe.method_id = ENDPOINT_METHOD_MINT;
    return sqe;
}

static uint64_t left(const struct process *of)
{
    return of->left.of[BUDGET_BADGES];
}

static void take_notice(struct process *of, uint64_t endpoint)
{
    ipc_do(of, ipc_receive(endpoint, 5));
    ipc_expect(of, 5, 64);
    TAP_EQ(ipc_message(of, 5)->kind, CAP_MESSAGE_RELEASED);
}

TAP_TEST(who_has_minted_as_many_badges_as_it_may_mints_no_other)
{
    begin();
    uint64_t facet = spawn_cap(child, mint_call(10));
    TAP_EQ(left(child), 1);
    give(1, 11, 2);
    ipc_expect(child, 1, CAP_ERR_NO_MEMORY);
    TAP_EQ(left(child), 1); /* the first of both is back */
    give(1, 11, 1);
    ipc_expect_nothing(child);
    TAP_EQ(left(child), 0);
    spawn_refused(child, mint_call(12), EXCEPTION_TYPE_OVERLOADED,
                  "profile.badges: the caller has minted as many as it may");
    give(2, 12, 1);
    ipc_expect(child, 2, CAP_ERR_NO_MEMORY);
    ipc_release(child, spawn_cap(child, mint_call(10))); /* it has that one */
    ipc_release(child, facet);
    give(2, 12, 1);
    ipc_expect(child, 2, CAP_ERR_NO_MEMORY); /* until its end is told */
    take_notice(server, owner);
    TAP_EQ(left(child), 1);
    give(2, 12, 1);
    ipc_expect_nothing(child);
    ipc_end();
}

TAP_TEST(a_badge_that_is_revoked_counts_until_nobody_holds_it)
{
    begin();
    uint64_t facet = spawn_cap(child, mint_call(10));
    kernel_endpoint_revoke(&machine->kernel, kernel_endpoint_of(kernel_caps_find(&server->caps, owner)), 10);
    TAP_EQ(left(child), BADGES - 1);
    ipc_release(child, facet);
    TAP_EQ(left(child), BADGES);
    ipc_end();
}

/* The endpoint has another owner, and the badges outlive who minted them: they are its spawner's then. */
TAP_TEST(badges_that_outlive_their_minter_are_its_spawners)
{
    begin();
    const uint64_t before = left(server);
    give(1, 10, 2);
    uint64_t call = ipc_take_call(other, elsewhere);
    const struct cap_transfer_result *records = ipc_message_records(other, IPC_NUMBERS - 1);
    const uint64_t held[] = {records[0].cap_id, records[1].cap_id};
    kernel_exit(&machine->kernel, child, 0);
    kernel_process_gone(&machine->kernel, child);
    TAP_EQ(left(server), before); /* the record waits for the call */
    ipc_do(other, ipc_return(other, call, 3));
    ipc_expect(other, 3, CAP_OK);
    TAP_EQ(left(server), before); /* of the child's, all are in use */
    for (int i = 0; i < 2; i++) {
        ipc_release(other, held[i]);
        take_notice(server, owner);
        TAP_EQ(left(server), before + 1 + (uint64_t)i);
    }
    ipc_end();
}

TAP_TEST(badges_of_an_endpoint_that_is_gone_count_while_they_are_held)
{
    begin();
    const uint64_t before = left(server);
    give(1, 10, 1);
    uint64_t call = ipc_take_call(other, elsewhere);
    uint64_t held = ipc_message_records(other, IPC_NUMBERS - 1)[0].cap_id;
    ipc_release(server, owner);
    ipc_release(child, own); /* the last owner */
    TAP_EQ(left(child), BADGES - 1);
    ipc_release(other, held);
    TAP_EQ(left(child), BADGES);
    TAP_CHECK(list_empty(&child->badges));
    ipc_do(other, ipc_return(other, call, 3));
    kernel_exit(&machine->kernel, child, 0);
    kernel_process_gone(&machine->kernel, child);
    TAP_EQ(left(server), before + BADGES);
    ipc_end();
}

/* Whoever has used up what it may, there is memory for what the others may. */
TAP_TEST(the_arena_has_room_for_all_badges_beside_all_processes_and_endpoints)
{
    struct kernel *kernel = calloc(1, sizeof *kernel);
    void *arena = aligned_alloc(16, KERNEL_ARENA_BYTES);
    uint64_t taken = 0;
    if (!kernel || !arena)
        TAP_SKIP("no memory for an arena of that size");
    kernel_init(kernel, NULL, arena, KERNEL_ARENA_BYTES);
    for (uint32_t i = 0; i < KERNEL_PROCESSES_MAX; i++)
        taken += kernel_pool_take(&kernel->process_pool) != NULL;
    for (uint32_t i = 0; i < KERNEL_ENDPOINTS_MAX; i++)
        taken += kernel_pool_take(&kernel->endpoint_pool) != NULL;
    for (uint32_t i = 0; i < kernel_budget_first.of[BUDGET_BADGES]; i++)
        taken += kernel_pool_take(&kernel->facet_pool) != NULL;
    TAP_EQ(taken, KERNEL_PROCESSES_MAX + KERNEL_ENDPOINTS_MAX + kernel_budget_first.of[BUDGET_BADGES]);
    free(arena);
    free(kernel);
}
