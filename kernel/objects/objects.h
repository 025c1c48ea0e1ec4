/*
 * The types of the kernel's own objects.
 */
#ifndef CAPOS_KERNEL_OBJECTS_H
#define CAPOS_KERNEL_OBJECTS_H

#include "kernel/core/object.h"

/* Results that are one capability. What cannot be told of is not made: the call ends with BUFFER_TOO_SMALL.
 */
enum { ONE_CAP_BYTES = 16 };

extern const struct object_type object_console;
extern const struct object_type object_timer;
extern const struct object_type object_entropy_source;
extern const struct object_type object_boot_package;
extern const struct object_type object_stats;
extern const struct object_type object_memory_source;
extern const struct object_type object_process_spawner;

#endif
