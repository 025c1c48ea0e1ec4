/*
 * Stats: what the kernel keeps, and that it is back where it was.
 */
#include "kernel/core/cap_table.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

struct stats {
    uint64_t processes, slots, calls, receives, endpoints, facets, queued_messages, queued_bytes, bundles;
    uint64_t memories, memory_bytes, mappings, pages;
};

/* Asked by a process that does nothing else, so that its own call is always one of the calls. */
static struct stats read_stats(void)
{
    static struct process *asker;
    static uint64_t cap;
    asker = fake_machine_spawn(machine, "asker");
    kernel_caps_insert(&asker->caps, &machine->kernel.objects[KERNEL_CAPABILITY_STATS], STATS_INTERFACE_ID,
                       &cap);
    struct cap_sqe sqe = ipc_call(asker, cap, 1);
    sqe.interface_id = STATS_INTERFACE_ID;
    sqe.method_id = STATS_METHOD_READ;
    sqe.params_len = 0;
    ipc_do(asker, sqe);
    struct cap_cqe cqe = ipc_reap(asker);
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(asker, ipc_results(1)), (uint64_t)cqe.result);
    struct stats_read_results_reader from = {wire_root(&message)};
    const struct stats got = {
        .processes = stats_read_results_get_processes(from),
        .slots = stats_read_results_get_slots(from),
        .calls = stats_read_results_get_calls(from),
        .receives = stats_read_results_get_receives(from),
        .endpoints = stats_read_results_get_endpoints(from),
        .facets = stats_read_results_get_facets(from),
        .queued_messages = stats_read_results_get_queued_messages(from),
        .queued_bytes = stats_read_results_get_queued_bytes(from),
        .bundles = stats_read_results_get_bundles(from),
        .memories = stats_read_results_get_memories(from),
        .memory_bytes = stats_read_results_get_memory_bytes(from),
        .mappings = stats_read_results_get_mappings(from),
        .pages = stats_read_results_get_pages(from),
    };
    ipc_kill(asker);
    kernel_process_gone(&machine->kernel, asker);
    return got;
}

TAP_TEST(stats_count_what_there_is_and_see_it_go)
{
    ipc_begin();
    const struct stats before = read_stats();
    TAP_EQ(before.processes, 4);
    TAP_EQ(before.slots, 3 * 4 + 3 + 5);
    TAP_EQ(before.calls, 1);
    TAP_EQ(before.endpoints, 1);
    TAP_EQ(before.facets, 2);
    TAP_EQ(before.pages, 4 * FAKE_PAGES);
    const struct cap_transfer cap = {.cap_id = fake_cap(client, "timer"), .mode = CAP_TRANSFER_COPY};
    struct cap_sqe sqe = ipc_call(client, client_cap, 1);
    ipc_attach(client, &sqe, &cap, 1);
    ipc_do(client, sqe);
    struct stats now = read_stats();
    TAP_EQ(now.calls, 2);
    TAP_EQ(now.bundles, 1);
    TAP_EQ(now.queued_messages, 1);
    TAP_EQ(now.queued_bytes, 16);
    uint64_t id = ipc_take_call(server, owner);
    ipc_do(server, ipc_receive(owner, 5));
    now = read_stats();
    TAP_EQ(now.receives, 1);
    TAP_EQ(now.queued_messages + now.queued_bytes + now.bundles, 0);
    TAP_EQ(now.slots, before.slots + 1);
    ipc_do(server, ipc_return(server, id, 6));
    ipc_release(server, ipc_message_records(server, IPC_NUMBERS - 1)[0].cap_id);
    ipc_cancel(server, 5);
    now = read_stats();
    TAP_MEM_EQ(&now, &before, sizeof now);
    ipc_end();
}

TAP_TEST(stats_count_memory_until_nobody_has_it)
{
    enum { PAGES = 3, BYTES = PAGES * CAPOS_PAGE_BYTES };
    ipc_begin();
    const struct stats before = read_stats();
    struct memory *memory = kernel_memory_new(&machine->kernel, server, BYTES - 1);
    TAP_CHECK(kernel_memory_map(&machine->kernel, server, memory, true) != 0);
    struct stats now = read_stats();
    TAP_EQ(now.memories, 1);
    TAP_EQ(now.memory_bytes, BYTES);
    TAP_EQ(now.mappings, 1);
    TAP_EQ(now.pages, before.pages + PAGES);
    kernel_object_release(&machine->kernel, &memory->object);
    ipc_kill(server); /* and with it its own pages, and the last mapping */
    kernel_process_gone(&machine->kernel, server);
    now = read_stats();
    TAP_EQ(now.memories + now.memory_bytes + now.mappings, 0);
    TAP_EQ(now.pages, before.pages - FAKE_PAGES);
    ipc_end();
}
