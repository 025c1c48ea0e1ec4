/*
 * Stats: how much the kernel keeps. Tests see by it that nothing is left
 * behind; nothing else depends on it.
 */
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

static enum call_progress read(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct stats_read_results_builder to = {results};
    uint64_t slots = 0, receives = 0;
    (void)call;
    for (struct list_node *node = list_first(&kernel->processes); node;
         node = list_next(&kernel->processes, node)) {
        const struct process *process = LIST_ENTRY(node, struct process, in_kernel);
        slots += process->caps.used;
        receives += process->receives_busy_count;
    }
    stats_read_results_set_processes(to, kernel->process_pool.taken);
    stats_read_results_set_slots(to, slots);
    stats_read_results_set_calls(to, kernel->calls);
    stats_read_results_set_receives(to, receives);
    stats_read_results_set_endpoints(to, kernel->endpoint_pool.taken);
    stats_read_results_set_facets(to, kernel->facet_pool.taken);
    stats_read_results_set_queued_messages(to, kernel->queued_messages);
    stats_read_results_set_queued_bytes(to, kernel->queued_bytes);
    stats_read_results_set_bundles(to, kernel->bundle_pool.taken);
    stats_read_results_set_arena_bytes(to, kernel_arena_taken(&kernel->arena));
    stats_read_results_set_memories(to, kernel->memory_pool.taken);
    stats_read_results_set_memory_bytes(to, kernel->memory_bytes);
    stats_read_results_set_mappings(to, kernel->mappings);
    stats_read_results_set_pages(to, port_pages(kernel));
    return CALL_DONE;
}

static const struct object_method methods[] = {
    [STATS_METHOD_READ] = {.perform = read},
};

const struct object_type object_stats = {
    .interface = &stats_interface,
    .methods = methods,
    .transferable = true,
};
