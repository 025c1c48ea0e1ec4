/*
 * Capabilities in messages: docs/security.md, clause 15.
 */
#include "kernel/core/transfer.h"

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

static struct cap_transfer copy_of(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY};
}

static struct cap_transfer move_of(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_MOVE};
}

static struct cap_transfer mint_of(uint64_t cap, uint64_t badge)
{
    return (struct cap_transfer){
        .cap_id = cap, .mode = CAP_TRANSFER_MINT, .badge = badge, .interface_id = 0x5678};
}

/* Calls the server with capabilities. */
static void call_with(struct process *from, uint64_t cap, uint64_t number, const struct cap_transfer *caps,
                      uint16_t count)
{
    struct cap_sqe sqe = ipc_call(from, cap, number);
    ipc_attach(from, &sqe, caps, count);
    ipc_do(from, sqe);
}

static void return_with(uint64_t call_id, uint64_t number, const struct cap_transfer *caps, uint16_t count)
{
    struct cap_sqe sqe = ipc_return(server, call_id, number);
    ipc_attach(server, &sqe, caps, count);
    ipc_do(server, sqe);
}

/* A call that takes two result capabilities, received by the server. */
static uint64_t open_call(uint64_t number)
{
    struct cap_sqe sqe = ipc_call(client, client_cap, number);
    sqe.result_cap_max = 2;
    ipc_do(client, sqe);
    return ipc_take_call(server, owner);
}

static bool holds(struct process *of, uint64_t cap)
{
    return kernel_caps_find(&of->caps, cap) != NULL;
}

TAP_TEST(copies_arrive_as_records_and_stay_with_the_sender)
{
    ipc_begin();
    uint64_t timer = fake_cap(client, "timer");
    const struct cap_transfer caps[] = {copy_of(timer), copy_of(CAPOS_CAP_NULL)};
    ipc_do(server, ipc_receive(owner, 5));
    call_with(client, client_cap, 1, caps, 2);
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.result, 64 + 16);
    TAP_EQ(cqe.cap_count, 2);
    TAP_EQ(ipc_message(server, 5)->cap_count, 2);
    const struct cap_transfer_result *records = ipc_message_records(server, 5);
    TAP_EQ(records[0].interface_id, TIMER_INTERFACE_ID);
    TAP_EQ(records[0].flags + records[0].badge + records[0].zero, 0);
    TAP_CHECK(kernel_caps_find(&server->caps, records[0].cap_id) == kernel_caps_find(&client->caps, timer));
    TAP_EQ(records[1].cap_id, CAPOS_CAP_NULL);
    TAP_EQ(server->caps.reserved, 0);
    TAP_CHECK(holds(client, timer));
    TAP_EQ(machine->kernel.bundle_pool.taken, 0);
    ipc_end();
}

TAP_TEST(a_move_holds_the_slot_until_the_message_is_delivered)
{
    ipc_begin();
    uint64_t timer = fake_cap(client, "timer");
    const struct cap_transfer caps[] = {move_of(timer)};
    call_with(client, client_cap, 1, caps, 1);
    TAP_CHECK(!holds(client, timer));
    struct cap_sqe release = {.op = CAP_OP_RELEASE, .user_data = 2, .cap_id = timer};
    ipc_do(client, release);
    ipc_expect(client, 2, CAP_ERR_STALE_CAP);
    ipc_do(client, fake_now_call(client, 2));
    ipc_expect(client, 2, CAP_ERR_STALE_CAP);
    call_with(client, client_cap, 2, caps, 1);
    ipc_expect(client, 2, CAP_ERR_STALE_CAP);
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    TAP_CHECK(holds(client, timer)); /* back under the same id */
    uint32_t used = client->caps.used;
    call_with(client, client_cap, 1, caps, 1);
    ipc_take_call(server, owner);
    TAP_CHECK(holds(server, ipc_message_records(server, IPC_NUMBERS - 1)[0].cap_id));
    TAP_CHECK(!holds(client, timer));
    TAP_EQ(client->caps.used, used - 1);
    ipc_cancel(client, 1); /* too late for the move */
    TAP_CHECK(!holds(client, timer));
    ipc_end();
}

TAP_TEST(a_mint_makes_a_facet_that_its_owner_knows_again)
{
    ipc_begin();
    uint64_t id = open_call(1);
    const struct cap_transfer caps[] = {mint_of(owner, 500), mint_of(owner, 500)};
    return_with(id, 3, caps, 2);
    ipc_expect(server, 3, CAP_OK);
    struct cap_cqe cqe = ipc_reap(client);
    TAP_EQ(cqe.cap_count, 2);
    const struct cap_transfer_result *records = ipc_result_records(client, 1, cqe);
    TAP_EQ(records[0].interface_id, 0x5678);
    TAP_EQ(records[0].flags + records[0].badge, 0); /* the client is not the owner */
    uint64_t minted = records[0].cap_id;
    TAP_CHECK(minted != records[1].cap_id);
    TAP_EQ(machine->kernel.facet_pool.taken, 3); /* one for both */
    ipc_release(client, records[1].cap_id);

    ipc_do(server, ipc_receive(owner, 5));
    const struct cap_transfer back[] = {copy_of(minted)};
    call_with(client, minted, 1, back, 1);
    ipc_expect(server, 5, 64 + 16);
    TAP_EQ(ipc_message(server, 5)->badge, 500);
    records = ipc_message_records(server, 5);
    TAP_EQ(records[0].flags, CAP_RECORD_OWN);
    TAP_EQ(records[0].badge, 500);
    TAP_EQ(records[0].interface_id, 0x5678);
    ipc_end();
}

TAP_TEST(badges_are_shown_to_the_owner_alone)
{
    ipc_begin();
    uint64_t others = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_other = ipc_facet(other, others, 9, client);
    const struct cap_transfer caps[] = {copy_of(client_cap)};
    ipc_do(other, ipc_receive(others, 5));
    call_with(client, to_other, 1, caps, 1);
    ipc_expect(other, 5, 64 + 16);
    TAP_EQ(ipc_message_records(other, 5)[0].badge + ipc_message_records(other, 5)[0].flags, 0);
    ipc_end();
}

TAP_TEST(descriptors_that_make_no_sense_are_refused_and_nothing_moves)
{
    ipc_begin();
    uint64_t timer = fake_cap(client, "timer"), console = fake_cap(client, "console");
    const struct {
        struct cap_transfer second;
        int32_t status;
    } rows[] = {
        {{.cap_id = timer, .mode = 0}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = timer, .mode = 5}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = timer, .mode = CAP_TRANSFER_COPY, .field = 1}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = timer, .mode = CAP_TRANSFER_COPY, .zero = 1}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = timer, .mode = CAP_TRANSFER_COPY, .badge = 1}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = timer, .mode = CAP_TRANSFER_MOVE, .interface_id = 1}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = console, .mode = CAP_TRANSFER_COPY}, CAP_ERR_BAD_TRANSFER}, /* moved by the first */
        {{.cap_id = console, .mode = CAP_TRANSFER_MOVE}, CAP_ERR_BAD_TRANSFER},
        {{.cap_id = timer + (1 << 16), .mode = CAP_TRANSFER_COPY}, CAP_ERR_STALE_CAP},
        {{.cap_id = timer, .mode = CAP_TRANSFER_PROMISED}, CAP_ERR_BAD_ANSWER},
        {{.cap_id = timer, .mode = CAP_TRANSFER_MINT}, CAP_ERR_NOT_PERMITTED},
        {{.cap_id = 0, .mode = CAP_TRANSFER_MINT}, CAP_ERR_NOT_PERMITTED},
        {{.cap_id = client_cap, .mode = CAP_TRANSFER_MINT, .badge = 3}, CAP_ERR_NOT_PERMITTED},
        {{.cap_id = UINT64_MAX, .mode = CAP_TRANSFER_MINT}, CAP_ERR_STALE_CAP},
    };
    for (int receiving = 0; receiving < 2; receiving++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const struct cap_transfer caps[] = {move_of(console), rows[i].second};
            call_with(client, client_cap, 1, caps, 2);
            ipc_expect(client, 1, rows[i].status);
            TAP_CHECK(holds(client, console));
            TAP_EQ(machine->kernel.calls + machine->kernel.bundle_pool.taken, 0);
            TAP_EQ(machine->kernel.queue_pool.taken, 0);
        }
        if (!receiving)
            ipc_do(server, ipc_receive(owner, 5));
    }
    struct cap_sqe sqe = ipc_call(client, client_cap, 1);
    sqe.params_addr = FAKE_MEMORY + FAKE_MEMORY_BYTES - 16;
    sqe.xfer_cap_count = 1;
    ipc_do(client, sqe);
    ipc_expect(client, 1, CAP_ERR_BAD_PARAMS);
    ipc_expect_nothing(server);
    ipc_end();
}

TAP_TEST(owner_facets_stay_with_their_process)
{
    ipc_begin();
    uint64_t others = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    const struct cap_transfer copy[] = {copy_of(others)}, move[] = {move_of(others)};
    call_with(other, other_cap, 1, copy, 1);
    ipc_expect(other, 1, CAP_ERR_NOT_TRANSFERABLE);
    call_with(other, other_cap, 1, move, 1);
    ipc_expect(other, 1, CAP_ERR_NOT_TRANSFERABLE);
    ipc_end();
}

TAP_TEST(the_kernels_own_objects_take_no_capabilities)
{
    ipc_begin();
    struct cap_sqe sqe = ipc_call(client, fake_cap(client, "timer"), 1);
    const struct cap_transfer caps[] = {move_of(client_cap)};
    sqe.interface_id = TIMER_INTERFACE_ID;
    sqe.method_id = TIMER_METHOD_NOW;
    ipc_attach(client, &sqe, caps, 1);
    ipc_do(client, sqe);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_INVALID_ARGUMENT);
    TAP_CHECK(holds(client, client_cap));
    ipc_end();
}

/* traps: error paths; a refused message leaks what it carried. */
TAP_TEST(answers_that_do_not_fit_move_nothing_and_mint_nothing)
{
    ipc_begin();
    uint64_t timer = fake_cap(server, "timer");
    const struct cap_transfer caps[] = {move_of(timer), mint_of(owner, 9)};
    for (int what = 0; what < 2; what++) {
        struct cap_sqe sqe = ipc_call(client, client_cap, 1);
        sqe.result_cap_max = what == 0 ? 1 : 2;
        sqe.result_len = what == 0 ? IPC_RESULT_BYTES : 72;
        ipc_do(client, sqe);
        return_with(ipc_take_call(server, owner), 3, caps, 2);
        struct cap_cqe cqe = ipc_reap(server);
        TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
        TAP_EQ(cqe.needed, 16 + 64);
        cqe = ipc_reap(client);
        TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
        TAP_EQ(cqe.needed, 16 + 64);
        TAP_CHECK(holds(server, timer));
        TAP_EQ(machine->kernel.facet_pool.taken, 2);
        TAP_EQ(client->caps.reserved, 0);
    }
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server); /* no notice of what never was */
    ipc_end();
}

/* traps: results that arrive after the caller has given up. */
TAP_TEST(what_a_return_carries_to_nobody_is_gone_and_minted_badges_are_told)
{
    ipc_begin();
    uint64_t timer = fake_cap(server, "timer");
    uint64_t id = open_call(1);
    ipc_kill(client);
    kernel_process_gone(&machine->kernel, client);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_CANCELLED);
    const struct cap_transfer caps[] = {move_of(timer), mint_of(owner, 9)};
    return_with(id, 3, caps, 2);
    ipc_expect(server, 3, CAP_OK);
    TAP_CHECK(!holds(server, timer));
    static const uint64_t badges[] = {9, 1};
    for (int i = 0; i < 2; i++) {
        ipc_do(server, ipc_receive(owner, 5));
        ipc_expect(server, 5, 64);
        TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
        TAP_EQ(ipc_message(server, 5)->badge, badges[i]);
    }
    ipc_end();
}

/* The client has an endpoint, too, and gives a badge of it along with a call that fails. */
static void expect_failure(uint64_t number, int32_t result, uint16_t flags)
{
    struct cap_cqe cqe = ipc_reap(client);
    TAP_EQ(cqe.user_data, number);
    TAP_EQ(cqe.result, result);
    TAP_EQ(cqe.flags, flags);
}

static void expect_released(uint64_t endpoint, uint64_t badge)
{
    ipc_do(client, ipc_receive(endpoint, 5));
    ipc_expect(client, 5, 64);
    TAP_EQ(ipc_message(client, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(client, 5)->badge, badge);
}

TAP_TEST(a_call_that_fails_says_whether_its_badges_were_minted)
{
    ipc_begin();
    uint64_t mine = ipc_endpoint(client, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    const struct cap_transfer refused[] = {mint_of(mine, 9), copy_of(UINT64_MAX)};
    const struct cap_transfer minted[] = {mint_of(mine, 9)};
    call_with(client, client_cap, 1, refused, 2);
    expect_failure(1, CAP_ERR_STALE_CAP, 0);
    call_with(client, client_cap, 1, minted, 1); /* waits */
    ipc_cancel(client, 1);
    expect_failure(1, CAP_ERR_CANCELLED, CAP_CQE_MINTED);
    ipc_expect(client, 1001, CAP_OK);
    expect_released(mine, 9);

    call_with(client, client_cap, 1, minted, 1);
    uint64_t id = ipc_take_call(server, owner);
    uint64_t arrived = ipc_message_records(server, IPC_NUMBERS - 1)[0].cap_id;
    ipc_do(server, ipc_return_exception(server, id, 3, EXCEPTION_TYPE_FAILED, "no"));
    expect_failure(1, CAP_ERR_APPLICATION_EXCEPTION, CAP_CQE_MINTED);
    ipc_do(client, ipc_receive(mine, 5));
    ipc_expect_nothing(client); /* the server has it still */
    ipc_release(server, arrived);
    ipc_expect(client, 5, 64);
    TAP_EQ(ipc_message(client, 5)->badge, 9);
    ipc_end();
}

TAP_TEST(a_call_that_succeeds_or_finds_its_target_gone_has_no_flag)
{
    ipc_begin();
    uint64_t mine = ipc_endpoint(client, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    const struct cap_transfer minted[] = {mint_of(mine, 9)};
    call_with(client, client_cap, 1, minted, 1);
    return_with(ipc_take_call(server, owner), 3, NULL, 0);
    struct cap_cqe cqe = ipc_reap(client);
    TAP_EQ(cqe.result, 16);
    TAP_EQ(cqe.flags, 0);
    ipc_expect(server, 3, CAP_OK);
    const struct cap_transfer another[] = {mint_of(mine, 10)};
    ipc_release(server, owner);
    call_with(client, client_cap, 1, another, 1);
    expect_failure(1, CAP_ERR_APPLICATION_EXCEPTION, 0);
    ipc_kill(server);
    expect_released(mine, 9);
    ipc_do(client, ipc_receive(mine, 5));
    ipc_expect_nothing(client); /* of 10 */
    ipc_end();
}

TAP_TEST(a_sender_killed_during_a_transfer_takes_its_capabilities_along)
{
    ipc_begin();
    uint64_t others = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t facet = ipc_facet(other, others, 7, client);
    const struct cap_transfer caps[] = {move_of(facet)};
    call_with(client, client_cap, 1, caps, 1);
    ipc_do(other, ipc_receive(others, 5));
    ipc_expect_nothing(other);
    ipc_kill(client);
    ipc_expect(other, 5, 64);
    TAP_EQ(ipc_message(other, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(other, 5)->badge, 7);
    TAP_EQ(machine->kernel.bundle_pool.taken, 0);
    ipc_end();
}

TAP_TEST(a_message_keeps_what_it_carries_alive)
{
    ipc_begin();
    uint64_t others = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t facet = ipc_facet(other, others, 7, client);
    const struct cap_transfer caps[] = {copy_of(facet)};
    call_with(client, client_cap, 1, caps, 1);
    ipc_release(client, facet);
    ipc_do(other, ipc_receive(others, 5));
    ipc_expect_nothing(other);
    ipc_take_call(server, owner);
    uint64_t arrived = ipc_message_records(server, IPC_NUMBERS - 1)[0].cap_id;
    ipc_expect_nothing(other);
    ipc_release(server, arrived);
    ipc_expect(other, 5, 64);
    TAP_EQ(ipc_message(other, 5)->kind, CAP_MESSAGE_RELEASED);
    ipc_end();
}

/* A facet may travel in a call to itself, and its owner may let go of everything at once. */
TAP_TEST(a_facet_in_a_message_to_itself_ends_with_its_endpoint)
{
    ipc_begin();
    const struct cap_transfer caps[] = {move_of(client_cap)};
    call_with(client, client_cap, 1, caps, 1);
    TAP_CHECK(!holds(client, client_cap));
    ipc_release(server, owner);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    TAP_CHECK(holds(client, client_cap));
    ipc_end();
}

TAP_TEST(minting_and_withdrawing_in_one_refused_message_keeps_the_notice)
{
    ipc_begin();
    uint64_t id = open_call(1);
    ipc_release(other, other_cap); /* a notice for badge 2 waits */
    const struct cap_transfer caps[] = {mint_of(owner, 2), copy_of(UINT64_MAX)};
    return_with(id, 3, caps, 2);
    ipc_expect(server, 3, CAP_ERR_STALE_CAP);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->badge, 2);
    return_with(id, 3, caps, 1);
    ipc_expect(server, 3, CAP_OK);
    ipc_end();
}

TAP_TEST(badges_are_bounded)
{
    ipc_begin();
    uint64_t id = open_call(1);
    for (uint64_t badge = 3; badge <= KERNEL_FACETS_MAX; badge++)
        ipc_release(server, ipc_facet(server, owner, badge, server)); /* notices count */
    const struct cap_transfer caps[] = {mint_of(owner, KERNEL_FACETS_MAX + 1)};
    return_with(id, 3, caps, 1);
    ipc_expect(server, 3, CAP_ERR_NO_MEMORY);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    return_with(id, 3, caps, 1);
    ipc_expect(server, 3, CAP_OK);
    ipc_end();
}
