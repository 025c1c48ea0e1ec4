/*
 * A process that cannot be made, when all that was asked for is right: nobody learns of it. Holds
 * docs/security.md, clause 25.
 */
#include "kernel/core/cap_table.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

static uint64_t spawner; /* the server's */

static void begin(void)
{
    ipc_begin();
    spawner = spawn_begin(server);
}

static struct cap_transfer copied(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY};
}

static struct cap_transfer moved(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_MOVE};
}

static struct cap_transfer minted(uint64_t cap, uint64_t badge)
{
    return (struct cap_transfer){
        .cap_id = cap, .mode = CAP_TRANSFER_MINT, .badge = badge, .interface_id = IPC_INTERFACE};
}

static struct process *last(void)
{
    return LIST_ENTRY(machine->kernel.processes.head.previous, struct process, in_kernel);
}

/* One that cannot start, first for want of its memory and then of its start, has never been. */
TAP_TEST(a_spawn_that_fails_changes_nothing_and_tells_nobody)
{
    uint64_t handle;
    if (KERNEL_CAPS_MAX < 4)
        TAP_SKIP("needs four capabilities in a message");
    begin();
    uint64_t facet = ipc_facet(server, owner, 7, server), theirs = ipc_endpoint(server, 64, 2);
    const struct spawn_request request = {.grant_count = 4,
                                          .grants = {{"clock", copied(fake_cap(server, "timer"))},
                                                     {"mine", moved(facet)},
                                                     {"yours", minted(owner, 9)},
                                                     {"serve", moved(theirs)}}};
    const uint64_t facets = machine->kernel.facet_pool.taken, pages = port_pages(&machine->kernel);
    const struct budget left = server->left;
    const uint32_t slots = server->caps.used;
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(server, ipc_receive(theirs, 6));
    for (int i = 0; i < 2; i++) {
        machine->port.creates_left = i == 0 ? 0 : UINT32_MAX;
        machine->port.starts_left = i == 0 ? UINT32_MAX : 0;
        spawn_refused(server, spawn_call(server, spawner, &request), EXCEPTION_TYPE_OVERLOADED,
                      "there is no memory for another process");
        ipc_expect_nothing(server);
        TAP_CHECK(kernel_caps_find(&server->caps, facet) && kernel_caps_find(&server->caps, theirs));
        TAP_EQ(server->caps.used, slots);
        TAP_MEM_EQ(&server->left, &left, sizeof left);
        TAP_EQ(machine->kernel.facet_pool.taken, facets);
        TAP_EQ(port_pages(&machine->kernel), pages);
    }
    machine->port.starts_left = UINT32_MAX;
    ipc_do(server, spawn_call(server, spawner, &request));
    ipc_expect(server, 6, CAP_ERR_STALE_CAP); /* it is the child's now */
    TAP_CHECK(ipc_reap(server).result > 0);
    handle = fake_cap(last(), "yours");
    ipc_do(last(), ipc_call(last(), handle, 1));
    fake_poll(server);
    TAP_CHECK(ipc_reap(server).result > 0);
    TAP_EQ(ipc_message(server, 5)->badge, 9);
    ipc_end();
}

TAP_TEST(a_spawn_that_fails_keeps_the_notice_of_a_badge_that_was_seen)
{
    begin();
    ipc_release(client, ipc_facet(server, owner, 9, client));
    const struct spawn_request request = {.grant_count = 1, .grants = {{"yours", minted(owner, 9)}}};
    machine->port.starts_left = 0;
    spawn_refused(server, spawn_call(server, spawner, &request), EXCEPTION_TYPE_OVERLOADED,
                  "there is no memory for another process");
    ipc_do(server, ipc_receive(owner, 5));
    TAP_EQ(ipc_reap(server).result, sizeof(struct cap_message_header));
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(server, 5)->badge, 9);
    ipc_do(server, ipc_receive(owner, 6));
    ipc_expect_nothing(server);
    ipc_end();
}
