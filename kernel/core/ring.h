/*
 * The kernel's side of a ring: what it reads from the program is read once
 * and checked; what it owns it keeps its own copy of.
 */
#ifndef CAPOS_KERNEL_RING_H
#define CAPOS_KERNEL_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/kernel.h"

/* Fills in the header of a zeroed ring page. */
void kernel_ring_init(struct process *process);

/* Takes the next submission, one that waits, if there is a credit for its completion. */
bool kernel_ring_take(struct process *process, struct cap_sqe *ret_sqe);

/* Posts a completion, or keeps it until there is room. */
void kernel_ring_post(struct kernel *kernel, struct process *process, const struct cap_cqe *cqe);

/* Moves kept completions to where room has come. */
void kernel_ring_post_deferred(struct process *process);

/*
 * Completions in the ring that the program has not read, by what its index says
 * now: above CAPOS_CQ_ENTRIES that is impossible.
 */
static inline uint32_t kernel_ring_unread(const struct process *process)
{
    return process->cq_tail - __atomic_load_n(&process->ring->header.cq_head, __ATOMIC_ACQUIRE);
}

/* Submissions that wait, by what the program's index says now: above CAPOS_SQ_ENTRIES that is impossible. */
static inline uint32_t kernel_ring_waiting(const struct process *process)
{
    return __atomic_load_n(&process->ring->header.sq_tail, __ATOMIC_ACQUIRE) - process->sq_head;
}

/* Completions that are kept, or still to come. */
static inline uint32_t kernel_ring_owed(const struct process *process)
{
    return process->deferred_count + process->calls_busy_count + process->receives_busy_count;
}

#endif
