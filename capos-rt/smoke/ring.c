/*
 * The ring, misused: everything is refused, and nothing is lost.
 */
#include "capos-rt/rt.h"
#include "capos-rt/smoke/smoke.h"

static struct capos_ring_header *header(void)
{
    return (struct capos_ring_header *)CAPOS_RING_VADDR;
}

static int64_t enter(uint32_t min_complete, uint64_t timeout_ns)
{
    return ((capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER))(min_complete, timeout_ns);
}

static bool unknown_operation_is_refused(struct smoke *smoke)
{
    return smoke_perform(smoke, (struct cap_sqe){.op = 200}).result == CAP_ERR_UNSUPPORTED_OP &&
           smoke_perform(smoke, (struct cap_sqe){.op = CAP_OP_NOP, .flags = 0x80}).result ==
               CAP_ERR_UNSUPPORTED_OP;
}

static bool stray_field_is_refused(struct smoke *smoke)
{
    return smoke_perform(smoke, (struct cap_sqe){.op = CAP_OP_NOP, .cap_id = 1}).result == CAP_ERR_BAD_SQE &&
           smoke_perform(smoke, (struct cap_sqe){.op = CAP_OP_NOP}).result == CAP_OK;
}

static int32_t call_with(struct smoke *smoke, uint64_t params, uint32_t params_len, uint64_t results,
                         uint32_t result_len)
{
    return smoke_perform(smoke,
                         (struct cap_sqe){
                             .op = CAP_OP_CALL,
                             .method_id = TIMER_METHOD_NOW,
                             .params_addr = params,
                             .params_len = params_len,
                             .result_addr = results,
                             .result_len = result_len,
                             .interface_id = TIMER_INTERFACE_ID,
                             .cap_id = smoke->timer.cap,
                         })
        .result;
}

static bool bad_buffers_are_refused(struct smoke *smoke)
{
    static const uint64_t constant[2];
    uint64_t words[4];
    uint64_t good = (uintptr_t)words, read_only = (uintptr_t)constant;
    return call_with(smoke, 0, 0, good, 32) == 16 && call_with(smoke, 0, 8, good, 32) == CAP_ERR_BAD_PARAMS &&
           call_with(smoke, good + 4, 8, good, 32) == CAP_ERR_BAD_PARAMS &&
           call_with(smoke, CAPOS_RING_VADDR, 8, good, 32) == CAP_ERR_BAD_PARAMS &&
           call_with(smoke, 0, 0, 0, 32) == CAP_ERR_BAD_RESULT_BUFFER &&
           call_with(smoke, 0, 0, read_only, 16) == CAP_ERR_BAD_RESULT_BUFFER &&
           call_with(smoke, 0, 0, CAPOS_RING_VADDR, 32) == CAP_ERR_BAD_RESULT_BUFFER &&
           call_with(smoke, 0, 0, UINT64_MAX - 7, 32) == CAP_ERR_BAD_RESULT_BUFFER &&
           call_with(smoke, 0, 0, good, 8) == CAP_ERR_BUFFER_TOO_SMALL &&
           call_with(smoke, good, UINT32_MAX - 7, good, 32) == CAP_ERR_MESSAGE_TOO_LARGE;
}

static bool stale_capability_is_refused(struct smoke *smoke)
{
    struct cap_sqe release = {.op = CAP_OP_RELEASE, .cap_id = smoke->timer.cap + (UINT64_C(1) << 16)};
    struct cap_sqe nothing = {.op = CAP_OP_RELEASE, .cap_id = CAPOS_CAP_NULL};
    struct timer stale = {release.cap_id};
    uint64_t ns;
    return smoke_perform(smoke, release).result == CAP_ERR_STALE_CAP &&
           timer_now(smoke->ring, stale, &ns) == CAP_ERR_STALE_CAP &&
           smoke_perform(smoke, nothing).result == CAP_OK;
}

static bool cancel_of_nothing_is_not_found(struct smoke *smoke)
{
    return smoke_perform(smoke, (struct cap_sqe){.op = CAP_OP_CANCEL, .interface_id = 1}).result ==
           CAP_ERR_NOT_FOUND;
}

/* The kernel says so; the runtime puts it right and the call goes through. */
static bool corrupt_index_is_repaired(struct smoke *smoke)
{
    struct capos_ring_stats before, after;
    uint32_t tail = header()->sq_tail;
    header()->sq_tail = tail + 1000;
    bool seen = enter(0, 0) == CAP_ERR_BAD_RING;
    capos_ring_stats(smoke->ring, &before);
    uint64_t ns = 0;
    bool works = timer_now(smoke->ring, smoke->timer, &ns) == CAP_OK;
    header()->cq_head -= 1000;
    works = works && timer_now(smoke->ring, smoke->timer, &ns) == CAP_OK;
    capos_ring_stats(smoke->ring, &after);
    return seen && works && after.repaired - before.repaired >= 1;
}

static bool waiting_for_too_much_is_refused(struct smoke *smoke)
{
    (void)smoke;
    return enter(CAPOS_CQ_ENTRIES + 1, 0) == CAP_ERR_BAD_PARAMS &&
           enter(CAPOS_CQ_ENTRIES, CAPOS_FOREVER) == 0;
}

/* As many calls as may be outstanding, and one more. */
static bool calls_are_bounded(struct smoke *smoke)
{
    static struct timer_sleep_call calls[129];
    uint32_t count = header()->calls_max;
    if (count >= sizeof calls / sizeof calls[0])
        return false;
    for (uint32_t i = 0; i <= count; i++)
        timer_sleep_send(smoke->ring, smoke->timer, UINT64_C(3600000000000), &calls[i]);
    bool good = timer_sleep_wait(smoke->ring, &calls[count]) == CAP_ERR_TOO_MANY_CALLS;
    for (uint32_t i = 0; i <= count; i++)
        timer_sleep_finish(smoke->ring, &calls[i]);
    return good;
}

/* More submissions than there are credits, none of the completions read: the rest stays queued, and none is
 * lost. */
static bool credits_run_out_and_nothing_is_lost(struct smoke *smoke)
{
    struct capos_ring_page *ring = (struct capos_ring_page *)CAPOS_RING_VADDR;
    capos_ring_flush(smoke->ring);
    uint32_t sq_tail = ring->header.sq_tail, cq_head = ring->header.cq_head;
    uint32_t submitted = 0, completed = 0;
    while (submitted - (ring->header.sq_head - sq_tail) < CAPOS_SQ_ENTRIES) {
        ring->sq[(sq_tail + submitted) % CAPOS_SQ_ENTRIES] = (struct cap_sqe){.user_data = submitted};
        submitted++;
        ring->header.sq_tail = sq_tail + submitted;
        enter(0, 0);
    }
    bool full = submitted == 128 + CAPOS_SQ_ENTRIES && ring->header.cq_deferred == 128 - CAPOS_CQ_ENTRIES;
    bool in_order = true;
    while (completed < submitted && (ring->header.cq_tail != cq_head + completed || enter(0, 0) > 0)) {
        in_order = in_order && ring->cq[(cq_head + completed) % CAPOS_CQ_ENTRIES].user_data == completed;
        completed++;
        ring->header.cq_head = cq_head + completed;
    }
    smoke->ring->sq_tail += submitted; /* the ring client was not asked: tell it */
    smoke->ring->cq_head += completed;
    return full && in_order && completed == submitted;
}

const struct smoke_test smoke_ring_tests[] = {
    {"an unknown operation is refused", unknown_operation_is_refused},
    {"a field that is not used must be zero", stray_field_is_refused},
    {"bad buffers are refused", bad_buffers_are_refused},
    {"a stale capability is refused", stale_capability_is_refused},
    {"a cancel of nothing finds nothing", cancel_of_nothing_is_not_found},
    {"a corrupt index is reported and repaired", corrupt_index_is_repaired},
    {"a wait for more than the queue holds is refused", waiting_for_too_much_is_refused},
    {"outstanding calls are bounded", calls_are_bounded},
    {"credits run out and nothing is lost", credits_run_out_and_nothing_is_lost},
    {0},
};
