/*
 * The runtime's state, and what its files share. Not for programs.
 */
#ifndef CAPOS_RT_RT_H
#define CAPOS_RT_RT_H

#include <stdbool.h>

#include <capos/abi.h>
#include <capos/wire_view.h>
#include <capos/ring.h>
#include <capos/runtime.h>

#include "capos-rt/handle.h"
#include "capos-rt/promise.h"

struct capos_ring {
    struct capos_runtime *runtime;
    struct capos_ring_page *page;
    bool lent;
    uint32_t sq_tail; /* the program's own copies of what it owns */
    uint32_t cq_head;
    uint64_t sequence; /* the last number given */
    struct capos_pending *places[CAPOS_RING_CREDITS];
    uint8_t free[CAPOS_RING_CREDITS]; /* the unused places */
    uint32_t free_count;
    uint32_t at_once; /* submissions that complete at once, and have not been seen to */
    struct capos_ring_stats stats;
};

/* How the kernel is entered: the entry page's slots, or a test's functions. */
struct rt_kernel {
    capos_cap_enter_fn enter;
    capos_exit_fn exit;
};

enum rt_capset_state { RT_CAPSET_NONE, RT_CAPSET_GOOD, RT_CAPSET_BAD };

struct capos_runtime {
    struct rt_kernel kernel;
    uint64_t process_id;
    const struct capos_capset_header *capset;
    enum rt_capset_state capset_state;
    struct capos_ring ring;
    struct rt_handles handles;
    struct rt_promises promises;
};

/* The runtime of this program, for a panic; null before the start. */
extern struct capos_runtime *rt_current;

/*
 * Takes over from the kernel: checks that the ring is at its place and is one,
 * and the CapSet. False: there is no ring, and the program cannot run. A bad
 * CapSet fails its look-ups instead. *runtime is all zero, and most of it stays so.
 */
bool rt_init(struct capos_runtime *runtime, uint64_t ring_addr, uint64_t process_id, uint64_t capset_addr,
             const struct rt_kernel *kernel);

/* The same for a ring page and a CapSet that may be anywhere; capset may be null. */
bool rt_init_at(struct capos_runtime *runtime, struct capos_ring_page *page, uint64_t process_id,
                const void *capset, const struct rt_kernel *kernel);

bool rt_capset_is_valid(const struct capos_capset_header *capset);

void rt_ring_init(struct capos_ring *ring, struct capos_runtime *runtime, struct capos_ring_page *page);

/*
 * Puts a submission into the queue; its number goes into user_data and into
 * *pending, which is overwritten. Makes room first, if there is none.
 */
void rt_ring_submit(struct capos_ring *ring, const struct cap_sqe *sqe, struct capos_pending *pending);

/* Whether a submission can be put into the queue without entering the kernel. */
bool rt_ring_has_room(const struct capos_ring *ring);

/*
 * The same for an operation that completes at once, and for which nobody waits: FINISH and RELEASE. There
 * must be room.
 */
void rt_ring_put_at_once(struct capos_ring *ring, const struct cap_sqe *sqe, struct capos_pending *pending);

/* Submits what goes along with the next entry, and waits until all of that is complete. */
void rt_ring_settle(struct capos_ring *ring);

/* Gives the completions that are there to their owners. */
void rt_ring_reap(struct capos_ring *ring);

/* CAP_OK once *pending is complete, or CAP_ERR_TIMED_OUT: see capos_call_wait(). */
capos_status rt_ring_await(struct capos_ring *ring, struct capos_pending *pending, uint64_t timeout_ns);

/* CAP_OK once something has arrived, or CAP_ERR_TIMED_OUT. */
capos_status rt_ring_await_arrival(struct capos_ring *ring, const struct capos_arrivals *arrivals,
                                   uint64_t timeout_ns);

/* Lines up a pending whose completion has come. */
void rt_ring_arrive(struct capos_pending *pending);

/* Takes out what arrived first; there is something. */
static inline struct capos_pending *rt_take_arrival(struct capos_arrivals *arrivals)
{
    struct capos_pending *first = arrivals->first;
    arrivals->first = first->next;
    if (!first->next)
        arrivals->last = NULL;
    return first;
}

/* Submits, and waits without end: the completion. */
struct cap_cqe rt_ring_run(struct capos_ring *ring, const struct cap_sqe *sqe);

/* panic.c: writes a line to the emergency console, if there is one, whatever state the ring is in. */
void rt_console_write_line(struct capos_runtime *runtime, struct wire_text line);

/* Ends what *pending stands for, and waits until it is complete. */
void rt_ring_cancel(struct capos_ring *ring, struct capos_pending *pending);

#endif
