/*
 * Endpoints: calls between programs, and the programs that go away meanwhile: docs/security.md, clauses 14
 * to 17.
 */
#include "kernel/core/endpoint.h"

#include "kernel/core/cap_table.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

TAP_TEST(a_call_reaches_the_server_and_its_answer_the_caller)
{
    ipc_begin();
    ipc_do(server, ipc_receive(owner, 10));
    struct cap_sqe sqe = ipc_call(client, client_cap, 3);
    sqe.result_cap_max = 1;
    ipc_do(client, sqe);
    ipc_expect(server, 10, 64 + 16);
    const struct cap_message_header *header = ipc_message(server, 10);
    TAP_EQ(header->badge, 1);
    TAP_EQ(header->interface_id, IPC_INTERFACE);
    TAP_EQ(header->method_id, IPC_METHOD);
    TAP_EQ(header->kind, CAP_MESSAGE_CALL);
    TAP_EQ(header->params_len, 16);
    TAP_EQ(header->result_len, IPC_RESULT_BYTES);
    TAP_EQ(header->cap_count, 0);
    TAP_EQ(header->result_cap_max, 1);
    TAP_MEM_EQ(header + 1, fake_memory(client, ipc_params(3)), 16);
    ipc_expect_nothing(client);
    ipc_do(server, ipc_return(server, header->call_id, 11));
    ipc_expect(server, 11, CAP_OK);
    ipc_expect(client, 3, 16);
    TAP_MEM_EQ(fake_memory(client, ipc_results(3)), fake_memory(server, ipc_params(11)), 16);
    TAP_EQ(client->caps.reserved, 0);
    ipc_end();
}

TAP_TEST(calls_that_wait_are_read_when_they_are_delivered)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t *params = fake_memory(client, ipc_params(1));
    params[1] = 99;
    ipc_take_call(server, owner);
    const uint64_t *words = (const uint64_t *)(ipc_message(server, IPC_NUMBERS - 1) + 1);
    TAP_EQ(words[1], 99);
    ipc_end();
}

/* traps: starvation; one client's flood delays nobody else's calls by more than one call each. */
TAP_TEST(clients_are_served_in_turn_and_each_in_its_order)
{
    if (KERNEL_QUEUE_MAX < 3)
        TAP_SKIP("needs a queue of 3");
    ipc_begin();
    for (uint64_t i = 1; i <= 3; i++)
        ipc_do(client, ipc_call(client, client_cap, i));
    ipc_do(other, ipc_call(other, other_cap, 4));
    static const uint64_t badges[] = {1, 2, 1, 1}, numbers[] = {1, 4, 2, 3};
    for (int i = 0; i < 4; i++) {
        ipc_take_call(server, owner);
        const struct cap_message_header *header = ipc_message(server, IPC_NUMBERS - 1);
        TAP_EQ(header->badge, badges[i]);
        TAP_EQ(((const uint64_t *)(header + 1))[1], numbers[i]);
    }
    ipc_end();
}

/* traps: starvation; a queue that grows without end. */
TAP_TEST(a_flood_is_refused_to_the_client_that_floods_alone)
{
    if (KERNEL_CALLS_MAX <= KERNEL_QUEUE_MAX)
        TAP_SKIP("needs more calls than a queue takes");
    ipc_begin();
    for (uint64_t i = 0; i < KERNEL_QUEUE_MAX; i++)
        ipc_do(client, ipc_call(client, client_cap, i));
    ipc_expect_nothing(client);
    ipc_do(client, ipc_call(client, client_cap, 60));
    ipc_expect(client, 60, CAP_ERR_QUEUE_FULL);
    ipc_do(other, ipc_call(other, other_cap, 1));
    ipc_expect_nothing(other);
    TAP_EQ(machine->kernel.queued_messages, KERNEL_QUEUE_MAX + 1);
    TAP_EQ(machine->kernel.queued_bytes, (KERNEL_QUEUE_MAX + 1) * 16);
    ipc_take_call(server, owner);
    ipc_do(client, ipc_call(client, client_cap, 60));
    ipc_expect_nothing(client);
    ipc_end();
}

TAP_TEST(limits_of_the_endpoint_bind_both_sides)
{
    ipc_begin();
    struct cap_sqe sqe = ipc_call(client, client_cap, 1);
    sqe.params_len = IPC_MESSAGE_MAX + 8;
    ipc_do(client, sqe);
    ipc_expect(client, 1, CAP_ERR_MESSAGE_TOO_LARGE);
    sqe = ipc_call(client, client_cap, 1);
    sqe.xfer_cap_count = IPC_CAPS_MAX + 1;
    ipc_do(client, sqe);
    ipc_expect(client, 1, CAP_ERR_MESSAGE_TOO_LARGE);
    sqe = ipc_receive(owner, 2);
    sqe.result_len--;
    ipc_do(server, sqe);
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, IPC_RECEIVE_BYTES);
    TAP_EQ(client->caps.reserved + server->caps.reserved, 0);
    ipc_end();
}

TAP_TEST(only_an_owner_receives)
{
    ipc_begin();
    ipc_do(client, ipc_receive(client_cap, 1));
    ipc_expect(client, 1, CAP_ERR_NOT_PERMITTED);
    ipc_do(client, ipc_receive(CAPOS_CAP_NULL, 1));
    ipc_expect(client, 1, CAP_ERR_NOT_PERMITTED);
    ipc_do(client, ipc_receive(owner + (1 << 16), 1));
    ipc_expect(client, 1, CAP_ERR_STALE_CAP);
    ipc_do(client, ipc_receive(fake_cap(client, "timer"), 1));
    ipc_expect(client, 1, CAP_ERR_NOT_PERMITTED);
    ipc_end();
}

TAP_TEST(a_receive_needs_a_buffer_a_number_a_record_and_slots)
{
    ipc_begin();
    struct cap_sqe sqe = ipc_receive(owner, 1);
    sqe.result_addr += 4;
    ipc_do(server, sqe);
    ipc_expect(server, 1, CAP_ERR_BAD_RESULT_BUFFER);
    sqe.result_addr = 0x1000;
    ipc_do(server, sqe);
    ipc_expect(server, 1, CAP_ERR_BAD_RESULT_BUFFER);
    ipc_do(server, ipc_receive(owner, 1));
    ipc_do(server, ipc_receive(owner, 1));
    ipc_expect(server, 1, CAP_ERR_BAD_SQE);
    sqe = fake_now_call(server, 1);
    ipc_do(server, sqe);
    ipc_expect(server, 1, CAP_ERR_BAD_SQE);
    for (uint64_t i = 2; i <= KERNEL_RECVS_MAX; i++)
        ipc_do(server, ipc_receive(owner, i));
    ipc_expect_nothing(server);
    TAP_EQ(server->caps.reserved, KERNEL_RECVS_MAX * IPC_CAPS_MAX);
    ipc_do(server, ipc_receive(owner, 60));
    ipc_expect(server, 60, CAP_ERR_TOO_MANY_CALLS);
    ipc_cancel(server, 1);
    ipc_expect(server, 1, CAP_ERR_CANCELLED);
    ipc_expect(server, 1001, CAP_OK);
    kernel_caps_reserve(&server->caps, server->caps.free - server->caps.reserved - 1);
    ipc_do(server, ipc_receive(owner, 60));
    ipc_expect(server, 60, CAP_ERR_NO_SLOTS);
    ipc_end();
}

TAP_TEST(a_receive_buffer_that_is_gone_loses_no_call)
{
    ipc_begin();
    ipc_do(server, ipc_receive(owner, 1));
    fake_process(server)->read_only_from = ipc_receive_at(0);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_expect(server, 1, CAP_ERR_BAD_RESULT_BUFFER);
    ipc_expect_nothing(client);
    fake_process(server)->read_only_from = 0;
    TAP_CHECK(ipc_take_call(server, owner) != 0);
    ipc_end();
}

TAP_TEST(params_that_are_gone_cost_the_caller_its_call_and_the_server_nothing)
{
    ipc_begin();
    ipc_do(server, ipc_receive(owner, 1));
    struct cap_sqe sqe = ipc_call(client, client_cap, 1);
    sqe.params_addr = 0x1000;
    ipc_do(client, sqe);
    ipc_expect(client, 1, CAP_ERR_BAD_PARAMS);
    ipc_expect_nothing(server);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_expect(server, 1, 64 + 16);
    ipc_end();
}

/* --- Answers -------------------------------------------------------------------- */

/* traps: server trust; a reply sent by someone who was not asked. */
TAP_TEST(only_the_process_that_received_a_call_returns_it_and_once)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_do(other, ipc_call(other, other_cap, 2));
    uint64_t id = ipc_take_call(server, owner);
    ipc_do(other, ipc_return(other, id, 3));
    ipc_expect(other, 3, CAP_ERR_UNKNOWN_CALL);
    ipc_do(client, ipc_return(client, id, 3));
    ipc_expect(client, 3, CAP_ERR_UNKNOWN_CALL);
    ipc_do(server, ipc_return(server, id + 1, 3)); /* not delivered yet */
    ipc_expect(server, 3, CAP_ERR_UNKNOWN_CALL);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_OK);
    ipc_expect(client, 1, 16);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_ERR_UNKNOWN_CALL);
    ipc_expect_nothing(client);
    ipc_expect_nothing(other);
    ipc_end();
}

/* traps: a 32-bit serial that runs out. */
TAP_TEST(call_ids_go_on_beyond_32_bits_and_are_not_used_again)
{
    ipc_begin();
    machine->kernel.last_call_id = UINT32_MAX - 1;
    uint64_t previous = 0;
    for (int i = 0; i < 4; i++) {
        ipc_do(client, ipc_call(client, client_cap, 1));
        uint64_t id = ipc_take_call(server, owner);
        TAP_CHECK(id > previous);
        previous = id;
        ipc_do(server, ipc_return(server, id, 3));
        ipc_expect(server, 3, CAP_OK);
        ipc_expect(client, 1, 16);
    }
    TAP_EQ(previous, UINT64_C(0x100000002));
    ipc_end();
}

TAP_TEST(answers_that_do_not_fit_fail_on_both_sides)
{
    ipc_begin();
    struct cap_sqe sqe = ipc_call(client, client_cap, 1);
    sqe.result_len = 8;
    ipc_do(client, sqe);
    uint64_t id = ipc_take_call(server, owner);
    ipc_do(server, ipc_return(server, id, 3));
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, 16);
    cqe = ipc_reap(client);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, 16);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_ERR_UNKNOWN_CALL);
    ipc_end();
}

TAP_TEST(answers_from_bad_memory_can_be_given_again)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    struct cap_sqe sqe = ipc_return(server, id, 3);
    sqe.params_addr = 0x1000;
    ipc_do(server, sqe);
    ipc_expect(server, 3, CAP_ERR_BAD_PARAMS);
    sqe.params_addr = ipc_params(3) + 4;
    ipc_do(server, sqe);
    ipc_expect(server, 3, CAP_ERR_BAD_PARAMS);
    sqe.params_addr = ipc_params(3);
    sqe.params_len = KERNEL_MESSAGE_MAX + 8;
    ipc_do(server, sqe);
    ipc_expect(server, 3, CAP_ERR_MESSAGE_TOO_LARGE);
    sqe.params_len = 16;
    sqe.result_cap_max = 1; /* a field without a record */
    ipc_do(server, sqe);
    ipc_expect(server, 3, CAP_ERR_BAD_TRANSFER);
    ipc_expect_nothing(client);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_OK);
    ipc_expect(client, 1, 16);
    ipc_end();
}

TAP_TEST(a_caller_whose_buffer_is_gone_is_told_so_and_the_server_too)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    fake_process(client)->read_only_from = ipc_results(0);
    ipc_do(server, ipc_return(server, id, 3));
    ipc_expect(server, 3, CAP_ERR_BAD_RESULT_BUFFER);
    ipc_expect(client, 1, CAP_ERR_BAD_RESULT_BUFFER);
    ipc_end();
}

TAP_TEST(exceptions_travel_with_their_type)
{
    ipc_begin();
    for (int round = 0; round < 2; round++) {
        struct cap_sqe sqe = ipc_call(client, client_cap, 1);
        sqe.result_len = round == 0 ? IPC_RESULT_BYTES : 8;
        ipc_do(client, sqe);
        uint64_t id = ipc_take_call(server, owner);
        sqe = ipc_return(server, id, 3);
        sqe.flags = CAP_SQE_EXCEPTION;
        sqe.method_id = EXCEPTION_TYPE_OVERLOADED;
        ipc_do(server, sqe);
        ipc_expect(server, 3, CAP_OK);
        struct cap_cqe cqe = ipc_reap(client);
        TAP_EQ(cqe.aux, EXCEPTION_TYPE_OVERLOADED);
        TAP_EQ(cqe.result,
               round == 0 ? CAP_ERR_APPLICATION_EXCEPTION : CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED);
        TAP_EQ(cqe.needed, round == 0 ? 0 : 16);
    }
    TAP_MEM_EQ(fake_memory(client, ipc_results(1)), fake_memory(server, ipc_params(3)), 16);
    ipc_end();
}

TAP_TEST(return_and_receive_are_one_submission_with_one_completion)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    struct cap_sqe receive = ipc_receive(owner, 3), both = ipc_return(server, id, 3);
    both.flags = CAP_SQE_RETURN_RECV;
    both.cap_id = owner;
    both.result_addr = receive.result_addr;
    both.result_len = 8;
    ipc_do(server, both); /* a receive that cannot be: nothing is returned */
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, IPC_RECEIVE_BYTES);
    ipc_expect_nothing(client);
    both.result_len = receive.result_len;
    ipc_do(server, both);
    ipc_expect(client, 1, 16);
    ipc_expect_nothing(server);
    ipc_do(server, both); /* returned already; and the number waits for a message */
    ipc_expect(server, 3, CAP_ERR_BAD_SQE);
    both.user_data = 4;
    ipc_do(server, both);
    ipc_expect(server, 4, CAP_ERR_UNKNOWN_CALL);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_expect(server, 3, 64 + 16);
    ipc_expect_nothing(server);
    ipc_end();
}

/* --- Giving up ------------------------------------------------------------------ */

TAP_TEST(a_call_that_is_cancelled_before_its_delivery_is_never_seen)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    ipc_do(server, ipc_receive(owner, 1));
    ipc_expect_nothing(server);
    TAP_EQ(machine->kernel.queue_pool.taken, 0);
    ipc_end();
}

/* traps: cancellation; a return to a caller that has given up harms nobody. */
TAP_TEST(a_delivered_call_that_is_cancelled_is_told_and_stays_charged_until_it_is_returned)
{
    ipc_begin();
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t id = ipc_take_call(server, owner);
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    TAP_EQ(machine->kernel.calls, 1);
    ipc_do(client, ipc_call(client, client_cap, 1)); /* the number is free again */
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    const struct cap_message_header *header = ipc_message(server, 5);
    TAP_EQ(header->kind, CAP_MESSAGE_CANCELLED);
    TAP_EQ(header->call_id, id);
    TAP_EQ(header->badge, 1);
    TAP_EQ(header->params_len, 0);
    ipc_do(server, ipc_return(server, id, 6));
    ipc_expect(server, 6, CAP_OK);
    TAP_EQ(machine->kernel.calls, 0);
    ipc_do(server, ipc_return(server, id, 6));
    ipc_expect(server, 6, CAP_ERR_UNKNOWN_CALL);
    ipc_expect_nothing(client);
    ipc_end();
}

TAP_TEST(cancelled_calls_that_are_not_returned_use_up_their_callers_calls)
{
    ipc_begin();
    for (int i = 0; i < KERNEL_CALLS_MAX; i++) {
        ipc_do(client, ipc_call(client, client_cap, 1));
        ipc_take_call(server, owner);
        ipc_cancel(client, 1);
        ipc_reap(client);
        ipc_reap(client);
        ipc_do(server, ipc_receive(owner, 5)); /* the notice */
        ipc_expect(server, 5, 64);
    }
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_expect(client, 2, CAP_ERR_TOO_MANY_CALLS);
    ipc_do(other, ipc_call(other, other_cap, 2));
    TAP_CHECK(ipc_take_call(server, owner) != 0);
    ipc_end();
}
