/*
 * Promises: the ids of answers that the kernel keeps, and what programs name
 * them by. A promised capability is a number as any other, which only the
 * runtime understands: it becomes an answer's id and a record when what uses
 * it is submitted, so that one whose call is finished by then is caught.
 */
#include "capos-rt/promise.h"

#include <capos/call.h>
#include <capos/panic.h>
#include <capos/text.h>

#include "capos-rt/rt.h"

void rt_promises_init(struct rt_promises *promises, uint32_t answers_max)
{
    uint32_t ids = answers_max > 0 ? answers_max - 1 : 0;
    promises->room = ids < RT_PROMISES_MAX ? ids : RT_PROMISES_MAX;
}

/* --- Ids -------------------------------------------------------------------------- */

static uint8_t id_of(const struct rt_promises *promises, const struct rt_promise *promise)
{
    return (uint8_t)(promise - promises->entries + 1);
}

/* Each in turn: the one that was finished longest ago comes first. */
static struct rt_promise *find_free(struct rt_promises *promises)
{
    uint32_t index = promises->last;
    for (uint32_t left = promises->room; left > 0; left--) {
        index = index + 1 < promises->room ? index + 1 : 0;
        struct rt_promise *promise = &promises->entries[index];
        if (promise->state != RT_PROMISE_FREE &&
            (promise->state != RT_PROMISE_SENT || !promise->finish.is_complete))
            continue;
        promises->last = index;
        return promise;
    }
    return NULL;
}

capos_status rt_promise_keep(struct capos_runtime *runtime, const struct capos_pending *call, uint8_t *ret_id)
{
    struct rt_promises *promises = &runtime->promises;
    if (promises->room == 0)
        return CAP_ERR_UNSUPPORTED_OP;
    struct rt_promise *promise = find_free(promises);
    if (!promise && promises->kept < promises->room) {
        rt_ring_settle(&runtime->ring);
        promise = find_free(promises);
    }
    if (!promise)
        return CAP_ERR_TOO_MANY_CALLS;
    promises->sequence = (promises->sequence + 1) % RT_PROMISE_NUMBERS;
    promise->call = call;
    promise->origin = rt_handles_noted();
    promise->sequence = promises->sequence;
    promise->state = RT_PROMISE_KEPT;
    promises->kept++;
    *ret_id = id_of(promises, promise);
    return CAP_OK;
}

/* --- Names ------------------------------------------------------------------------- */

capos_cap rt_promise_name(const struct capos_runtime *runtime, uint8_t id, uint16_t field)
{
    return RT_PROMISED | runtime->promises.entries[id - 1].sequence << RT_PROMISED_NUMBER |
           (uint64_t)id << RT_PROMISED_ID | field;
}

capos_cap rt_promise_none(capos_status status)
{
    return RT_PROMISED | (uint16_t)-status;
}

capos_status rt_promise_find(const struct capos_runtime *runtime, capos_cap cap,
                             struct rt_promised *ret_promised)
{
    const struct rt_promise *entries = runtime->promises.entries;
    uint32_t id = (uint8_t)(cap >> RT_PROMISED_ID);
    capos_status failed = -(capos_status)(uint16_t)cap;
    if (id == 0)
        return failed < 0 ? failed : CAP_ERR_BAD_ANSWER;
    if (id > RT_PROMISES_MAX || entries[id - 1].state != RT_PROMISE_KEPT ||
        entries[id - 1].sequence != (cap & ~RT_PROMISED) >> RT_PROMISED_NUMBER)
        return CAP_ERR_BAD_ANSWER;
    *ret_promised = (struct rt_promised){id, (uint16_t)cap};
    return CAP_OK;
}

/* --- What waits for what -------------------------------------------------------------- */

/* Those of `needs` that are to come still, of calls that were submitted before `number`. */
static uint64_t still_open(const struct capos_runtime *runtime, uint64_t needs, uint64_t number)
{
    uint64_t open = 0;
    for (uint64_t left = needs; left != 0; left &= left - 1) {
        const struct capos_pending *call = runtime->promises.entries[__builtin_ctzll(left)].call;
        if (call && !call->is_complete && call->number < number)
            open |= left & -left;
    }
    return open;
}

__attribute__((noinline)) uint64_t rt_promise_needs(const struct capos_runtime *runtime, uint32_t answer_id)
{
    const struct capos_pending *call = runtime->promises.entries[answer_id - 1].call;
    if (call->is_complete)
        return 0;
    return UINT64_C(1) << (answer_id - 1) | still_open(runtime, call->needs, call->number);
}

__attribute__((noinline)) uint32_t rt_promises_open(const struct capos_runtime *runtime, uint64_t needs,
                                                    uint64_t number)
{
    uint32_t count = 0;
    for (uint64_t left = still_open(runtime, needs, number); left != 0; left &= left - 1)
        count++;
    return count;
}

/* --- The end of an answer ---------------------------------------------------------------- */

void rt_promise_finish(struct capos_runtime *runtime, uint8_t id)
{
    struct rt_promise *promise = &runtime->promises.entries[id - 1];
    promise->call = NULL;
    promise->state = RT_PROMISE_QUEUED;
    runtime->promises.kept--;
    runtime->promises.queued |= UINT64_C(1) << (id - 1);
}

void rt_promises_send(struct capos_runtime *runtime)
{
    struct rt_promises *promises = &runtime->promises;
    for (; promises->queued != 0 && rt_ring_has_room(&runtime->ring);
         promises->queued &= promises->queued - 1) {
        uint32_t index = (uint32_t)__builtin_ctzll(promises->queued);
        const struct cap_sqe sqe = {.op = CAP_OP_FINISH, .answer_id = index + 1};
        promises->entries[index].state = RT_PROMISE_SENT;
        rt_ring_put_at_once(&runtime->ring, &sqe, &promises->entries[index].finish);
    }
}

/* --- What is left at the end ---------------------------------------------------------------- */

__attribute__((cold)) void rt_promises_report(struct capos_runtime *runtime)
{
    struct rt_promises *promises = &runtime->promises;
    for (uint32_t i = 0; rt_handles_noted() && promises->kept > 0 && i < promises->room; i++) {
        const struct rt_promise *promise = &promises->entries[i];
        char chars[CAPOS_PANIC_BYTES_MAX];
        struct capos_line line;
        if (promise->state != RT_PROMISE_KEPT)
            continue;
        capos_line_begin(&line, chars, sizeof chars);
        capos_line_string(&line, "not finished at exit: a promise from ");
        capos_line_string(&line, promise->origin ? promise->origin : "a place that nobody noted");
        rt_console_write_line(runtime, capos_line_text(&line));
    }
}
