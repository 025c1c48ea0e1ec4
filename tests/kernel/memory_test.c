/*
 * Shared memory: made, handed on, mapped, charged, and gone with the last who holds it. Holds
 * docs/security.md, clause 23.
 */
#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/memory.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

enum { PAGE = CAPOS_PAGE_BYTES, RECORD_BYTES = sizeof(struct cap_transfer_result), NUMBER = 1 };

static uint64_t source; /* in the server's table */

static void begin(void)
{
    ipc_begin();
    kernel_caps_insert(&server->caps, &machine->kernel.objects[KERNEL_CAPABILITY_MEMORY_SOURCE],
                       MEMORY_SOURCE_INTERFACE_ID, &source);
}

/* A call with one number for params. */
static struct cap_sqe call_with(struct process *of, uint64_t cap, uint64_t interface, uint16_t method,
                                uint64_t number)
{
    struct cap_sqe sqe = ipc_call(of, cap, NUMBER);
    struct wire_build build;
    uint64_t bytes = 0;
    wire_build_init(&build, fake_memory(of, sqe.params_addr), 8);
    wire_set_u64(wire_slot_init_struct(wire_build_root(&build), 1, 0), 0, number);
    wire_build_flat(&build, &bytes);
    sqe.params_len = (uint32_t)bytes;
    sqe.interface_id = interface;
    sqe.method_id = method;
    sqe.result_cap_max = 1;
    return sqe;
}

static struct cap_cqe run(struct process *of, struct cap_sqe sqe)
{
    ipc_do(of, sqe);
    return ipc_reap(of);
}

/* The capability that came with results, or 0. */
static uint64_t cap_of(struct process *of, struct cap_cqe cqe)
{
    struct cap_transfer_result record;
    if (cqe.result < 0 || cqe.cap_count != 1)
        return CAPOS_CAP_NULL;
    memcpy(&record, fake_memory(of, ipc_results(NUMBER) + (uint64_t)cqe.result), RECORD_BYTES);
    return record.interface_id == MEMORY_OBJECT_INTERFACE_ID ? record.cap_id : CAPOS_CAP_NULL;
}

static uint64_t create(uint64_t bytes)
{
    return cap_of(server, run(server, call_with(server, source, MEMORY_SOURCE_INTERFACE_ID,
                                                MEMORY_SOURCE_METHOD_CREATE, bytes)));
}

static struct cap_cqe ask(struct process *of, uint64_t cap, uint16_t method, uint64_t number)
{
    return run(of, call_with(of, cap, MEMORY_OBJECT_INTERFACE_ID, method, number));
}

/* The number that a call answered with; 0: it did not. */
static uint64_t number_of(struct process *of, struct cap_cqe cqe)
{
    struct wire_message message;
    if (cqe.result <= 0)
        return 0;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(of, ipc_results(NUMBER)), (uint64_t)cqe.result);
    return wire_get_u64(wire_root(&message), 0);
}

static uint64_t map(struct process *of, uint64_t cap, bool writable)
{
    return number_of(of, ask(of, cap, MEMORY_OBJECT_METHOD_MAP, writable));
}

static int32_t unmap(struct process *of, uint64_t cap, uint64_t address)
{
    return ask(of, cap, MEMORY_OBJECT_METHOD_UNMAP, address).result;
}

/* Gives a copy to another process, as a message would. */
static uint64_t give(uint64_t cap, struct process *to)
{
    uint64_t given = CAPOS_CAP_NULL;
    const struct cap_slot *slot = kernel_caps_slot(&server->caps, cap);
    kernel_caps_insert(&to->caps, slot->object, slot->interface_id, &given);
    return given;
}

static void release(struct process *of, uint64_t cap)
{
    const struct cap_sqe sqe = {.op = CAP_OP_RELEASE, .user_data = 9, .cap_id = cap};
    TAP_EQ(run(of, sqe).result, CAP_OK);
}

static void check_exception(struct cap_cqe cqe, uint16_t type)
{
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.aux, type);
}

TAP_TEST(what_one_writes_the_other_reads)
{
    char text[8] = "";
    begin();
    uint64_t cap = create(2 * PAGE - 1);
    TAP_CHECK(cap != CAPOS_CAP_NULL);
    TAP_EQ(number_of(server, ask(server, cap, MEMORY_OBJECT_METHOD_SIZE, 0)), 2 * PAGE);
    uint64_t at = map(server, cap, true), there = map(client, give(cap, client), false);
    TAP_CHECK(at >= KERNEL_PLACES_START && there >= KERNEL_PLACES_START);
    TAP_CHECK(port_copy_out(server, at + PAGE, "bulk", 5) && port_copy_in(client, text, there + PAGE, 5));
    TAP_STR_EQ(text, "bulk");
    TAP_CHECK(port_writable(server, at, 2 * PAGE) && !port_writable(client, there, 1));
    ipc_end();
}

TAP_TEST(bytes_must_be_so_many)
{
    static const uint64_t wrong[] = {0, KERNEL_MEMORY_BYTES_MAX + 1, UINT64_MAX, UINT64_C(1) << 63};
    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_exception(run(server, call_with(server, source, MEMORY_SOURCE_INTERFACE_ID,
                                              MEMORY_SOURCE_METHOD_CREATE, wrong[i])),
                        EXCEPTION_TYPE_INVALID_ARGUMENT);
    TAP_CHECK(create(1) && create(KERNEL_MEMORY_BYTES_MAX));
    ipc_end();
}

TAP_TEST(a_reader_cannot_be_made_a_writer)
{
    begin();
    uint64_t cap = create(PAGE);
    uint64_t reader = cap_of(server, ask(server, cap, MEMORY_OBJECT_METHOD_READ_ONLY, 0));
    TAP_CHECK(reader != CAPOS_CAP_NULL);
    uint64_t given = give(reader, client);
    check_exception(ask(client, given, MEMORY_OBJECT_METHOD_MAP, 1), EXCEPTION_TYPE_INVALID_ARGUMENT);
    uint64_t again = cap_of(client, ask(client, given, MEMORY_OBJECT_METHOD_READ_ONLY, 0));
    TAP_CHECK(again != CAPOS_CAP_NULL);
    check_exception(ask(client, again, MEMORY_OBJECT_METHOD_MAP, 1), EXCEPTION_TYPE_INVALID_ARGUMENT);
    uint64_t at = map(client, again, false);
    TAP_CHECK(at != 0 && !port_writable(client, at, 1));
    TAP_EQ(number_of(client, ask(client, given, MEMORY_OBJECT_METHOD_SIZE, 0)), PAGE);
    ipc_end();
}

TAP_TEST(memory_lives_as_long_as_somebody_holds_it)
{
    char text[4] = "";
    begin();
    uint64_t cap = create(PAGE), at = map(server, cap, true);
    port_copy_out(server, at, "abc", 4);
    uint64_t reader = cap_of(server, ask(server, cap, MEMORY_OBJECT_METHOD_READ_ONLY, 0));
    uint64_t given = give(reader, client);
    release(server, reader);
    release(server, cap);
    TAP_EQ(machine->port.memories, 1); /* mapped, and held by the client */
    ipc_kill(server);
    TAP_EQ(machine->port.memories, 1);
    TAP_EQ(machine->kernel.mappings, 1); /* its memory may still be reached */
    kernel_process_gone(&machine->kernel, server);
    TAP_EQ(machine->kernel.mappings, 0);
    uint64_t there = map(client, given, false);
    release(client, given);
    TAP_CHECK(port_copy_in(client, text, there, 4));
    TAP_STR_EQ(text, "abc");
    TAP_EQ(machine->port.memories, 1);
    ipc_kill(client);
    TAP_EQ(machine->port.memories, 1);
    kernel_process_gone(&machine->kernel, client);
    TAP_EQ(machine->port.memories, 0);
    TAP_EQ(machine->kernel.memory_bytes, 0);
    ipc_end();
}

TAP_TEST(the_last_reader_takes_the_memory_with_it)
{
    begin();
    uint64_t cap = create(PAGE);
    for (int i = 0; i < 3; i++) {
        uint64_t reader = cap_of(server, ask(server, cap, MEMORY_OBJECT_METHOD_READ_ONLY, 0));
        TAP_CHECK(reader != CAPOS_CAP_NULL);
        if (i == 2)
            release(server, cap);
        TAP_EQ(machine->port.memories, 1);
        release(server, reader);
    }
    TAP_EQ(machine->port.memories, 0);
    ipc_end();
}

TAP_TEST(mappings_end_where_they_are_and_nowhere_else)
{
    begin();
    uint64_t cap = create(PAGE), second = create(PAGE);
    uint64_t at = map(server, cap, true), twice = map(server, cap, false);
    const uint64_t wrong[] = {0,          at + 8, at + PAGE, twice + KERNEL_PLACE_BYTES, KERNEL_PLACES_END,
                              UINT64_MAX, at - 8};
    TAP_CHECK(at != twice);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_exception(ask(server, cap, MEMORY_OBJECT_METHOD_UNMAP, wrong[i]),
                        EXCEPTION_TYPE_INVALID_ARGUMENT);
    check_exception(ask(server, second, MEMORY_OBJECT_METHOD_UNMAP, at), EXCEPTION_TYPE_INVALID_ARGUMENT);
    check_exception(ask(client, give(cap, client), MEMORY_OBJECT_METHOD_UNMAP, at),
                    EXCEPTION_TYPE_INVALID_ARGUMENT);
    TAP_EQ(unmap(server, cap, at), 0);
    TAP_CHECK(!port_writable(server, at, 1));
    TAP_EQ(unmap(server, cap, at), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(unmap(server, cap, twice), 0);
    TAP_EQ(map(server, second, true), at); /* a place is used again */
    ipc_end();
}

TAP_TEST(places_are_as_many_as_there_are)
{
    begin();
    uint64_t cap = create(PAGE), last = 0;
    for (int i = 0; i < KERNEL_PLACES; i++) {
        last = map(server, cap, true);
        TAP_EQ(last, KERNEL_PLACE_AT((uint64_t)i));
    }
    check_exception(ask(server, cap, MEMORY_OBJECT_METHOD_MAP, 0), EXCEPTION_TYPE_OVERLOADED);
    TAP_EQ(unmap(server, cap, last), 0);
    machine->port.maps_left = 0;
    check_exception(ask(server, cap, MEMORY_OBJECT_METHOD_MAP, 0), EXCEPTION_TYPE_OVERLOADED);
    machine->port.maps_left = 1;
    TAP_EQ(map(server, cap, true), last);
    ipc_end();
}

TAP_TEST(a_process_is_charged_for_what_it_makes)
{
    begin();
    uint64_t caps[KERNEL_MEMORY_CHARGE_MAX / KERNEL_MEMORY_BYTES_MAX];
    for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++) {
        caps[i] = create(KERNEL_MEMORY_BYTES_MAX);
        TAP_CHECK(caps[i] != CAPOS_CAP_NULL);
    }
    struct cap_sqe one_more =
        call_with(server, source, MEMORY_SOURCE_INTERFACE_ID, MEMORY_SOURCE_METHOD_CREATE, 1);
    check_exception(run(server, one_more), EXCEPTION_TYPE_OVERLOADED);
    give(caps[1], client);
    release(server, caps[1]); /* the client's copy is charged to who made it */
    check_exception(run(server, one_more), EXCEPTION_TYPE_OVERLOADED);
    release(server, caps[0]);
    TAP_CHECK(create(KERNEL_MEMORY_BYTES_MAX));
    machine->port.memories_left = 0;
    check_exception(run(server, one_more), EXCEPTION_TYPE_OVERLOADED);
    ipc_end();
}

/* Nothing is made, or mapped, for who cannot be told. */
TAP_TEST(results_that_do_not_fit_leave_nothing_behind)
{
    begin();
    uint64_t cap = create(PAGE);
    struct cap_sqe sqe =
        call_with(server, source, MEMORY_SOURCE_INTERFACE_ID, MEMORY_SOURCE_METHOD_CREATE, 1);
    const uint32_t needed = 16 + RECORD_BYTES;
    sqe.result_len = needed - 8;
    struct cap_cqe cqe = run(server, sqe);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, needed);
    sqe.result_len = needed;
    sqe.result_cap_max = 0;
    TAP_EQ(run(server, sqe).result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(machine->port.memories, 1);
    sqe = call_with(server, cap, MEMORY_OBJECT_INTERFACE_ID, MEMORY_OBJECT_METHOD_READ_ONLY, 0);
    sqe.result_cap_max = 0;
    TAP_EQ(run(server, sqe).result, CAP_ERR_BUFFER_TOO_SMALL);
    sqe = call_with(server, cap, MEMORY_OBJECT_INTERFACE_ID, MEMORY_OBJECT_METHOD_MAP, 0);
    sqe.result_len = 8;
    cqe = run(server, sqe);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, 16);
    TAP_EQ(machine->kernel.mappings, 0);
    release(server, cap);
    TAP_EQ(machine->port.memories, 0);
    ipc_end();
}

/* Params and results may lie in it, and vanish in the very call. */
TAP_TEST(calls_reach_into_shared_memory)
{
    begin();
    uint64_t cap = create(PAGE), at = map(server, cap, true), reading = map(server, cap, false);
    struct cap_sqe sqe = call_with(server, cap, MEMORY_OBJECT_INTERFACE_ID, MEMORY_OBJECT_METHOD_SIZE, 0);
    sqe.result_addr = reading;
    TAP_EQ(run(server, sqe).result, CAP_ERR_BAD_RESULT_BUFFER);
    sqe.result_addr = at;
    TAP_EQ(run(server, sqe).result, 16);
    sqe = call_with(server, cap, MEMORY_OBJECT_INTERFACE_ID, MEMORY_OBJECT_METHOD_UNMAP, at);
    port_copy_out(server, at, fake_memory(server, sqe.params_addr), sqe.params_len);
    sqe.params_addr = reading;
    sqe.result_addr = at;
    TAP_EQ(run(server, sqe).result, 0);
    TAP_CHECK(!port_writable(server, at, 1));
    ipc_end();
}

/* A child's memory stays with who holds it, and so does the charge: spawning again gives no more. */
TAP_TEST(memory_that_outlives_its_maker_is_charged_to_the_spawner)
{
    uint64_t id;
    ipc_begin();
    uint64_t spawner = spawn_begin(server);
    const struct budget before = server->left;
    spawn_cap(server, spawn_call(server, spawner, &(struct spawn_request){.grant_count = 0}));
    struct process *child = LIST_ENTRY(machine->kernel.processes.head.previous, struct process, in_kernel);
    struct memory *memory = kernel_memory_new(&machine->kernel, child, 2 * PAGE);
    TAP_EQ(kernel_caps_insert(&client->caps, &memory->object, MEMORY_OBJECT_INTERFACE_ID, &id), CAP_OK);
    kernel_object_release(&machine->kernel, &memory->object);
    kernel_exit(&machine->kernel, child, 0);
    kernel_process_gone(&machine->kernel, child);
    TAP_EQ(before.of[BUDGET_MEMORY] - server->left.of[BUDGET_MEMORY], 2 * PAGE);
    TAP_EQ(server->memory.charged_bytes, 0);
    ipc_release(client, id);
    TAP_MEM_EQ(&server->left, &before, sizeof before);
    ipc_end();
}
