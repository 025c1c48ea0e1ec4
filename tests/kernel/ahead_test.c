/*
 * Calls that are sent ahead, to the server that owes the answer with their target: docs/abi.md, section 4,
 * and docs/security.md, clause 36.
 */
#include "kernel/core/ahead.h"

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ahead.h"
#include "tests/tap.h"

/* --- Going ahead --------------------------------------------------------------------------------- */

TAP_TEST(a_call_on_an_owed_answer_goes_ahead_and_is_the_servers_when_its_object_comes)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 1, 2));
    uint64_t ahead = ahead_expect(50, owed, 1, 2);
    TAP_CHECK(ahead > owed);
    ahead_return_resolved(owed, 2);
    ipc_expect(client, 1, AHEAD_DONE);
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    TAP_EQ(ahead_answer(ahead), CAP_OK);
    ipc_expect(client, 2, AHEAD_DONE);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

TAP_TEST(a_receive_that_does_not_say_so_takes_no_call_ahead)
{
    uint64_t owed = ahead_begin(0);
    ipc_do(server, ipc_receive(owner, 50));
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 1);
    TAP_EQ(ipc_message(server, 50)->kind, CAP_MESSAGE_CALL);
    TAP_EQ(ipc_message(server, 50)->badge, 7);
    ipc_end();
}

TAP_TEST(a_return_and_receive_takes_calls_ahead_if_it_says_so)
{
    uint64_t owed = ahead_begin(0);
    ipc_do(client, ipc_call(client, client_cap, 3));
    struct cap_sqe sqe = ipc_return(server, ipc_take(server, owner, 1, 3), 51);
    sqe.flags = CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD;
    sqe.cap_id = owner;
    sqe.result_addr = ipc_receive_at(51);
    sqe.result_len = IPC_RECEIVE_BYTES;
    ipc_do(server, sqe);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ahead_expect(51, owed, 0, 2);
    ipc_end();
}

/* Each on the answer to the one before: all are there before the first is answered. */
TAP_TEST(a_chain_goes_ahead_as_far_as_there_are_receives)
{
    uint64_t ids[4] = {ahead_begin(2)};
    if (KERNEL_FACETS_MAX < 8)
        TAP_SKIP("needs more badges");
    for (uint32_t i = 1; i < 4; i++)
        ipc_do(client, ipc_keep(ipc_pipeline(client, i, 0, i + 1), i + 1));
    ids[1] = ahead_expect(50, ids[0], 0, 2);
    ids[2] = ahead_expect(51, ids[1], 0, 3);
    ahead_receive(52);
    ipc_expect_nothing(server); /* the last is too late */
    for (uint64_t i = 0; i < 3; i++) {
        struct cap_sqe sqe = ipc_return(server, ids[i], 40 + i);
        const struct cap_transfer minted = {
            .cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 7 + i, .interface_id = IPC_INTERFACE};
        ipc_attach(server, &sqe, &minted, 1);
        sqe.result_cap_max = 1;
        sqe.flags = CAP_SQE_AHEAD;
        fake_submit(server, &sqe);
    }
    fake_poll(server);
    ipc_expect(server, 40, CAP_OK);
    ipc_expect(server, 41, CAP_OK);
    struct cap_cqe cqe = ipc_reap(server);
    if (cqe.user_data == 42)
        cqe = ipc_reap(server);
    TAP_EQ(cqe.user_data, 52);
    TAP_EQ(ipc_message(server, 52)->kind, CAP_MESSAGE_CALL);
    TAP_EQ(ipc_message(server, 52)->badge, 9);
    for (uint32_t i = 1; i < 4; i++)
        ipc_expect(client, i, AHEAD_DONE);
    ipc_end();
}

TAP_TEST(what_waits_goes_ahead_when_the_call_before_it_is_delivered)
{
    ipc_begin();
    uint64_t elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_other = ipc_facet(other, elsewhere, 5, client);
    if (KERNEL_RECVS_MAX < 3)
        TAP_SKIP("needs three receives");
    for (uint64_t i = 0; i < 3; i++)
        ahead_receive(50 + i);
    ipc_do(client, ipc_keep(ipc_call(client, to_other, 1), 1));
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    ipc_do(client, ipc_pipeline(client, 2, 0, 4));
    struct cap_sqe sqe = ipc_return(other, ipc_take(other, elsewhere, 5, 1), 40);
    ipc_attach(other, &sqe, &(struct cap_transfer){.cap_id = other_cap, .mode = CAP_TRANSFER_COPY}, 1);
    sqe.result_cap_max = 1;
    ipc_expect_nothing(server);
    ipc_do(other, sqe);
    ipc_expect(server, 50, AHEAD_RECEIVED);
    uint64_t owed = ipc_message(server, 50)->call_id;
    ahead_expect(51, owed, 0, 3);
    ahead_expect(52, owed, 0, 4);
    ipc_end();
}

/* Another server in the same process may look at other endpoints. */
TAP_TEST(a_call_goes_ahead_only_to_where_the_owed_call_came_from)
{
    ipc_begin();
    uint64_t second = ipc_endpoint(server, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    struct cap_sqe sqe = ipc_receive(second, 49);
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
    ipc_do(client, ipc_keep(ipc_call(client, client_cap, 1), 1));
    uint64_t owed = ipc_take(server, owner, 1, 1);
    ahead_receive(50);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ahead_expect(50, owed, 0, 2);
    ipc_expect_nothing(server);
    ipc_end();
}

/* --- Staying ------------------------------------------------------------------------------------- */

/* What carries something, and what was submitted behind it; a watch. */
TAP_TEST(nothing_goes_ahead_of_a_call_that_cannot)
{
    uint64_t owed = ahead_begin(2);
    struct cap_sqe sqe = ipc_pipeline(client, 1, 0, 2), watches = ipc_pipeline(client, 1, 1, 4);
    ipc_attach(client, &sqe, &(struct cap_transfer){.cap_id = client_cap, .mode = CAP_TRANSFER_COPY}, 1);
    ipc_do(client, sqe);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_expect_nothing(server);
    watches.interface_id = CAPABILITY_INTERFACE_ID;
    watches.method_id = CAPABILITY_METHOD_WATCH;
    ipc_do(client, watches);
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 2);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 50) + 1))[1], 2);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 51) + 1))[1], 3);
    ipc_end();
}

TAP_TEST(no_call_goes_ahead_of_those_that_have_their_turn)
{
    ahead_begin(0);
    ipc_do(other, ipc_call(other, other_cap, 3));
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    struct cap_sqe sqe[2] = {ipc_receive(owner, 50), ipc_receive(owner, 51)};
    sqe[0].flags = sqe[1].flags = CAP_SQE_AHEAD;
    fake_submit(server, &sqe[0]);
    fake_submit(server, &sqe[1]);
    fake_poll(server);
    ipc_expect(server, 50, AHEAD_RECEIVED);
    TAP_EQ(ipc_message(server, 50)->badge, 2);
    ipc_expect_nothing(server);
    ipc_end();
}

/* An earlier call to the endpoint waits for a capability that it carries. */
TAP_TEST(no_call_goes_ahead_of_its_callers_that_wait_there)
{
    uint64_t owed = ahead_begin(2);
    struct cap_sqe sqe = ipc_call(client, client_cap, 2);
    const struct cap_transfer promised = ipc_promised(1, 1);
    ipc_attach(client, &sqe, &promised, 1);
    ipc_do(client, sqe);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 2);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 50) + 1))[1], 2);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 51) + 1))[1], 3);
    ipc_end();
}

TAP_TEST(params_that_are_too_large_or_gone_stay)
{
    uint64_t owed = ahead_begin(1);
    struct cap_sqe large = ipc_pipeline(client, 1, 0, 2), gone = ipc_pipeline(client, 1, 0, 3);
    large.params_len = IPC_MESSAGE_MAX + 8;
    ipc_do(client, large);
    ipc_expect_nothing(server);
    ipc_cancel(client, 2);
    ipc_expect(client, 2, CAP_ERR_CANCELLED);
    ipc_reap(client);
    gone.params_addr = 0x1000;
    ipc_do(client, gone);
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 1);
    ipc_expect(client, 3, CAP_ERR_BAD_PARAMS);
    ipc_expect(client, 1, AHEAD_DONE);
    ipc_end();
}
