/*
 * Waiting for several calls: they line up in the order of their completions.
 */
#include <capos/call.h>

#include <capos/abi.h>

#include "capos-rt/rt.h"

capos_status capos_call_gather(struct capos_ring *ring, struct capos_call *call,
                               struct capos_arrivals *arrivals)
{
    (void)ring;
    if (call->state != CAPOS_CALL_PENDING)
        return call->status < 0 ? call->status : CAP_ERR_UNKNOWN_CALL;
    call->pending.arrivals = arrivals;
    if (call->pending.is_complete)
        rt_ring_arrive(&call->pending);
    return CAP_OK;
}

capos_status capos_call_next(struct capos_ring *ring, struct capos_arrivals *arrivals, uint64_t timeout_ns,
                             struct capos_call **ret_call)
{
    CAPOS_STATIC_ASSERT(offsetof(struct capos_call, pending) == 0);
    if (!ring->lent)
        return CAP_ERR_RING_LENT;
    capos_status status = rt_ring_await_arrival(ring, arrivals, timeout_ns);
    if (status != CAP_OK)
        return status;
    *ret_call = (struct capos_call *)(void *)rt_take_arrival(arrivals);
    return CAP_OK;
}
