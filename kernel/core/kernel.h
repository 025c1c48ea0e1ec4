/*
 * The state of one kernel, and of its processes. There is no other: no
 * globals, no libc, no memory but the arena that the port hands over, so two
 * kernels can live in one address space and a test can start from a known
 * state.
 *
 * Who owns what:
 *
 *   struct kernel    -> processes (a list), kernel objects (members), the
 *                       deadlines, the boot package
 *   struct process   -> its capability slots, its calls and receives, the
 *                       completions that wait for room in its ring
 *   a slot           -> a counted reference to an object
 *   a call           -> a counted reference to its target, until it is complete;
 *                       what it carries, until it is delivered
 *   an answer        -> a counted reference to each capability of it that can be
 *                       named; the record of its call, until it is finished
 *   shared memory    -> its pages; a process that has it mapped holds a counted
 *                       reference
 *   an endpoint      -> its facets' records and the queues of calls; it lives as
 *                       long as somebody holds the owner facet
 *
 * Every entry from the port (port.h) runs to its end: first what it asks for,
 * then kernel_settle(), which wakes the processes whose wait is over.
 */
#ifndef CAPOS_KERNEL_KERNEL_H
#define CAPOS_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/answer.h"
#include "kernel/core/arena.h"
#include "kernel/core/boot.h"
#include "kernel/core/budget.h"
#include "kernel/core/call.h"
#include "kernel/core/deadline.h"
#include "kernel/core/elf.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/limits.h"
#include "kernel/core/list.h"
#include "kernel/core/memory.h"
#include "kernel/core/object.h"
#include "kernel/core/port.h"
#include "kernel/core/process.h"
#include "kernel/core/spawn.h"
#include "kernel/core/transfer.h"
#include "kernel/core/tree.h"

struct cap_slot {
    struct object *object; /* NULL: the slot is free */
    uint64_t interface_id; /* what the holder was told it can call */
    uint64_t generation;   /* of the id in use, or of the last one */
    uint32_t next;         /* in the chain of free slots, or of owner facets */
    bool held;             /* the capability is under way to another process */
};

struct cap_table {
    struct cap_slot slots[KERNEL_CAP_SLOTS_MAX];
    uint32_t first_free;
    uint32_t first_owner;
    uint32_t free;
    uint32_t used;
    uint32_t reserved; /* free slots promised to the results of calls */
};

enum process_state {
    PROCESS_NEW,     /* created, not started */
    PROCESS_RUNNING, /* started; alive */
    PROCESS_DEAD,    /* ended; the port has not reported it gone */
    PROCESS_GONE,    /* a record only, for the calls that servers have not returned */
};

struct process {
    struct list_node in_kernel; /* kernel->processes */
    struct kernel *kernel;
    void *port; /* the port's own */
    uint64_t id;
    enum process_state state;
    char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct elf_image image;

    /* Who started it, and whom it started. */
    struct process *spawner;       /* NULL: the kernel */
    struct list_node in_spawner;   /* its children, while both are alive */
    struct list children;          /* alive */
    uint32_t child_count;          /* records that refer to this one */
    struct process_handle *handle; /* NULL: nobody holds one */
    struct object doom;            /* dies when the process is to be killed */
    struct budget granted;
    struct budget left; /* of it, for those that it starts */
    struct list badges; /* facets that it is charged for */

    /* The ring page as the kernel sees it, and the kernel's own copies of what it owns there. */
    struct capos_ring_page *ring;
    void *capset;
    uint32_t sq_head;
    uint32_t cq_tail;

    /* Completions for which the ring has no room: a queue in a circle. */
    struct cap_cqe deferred[KERNEL_CREDITS];
    uint32_t deferred_first;
    uint32_t deferred_count;

    /* The cap_enter that waits, if any. */
    bool waiting;
    uint32_t wait_min;
    struct deadline wait_deadline;
    struct list_node in_wakes; /* kernel->wakes, when its wait is over */

    struct cap_table caps;

    struct call calls[KERNEL_CALLS_MAX];
    struct list calls_free;
    struct list calls_busy; /* accepted and not complete */
    uint32_t calls_busy_count;
    struct list pipelined;    /* those whose target is a promise, in the order of submission */
    uint32_t calls_abandoned; /* complete, but not returned by their servers */

    struct receive receives[KERNEL_RECVS_MAX];
    struct list receives_free;
    struct list receives_busy;
    uint32_t receives_busy_count;

    struct tree pending;   /* calls and receives that are not complete, by user_data */
    struct tree delivered; /* calls that this process owes an answer to, by call id */
    struct tree answers;   /* that it keeps, by their id */

    struct process_memory memory;
};

struct kernel {
    void *port; /* the port's own */
    struct arena arena;
    struct pool process_pool;
    struct pool endpoint_pool;
    struct pool facet_pool;
    struct pool queue_pool;
    struct pool bundle_pool;
    struct pool answer_pool;
    struct pool wait_pool;
    struct pool memory_pool;
    struct pool handle_pool;
    struct list processes;
    struct list wakes;
    struct deadlines deadlines;
    uint64_t next_process_id;
    uint64_t last_call_id;
    uint64_t calls; /* records in use, of all processes */

    /* What is to be done before the operation at hand is over: kernel_work(). */
    struct list dying; /* objects */
    struct list ready; /* endpoints; and in_ready, when something goes on for which an answer has arrived */
    struct list_node in_ready;
    struct deadlines arrived; /* struct wait, by the order of submission */
    uint64_t last_order;
    bool working;

    /* Calls that wait in the queues of endpoints, and the bytes of their params. */
    uint64_t queued_messages;
    uint64_t queued_bytes;

    /* What is shared, and how often it is mapped. */
    uint64_t memory_bytes;
    uint64_t mappings;

    struct boot_package package;
    struct process *init;
    struct kernel_end end; /* of init */

    /* The kernel's own objects, by their number among the schema's KernelCapability. */
    struct object objects[KERNEL_OBJECTS];
    struct list console_readers; /* calls */
    struct list console_writers;

    /*
     * Where the message at hand is taken apart or put together (records follow its params), and an
     * answer of the kernel's own is built.
     */
    struct {
        struct cap_message_header header;
        uint64_t params[(KERNEL_MESSAGE_MAX + KERNEL_CAPS_MAX * sizeof(struct cap_transfer_result)) / 8];
    } message;
    struct bundle answer_caps; /* empty but while an answer is made */
    struct bundle carried;     /* what a call to an object of the kernel carries, while it is performed */
    struct spawn spawn;        /* between decode and perform */
    uint64_t results[KERNEL_MESSAGE_MAX / 8];
    struct wire_build build; /* over results */
};

/* The place of the records behind a payload of so many bytes. */
static inline struct cap_transfer_result *kernel_message_records(struct kernel *kernel, uint32_t bytes)
{
    return (void *)(kernel->message.params + bytes / 8);
}

/* An arena in which all processes and badges fit. Calls, answers and bundles share the rest; what is smaller
 * is used up earlier. */
#define KERNEL_ARENA_BYTES                                                                                   \
    (KERNEL_PROCESSES_MAX * (sizeof(struct process) + 4096) +                                                \
     KERNEL_BADGES_MAX * ((sizeof(struct facet) + 15) / 16 * 16) + ((size_t)16 << 20))

/* A kernel with nothing in it: no package, no process. */
void kernel_init(struct kernel *kernel, void *port, void *arena, size_t arena_bytes);

/* What follows from an operation: after each, and mostly nothing. */
static inline void kernel_work(struct kernel *kernel)
{
    if (!list_empty(&kernel->dying) || !list_empty(&kernel->ready))
        kernel_work_through(kernel);
}

/* Wakes every process whose wait is over. The last act of each entry from the port. */
void kernel_settle(struct kernel *kernel);

#endif
