/*
 * Calls sent ahead (docs/security.md, clause 36) keep their order among all calls of their process that wait,
 * whatever becomes of those before them; and a server resolves what it has been sent, not what comes of it
 * elsewhere.
 */
#include "kernel/core/cap_table.h"
#include "tests/kernel/fake_ahead.h"
#include "tests/tap.h"

/* As a RETURN by any owner, with a badge of its endpoint. */
static void return_minted(struct process *of, uint64_t call_id, uint64_t endpoint, uint64_t badge)
{
    struct cap_sqe sqe = ipc_return(of, call_id, 40);
    const struct cap_transfer minted = {
        .cap_id = endpoint, .mode = CAP_TRANSFER_MINT, .badge = badge, .interface_id = IPC_INTERFACE};
    ipc_attach(of, &sqe, &minted, 1);
    sqe.result_cap_max = 1;
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(of, sqe);
    ipc_expect(of, 40, CAP_OK);
}

/* The client's calls as they come to the server, as ordinary ones. */
static void expect_order(const uint64_t *numbers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        ahead_receive(60 + i);
        ahead_expect_call(server, 60 + i, numbers[i]);
    }
}

/* --- Order --------------------------------------------------------------------------------------- */

TAP_TEST(nothing_on_a_later_answer_overtakes_a_call_that_stays)
{
    uint64_t owed = ahead_begin(2);
    struct cap_sqe put = ipc_pipeline(client, 1, 0, 3);
    ipc_attach(client, &put, &(struct cap_transfer){.cap_id = client_cap, .mode = CAP_TRANSFER_COPY}, 1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, put);
    ipc_do(client, ipc_pipeline(client, 2, 0, 4));
    uint64_t first = ahead_expect(50, owed, 0, 2);
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 1);
    ahead_expect_call(server, 51, 3);
    return_minted(server, first, owner, 7);
    expect_order((const uint64_t[]){4}, 1);
    ipc_end();
}

TAP_TEST(nothing_on_a_later_answer_overtakes_a_call_that_found_no_receive)
{
    uint64_t owed = ahead_begin(1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    uint64_t first = ahead_expect(50, owed, 0, 2);
    ahead_receive(51);
    ipc_do(client, ipc_pipeline(client, 2, 0, 4));
    ipc_expect_nothing(server);
    ahead_return_resolved(owed, 1);
    ahead_expect_call(server, 51, 3);
    return_minted(server, first, owner, 7);
    expect_order((const uint64_t[]){4}, 1);
    ipc_end();
}

/* The one found no receive; with the next one on that answer both go. */
TAP_TEST(what_stayed_goes_with_the_next_call_on_its_answer)
{
    uint64_t owed = ahead_begin(0);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    if (KERNEL_RECVS_MAX < 2)
        TAP_SKIP("needs two receives");
    ahead_receive(50);
    ahead_receive(51);
    ipc_expect_nothing(server);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ahead_expect(50, owed, 0, 2);
    ahead_expect(51, owed, 0, 3);
    ipc_end();
}

/* Of one answer a record is a copy, which its server does not resolve, and the next one is minted. */
TAP_TEST(no_call_goes_behind_one_on_another_record)
{
    uint64_t owed = ahead_begin(2);
    uint64_t own = ipc_facet(server, owner, 7, server);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_do(client, ipc_pipeline(client, 1, 1, 3));
    ahead_expect(50, owed, 0, 2);
    ipc_expect_nothing(server);
    struct cap_sqe sqe = ipc_return(server, owed, 40);
    const struct cap_transfer caps[] = {
        {.cap_id = own, .mode = CAP_TRANSFER_COPY},
        {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 7, .interface_id = IPC_INTERFACE}};
    ipc_attach(server, &sqe, caps, 2);
    sqe.result_cap_max = 2;
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_OK);
    ahead_expect_call(server, 51, 2);
    expect_order((const uint64_t[]){3}, 1);
    ipc_end();
}

TAP_TEST(no_call_goes_behind_one_on_another_answer)
{
    uint64_t first = ahead_begin(2), own = ipc_facet(server, owner, 7, server);
    if (KERNEL_RECVS_MAX < 3)
        TAP_SKIP("needs three receives");
    ipc_do(client, ipc_keep(ipc_call(client, client_cap, 5), 2));
    ipc_expect(server, 50, AHEAD_RECEIVED);
    uint64_t second = ipc_message(server, 50)->call_id;
    ahead_receive(52);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    ahead_expect(51, first, 0, 2);
    ipc_expect_nothing(server);
    ahead_return_copy(first, own);
    ahead_expect_call(server, 52, 2);
    return_minted(server, second, owner, 7);
    expect_order((const uint64_t[]){3}, 1);
    ipc_end();
}

/* --- What was taken back --------------------------------------------------------------------------- */

/* It comes anew, and is another call: what went ahead of the one before is not resolved by it. */
TAP_TEST(a_call_that_comes_anew_resolves_nothing_that_went_ahead_of_it)
{
    uint64_t owed = ahead_begin(2), second = ipc_endpoint(server, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    uint64_t before = ahead_expect(50, owed, 0, 2), after = ahead_expect(51, before, 0, 3);
    return_minted(server, owed, second, 8);
    TAP_EQ(ahead_give_back(before), CAP_ERR_UNKNOWN_CALL);
    return_minted(server, ipc_take(server, second, 8, 2), owner, 9);
    TAP_EQ(ahead_answer(after), CAP_ERR_UNKNOWN_CALL);
    expect_order((const uint64_t[]){3}, 1);
    ipc_end();
}

/* The other owner's object is the other owner's to answer for. */
TAP_TEST(a_call_that_comes_anew_to_another_owner_resolves_nothing_for_the_first)
{
    uint64_t owed = ahead_begin(2), others, own = ipc_facet(server, owner, 3, server);
    kernel_caps_insert(&other->caps, kernel_caps_find(&server->caps, owner), 0, &others);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    uint64_t before = ahead_expect(50, owed, 0, 2), after = ahead_expect(51, before, 0, 3);
    ahead_return_copy(owed, own);
    ipc_release(server, owner);
    return_minted(other, ipc_take(other, others, 3, 2), others, 9);
    TAP_EQ(ahead_answer(after), CAP_ERR_UNKNOWN_CALL);
    ipc_take(other, others, 9, 3);
    ipc_end();
}

/* At another server, which never had it ahead. */
TAP_TEST(a_call_that_was_taken_back_is_an_ordinary_one)
{
    uint64_t owed = ahead_begin(1), elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ahead_expect(50, owed, 0, 2);
    ahead_return_copy(owed, ipc_facet(other, elsewhere, 5, server));
    uint64_t id = ipc_take(other, elsewhere, 5, 2);
    ipc_do(other,
           (struct cap_sqe){.op = CAP_OP_RETURN, .flags = CAP_SQE_BACK, .user_data = 45, .interface_id = id});
    ipc_expect(other, 45, CAP_ERR_NOT_PERMITTED);
    ipc_do(other, ipc_return(other, id, 41));
    ipc_expect(other, 41, CAP_OK);
    ipc_end();
}
