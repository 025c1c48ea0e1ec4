/*
 * The kernel's side of a ring. The program may write any word of the page at
 * any time: each of its indices is read once per use, with acquire order, and
 * nothing that the kernel wrote there is read back.
 */
#include "kernel/core/ring.h"

#include "kernel/core/kernel.h"

static void store_release(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

void kernel_ring_init(struct process *process)
{
    process->ring->header = (struct capos_ring_header){
        .magic = CAPOS_RING_MAGIC,
        .abi_version = CAPOS_ABI_VERSION,
        .header_size = CAPOS_RING_HEADER_SIZE,
        .sq_entries = CAPOS_SQ_ENTRIES,
        .cq_entries = CAPOS_CQ_ENTRIES,
        .sqe_size = sizeof(struct cap_sqe),
        .cqe_size = sizeof(struct cap_cqe),
        .sq_offset = CAPOS_SQ_OFFSET,
        .cq_offset = CAPOS_CQ_OFFSET,
        .ring_bytes = CAPOS_PAGE_BYTES,
        .cap_slots_max = KERNEL_CAP_SLOTS_MAX,
        .calls_max = KERNEL_CALLS_MAX,
        .answers_max = KERNEL_ANSWERS_MAX,
        .message_max = KERNEL_MESSAGE_MAX,
    };
}

/* Copies a submission so that the compiler cannot come back for a second look. */
static void fetch(struct cap_sqe *to, const struct cap_sqe *from)
{
    typedef uint64_t word __attribute__((may_alias));
    word *words = (void *)to;
#pragma GCC unroll 8
    for (size_t i = 0; i < sizeof *to / sizeof *words; i++)
        words[i] = ((const volatile word *)(const void *)from)[i];
}

bool kernel_ring_take(struct process *process, struct cap_sqe *ret_sqe)
{
    uint32_t unread = kernel_ring_unread(process);
    if (unread > CAPOS_CQ_ENTRIES || unread + kernel_ring_owed(process) >= KERNEL_CREDITS)
        return false;
    fetch(ret_sqe, &process->ring->sq[process->sq_head % CAPOS_SQ_ENTRIES]);
    process->sq_head++;
    store_release(&process->ring->header.sq_head, process->sq_head);
    return true;
}

/* False: there is no room, or the ring is broken. */
static bool post(struct process *process, const struct cap_cqe *cqe)
{
    if (kernel_ring_waiting(process) > CAPOS_SQ_ENTRIES || kernel_ring_unread(process) >= CAPOS_CQ_ENTRIES)
        return false;
    process->ring->cq[process->cq_tail % CAPOS_CQ_ENTRIES] = *cqe;
    process->cq_tail++;
    store_release(&process->ring->header.cq_tail, process->cq_tail);
    return true;
}

static void publish_deferred_count(struct process *process)
{
    store_release(&process->ring->header.cq_deferred, process->deferred_count);
}

static void defer(struct process *process, const struct cap_cqe *cqe)
{
    uint32_t last = (process->deferred_first + process->deferred_count) % KERNEL_CREDITS;
    process->deferred[last] = *cqe;
    process->deferred_count++;
    publish_deferred_count(process);
}

void kernel_ring_post(struct kernel *kernel, struct process *process, const struct cap_cqe *cqe)
{
    if (process->deferred_count > 0 || !post(process, cqe))
        defer(process, cqe);
    if (process->waiting && !list_linked(&process->in_wakes) &&
        kernel_ring_unread(process) >= process->wait_min)
        list_append(&kernel->wakes, &process->in_wakes);
}

void kernel_ring_post_deferred(struct process *process)
{
    while (process->deferred_count > 0 && post(process, &process->deferred[process->deferred_first])) {
        process->deferred_first = (process->deferred_first + 1) % KERNEL_CREDITS;
        process->deferred_count--;
    }
    publish_deferred_count(process);
}
