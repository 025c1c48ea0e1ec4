/*
 * Promises among what a call to an object of the kernel carries: grants of a spawn. docs/security.md, clauses
 * 30 and 31.
 */
#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

enum { DONE = 16, NUMBER = 20 };

static uint64_t spawner, elsewhere, to_elsewhere;

static void begin(void)
{
    ipc_begin();
    spawner = spawn_begin(server);
    elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    to_elsewhere = ipc_facet(other, elsewhere, 6, server);
}

/* The server's answer 1, which the other owes. */
static uint64_t open_answer(void)
{
    ipc_do(server, ipc_keep(ipc_call(server, to_elsewhere, 1), 1));
    return ipc_take_call(other, elsewhere);
}

static void other_returns(uint64_t id, uint64_t cap)
{
    struct cap_sqe sqe = ipc_return(other, id, 40);
    ipc_attach(other, &sqe, &(struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY}, 1);
    sqe.result_cap_max = 1;
    ipc_do(other, sqe);
    ipc_expect(other, 40, CAP_OK);
}

/* A spawn whose grants are a promise on answer 1 and a facet that is moved. */
static struct cap_sqe spawn_promised(uint64_t moved)
{
    const struct spawn_request request = {
        .grant_count = 2,
        .grants = {{"gift", ipc_promised(1, 0)}, {"moved", {.cap_id = moved, .mode = CAP_TRANSFER_MOVE}}}};
    struct cap_sqe sqe = spawn_call(server, spawner, &request);
    sqe.user_data = NUMBER;
    return sqe;
}

static struct process *last(void)
{
    return LIST_ENTRY(machine->kernel.processes.head.previous, struct process, in_kernel);
}

TAP_TEST(a_spawn_waits_for_the_promises_among_its_grants)
{
    begin();
    uint64_t id = open_answer(), moved = ipc_facet(server, owner, 3, server);
    ipc_do(server, spawn_promised(moved));
    ipc_expect_nothing(server);
    TAP_CHECK(!kernel_caps_find(&server->caps, moved));
    TAP_CHECK(last() == other);
    other_returns(id, other_cap);
    ipc_expect(server, NUMBER, DONE);
    ipc_expect(server, 1, DONE);
    struct process *child = last();
    TAP_CHECK(child != other);
    TAP_EQ(child->caps.used, 2);
    ipc_do(child, ipc_call(child, fake_cap(child, "gift"), 1));
    ipc_take(server, owner, 2, 1);
    ipc_do(child, ipc_call(child, fake_cap(child, "moved"), 2));
    ipc_take(server, owner, 3, 2);
    ipc_end();
}

TAP_TEST(a_promise_that_fails_starts_nothing_and_gives_back_what_was_to_be_moved)
{
    begin();
    uint64_t id = open_answer(), moved = ipc_facet(server, owner, 3, server);
    struct cap_sqe sqe = spawn_promised(moved);
    sqe.result_addr = ipc_results(NUMBER);
    ipc_do(server, sqe);
    ipc_do(other, ipc_return_exception(other, id, 40, EXCEPTION_TYPE_OVERLOADED, "no"));
    ipc_expect_exception(server, NUMBER, EXCEPTION_TYPE_OVERLOADED);
    TAP_CHECK(kernel_caps_find(&server->caps, moved));
    TAP_CHECK(last() == other);
    ipc_do(server, sqe); /* likewise when it has failed before */
    ipc_expect(server, 1, CAP_ERR_APPLICATION_EXCEPTION);
    ipc_expect_exception(server, NUMBER, EXCEPTION_TYPE_OVERLOADED);
    TAP_CHECK(kernel_caps_find(&server->caps, moved));
    ipc_end();
}

TAP_TEST(a_spawn_that_waits_can_be_cancelled)
{
    begin();
    open_answer();
    uint64_t moved = ipc_facet(server, owner, 3, server);
    ipc_do(server, spawn_promised(moved));
    ipc_cancel(server, NUMBER);
    ipc_expect(server, NUMBER, CAP_ERR_CANCELLED);
    ipc_expect(server, 1001, CAP_OK);
    TAP_CHECK(kernel_caps_find(&server->caps, moved));
    TAP_EQ(machine->kernel.wait_pool.taken + machine->kernel.bundle_pool.taken, 0);
    ipc_end();
}

static struct cap_transfer mint_of(uint64_t badge)
{
    return (struct cap_transfer){
        .cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = badge, .interface_id = IPC_INTERFACE};
}

/* A spawn whose grants are a promise on answer 1 and a badge that is minted for it. */
static struct cap_sqe spawn_minting(uint64_t badge)
{
    const struct spawn_request request = {
        .grant_count = 2, .grants = {{"gift", ipc_promised(1, 0)}, {"minted", mint_of(badge)}}};
    struct cap_sqe sqe = spawn_call(server, spawner, &request);
    sqe.user_data = NUMBER;
    sqe.result_addr = ipc_results(NUMBER);
    return sqe;
}

static void expect_released(uint64_t badge)
{
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(server, 5)->badge, badge);
}

/* From when it waits the badge is minted, and its end is told; refused at once, nothing has been. */
TAP_TEST(a_badge_minted_for_a_spawn_that_waited_in_vain_is_told_released)
{
    begin();
    uint64_t id = open_answer();
    ipc_do(server, spawn_minting(9));
    ipc_expect_nothing(server);
    ipc_do(other, ipc_return_exception(other, id, 40, EXCEPTION_TYPE_OVERLOADED, "no"));
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.user_data, NUMBER);
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.flags, CAP_CQE_MINTED);
    ipc_expect(server, 1, CAP_ERR_APPLICATION_EXCEPTION);
    expect_released(9);

    const struct spawn_request request = {
        .binary = "bad", .grant_count = 1, .grants = {{"minted", mint_of(10)}}};
    ipc_do(server, spawn_call(server, spawner, &request));
    cqe = ipc_reap(server);
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.flags, 0);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    ipc_end();
}

/* What a spawn that waits carries is nobody else's, whatever other calls say or do meanwhile. */
TAP_TEST(what_waits_to_be_granted_is_not_there_for_other_calls)
{
    begin();
    uint64_t id = open_answer(), clients = CAPOS_CAP_NULL;
    kernel_caps_insert(&client->caps, &machine->kernel.objects[KERNEL_CAPABILITY_PROCESS_SPAWNER],
                       PROCESS_SPAWNER_INTERFACE_ID, &clients);
    ipc_do(server, spawn_minting(9));
    struct cap_sqe sqe =
        spawn_call(client, clients,
                   &(struct spawn_request){.grant_count = 2, .grants = {{"stolen", {0}}, {"minted", {0}}}});
    sqe.xfer_cap_count = 0;
    spawn_refused(client, sqe, EXCEPTION_TYPE_INVALID_ARGUMENT,
                  "A capability pointer names a capability that did not come with the message.");
    TAP_CHECK(last() == other);
    other_returns(id, other_cap);
    ipc_expect(server, NUMBER, DONE);
    ipc_expect(server, 1, DONE);
    ipc_do(last(), ipc_call(last(), fake_cap(last(), "minted"), 1));
    ipc_take(server, owner, 9, 1);
    ipc_end();
}

/* An endpoint of the spawner's: its owner facet goes to a child, and to nobody else. */
TAP_TEST(a_promised_owner_facet_can_be_granted_but_not_sent)
{
    begin();
    struct cap_sqe endpoint = ipc_keep(endpoint_call(server, spawner, 0, 0), 1);
    endpoint.user_data = 1;
    ipc_do(server, endpoint);
    ipc_expect(server, 1, DONE);
    struct cap_sqe call = ipc_call(server, to_elsewhere, 2);
    ipc_attach(server, &call, &(struct cap_transfer[]){ipc_promised(1, 0)}[0], 1);
    ipc_do(server, call);
    ipc_expect(server, 2, CAP_ERR_NOT_TRANSFERABLE);
    ipc_do(server, ipc_keep(ipc_call(server, to_elsewhere, 3), 2));
    call = ipc_pipeline(server, 2, 0, 4);
    ipc_attach(server, &call, &(struct cap_transfer[]){ipc_promised(1, 0)}[0], 1);
    ipc_do(server, call);
    ipc_expect_nothing(server);
    other_returns(ipc_take_call(other, elsewhere), other_cap);
    ipc_expect(server, 4, CAP_ERR_NOT_TRANSFERABLE);
    ipc_expect(server, 3, DONE);

    const struct spawn_request request = {.grant_count = 1, .grants = {{"own", ipc_promised(1, 0)}}};
    struct cap_sqe sqe = spawn_call(server, spawner, &request);
    sqe.user_data = NUMBER;
    ipc_do(server, sqe);
    ipc_expect(server, NUMBER, DONE);
    TAP_CHECK(kernel_endpoint_of(kernel_caps_find(&last()->caps, fake_cap(last(), "own"))));
    ipc_end();
}

/* --- A spawner that is promised itself ------------------------------------------------ */

static struct cap_transfer transfer(uint64_t cap, uint16_t mode)
{
    return (struct cap_transfer){.cap_id = cap, .mode = mode};
}

/* The other's own reference to an object of the kernel, which it may return. */
static uint64_t held_by_other(uint16_t capability, uint64_t interface_id)
{
    uint64_t cap = CAPOS_CAP_NULL;
    kernel_caps_insert(&other->caps, &machine->kernel.objects[capability], interface_id, &cap);
    return cap;
}

/* A spawn, by what answer 1 is, that grants an owner facet of the server's; its RECV 5 waits there. */
static uint64_t spawn_by_promise(uint16_t mode)
{
    uint64_t id = open_answer();
    const struct spawn_request request = {.grant_count = 1, .grants = {{"own", transfer(owner, mode)}}};
    struct cap_sqe sqe = spawn_call(server, CAPOS_CAP_NULL, &request);
    sqe.user_data = NUMBER;
    sqe.flags |= CAP_SQE_PIPELINE;
    sqe.pipeline.dep = 1;
    sqe.pipeline.field = 0;
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(server, sqe);
    ipc_expect_nothing(server);
    return id;
}

TAP_TEST(a_promised_spawner_grants_a_copy_of_an_owner_facet)
{
    begin();
    uint64_t id = spawn_by_promise(CAP_TRANSFER_COPY);
    other_returns(id, held_by_other(KERNEL_CAPABILITY_PROCESS_SPAWNER, PROCESS_SPAWNER_INTERFACE_ID));
    ipc_expect(server, NUMBER, DONE);
    ipc_expect(server, 1, DONE);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_expect(server, 5, 64 + 16); /* it was there first */
    ipc_do(client, ipc_call(client, client_cap, 3));
    ipc_take(last(), fake_cap(last(), "own"), 1, 3);
    ipc_end();
}

TAP_TEST(a_promised_spawner_grants_an_owner_facet_that_is_moved)
{
    begin();
    uint64_t id = spawn_by_promise(CAP_TRANSFER_MOVE);
    other_returns(id, held_by_other(KERNEL_CAPABILITY_PROCESS_SPAWNER, PROCESS_SPAWNER_INTERFACE_ID));
    ipc_expect(server, 5, CAP_ERR_STALE_CAP);
    ipc_expect(server, NUMBER, DONE);
    ipc_expect(server, 1, DONE);
    TAP_CHECK(!kernel_caps_find(&server->caps, owner));
    ipc_do(client, ipc_call(client, client_cap, 3));
    ipc_take(last(), fake_cap(last(), "own"), 1, 3);
    ipc_end();
}

static struct cap_sqe by_promise(struct cap_sqe sqe, uint64_t number, uint32_t result_bytes)
{
    sqe.flags |= CAP_SQE_PIPELINE;
    sqe.pipeline.dep = 1;
    sqe.pipeline.field = 0;
    sqe.user_data = number;
    sqe.result_len = result_bytes;
    return sqe;
}

/* The second goes on before anything could be given back. */
TAP_TEST(an_endpoint_of_which_its_maker_cannot_be_told_is_not_made)
{
    begin();
    server->left.of[BUDGET_ENDPOINTS] = 1;
    uint64_t id = open_answer();
    struct cap_sqe sqe = endpoint_call(server, CAPOS_CAP_NULL, 0, 0);
    ipc_do(server, by_promise(sqe, NUMBER, DONE));
    ipc_do(server, by_promise(sqe, NUMBER + 1, sqe.result_len));
    other_returns(id, held_by_other(KERNEL_CAPABILITY_PROCESS_SPAWNER, PROCESS_SPAWNER_INTERFACE_ID));
    ipc_expect(server, NUMBER, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(server, NUMBER + 1, DONE);
    ipc_expect(server, 1, DONE);
    TAP_EQ(server->left.of[BUDGET_ENDPOINTS], 0);
    ipc_end();
}

TAP_TEST(memory_of_which_its_maker_cannot_be_told_is_not_made)
{
    begin();
    uint64_t id = open_answer(), words[2] = {UINT64_C(0x0000000100000000), KERNEL_MEMORY_BYTES_MAX};
    const uint64_t before = server->memory.charged_bytes;
    server->memory.charged_bytes = KERNEL_MEMORY_CHARGE_MAX - KERNEL_MEMORY_BYTES_MAX;
    struct cap_sqe sqe = endpoint_call(server, CAPOS_CAP_NULL, 0, 0);
    sqe.interface_id = MEMORY_SOURCE_INTERFACE_ID;
    sqe.method_id = MEMORY_SOURCE_METHOD_CREATE;
    memcpy(fake_memory(server, sqe.params_addr), words, sizeof words);
    sqe.params_len = sizeof words;
    ipc_do(server, by_promise(sqe, NUMBER, DONE));
    ipc_do(server, by_promise(sqe, NUMBER + 1, sqe.result_len));
    other_returns(id, held_by_other(KERNEL_CAPABILITY_MEMORY_SOURCE, MEMORY_SOURCE_INTERFACE_ID));
    ipc_expect(server, NUMBER, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(server, NUMBER + 1, DONE);
    ipc_expect(server, 1, DONE);
    TAP_EQ(server->memory.charged_bytes, KERNEL_MEMORY_CHARGE_MAX);
    server->memory.charged_bytes -= KERNEL_MEMORY_CHARGE_MAX - KERNEL_MEMORY_BYTES_MAX - before;
    ipc_end();
}

TAP_TEST(an_owner_facet_that_turns_out_to_go_elsewhere_comes_back)
{
    begin();
    uint64_t id = spawn_by_promise(CAP_TRANSFER_MOVE);
    TAP_CHECK(!kernel_caps_find(&server->caps, owner));
    other_returns(id, ipc_facet(other, ipc_endpoint(other, KERNEL_MESSAGE_MAX, IPC_CAPS_MAX), 8, other));
    ipc_expect(server, NUMBER, CAP_ERR_NOT_TRANSFERABLE);
    ipc_expect(server, 1, DONE);
    TAP_CHECK(kernel_caps_find(&server->caps, owner));
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_expect(server, 5, 64 + 16);
    ipc_end();

    begin();
    id = spawn_by_promise(CAP_TRANSFER_MOVE);
    other_returns(id, held_by_other(KERNEL_CAPABILITY_TIMER, TIMER_INTERFACE_ID));
    ipc_expect(server, NUMBER, CAP_ERR_APPLICATION_EXCEPTION);
    ipc_expect(server, 1, DONE);
    TAP_CHECK(kernel_caps_find(&server->caps, owner));
    ipc_end();

    begin();
    spawn_by_promise(CAP_TRANSFER_MOVE);
    ipc_cancel(server, NUMBER);
    ipc_expect(server, NUMBER, CAP_ERR_CANCELLED);
    TAP_CHECK(kernel_caps_find(&server->caps, owner));
    ipc_end();
}

/* The endpoint lives as long as the spawn that waits has its owner facet, and no longer. */
TAP_TEST(an_owner_facet_under_way_ends_with_its_sender)
{
    begin();
    spawn_by_promise(CAP_TRANSFER_COPY);
    ipc_do(server, (struct cap_sqe){.op = CAP_OP_RELEASE, .user_data = 6, .cap_id = owner});
    ipc_expect(server, 5, CAP_ERR_STALE_CAP);
    ipc_expect(server, 6, CAP_OK);
    ipc_do(client, ipc_call(client, client_cap, 2));
    ipc_expect_nothing(client);
    ipc_kill(server);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    ipc_end();
}

TAP_TEST(a_process_handle_is_not_granted_by_promise_either)
{
    begin();
    struct cap_sqe first = ipc_keep(spawn_call(server, spawner, &(struct spawn_request){0}), 1);
    first.user_data = 1;
    ipc_do(server, first);
    ipc_expect(server, 1, DONE);
    struct process *child = last();
    const struct spawn_request request = {.grant_count = 1, .grants = {{"sibling", ipc_promised(1, 0)}}};
    struct cap_sqe sqe = spawn_call(server, spawner, &request);
    sqe.user_data = NUMBER;
    ipc_do(server, sqe);
    ipc_expect(server, NUMBER, CAP_ERR_NOT_TRANSFERABLE);
    TAP_CHECK(last() == child);
    ipc_end();
}

TAP_TEST(a_process_handle_is_not_even_sent_to_a_promised_spawner)
{
    begin();
    uint64_t handle = spawn_cap(server, spawn_call(server, spawner, &(struct spawn_request){0}));
    open_answer();
    struct cap_sqe sqe = ipc_pipeline(server, 1, 0, 4);
    ipc_attach(server, &sqe, &(struct cap_transfer[]){transfer(handle, CAP_TRANSFER_COPY)}[0], 1);
    ipc_do(server, sqe);
    ipc_expect(server, 4, CAP_ERR_NOT_TRANSFERABLE);
    ipc_end();
}
