/*
 * Start and end of a program: what the kernel hands over is checked here, and
 * the one ring is lent and taken back.
 */
#include "capos-rt/rt.h"

struct capos_runtime *rt_current;

static bool is_ring(const struct capos_ring_header *header)
{
    return header->magic == CAPOS_RING_MAGIC && header->abi_version == CAPOS_ABI_VERSION &&
           header->header_size == CAPOS_RING_HEADER_SIZE && header->sq_entries == CAPOS_SQ_ENTRIES &&
           header->cq_entries == CAPOS_CQ_ENTRIES && header->sqe_size == sizeof(struct cap_sqe) &&
           header->cqe_size == sizeof(struct cap_cqe) && header->sq_offset == CAPOS_SQ_OFFSET &&
           header->cq_offset == CAPOS_CQ_OFFSET;
}

bool rt_init_at(struct capos_runtime *runtime, struct capos_ring_page *page, uint64_t process_id,
                const void *capset, const struct rt_kernel *kernel)
{
    if (!is_ring(&page->header))
        return false;
    runtime->kernel = *kernel;
    runtime->process_id = process_id;
    runtime->capset = capset;
    runtime->capset_state = RT_CAPSET_NONE;
    if (capset)
        runtime->capset_state = rt_capset_is_valid(capset) ? RT_CAPSET_GOOD : RT_CAPSET_BAD;
    rt_ring_init(&runtime->ring, runtime, page);
    rt_handles_init(&runtime->handles);
    rt_promises_init(&runtime->promises, page->header.answers_max);
    rt_current = runtime;
    return true;
}

bool rt_init(struct capos_runtime *runtime, uint64_t ring_addr, uint64_t process_id, uint64_t capset_addr,
             const struct rt_kernel *kernel)
{
    if (ring_addr != CAPOS_RING_VADDR)
        return false;
    return rt_init_at(runtime, (struct capos_ring_page *)(uintptr_t)ring_addr, process_id,
                      (const void *)(uintptr_t)capset_addr, kernel);
}

uint64_t capos_runtime_process_id(const struct capos_runtime *runtime)
{
    return runtime->process_id;
}

capos_status capos_runtime_lend_ring(struct capos_runtime *runtime, struct capos_ring **ret_ring)
{
    if (runtime->ring.lent)
        return CAP_ERR_RING_LENT;
    runtime->ring.lent = true;
    capos_runtime_flush_releases(runtime); /* what is refused is counted */
    *ret_ring = &runtime->ring;
    return CAP_OK;
}

/* A RETURN cannot be cancelled, but the calls that it waits for can: first all are, then all are waited for.
 */
static __attribute__((cold)) void cancel_all(struct capos_ring *ring)
{
    for (uint32_t place = 0; place < CAPOS_RING_CREDITS; place++)
        if (ring->places[place])
            rt_ring_run(ring,
                        &(struct cap_sqe){.op = CAP_OP_CANCEL, .interface_id = ring->places[place]->number});
    for (uint32_t place = 0; place < CAPOS_RING_CREDITS; place++)
        if (ring->places[place])
            rt_ring_await(ring, ring->places[place], CAPOS_FOREVER);
}

__attribute__((cold)) capos_status capos_runtime_return_ring(struct capos_runtime *runtime,
                                                             struct capos_ring *ring)
{
    if (ring != &runtime->ring || !ring->lent)
        return CAP_ERR_RING_LENT;
    rt_ring_settle(ring);
    cancel_all(ring);
    capos_runtime_flush_releases(runtime);
    ring->lent = false;
    return CAP_OK;
}

void capos_runtime_exit(struct capos_runtime *runtime, int64_t code)
{
    for (;;)
        runtime->kernel.exit(code);
}
