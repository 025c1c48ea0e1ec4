/*
 * What waits for answers: how it ends, in which order it goes on, and chains of it: docs/abi.md, section 4,
 * and docs/security.md, clauses 30 and 31.
 */
#include "kernel/core/answer.h"

#include "kernel/core/cap_table.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

enum { DONE = 16 };

/* The client's call to the server, with its answer kept; the server has taken it: its id. */
static uint64_t open_kept(uint64_t number, uint32_t answer)
{
    ipc_do(client, ipc_keep(ipc_call(client, client_cap, number), answer));
    return ipc_take(server, owner, 1, number);
}

/* Answer 1, which has arrived, with the fields of so many badges from 7 on. */
static void keep_badges(uint16_t count, uint16_t fields)
{
    ipc_return_badges(open_kept(1, 1), 40, 7, count, fields);
    ipc_expect(client, 1, DONE);
}

/* --- Finish and cancel ----------------------------------------------------------------------- */

TAP_TEST(finish_cancels_a_call_that_nothing_depends_on)
{
    ipc_begin();
    open_kept(1, 1);
    ipc_do(client, (struct cap_sqe){.op = CAP_OP_FINISH, .user_data = 50, .answer_id = 1});
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 50, CAP_OK);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_CANCELLED);
    TAP_EQ(machine->kernel.answer_pool.taken, 0);
    TAP_EQ(machine->kernel.calls, 1);
    ipc_end();
}

TAP_TEST(finish_cancels_nothing_that_something_depends_on)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    TAP_EQ(ipc_finish(client, 1), CAP_OK);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_expect(client, 3, CAP_ERR_BAD_ANSWER);
    ipc_do(client,
           ipc_keep(ipc_call(client, client_cap, 3), 1)); /* the id is in use until the answer comes */
    ipc_expect(client, 3, CAP_ERR_BAD_ANSWER);
    ipc_return_badges(id, 40, 7, 1, 1);
    ipc_expect(client, 1, DONE);
    ipc_take(server, owner, 7, 2);
    TAP_EQ(machine->kernel.answer_pool.taken, 0);
    TAP_EQ(machine->kernel.calls, 1);
    ipc_end();
}

TAP_TEST(results_that_arrive_after_finish_leak_nothing)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    TAP_EQ(ipc_finish(client, 1), CAP_OK);
    ipc_return_badges(id, 40, 7, 2, 2);
    TAP_EQ(machine->kernel.calls, 0);
    for (uint64_t i = 0; i < 2; i++) {
        ipc_do(server, ipc_receive(owner, 5));
        ipc_expect(server, 5, 64);
        TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    }
    ipc_end();
}

TAP_TEST(a_cancelled_call_cancels_what_depends_on_it_before_the_cancel_completes)
{
    ipc_begin();
    open_kept(1, 1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    ipc_cancel(client, 1);
    ipc_expect(client, 1, CAP_ERR_CANCELLED);
    ipc_expect(client, 3, CAP_ERR_CANCELLED);
    ipc_expect(client, 2, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    TAP_EQ(ipc_finish(client, 1), CAP_OK);
    TAP_EQ(ipc_finish(client, 2), CAP_OK);
    TAP_EQ(machine->kernel.calls, 1);
    ipc_end();
}

TAP_TEST(a_call_that_waits_for_an_answer_is_cancelled_alone)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    uint64_t moved = ipc_facet(server, owner, 3, client);
    struct cap_sqe sqe = ipc_pipeline(client, 1, 0, 2);
    ipc_attach(client, &sqe, &(struct cap_transfer){.cap_id = moved, .mode = CAP_TRANSFER_MOVE}, 1);
    ipc_do(client, sqe);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    TAP_CHECK(!kernel_caps_find(&client->caps, moved));
    ipc_cancel(client, 2);
    ipc_expect(client, 2, CAP_ERR_CANCELLED);
    ipc_expect(client, 1001, CAP_OK);
    TAP_CHECK(kernel_caps_find(&client->caps, moved));
    ipc_return_badges(id, 40, 7, 1, 1);
    ipc_expect(client, 1, DONE);
    ipc_take(server, owner, 7, 3);
    ipc_end();
}

/* A server that never returns an abandoned call keeps its record, not the answer. */
TAP_TEST(callers_that_die_leave_no_answer_behind)
{
    ipc_begin();
    keep_badges(1, 1);
    uint64_t id = open_kept(2, 2);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 2, 0, 3), 3));
    ipc_kill(client);
    kernel_process_gone(&machine->kernel, client);
    TAP_EQ(machine->kernel.answer_pool.taken, 0);
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    TAP_EQ(machine->kernel.calls, 1);
    ipc_return_badges(id, 41, 9, 1, 1);
    TAP_EQ(machine->kernel.calls, 0);
    ipc_end();
}

/* --- Order ------------------------------------------------------------------------------------ */

TAP_TEST(what_waits_goes_out_in_order_and_before_a_later_direct_call)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_pipeline(client, 1, 1, 2));
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_return_badges(id, 40, 7, 2, 2);
    ipc_expect(client, 1, DONE);
    ipc_do(server, ipc_return(server, ipc_take(server, owner, 8, 2), 41));
    ipc_expect(server, 41, CAP_OK);
    ipc_do(client, ipc_call(client, client_cap, 4));
    ipc_take(server, owner, 7, 3);
    ipc_take(server, owner, 1, 4);
    ipc_end();
}

TAP_TEST(a_receive_that_waits_gets_what_was_submitted_first)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 1, 1, 3));
    ipc_do(client, ipc_pipeline(client, 1, 0, 4));
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(server, ipc_receive(owner, 6));
    ipc_return_badges(id, 40, 7, 2, 2);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 5) + 1))[1], 2);
    TAP_EQ(((const uint64_t *)(ipc_message(server, 6) + 1))[1], 3);
    ipc_reap(server);
    ipc_reap(server);
    ipc_take(server, owner, 7, 4);
    ipc_end();
}

/* The answer comes from elsewhere; what was submitted later waits already at the same endpoint. */
TAP_TEST(a_call_stands_before_those_that_were_submitted_later_and_still_wait)
{
    ipc_begin();
    uint64_t elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_other = ipc_facet(other, elsewhere, 5, client);
    ipc_do(client, ipc_keep(ipc_call(client, to_other, 1), 1));
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_do(client, ipc_call(client, client_cap, 3));
    uint64_t id = ipc_take(other, elsewhere, 5, 1);
    struct cap_sqe sqe = ipc_return(other, id, 40);
    ipc_attach(other, &sqe, &(struct cap_transfer){.cap_id = other_cap, .mode = CAP_TRANSFER_COPY}, 1);
    sqe.result_cap_max = 1;
    ipc_do(other, sqe);
    ipc_take(server, owner, 2, 2);
    ipc_take(server, owner, 1, 3);
    ipc_end();
}

/* --- Chains ------------------------------------------------------------------------------------ */

static struct cap_sqe read_only(uint32_t answer, uint64_t number)
{
    struct cap_sqe sqe = ipc_pipeline(client, answer, 0, number);
    sqe.interface_id = MEMORY_OBJECT_INTERFACE_ID;
    sqe.method_id = MEMORY_OBJECT_METHOD_READ_ONLY;
    sqe.params_len = 0;
    return sqe;
}

static struct cap_sqe create_memory(uint64_t number)
{
    uint64_t source = 0, bytes = 0;
    kernel_caps_insert(&client->caps, &machine->kernel.objects[KERNEL_CAPABILITY_MEMORY_SOURCE],
                       MEMORY_SOURCE_INTERFACE_ID, &source);
    struct cap_sqe sqe = ipc_call(client, source, number);
    struct wire_build build;
    wire_build_init(&build, fake_memory(client, sqe.params_addr), 8);
    wire_set_u64(wire_slot_init_struct(wire_build_root(&build), 1, 0), 0, CAPOS_PAGE_BYTES);
    wire_build_flat(&build, &bytes);
    sqe.interface_id = MEMORY_SOURCE_INTERFACE_ID;
    sqe.method_id = MEMORY_SOURCE_METHOD_CREATE;
    return sqe;
}

TAP_TEST(a_chain_through_objects_of_the_kernel_takes_one_entry)
{
    ipc_begin();
    struct cap_sqe create = ipc_keep(create_memory(1), 1), map = ipc_pipeline(client, 1, 0, 2),
                   size = read_only(1, 3);
    map.interface_id = MEMORY_OBJECT_INTERFACE_ID;
    map.method_id = MEMORY_OBJECT_METHOD_MAP;
    map.params_len = 0;
    size.method_id = MEMORY_OBJECT_METHOD_SIZE;
    fake_submit(client, &create);
    fake_submit(client, &map);
    fake_submit(client, &size);
    TAP_EQ(fake_poll(client), 3);
    ipc_expect(client, 1, DONE);
    ipc_expect(client, 2, DONE);
    ipc_expect(client, 3, DONE);
    TAP_EQ(((const uint64_t *)fake_memory(client, ipc_results(3)))[1], CAPOS_PAGE_BYTES);
    TAP_EQ(((const uint64_t *)fake_memory(client, ipc_results(2)))[1], KERNEL_PLACES_START);
    ipc_end();
}

TAP_TEST(objects_of_the_kernel_take_no_capabilities_by_way_of_a_promise_either)
{
    ipc_begin();
    uint64_t moved = ipc_facet(server, owner, 3, client);
    struct cap_sqe create = ipc_keep(create_memory(1), 1), sqe = read_only(1, 2);
    const struct cap_transfer caps[] = {{.cap_id = moved, .mode = CAP_TRANSFER_MOVE}, ipc_promised(1, 0)};
    ipc_do(client, create);
    ipc_expect(client, 1, DONE);
    ipc_attach(client, &sqe, caps, 2);
    ipc_do(client, sqe);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_INVALID_ARGUMENT);
    TAP_CHECK(kernel_caps_find(&client->caps, moved));
    TAP_EQ(machine->kernel.wait_pool.taken, 0);
    ipc_end();
}

/* How deep the kernel's stack gets when a chain of so many calls runs at once. */
static uintptr_t depth_of_chain(uint32_t length)
{
    ipc_begin();
    uint64_t to_memory = 0, id = open_kept(1, 1);
    struct cap_sqe create = create_memory(0), sqe = ipc_return(server, id, 40);
    create.result_cap_max = 1;
    ipc_do(client, create);
    struct cap_cqe cqe = ipc_reap(client);
    const struct cap_transfer_result *made = ipc_result_records(client, 0, cqe);
    kernel_caps_insert(&server->caps, kernel_caps_find(&client->caps, made->cap_id),
                       MEMORY_OBJECT_INTERFACE_ID, &to_memory);
    for (uint32_t i = 2; i <= length; i++)
        ipc_do(client, ipc_keep(read_only(i - 1, i), i));
    ipc_attach(server, &sqe, &(struct cap_transfer){.cap_id = to_memory, .mode = CAP_TRANSFER_MOVE}, 1);
    sqe.result_cap_max = 1;
    machine->port.stack_low = 0;
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_OK);
    for (uint32_t i = 0; i < length; i++) {
        if (client->deferred_count > 0)
            fake_poll(client);
        cqe = ipc_reap(client);
        tap_equal(__FILE__, __LINE__, "a link of the chain", cqe.result, DONE);
    }
    uintptr_t low = machine->port.stack_low;
    ipc_end();
    return low;
}

TAP_TEST(the_kernel_calls_itself_for_no_length_of_a_chain)
{
    uintptr_t two = depth_of_chain(2);
    TAP_STOP_IF_FAILED();
    uintptr_t most = depth_of_chain(KERNEL_CALLS_MAX - 1);
    TAP_STOP_IF_FAILED();
    TAP_EQ(two, most);
}

/* Alternating services: each returns the other's object, and the client is not woken in between. */
TAP_TEST(a_chain_across_services_goes_on_without_its_client)
{
    ipc_begin();
    uint64_t elsewhere = ipc_endpoint(other, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    uint64_t to_other = ipc_facet(other, elsewhere, 5, server);
    struct cap_sqe sqe[] = {ipc_keep(ipc_call(client, client_cap, 1), 1),
                            ipc_keep(ipc_pipeline(client, 1, 0, 2), 2), ipc_pipeline(client, 2, 0, 3)};
    for (unsigned i = 0; i < 3; i++)
        fake_submit(client, &sqe[i]);
    int64_t result = -1;
    TAP_EQ(kernel_enter(&machine->kernel, client, 3, CAPOS_FOREVER, &result), KERNEL_ENTER_WAITS);
    struct cap_sqe back = ipc_return(server, ipc_take(server, owner, 1, 1), 40);
    ipc_attach(server, &back, &(struct cap_transfer){.cap_id = to_other, .mode = CAP_TRANSFER_COPY}, 1);
    back.result_cap_max = 1;
    ipc_do(server, back);
    ipc_expect(server, 40, CAP_OK);
    back = ipc_return(other, ipc_take(other, elsewhere, 5, 2), 40);
    ipc_attach(other, &back, &(struct cap_transfer){.cap_id = other_cap, .mode = CAP_TRANSFER_COPY}, 1);
    back.result_cap_max = 1;
    ipc_do(other, back);
    ipc_expect(other, 40, CAP_OK);
    uint64_t id = ipc_take(server, owner, 2, 3);
    TAP_CHECK(!fake_process(client)->woken);
    ipc_do(server, ipc_return(server, id, 41));
    TAP_CHECK(fake_process(client)->woken);
    ipc_expect(client, 1, DONE);
    ipc_expect(client, 2, DONE);
    ipc_expect(client, 3, DONE);
    ipc_end();
}
