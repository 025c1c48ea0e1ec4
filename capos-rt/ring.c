/*
 * The ring client. A submission gets one of 128 places and a number made of a
 * sequence and that place: a completion finds its owner in one step, and one
 * that is late, doubled or invented finds nobody.
 */
#include <capos/ring.h>

#include <capos/panic.h>

#include "capos-rt/atomic.h"
#include "capos-rt/rt.h"

void rt_ring_init(struct capos_ring *ring, struct capos_runtime *runtime, struct capos_ring_page *page)
{
    ring->runtime = runtime;
    ring->page = page;
    ring->sq_tail = page->header.sq_tail;
    ring->cq_head = page->header.cq_head;
    ring->free_count = CAPOS_RING_CREDITS;
    for (uint32_t i = 0; i < CAPOS_RING_CREDITS; i++)
        ring->free[i] = (uint8_t)(CAPOS_RING_CREDITS - 1 - i);
}

/* --- Completions ------------------------------------------------------------------ */

void rt_ring_arrive(struct capos_pending *pending)
{
    struct capos_arrivals *arrivals = pending->arrivals;
    pending->next = NULL;
    if (arrivals->last)
        arrivals->last->next = pending;
    else
        arrivals->first = pending;
    arrivals->last = pending;
}

static void complete(struct capos_ring *ring, const struct cap_cqe *cqe)
{
    uint32_t place = (uint32_t)(cqe->user_data % CAPOS_RING_CREDITS);
    struct capos_pending *pending = ring->places[place];
    if (!pending || pending->number != cqe->user_data) {
        ring->stats.unknown++;
        return;
    }
    pending->completion = *cqe;
    pending->is_complete = 1;
    ring->at_once -= pending->at_once;
    if (pending->arrivals)
        rt_ring_arrive(pending);
    ring->places[place] = NULL;
    ring->free[ring->free_count++] = (uint8_t)place;
    ring->stats.completed++;
}

void rt_ring_reap(struct capos_ring *ring)
{
    uint32_t tail = rt_load_acquire(&ring->page->header.cq_tail);
    if (tail - ring->cq_head > CAPOS_CQ_ENTRIES)
        capos_runtime_exit(ring->runtime, CAPOS_EXIT_BAD_RING);
    while (ring->cq_head != tail) {
        struct cap_cqe cqe = ring->page->cq[ring->cq_head % CAPOS_CQ_ENTRIES];
        ring->cq_head++;
        rt_store_release(&ring->page->header.cq_head, ring->cq_head);
        complete(ring, &cqe);
    }
}

/* --- Entering the kernel ------------------------------------------------------------ */

/* Writes what the program owns of the ring from the client's own copies, whatever stands there. */
static void put_indices_right(struct capos_ring *ring)
{
    struct capos_ring_header *header = &ring->page->header;
    ring->stats.repaired += header->sq_tail != ring->sq_tail || header->cq_head != ring->cq_head;
    rt_store_release(&header->sq_tail, ring->sq_tail);
    rt_store_release(&header->cq_head, ring->cq_head);
}

/* FINISHes and RELEASEs that wait for an entry that they can go along with. */
static bool something_goes_along(const struct capos_runtime *runtime)
{
    return (runtime->promises.queued | runtime->handles.stats.queued) != 0;
}

static __attribute__((noinline)) void send_along(struct capos_runtime *runtime)
{
    rt_promises_send(runtime);
    rt_releases_send(runtime);
}

/*
 * Enters the kernel: the completions that are unread. What goes along completes at once, and is no reason to
 * come back before `wanted` others have; but with a time to wait, which is over when it is over.
 */
static uint32_t enter(struct capos_ring *ring, uint32_t wanted, uint64_t timeout_ns)
{
    if (something_goes_along(ring->runtime))
        send_along(ring->runtime);
    put_indices_right(ring);
    ring->stats.entered++;
    if (timeout_ns == CAPOS_FOREVER)
        wanted += ring->at_once;
    int64_t unread =
        ring->runtime->kernel.enter(wanted < CAPOS_CQ_ENTRIES ? wanted : CAPOS_CQ_ENTRIES, timeout_ns);
    if (unread < 0)
        capos_runtime_exit(ring->runtime, CAPOS_EXIT_BAD_RING);
    return (uint32_t)unread;
}

static bool queue_is_full(const struct capos_ring *ring)
{
    return ring->sq_tail - rt_load_acquire(&ring->page->header.sq_head) >= CAPOS_SQ_ENTRIES;
}

/* Reads what is there; then the kernel takes what is queued and gives what it has kept. */
static __attribute__((noinline)) void turn(struct capos_ring *ring, uint32_t wanted)
{
    rt_ring_reap(ring);
    enter(ring, wanted, CAPOS_FOREVER);
    rt_ring_reap(ring);
}

/* A turn that something has to come of. */
static __attribute__((cold)) void turn_or_end(struct capos_ring *ring, uint32_t wanted)
{
    uint64_t before = ring->stats.completed + ring->stats.unknown;
    turn(ring, wanted);
    if (before == ring->stats.completed + ring->stats.unknown)
        capos_runtime_exit(ring->runtime, CAPOS_EXIT_BAD_RING); /* it neither takes nor gives */
}

bool rt_ring_has_room(const struct capos_ring *ring)
{
    return ring->free_count > 0 && !queue_is_full(ring);
}

/* Out of line: a submission mostly has room. */
static __attribute__((cold)) void make_room(struct capos_ring *ring)
{
    if (queue_is_full(ring))
        turn(ring, 0);
    while (queue_is_full(ring) || ring->free_count == 0)
        turn_or_end(ring, 1);
}

/* There is room. */
static void put_submission(struct capos_ring *ring, const struct cap_sqe *sqe, struct capos_pending *pending)
{
    uint8_t place = ring->free[--ring->free_count];
    pending->number = ++ring->sequence * CAPOS_RING_CREDITS + place;
    pending->needs = 0;
    pending->arrivals = NULL;
    pending->is_complete = 0;
    pending->at_once = 0;
    ring->places[place] = pending;
    struct cap_sqe *entry = &ring->page->sq[ring->sq_tail % CAPOS_SQ_ENTRIES];
    *entry = *sqe;
    entry->user_data = pending->number;
    ring->sq_tail++;
    rt_store_release(&ring->page->header.sq_tail, ring->sq_tail);
    ring->stats.submitted++;
}

void rt_ring_submit(struct capos_ring *ring, const struct cap_sqe *sqe, struct capos_pending *pending)
{
    if (queue_is_full(ring) || ring->free_count == 0)
        make_room(ring);
    put_submission(ring, sqe, pending);
}

__attribute__((noinline)) void rt_ring_put_at_once(struct capos_ring *ring, const struct cap_sqe *sqe,
                                                   struct capos_pending *pending)
{
    put_submission(ring, sqe, pending);
    pending->at_once = 1;
    ring->at_once++;
}

__attribute__((cold)) void rt_ring_settle(struct capos_ring *ring)
{
    while (ring->at_once > 0 || something_goes_along(ring->runtime)) {
        if (rt_ring_has_room(ring))
            turn_or_end(ring, 0);
        else
            make_room(ring);
    }
}

/* So many completions that *pending can be among them: what it needs comes first, and is no reason to come
 * back. */
static uint32_t count_needed(const struct capos_ring *ring, const struct capos_pending *pending)
{
    return pending->needs == 0 ? 1 : 1 + rt_promises_open(ring->runtime, pending->needs, pending->number);
}

capos_status rt_ring_await(struct capos_ring *ring, struct capos_pending *pending, uint64_t timeout_ns)
{
    for (;;) {
        rt_ring_reap(ring);
        if (pending->is_complete)
            return CAP_OK;
        if (enter(ring, count_needed(ring, pending), timeout_ns) > 0)
            continue;
        if (timeout_ns == CAPOS_FOREVER)
            capos_panic("the kernel owes a completion and says it does not");
        return CAP_ERR_TIMED_OUT;
    }
}

capos_status rt_ring_await_arrival(struct capos_ring *ring, const struct capos_arrivals *arrivals,
                                   uint64_t timeout_ns)
{
    rt_ring_reap(ring);
    while (!arrivals->first) {
        if (enter(ring, 1, timeout_ns) == 0)
            return CAP_ERR_TIMED_OUT;
        rt_ring_reap(ring);
    }
    return CAP_OK;
}

__attribute__((cold)) struct cap_cqe rt_ring_run(struct capos_ring *ring, const struct cap_sqe *sqe)
{
    struct capos_pending pending;
    rt_ring_submit(ring, sqe, &pending);
    rt_ring_await(ring, &pending, CAPOS_FOREVER);
    return pending.completion;
}

__attribute__((cold)) void rt_ring_cancel(struct capos_ring *ring, struct capos_pending *pending)
{
    rt_ring_run(ring, &(struct cap_sqe){.op = CAP_OP_CANCEL, .interface_id = pending->number});
    rt_ring_await(ring, pending, CAPOS_FOREVER);
}

/* --- For programs --------------------------------------------------------------------- */

void capos_ring_stats(const struct capos_ring *ring, struct capos_ring_stats *ret_stats)
{
    *ret_stats = ring->stats;
    ret_stats->owed = CAPOS_RING_CREDITS - ring->free_count;
}

capos_status capos_ring_flush(struct capos_ring *ring)
{
    if (!ring->lent)
        return CAP_ERR_RING_LENT;
    turn(ring, 0);
    return CAP_OK;
}

capos_status capos_ring_perform(struct capos_ring *ring, const struct cap_sqe *sqe, struct cap_cqe *ret_cqe)
{
    if (!ring->lent)
        return CAP_ERR_RING_LENT;
    *ret_cqe = rt_ring_run(ring, sqe);
    return CAP_OK;
}
