/*
 * Processes: made from a program and what it is granted, and ended.
 */
#ifndef CAPOS_KERNEL_PROCESS_H
#define CAPOS_KERNEL_PROCESS_H

#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/budget.h"
#include "kernel/core/fault.h"
#include "kernel/core/list.h"
#include "kernel/core/object.h"

struct elf_image;
struct kernel;
struct process;

/* A capability for a new process. The name is not terminated. */
struct process_grant {
    const char *name;
    uint8_t name_bytes; /* 1 to CAPOS_CAPSET_NAME_MAX */
    struct object *object;
    uint64_t interface_id;
};

struct process_start {
    const char *name;
    const struct elf_image *image; /* copied; the file that it refers to outlives the process */
    const struct process_grant *grants;
    uint32_t grant_count;
    struct process *spawner; /* NULL: the kernel */
    struct budget budget;    /* goes back to the spawner; it holds the memory of the image */
};

/*
 * Makes a process and starts it. CAP_OK and the process; else CAP_ERR_NO_MEMORY or
 * CAP_ERR_NO_SLOTS, and nothing is left behind: what was to be granted was not touched.
 */
int32_t kernel_process_spawn(struct kernel *kernel, const struct process_start *start,
                             struct process **ret_process);

/* Bytes of a budget that a program takes up before it does anything. */
uint64_t kernel_process_bytes(const struct elf_image *image);

/*
 * Kills a process, and those that it started: they hold nothing and wait for
 * nothing from now on, and the port is told to stop them. Harmless for one that is dead already.
 */
void kernel_process_kill(struct kernel *kernel, struct process *process);

/*
 * The same once the operation at hand is over.
 */
void kernel_process_doom(struct kernel *kernel, struct process *process);

/* No server owes this process an answer any more: its record is freed if it is gone. */
void kernel_process_forget(struct kernel *kernel, struct process *process);

/* --- Handles ------------------------------------------------------------------- */

enum process_end_kind {
    PROCESS_END_NONE, /* it runs */
    PROCESS_END_EXITED,
    PROCESS_END_FAULTED,
    PROCESS_END_KILLED,
};

/* What a spawner holds of a process. It knows how the process ended after the record is gone. */
struct process_handle {
    struct object object;
    struct process *process; /* NULL: gone */
    struct list waiters;     /* calls */
    enum process_end_kind end;
    int64_t code;                      /* EXITED */
    char fault[KERNEL_FAULT_TEXT_MAX]; /* FAULTED: why and where */
};

/* A handle with one reference, which is the caller's; NULL: no memory. */
struct process_handle *kernel_handle_new(struct kernel *kernel);

/* The handle is of that process from now on. */
void kernel_handle_attach(struct process_handle *handle, struct process *process);

/* For the type of handles: nobody holds it. */
void kernel_handle_destroy(struct kernel *kernel, struct object *object);

struct process_handle *kernel_handle_of(struct object *object);

#endif
