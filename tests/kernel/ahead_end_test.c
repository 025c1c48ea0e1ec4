/*
 * What becomes of calls that were sent ahead: docs/abi.md, section 4,
 * and docs/security.md, clause 36.
 */
#include "kernel/core/ahead.h"

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ahead.h"
#include "tests/tap.h"

/* --- Taken back ------------------------------------------------------------------------------------ */

TAP_TEST(a_call_on_somebody_elses_object_is_taken_back)
{
    uint64_t owed = ahead_begin(1);
    uint64_t elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_other = ipc_facet(other, elsewhere, 5, server);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ahead_return_copy(owed, to_other);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    TAP_EQ(ahead_give_back(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_do(other, ipc_return(other, ipc_take(other, elsewhere, 5, 2), 41));
    ipc_expect(client, 1, AHEAD_DONE);
    ipc_expect(client, 2, AHEAD_DONE);
    ipc_end();
}

/* Minted, but by a RETURN that does not say that the server knows what went ahead. */
TAP_TEST(a_call_that_nobody_resolves_is_delivered)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ahead_receive(51);
    ipc_return_badges(owed, 40, 7, 1, 1);
    ahead_expect_call(server, 51, 2);
    TAP_EQ(ipc_message(server, 51)->badge, 7);
    TAP_EQ(ahead_give_back(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

/* Minted for another endpoint of the server's than where the call is. */
TAP_TEST(a_call_on_an_object_of_another_endpoint_is_delivered_there)
{
    uint64_t owed = ahead_begin(1);
    uint64_t second = ipc_endpoint(server, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    struct cap_sqe sqe = ipc_return(server, owed, 40);
    ipc_attach(server, &sqe, &(struct cap_transfer){.cap_id = second, .mode = CAP_TRANSFER_MINT, .badge = 8},
               1);
    sqe.result_cap_max = 1;
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_OK);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_take(server, second, 8, 2);
    ipc_end();
}

/* Calls on one promise arrive in the order of their submission, whether or not they have been ahead. */
TAP_TEST(what_did_not_go_ahead_does_not_overtake_what_was_taken_back)
{
    uint64_t owed = ahead_begin(1), own = ipc_facet(server, owner, 3, server);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ahead_receive(51);
    struct cap_sqe sqe = ipc_return(server, owed, 52), back = ipc_return(server, ahead, 45);
    ipc_attach(server, &sqe, &(struct cap_transfer){.cap_id = own, .mode = CAP_TRANSFER_COPY}, 1);
    sqe.result_cap_max = 1;
    sqe.flags = CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD;
    sqe.cap_id = owner;
    sqe.result_addr = ipc_receive_at(52);
    sqe.result_len = IPC_RECEIVE_BYTES;
    back.params_addr = back.params_len = 0;
    back.flags = CAP_SQE_BACK;
    fake_submit(server, &sqe);
    fake_submit(server, &back);
    fake_poll(server);
    ahead_expect_call(server, 51, 2);
    ahead_expect_call(server, 52, 3);
    ipc_expect(server, 45, CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

/* 3 was ahead at who owed the answer before; 4 does not go ahead of it at who owes it now. */
TAP_TEST(what_is_still_ahead_elsewhere_is_not_overtaken)
{
    uint64_t owed = ahead_begin(2);
    uint64_t elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_other = ipc_facet(other, elsewhere, 5, server);
    for (uint64_t i = 0; i < 2; i++) {
        struct cap_sqe sqe = ipc_receive(elsewhere, 52 + i);
        sqe.flags = CAP_SQE_AHEAD;
        ipc_do(other, sqe);
    }
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    ipc_do(client, ipc_pipeline(client, 2, 0, 4));
    ahead_expect(51, ahead_expect(50, owed, 0, 2), 0, 3);
    ahead_return_copy(owed, to_other);
    ahead_expect_call(other, 52, 2);
    ipc_expect_nothing(other);
    ipc_end();
}

TAP_TEST(an_endpoint_that_ends_takes_what_is_ahead_from_its_server)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ipc_release(server, owner);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_expect_nothing(client);
    TAP_EQ(ahead_answer(owed), CAP_OK);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 1, AHEAD_DONE);
    ipc_end();
}

TAP_TEST(a_call_on_an_answer_that_fails_fails_with_it)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ipc_do(server, ipc_return_exception(server, owed, 40, EXCEPTION_TYPE_OVERLOADED, "no"));
    ipc_expect(server, 40, CAP_OK);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_OVERLOADED);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_OVERLOADED);
    ahead_receive(51);
    ahead_expect_cancelled(51, ahead);
    TAP_EQ(ahead_answer(ahead), CAP_OK); /* nobody hears it */
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

TAP_TEST(a_call_on_a_field_that_is_not_there_is_a_broken_promise)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 3, 2));
    uint64_t ahead = ahead_expect(50, owed, 3, 2);
    ahead_return_resolved(owed, 1);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 1, AHEAD_DONE);
    TAP_EQ(ahead_give_back(ahead), CAP_OK);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

/* --- Given back ------------------------------------------------------------------------------------ */

TAP_TEST(a_call_that_is_given_back_early_waits_as_if_it_had_not_been_ahead)
{
    uint64_t owed = ahead_begin(2);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    TAP_EQ(ahead_give_back(ahead), CAP_OK);
    TAP_EQ(ahead_give_back(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3)); /* stays behind it */
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 1);
    ipc_expect(server, 51, AHEAD_RECEIVED);
    TAP_EQ(ipc_message(server, 51)->kind, CAP_MESSAGE_CALL);
    TAP_EQ(ipc_message(server, 51)->badge, 7);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 51) + 1))[1], 2);
    ipc_expect(client, 1, AHEAD_DONE);
    TAP_EQ(ahead_answer(ipc_message(server, 51)->call_id), CAP_OK);
    ipc_expect(client, 2, AHEAD_DONE);
    ipc_take(server, owner, 7, 3);
    ipc_end();
}

/* Its server has said that it knows what the call is on, and later calls may have been delivered. */
TAP_TEST(a_call_that_was_resolved_is_not_given_back)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ahead_return_resolved(owed, 1);
    TAP_EQ(ahead_give_back(ahead), CAP_ERR_NOT_PERMITTED);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_expect(client, 1, AHEAD_DONE);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_end();
}

TAP_TEST(a_call_that_is_answered_before_its_target_is_known_is_a_broken_promise)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ahead_return_resolved(owed, 1);
    ipc_expect(client, 1, AHEAD_DONE);
    TAP_EQ(machine->kernel.calls, 1); /* that of the kept answer */
    ipc_end();
}

TAP_TEST(a_call_is_given_back_only_if_it_was_sent_ahead)
{
    uint64_t owed = ahead_begin(0);
    TAP_EQ(ahead_give_back(owed), CAP_ERR_NOT_PERMITTED);
    struct cap_sqe sqe = {.op = CAP_OP_RETURN, .flags = CAP_SQE_BACK, .user_data = 45, .interface_id = owed};
    sqe.params_len = 8;
    ipc_do(server, sqe);
    ipc_expect(server, 45, CAP_ERR_BAD_SQE);
    sqe.params_len = 0;
    sqe.flags = CAP_SQE_BACK | CAP_SQE_EXCEPTION;
    ipc_do(server, sqe);
    ipc_expect(server, 45, CAP_ERR_BAD_SQE);
    TAP_EQ(ahead_answer(owed), CAP_OK);
    ipc_end();
}

TAP_TEST(a_call_that_was_cancelled_meanwhile_is_given_back_to_nobody)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ahead_return_resolved(owed, 1);
    ipc_expect(client, 1, AHEAD_DONE);
    ipc_cancel(client, 2);
    ipc_expect(client, 2, CAP_ERR_CANCELLED);
    ipc_reap(client);
    TAP_EQ(ahead_give_back(ahead), CAP_OK);
    TAP_EQ(machine->kernel.calls, 1); /* that of the kept answer */
    ipc_end();
}

TAP_TEST(a_revoked_object_takes_a_call_that_is_given_back_with_it)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ahead_return_resolved(owed, 1);
    ipc_expect(client, 1, AHEAD_DONE);
    kernel_endpoint_revoke(&machine->kernel, kernel_endpoint_of(kernel_caps_find(&server->caps, owner)), 7);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    TAP_EQ(ahead_give_back(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

/* --- Ends ------------------------------------------------------------------------------------------ */

/* It may have begun: it is charged to the caller until the server has returned it, before its badge is
 * released. */
TAP_TEST(the_server_is_told_of_a_call_that_is_cancelled_while_it_is_ahead)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ipc_cancel(client, 2);
    ipc_expect(client, 2, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    TAP_EQ(client->calls_abandoned, 1);
    ahead_return_resolved(owed, 1);
    ipc_expect(client, 1, AHEAD_DONE);
    ipc_finish(client, 1);
    ahead_receive(51);
    ahead_expect_cancelled(51, ahead);
    TAP_EQ(ahead_answer(ahead), CAP_OK);
    TAP_EQ(client->calls_abandoned, 0);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

TAP_TEST(a_server_that_dies_takes_what_is_ahead_with_what_it_owes)
{
    ahead_begin(2);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    ipc_kill(server);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(client, 3, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    ipc_end();
}

TAP_TEST(a_caller_that_dies_leaves_nothing_ahead)
{
    uint64_t owed = ahead_begin(2);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ipc_reap(server);
    uint64_t next = ipc_message(server, 51)->call_id;
    ipc_kill(client);
    TAP_EQ(ahead_answer(ahead), CAP_OK);
    TAP_EQ(ahead_give_back(next), CAP_OK);
    TAP_EQ(machine->kernel.calls, 1);
    TAP_EQ(ahead_answer(owed), CAP_OK);
    TAP_EQ(machine->kernel.calls, 0);
    ipc_end();
}

/* A server cannot answer what it only holds, with promises either. */
TAP_TEST(a_return_with_promises_does_not_answer_a_call_that_is_ahead)
{
    uint64_t owed = ahead_begin(1);
    uint64_t own = ipc_facet(server, owner, 3, server);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ipc_do(server, ipc_keep(ipc_call(server, own, 9), 1));
    struct cap_sqe sqe = ipc_return(server, ahead, 46);
    ipc_attach(server, &sqe, &(struct cap_transfer){.cap_id = 1, .mode = CAP_TRANSFER_PROMISED}, 1);
    sqe.result_cap_max = 1;
    ipc_do(server, sqe);
    ipc_expect(server, 46, CAP_ERR_UNKNOWN_CALL);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ahead_return_resolved(owed, 1);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

/* When the promise arrives the server has long looked at what went ahead. */
TAP_TEST(a_return_with_promises_resolves_nothing)
{
    uint64_t owed = ahead_begin(1), own = ipc_facet(server, owner, 3, server);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t ahead = ahead_expect(50, owed, 0, 2);
    ipc_do(server, ipc_keep(ipc_call(server, own, 9), 1));
    struct cap_sqe sqe = ipc_return(server, owed, 46);
    const struct cap_transfer caps[2] = {
        {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 7, .interface_id = IPC_INTERFACE},
        ipc_promised(1, 0)};
    ipc_attach(server, &sqe, caps, 2);
    sqe.result_cap_max = 2;
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
    ipc_return_badges(ipc_take(server, owner, 3, 9), 40, 3, 1, 1);
    ipc_expect(server, 46, CAP_OK);
    ipc_expect(server, 9, AHEAD_DONE);
    TAP_EQ(ahead_answer(ahead), CAP_ERR_UNKNOWN_CALL);
    ipc_take(server, owner, 7, 2);
    ipc_end();
}
