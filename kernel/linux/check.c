/*
 * What is wrong with a boot package: what the kernel says at the boot, and then
 * what init would say of the services, in its own words, for it is its code.
 */
#include "kernel/linux/linux.h"

#include <stdio.h>
#include <string.h>

#include <capos/wire.h>

#include "init/graph.h"

/* Whether each service's program can be started, in init's order. */
static bool check_programs(const struct linux_boot_file *file, const struct init_graph *graph,
                           struct init_error *error)
{
    for (uint32_t i = 0; i < graph->service_count; i++) {
        struct wire_text binary = graph->services[graph->order[i]].program.binary;
        struct kernel_error why = {""};
        if (kernel_check_binary(file->data, file->bytes, binary.chars, binary.size, &why))
            continue;
        init_graph_say_unstarted(graph, graph->order[i], wire_text_make(why.text, (uint32_t)strlen(why.text)),
                                 error);
        return false;
    }
    return true;
}

bool linux_check(const struct linux_boot_file *file, struct kernel_error *error)
{
    static struct init_graph graph;
    struct wire_message message;
    struct init_error said;
    if (!kernel_check_package(file->data, file->bytes, error))
        return false;
    wire_open_flat(&message, WIRE_PRIVATE, file->data, file->bytes);
    message.traversal_left = UINT64_MAX; /* init's copy has no binaries in it */
    struct manifest_reader manifest = manifest_read_root(&message);
    /* A first program without services need not be init. */
    if (manifest_get_services(manifest).count == 0 ||
        (init_graph_read(&message, manifest, &graph, &said) && check_programs(file, &graph, &said)))
        return true;
    snprintf(error->text, sizeof error->text, "%s", said.text);
    return false;
}
