/*
 * Processes: made from a program and what it is granted, and ended.
 */
#ifndef CAPOS_KERNEL_PROCESS_H
#define CAPOS_KERNEL_PROCESS_H

#include <stdint.h>

#include "capos/abi.h"

struct elf_image;
struct kernel;
struct object;
struct process;

/* A capability for a new process. The name is not terminated. */
struct process_grant {
    const char *name;
    uint8_t name_bytes; /* 1 to CAPOS_CAPSET_NAME_MAX */
    struct object *object;
    uint64_t interface_id;
};

/*
 * Makes a process and starts it. CAP_OK and the process; else CAP_ERR_NO_MEMORY or
 * CAP_ERR_NO_SLOTS, and nothing is left behind.
 */
int32_t kernel_process_spawn(struct kernel *kernel, const char *name, const struct elf_image *image,
                             const struct process_grant *grants, uint32_t grant_count,
                             struct process **ret_process);

/*
 * Marks a process dead: it holds nothing and waits for nothing from now on,
 * and the port is told to stop it. Harmless for one that is dead already.
 */
void kernel_process_end(struct kernel *kernel, struct process *process);

/* No server owes this process an answer any more: its record is freed if it is gone. */
void kernel_process_forget(struct kernel *kernel, struct process *process);

#endif
