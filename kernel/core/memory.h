/*
 * Memory that processes share. It has two facets, one that may be mapped for
 * writing and one that may not. Who has it mapped holds it, too: it goes with
 * the last capability or mapping.
 */
#ifndef CAPOS_KERNEL_MEMORY_H
#define CAPOS_KERNEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/core/limits.h"
#include "kernel/core/list.h"
#include "kernel/core/object.h"
#include "kernel/core/port.h"

struct kernel;
struct process;

struct memory {
    struct object object; /* mappings, and the other facet while it is held, refer to this one */
    struct object reader;
    struct port_memory pages;
    struct process *charged; /* who made it, or, when that is gone, its spawner; NULL: there is none */
    bool inherited;          /* charged is not who made it */
    struct list_node in_charged;
};

/* What a process has mapped and what it is charged for. */
struct process_memory {
    struct memory *places[KERNEL_PLACES];
    uint64_t used; /* a bit for each place that is taken */
    struct list charges;
    uint64_t charged_bytes;
};

/* Memory charged to the process, with a reference that is the caller's; NULL: there is none, or too much is
 * charged. */
struct memory *kernel_memory_new(struct kernel *kernel, struct process *process, uint64_t bytes);

/* The memory that a facet is of. */
struct memory *kernel_memory_of(struct object *object);

/* The facet for reading only, with a reference that is the caller's. */
struct object *kernel_memory_reader(struct memory *memory);

/* Maps it: the address; 0: no place, or no memory for it. */
uint64_t kernel_memory_map(struct kernel *kernel, struct process *process, struct memory *memory,
                           bool writable);

/* Whether it is mapped at that address. */
bool kernel_memory_is_at(const struct process *process, const struct memory *memory, uint64_t address);
void kernel_memory_unmap(struct kernel *kernel, struct process *process, uint64_t address);

/*
 * The process's record goes: what others hold of what was charged to it is charged to its spawner, if there
 * is one. So many bytes.
 */
uint64_t kernel_memory_bequeath(struct process *process);

/* The process is gone, and the port has emptied its places. */
void kernel_memory_forget(struct kernel *kernel, struct process *process);

/* For the types of the two facets: nobody holds it. */
void kernel_memory_destroy(struct kernel *kernel, struct object *object);
void kernel_memory_destroy_reader(struct kernel *kernel, struct object *object);

#endif
