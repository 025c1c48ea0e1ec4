/*
 * Promises among what a CALL or a RETURN carries: docs/abi.md, section 4, and docs/security.md, clauses 30
 * and 31.
 */
#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

enum { DONE = 16 };

static uint64_t elsewhere, to_other, to_elsewhere; /* the other's endpoint, for client and server */

static void begin(void)
{
    ipc_begin();
    elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    to_other = ipc_facet(other, elsewhere, 5, client);
    to_elsewhere = ipc_facet(other, elsewhere, 6, server);
}

/* The process's call to the other with its answer kept; the other has taken it: its id. */
static uint64_t open_at_other(struct process *of, uint64_t cap, uint64_t number, uint32_t answer)
{
    ipc_do(of, ipc_keep(ipc_call(of, cap, number), answer));
    return ipc_take_call(other, elsewhere);
}

/* The other answers with a copy of one of its capabilities, or null, as the one field. */
static void other_returns(uint64_t id, uint64_t cap)
{
    struct cap_sqe sqe = ipc_return(other, id, 40);
    ipc_attach(other, &sqe, &(struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY}, 1);
    sqe.result_cap_max = 1;
    ipc_do(other, sqe);
    ipc_expect(other, 40, CAP_OK);
}

static struct cap_sqe with(struct process *of, struct cap_sqe sqe, struct cap_transfer cap)
{
    ipc_attach(of, &sqe, &cap, 1);
    return sqe;
}

static struct cap_transfer move_of(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_MOVE};
}

/* --- In a CALL --------------------------------------------------------------------------------- */

TAP_TEST(a_call_that_carries_a_promise_waits_in_its_place_and_later_ones_behind_it)
{
    begin();
    if (KERNEL_CALLS_MAX < 5 || KERNEL_QUEUE_MAX < 3)
        TAP_SKIP("needs more calls");
    uint64_t id = open_at_other(client, to_other, 1, 1);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(client, with(client, ipc_call(client, client_cap, 2), ipc_promised(1, 0)));
    ipc_do(client, ipc_call(client, client_cap, 3));
    ipc_do(client, ipc_call(client, client_cap, 4));
    ipc_expect_nothing(server);
    ipc_do(other, ipc_call(other, other_cap, 9)); /* another process does not wait */
    ipc_expect(server, 5, 64 + 16);
    TAP_EQ(ipc_message(server, 5)->badge, 2);
    ipc_do(server, ipc_receive(owner, 6));
    other_returns(id, other_cap);
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.user_data, 6);
    TAP_EQ(cqe.cap_count, 1);
    const struct cap_transfer_result *record = ipc_message_records(server, 6);
    TAP_EQ(record->flags, CAP_RECORD_OWN);
    TAP_EQ(record->badge, 2);
    TAP_EQ(record->interface_id, IPC_INTERFACE);
    ipc_take(server, owner, 1, 3);
    ipc_take(server, owner, 1, 4);
    ipc_end();
}

TAP_TEST(a_promise_that_has_arrived_is_given_at_once)
{
    begin();
    other_returns(open_at_other(client, to_other, 1, 1), other_cap);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(client, with(client, ipc_call(client, client_cap, 2), ipc_promised(1, 0)));
    TAP_EQ(ipc_reap(server).cap_count, 1);
    TAP_EQ(ipc_message_records(server, 5)->badge, 2);
    TAP_EQ(machine->kernel.queue_pool.taken, 0);
    ipc_end();
}

TAP_TEST(a_message_may_carry_several_promises_and_be_aimed_at_one)
{
    begin();
    uint64_t first = open_at_other(client, to_other, 1, 1), second = open_at_other(client, to_other, 2, 2);
    struct cap_sqe sqe = ipc_pipeline(client, 1, 0, 3);
    const struct cap_transfer caps[] = {ipc_promised(2, 0), ipc_promised(1, 0)};
    ipc_attach(client, &sqe, caps, 2);
    ipc_do(client, sqe);
    other_returns(first, other_cap);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    other_returns(second, other_cap);
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.result, 64 + 16);
    TAP_EQ(cqe.cap_count, 2);
    TAP_EQ(ipc_message(server, 5)->badge, 2);
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    ipc_end();
}

TAP_TEST(a_promise_that_fails_ends_the_call_and_what_it_moves_is_back)
{
    begin();
    uint64_t id = open_at_other(client, to_other, 1, 1), moved = ipc_facet(server, owner, 3, client);
    struct cap_sqe sqe = ipc_call(client, client_cap, 2);
    const struct cap_transfer caps[] = {move_of(moved), ipc_promised(1, 0)};
    ipc_attach(client, &sqe, caps, 2);
    ipc_do(client, sqe);
    ipc_do(client, ipc_call(client, client_cap, 3));
    TAP_CHECK(!kernel_caps_find(&client->caps, moved));
    ipc_do(other, ipc_return_exception(other, id, 40, EXCEPTION_TYPE_OVERLOADED, "no"));
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_OVERLOADED);
    ipc_expect(client, 1, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_CHECK(kernel_caps_find(&client->caps, moved));
    ipc_take(server, owner, 1, 3); /* what waited behind it goes on */
    ipc_end();
}

TAP_TEST(a_promise_of_nothing_breaks_the_call_that_carries_it)
{
    begin();
    uint64_t id = open_at_other(client, to_other, 1, 1);
    ipc_do(client, with(client, ipc_call(client, client_cap, 2), ipc_promised(1, 0)));
    ipc_do(client, with(client, ipc_call(client, client_cap, 3), ipc_promised(1, 1)));
    other_returns(id, CAPOS_CAP_NULL);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 3, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 1, DONE);
    TAP_EQ(machine->kernel.queue_pool.taken, 0);
    ipc_end();
}

TAP_TEST(promises_are_checked_as_other_descriptors_are)
{
    begin();
    open_at_other(client, to_other, 1, 1);
    struct cap_transfer caps[] = {ipc_promised(1, 0), ipc_promised(1, 0), ipc_promised(2, 0),
                                  ipc_promised(1, 0), ipc_promised(3, 0)};
    const int32_t status[] = {CAP_ERR_BAD_TRANSFER, CAP_ERR_BAD_TRANSFER, CAP_ERR_BAD_ANSWER,
                              CAP_ERR_BAD_TRANSFER, CAP_ERR_BAD_ANSWER};
    caps[0].badge = 1;
    caps[1].interface_id = 1;
    caps[3].zero = 1;
    for (unsigned i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        struct cap_sqe sqe = with(client, ipc_call(client, client_cap, 2), caps[i]);
        ipc_do(client, i == 4 ? ipc_keep(sqe, 3) : sqe); /* the last one names itself */
        ipc_expect(client, 2, status[i]);
    }
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    TAP_EQ(machine->kernel.answer_pool.taken, 1);
    ipc_end();
}

TAP_TEST(a_call_that_waits_for_a_promise_can_be_cancelled_and_the_next_goes_on)
{
    begin();
    open_at_other(client, to_other, 1, 1);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(client, with(client, ipc_call(client, client_cap, 2), ipc_promised(1, 0)));
    ipc_do(client, ipc_call(client, client_cap, 3));
    ipc_cancel(client, 2);
    ipc_expect(client, 2, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    ipc_expect(server, 5, 64 + 16);
    TAP_EQ(ipc_message(server, 5)->badge, 1);
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    ipc_end();
}

/* --- In a RETURN -------------------------------------------------------------------------------- */

/* The client's call at the server, with a slot for a result; the server's own call at the other. */
static uint64_t asked, asks;

static void open_both(void)
{
    struct cap_sqe sqe = ipc_keep(ipc_call(client, client_cap, 1), 1);
    sqe.result_cap_max = 1;
    ipc_do(client, sqe);
    asked = ipc_take(server, owner, 1, 1);
    asks = open_at_other(server, to_elsewhere, 2, 1);
}

/* The server returns a promise on its own answer 1. */
static void return_promise(void)
{
    struct cap_sqe sqe = with(server, ipc_return(server, asked, 41), ipc_promised(1, 0));
    sqe.result_cap_max = 1;
    ipc_do(server, sqe);
    ipc_expect_nothing(server);
    ipc_expect_nothing(client);
}

TAP_TEST(a_return_that_carries_a_promise_waits_for_it)
{
    begin();
    open_both();
    return_promise();
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_do(server, with(server, ipc_return(server, asked, 42), ipc_promised(1, 0)));
    ipc_expect(server, 42, CAP_ERR_UNKNOWN_CALL);
    ipc_do(server, ipc_return(server, asked, 42));
    ipc_expect(server, 42, CAP_ERR_UNKNOWN_CALL);
    other_returns(asks, other_cap);
    ipc_expect(server, 41, CAP_OK);
    ipc_expect(server, 2, DONE);
    struct cap_cqe cqe = ipc_reap(client);
    TAP_EQ(cqe.user_data, 1);
    TAP_EQ(cqe.cap_count, 1);
    TAP_CHECK(ipc_result_records(client, 1, cqe)->cap_id != CAPOS_CAP_NULL);
    ipc_take(server, owner, 2, 2); /* what depended on the promise of a promise */
    ipc_end();
}

TAP_TEST(a_promise_that_fails_fails_the_return_and_its_call)
{
    begin();
    open_both();
    return_promise();
    ipc_do(other, ipc_return_exception(other, asks, 40, EXCEPTION_TYPE_OVERLOADED, "no"));
    ipc_expect(server, 41, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(server, 2, CAP_ERR_APPLICATION_EXCEPTION);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_OVERLOADED);
    TAP_EQ(ipc_finish(client, 1), CAP_OK);
    TAP_EQ(ipc_finish(server, 1), CAP_OK);
    ipc_expect(other, 40, CAP_OK);

    open_both();
    return_promise();
    ipc_cancel(server, 2);
    ipc_expect(server, 41, CAP_ERR_CANCELLED);
    ipc_expect(server, 2, CAP_ERR_CANCELLED);
    ipc_expect(server, 1001, CAP_OK);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_end();
}

/* As for a call: what it was to mint has been, and is told released. */
TAP_TEST(a_return_that_waited_in_vain_says_that_its_badges_were_minted)
{
    begin();
    open_both();
    struct cap_sqe sqe = ipc_return(server, asked, 41);
    const struct cap_transfer caps[] = {
        ipc_promised(1, 0), {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 9, .interface_id = 1}};
    ipc_attach(server, &sqe, caps, 2);
    ipc_do(server, sqe);
    ipc_do(other, ipc_return_exception(other, asks, 40, EXCEPTION_TYPE_OVERLOADED, "no"));
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.user_data, 41);
    TAP_EQ(cqe.result, CAP_ERR_BROKEN_PROMISE);
    TAP_EQ(cqe.flags, CAP_CQE_MINTED);
    ipc_expect(server, 2, CAP_ERR_APPLICATION_EXCEPTION);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(server, 5)->badge, 9);
    ipc_end();
}

/* The payload is read when the promise is there; if it is gone then, the call can be returned again. */
TAP_TEST(a_return_whose_payload_is_gone_when_its_promise_arrives_can_be_made_again)
{
    begin();
    open_both();
    uint64_t moved = ipc_facet(server, owner, 3, server);
    struct cap_sqe sqe = ipc_return(server, asked, 41);
    const struct cap_transfer caps[] = {ipc_promised(1, 0), move_of(moved)};
    sqe.params_len = 64;
    sqe.params_addr = FAKE_MEMORY + FAKE_MEMORY_BYTES - 128;
    ipc_attach(server, &sqe, caps, 2);
    ipc_do(server, sqe);
    TAP_CHECK(!kernel_caps_find(&server->caps, moved));
    struct call *held = LIST_ENTRY(list_first(&server->calls_busy), struct call, in_process);
    for (struct list_node *node = &held->in_process; node; node = list_next(&server->calls_busy, node))
        if (LIST_ENTRY(node, struct call, in_process)->state == CALL_RETURNS)
            held = LIST_ENTRY(node, struct call, in_process);
    held->sqe.params_addr = FAKE_MEMORY + FAKE_MEMORY_BYTES; /* as if it had been unmapped */
    other_returns(asks, other_cap);
    ipc_expect(server, 41, CAP_ERR_BAD_PARAMS);
    TAP_CHECK(kernel_caps_find(&server->caps, moved));
    ipc_expect_nothing(client);
    ipc_expect(server, 2, DONE);
    ipc_do(server, ipc_return(server, asked, 42));
    ipc_expect(server, 42, CAP_OK);
    ipc_expect(client, 1, DONE);
    ipc_end();
}

TAP_TEST(a_caller_that_gives_up_ends_the_return_that_waits)
{
    begin();
    open_both();
    uint64_t moved = ipc_facet(server, owner, 3, server);
    struct cap_sqe sqe = ipc_return(server, asked, 41);
    const struct cap_transfer caps[] = {ipc_promised(1, 0), move_of(moved)};
    ipc_attach(server, &sqe, caps, 2);
    ipc_do(server, sqe);
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    ipc_expect(server, 41, CAP_OK);
    TAP_CHECK(!kernel_caps_find(&server->caps, moved)); /* given to nobody */
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED); /* and nothing is owed any more */
    ipc_expect_nothing(server);
    ipc_end();
}

TAP_TEST(a_server_that_dies_or_is_revoked_disconnects_what_it_was_returning)
{
    for (int revoked = 0; revoked < 2; revoked++) {
        begin();
        open_both();
        return_promise();
        if (revoked)
            kernel_endpoint_revoke(&machine->kernel,
                                   kernel_endpoint_of(kernel_caps_find(&server->caps, owner)), 1);
        else
            ipc_kill(server);
        kernel_settle(&machine->kernel);
        ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
        if (revoked)
            ipc_expect(server, 41, CAP_ERR_UNKNOWN_CALL);
        TAP_EQ(machine->kernel.wait_pool.taken, 0);
        ipc_end();
    }
}

TAP_TEST(a_return_that_waits_counts_as_a_call_of_its_process)
{
    begin();
    open_both();
    uint64_t number = 3;
    while (server->calls_busy_count < KERNEL_CALLS_MAX)
        ipc_do(server, fake_sleep_call(server, FAKE_PARAMS, 1000, number++));
    ipc_do(server, with(server, ipc_return(server, asked, 41), ipc_promised(1, 0)));
    ipc_expect(server, 41, CAP_ERR_TOO_MANY_CALLS);
    ipc_cancel(server, 3);
    ipc_reap(server);
    ipc_reap(server);
    return_promise();
    TAP_EQ(server->calls_busy_count, KERNEL_CALLS_MAX);
    ipc_end();
}

TAP_TEST(a_return_that_receives_takes_no_promise)
{
    begin();
    open_both();
    struct cap_sqe sqe = with(server, ipc_return(server, asked, 41), ipc_promised(1, 0));
    const struct cap_sqe receive = ipc_receive(owner, 41);
    sqe.flags = CAP_SQE_RETURN_RECV;
    sqe.cap_id = receive.cap_id;
    sqe.result_addr = receive.result_addr;
    sqe.result_len = receive.result_len;
    ipc_do(server, sqe);
    ipc_expect(server, 41, CAP_ERR_BAD_TRANSFER);
    return_promise();
    ipc_end();
}

/* --- Cycles ------------------------------------------------------------------------------------ */

/* The server's call to itself, returned with a promise on its own answer. */
TAP_TEST(a_return_with_a_promise_on_itself_is_broken)
{
    begin();
    uint64_t to_self = ipc_facet(server, owner, 9, server);
    ipc_do(server, ipc_keep(ipc_call(server, to_self, 1), 1));
    uint64_t id = ipc_take(server, owner, 9, 1);
    ipc_do(server, with(server, ipc_return(server, id, 41), ipc_promised(1, 0)));
    ipc_expect(server, 41, CAP_ERR_BROKEN_PROMISE);
    ipc_do(server, ipc_return(server, id, 42)); /* nothing was returned */
    ipc_expect(server, 1, DONE);
    ipc_expect(server, 42, CAP_OK);
    ipc_end();
}

/*
 * The client's answer 1 waits for the server's, and that for the other's, which is to be the client's answer
 * 2: a call on answer 1.
 */
TAP_TEST(a_cycle_over_three_processes_is_broken_where_it_would_close)
{
    begin();
    uint64_t home = ipc_endpoint(client, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_client = ipc_facet(client, home, 8, other);
    open_both();
    return_promise();
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(other, ipc_keep(ipc_call(other, to_client, 3), 3));
    uint64_t id = ipc_take(client, home, 8, 3);
    ipc_do(other, with(other, ipc_return(other, asks, 41), ipc_promised(3, 0)));
    ipc_expect_nothing(other);
    ipc_do(client, with(client, ipc_return(client, id, 42), ipc_promised(2, 0)));
    ipc_expect(client, 42, CAP_ERR_BROKEN_PROMISE);
    ipc_do(client, ipc_return(client, id, 43));
    ipc_expect(client, 43, CAP_OK);
    ipc_expect(other, 41, CAP_ERR_BROKEN_PROMISE); /* the client's answer has no field */
    ipc_expect(other, 3, DONE);
    ipc_expect(server, 41, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(server, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 1, CAP_ERR_BROKEN_PROMISE);
    ipc_end();
}

/* What does not lead back is no cycle, however often it leads to the same. */
TAP_TEST(a_promise_on_what_waits_for_something_else_is_no_cycle)
{
    begin();
    open_both();
    ipc_do(server, ipc_keep(with(server, ipc_pipeline(server, 1, 0, 3), ipc_promised(1, 0)), 2));
    struct cap_sqe sqe = ipc_return(server, asked, 41);
    const struct cap_transfer caps[] = {ipc_promised(2, 0), ipc_promised(1, 0)};
    ipc_attach(server, &sqe, caps, 2);
    ipc_do(server, sqe);
    ipc_expect_nothing(server);
    ipc_end();
}

/* Looking for a cycle takes a bounded time: what leads on and on is taken for one. */
TAP_TEST(a_promise_behind_which_too_many_wait_is_broken)
{
    if (KERNEL_CYCLE_MAX > 2)
        TAP_SKIP("needs the smallest limits");
    begin();
    open_both();
    ipc_do(server, ipc_keep(ipc_pipeline(server, 1, 0, 3), 2));
    ipc_do(server, ipc_keep(ipc_pipeline(server, 2, 0, 4), 3));
    ipc_do(server, with(server, ipc_return(server, asked, 41), ipc_promised(3, 0)));
    ipc_expect(server, 41, CAP_ERR_BROKEN_PROMISE);
    ipc_do(server, with(server, ipc_return(server, asked, 42), ipc_promised(2, 0)));
    ipc_expect_nothing(server);
    ipc_end();
}
