/*
 * The kernel's own objects: one row each, in the order of KernelCapability in
 * schema/capos.capnp. A new one is a schema interface, a file in this folder, a
 * test, and a row here.
 */
#include "kernel/objects/objects.h"

#include "schema/capos.capos.h"

static const struct object_type null_type = {.transferable = true};

const struct object_type *const object_types[KERNEL_OBJECTS] = {
    [KERNEL_CAPABILITY_NONE] = &null_type,
    [KERNEL_CAPABILITY_CONSOLE] = &object_console,
    [KERNEL_CAPABILITY_TIMER] = &object_timer,
    [KERNEL_CAPABILITY_ENTROPY_SOURCE] = &object_entropy_source,
    [KERNEL_CAPABILITY_BOOT_PACKAGE] = &object_boot_package,
    [KERNEL_CAPABILITY_STATS] = &object_stats,
    [KERNEL_CAPABILITY_MEMORY_SOURCE] = &object_memory_source,
    [KERNEL_CAPABILITY_PROCESS_SPAWNER] = &object_process_spawner,
};
