/*
 * Programs that end while others deal with them, and how to learn of it: docs/security.md, clauses 8 and 16.
 */
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

static struct cap_sqe watch_call(struct process *from, uint64_t cap, uint64_t number)
{
    struct cap_sqe sqe = ipc_call(from, cap, number);
    sqe.interface_id = CAPABILITY_INTERFACE_ID;
    sqe.method_id = CAPABILITY_METHOD_WATCH;
    sqe.params_len = 0;
    return sqe;
}

/* traps: death; clients that hang, or fall, when a server goes. */
TAP_TEST(a_server_that_dies_disconnects_calls_that_wait_and_calls_that_were_delivered)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_take_call(server, owner);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(client, ipc_call(client, client_cap, 3));
    ipc_kill(server);
    for (int i = 0; i < 3; i++) {
        struct cap_cqe cqe = ipc_reap(client);
        TAP_EQ(cqe.aux, EXCEPTION_TYPE_DISCONNECTED);
    }
    ipc_expect_nothing(client);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    TAP_EQ(machine->kernel.endpoint_pool.taken, 0);
    kernel_process_gone(&machine->kernel, server);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_end();
}

TAP_TEST(an_endpoint_outlives_a_server_while_somebody_else_owns_it)
{
    ipc_begin();
    uint64_t second;
    kernel_caps_insert(&other->caps, kernel_caps_find(&server->caps, owner), 0, &second);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_take_call(server, owner);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_kill(server);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    uint64_t id = ipc_take_call(other, second);
    ipc_do(other, ipc_return(other, id, 3));
    ipc_expect(other, 3, CAP_OK);
    ipc_expect(client, 2, 16);
    ipc_end();
}

TAP_TEST(an_owner_that_lets_go_may_still_answer_what_it_received)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_do(other, watch_call(other, other_cap, 4));
    ipc_release(server, owner);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(other, 4, EXCEPTION_TYPE_DISCONNECTED);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_OK);
    ipc_expect(client, 1, 16);
    ipc_end();
}

TAP_TEST(receives_end_with_their_endpoint)
{
    ipc_begin();
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(server, watch_call(server, owner, 6));
    struct cap_sqe sqe = {.op = CAP_OP_RELEASE, .user_data = 7, .cap_id = owner};
    ipc_do(server, sqe);
    ipc_expect(server, 7, CAP_OK);
    ipc_expect(server, 5, CAP_ERR_STALE_CAP);
    ipc_expect_exception(server, 6, EXCEPTION_TYPE_DISCONNECTED);
    TAP_EQ(server->caps.reserved, 0);
    ipc_end();
}

/* --- Callers, killed at each step of a call ---------------------------------------- */

TAP_TEST(a_caller_killed_before_its_call_is_received_leaves_no_trace)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_do(other, ipc_call(other, other_cap, 2));
    ipc_kill(client);
    TAP_EQ(machine->kernel.queued_messages, 1);
    kernel_process_gone(&machine->kernel, client);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64); /* nobody has the badge any more */
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(server, 5)->badge, 1);
    ipc_take_call(server, owner);
    TAP_EQ(ipc_message(server, IPC_NUMBERS - 1)->badge, 2);
    ipc_end();
}

TAP_TEST(a_caller_killed_after_its_call_is_received_is_kept_as_a_record_until_the_return)
{
    ipc_begin();
    uint64_t processes = machine->kernel.process_pool.taken;
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    ipc_kill(client);
    kernel_process_gone(&machine->kernel, client);
    TAP_EQ(machine->port.processes, 2);
    TAP_EQ(machine->kernel.process_pool.taken, processes);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_CANCELLED);
    TAP_EQ(ipc_message(server, 5)->call_id, id);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_OK);
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(machine->kernel.process_pool.taken, processes - 1);
    ipc_end();
}

TAP_TEST(a_caller_killed_after_the_return_changes_nothing_for_the_server)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_OK);
    ipc_kill(client);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    ipc_end();
}

TAP_TEST(a_caller_and_its_server_killed_together_leave_nothing)
{
    for (int order = 0; order < 4; order++) {
        ipc_begin();
        ipc_do(client, ipc_call(client, client_cap, 1));
        ipc_take_call(server, owner);
        ipc_do(client, ipc_call(client, client_cap, 2));
        struct process *first = order & 1 ? client : server, *second = order & 1 ? server : client;
        ipc_kill(first);
        if (order & 2)
            kernel_process_gone(&machine->kernel, first);
        ipc_kill(second);
        ipc_end();
        TAP_STOP_IF_FAILED();
    }
}

TAP_TEST(a_process_that_serves_itself_may_die_with_its_own_calls)
{
    ipc_begin();
    uint64_t mine = ipc_facet(server, owner, 3, server);
    ipc_do(server, ipc_call(server, mine, 1));
    ipc_take_call(server, owner);
    ipc_do(server, ipc_call(server, mine, 2));
    ipc_do(server, watch_call(server, mine, 4));
    ipc_kill(server);
    ipc_end();
}

/* --- Watching --------------------------------------------------------------------- */

/* traps: no way to learn that a held capability died. */
TAP_TEST(every_capability_can_be_watched)
{
    static const char *const names[] = {"console", "timer", "entropySource", "bootPackage"};
    ipc_begin();
    uint64_t number = 0;
    for (int i = 0; i < 4 && number + 2 < KERNEL_CALLS_MAX; i++)
        ipc_do(client, watch_call(client, fake_cap(client, names[i]), number++));
    ipc_expect_nothing(client); /* the kernel's own do not end */
    ipc_do(client, watch_call(client, client_cap, number++));
    ipc_expect_nothing(client);
    ipc_kill(server);
    ipc_expect_exception(client, number - 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_do(client, watch_call(client, client_cap, 60));
    ipc_expect_exception(client, 60, EXCEPTION_TYPE_DISCONNECTED);
    ipc_do(client, watch_call(client, CAPOS_CAP_NULL, 60));
    ipc_expect_exception(client, 60, EXCEPTION_TYPE_FAILED);
    struct cap_sqe sqe = watch_call(client, fake_cap(client, "timer"), 60);
    sqe.method_id = 1;
    ipc_do(client, sqe);
    ipc_expect_exception(client, 60, EXCEPTION_TYPE_UNIMPLEMENTED);
    ipc_cancel(client, 0);
    ipc_expect(client, 0, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    ipc_end();
}

TAP_TEST(a_watch_is_not_seen_by_the_server_and_does_not_keep_an_endpoint_alive)
{
    ipc_begin();
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(server, watch_call(server, owner, 6));
    ipc_do(client, watch_call(client, client_cap, 1));
    ipc_expect_nothing(server);
    ipc_release(client, client_cap); /* the watch refers to it still */
    ipc_expect_nothing(server);
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    ipc_end();
}
