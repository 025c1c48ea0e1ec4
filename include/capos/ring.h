/*
 * ring: the client side of the one page through which a program uses its
 * capabilities.
 *
 * A program borrows its ring from the runtime (capos_runtime_lend_ring() in
 * capos/runtime.h), passes it to every call, and returns it. It is lent to
 * one user at a time; a ring that is not lent answers CAP_ERR_RING_LENT.
 *
 * Submissions are written into a queue of 16 and taken by the kernel in
 * order; completions come back in any order, through a queue of 32 and behind
 * it room in the kernel for the rest. Each carries the number of what it
 * completes. The runtime numbers from 1 up and never uses a number twice, so
 * a completion that comes late finds nobody: it is counted as unknown, and
 * harms nobody.
 *
 * The kernel takes a submission only if a credit is left (128 in all) for its
 * completion. So a client that submits without end is held back here: when
 * the queue is full and stays full, completions are taken out and given to
 * their owners until there is room.
 *
 * The indices that the program owns lie in memory that a stray write can
 * reach. The runtime keeps its own copies, and writes them before it enters
 * the kernel, whatever stands there. If the kernel finds the ring broken all
 * the same (CAP_ERR_BAD_RING), the program ends with CAPOS_EXIT_BAD_RING.
 */
#ifndef CAPOS_RING_H
#define CAPOS_RING_H

#include <capos/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct capos_ring;

/* Credits of a process: completions that it may be owed. */
#define CAPOS_RING_CREDITS 128

struct capos_pending;

/* Completions in the order in which they came, for someone who waits for several. */
struct capos_arrivals {
    struct capos_pending *first;
    struct capos_pending *last;
};

/*
 * What the ring waits for: the runtime's part of a call. It stays where it is
 * until its completion has come.
 */
struct capos_pending {
    struct capos_pending *next;      /* among the arrivals */
    struct capos_arrivals *arrivals; /* where it goes with its completion; null: nowhere */
    uint64_t number;                 /* user_data of the submission */
    uint64_t needs;                  /* answers that come first; 0: none */
    uint8_t is_complete;
    uint8_t at_once; /* it completes in the entry that it is submitted with: nobody waits for it */
    struct cap_cqe completion;
};

/* Counts since the start of the program. */
struct capos_ring_stats {
    uint64_t submitted; /* submissions published */
    uint64_t completed; /* completions that found their owner */
    uint64_t unknown;   /* completions that found none */
    uint64_t entered;   /* entries into the kernel */
    uint64_t repaired;  /* times that an index was found written over */
    uint32_t owed;      /* completions that are to come */
};

/* Copies the counts; the ring need not be lent. */
void capos_ring_stats(const struct capos_ring *ring, struct capos_ring_stats *ret_stats);

/*
 * Lets the kernel take what was submitted, without waiting for anything, and
 * gives the completions that are there to their owners.
 *
 * Returns CAP_OK, or RING_LENT if `ring` is not lent.
 */
capos_status capos_ring_flush(struct capos_ring *ring);

/*
 * Submits one operation as it stands and waits for its completion: for
 * operations that have no typed form, and for tests of a kernel. The runtime
 * sets user_data; all else is the caller's. Memory that `sqe` names stays
 * until this returns.
 *
 * Returns CAP_OK as soon as there is a completion, whatever it says: look at
 * ret_cqe->result; RING_LENT if `ring` is not lent.
 */
capos_status capos_ring_perform(struct capos_ring *ring, const struct cap_sqe *sqe, struct cap_cqe *ret_cqe);

#ifdef __cplusplus
}
#endif

#endif
