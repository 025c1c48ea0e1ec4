/*
 * Part of fake_endpoint.c, and of nothing else: answers that are kept, and what
 * waits for them.
 */
#ifndef CAPOS_TESTS_RT_FAKE_ANSWERS_H
#define CAPOS_TESTS_RT_FAKE_ANSWERS_H

#include "tests/rt/fake_caps.h"

static void complete(uint64_t user_data, int32_t result);

/* --- Answers ------------------------------------------------------------------------------------------ */

static const struct cap_transfer *descriptors(const struct cap_sqe *sqe)
{
    return (const struct cap_transfer *)(uintptr_t)(sqe->params_addr + sqe->params_len);
}

static bool is_kept(uint64_t answer_id)
{
    return answer_id >= 1 && answer_id <= FAKE_ANSWERS && kept[answer_id].state != NO_ANSWER;
}

/* Whether a submission names an answer, and what of it: a target, or something that goes along. */
static bool names(const struct cap_sqe *sqe, uint64_t answer_id)
{
    bool found = sqe->op == CAP_OP_CALL && (sqe->flags & CAP_SQE_PIPELINE) && sqe->pipeline.dep == answer_id;
    for (uint32_t i = 0; i < sqe->xfer_cap_count; i++)
        found |= descriptors(sqe)[i].mode == CAP_TRANSFER_PROMISED && descriptors(sqe)[i].cap_id == answer_id;
    return found;
}

static void forget(uint64_t answer_id)
{
    struct kept *of = &kept[answer_id];
    for (uint32_t i = 0; i < parked_count; i++)
        if (names(&parked[i], answer_id))
            return;
    if (!of->finished || of->state == TO_COME)
        return;
    for (uint32_t i = 0; i < of->count; i++)
        drop(of->records[i]);
    *of = (struct kept){0};
}

/* The first of the answers that a submission names which has not arrived, or has failed; else null. */
static struct kept *hindrance(const struct cap_sqe *sqe, int32_t *ret_broken)
{
    *ret_broken = 0;
    for (uint64_t id = 1; id <= FAKE_ANSWERS; id++)
        if (names(sqe, id) && kept[id].state != ARRIVED)
            return &kept[id];
    if (sqe->op == CAP_OP_CALL && (sqe->flags & CAP_SQE_PIPELINE) &&
        !record_of(sqe->pipeline.dep, sqe->pipeline.field))
        *ret_broken = CAP_ERR_BROKEN_PROMISE;
    for (uint32_t i = 0; i < sqe->xfer_cap_count; i++)
        if (descriptors(sqe)[i].mode == CAP_TRANSFER_PROMISED &&
            !record_of(descriptors(sqe)[i].cap_id, descriptors(sqe)[i].field))
            *ret_broken = CAP_ERR_BROKEN_PROMISE;
    return NULL;
}

static void run(const struct cap_sqe *sqe);
static struct message *delivered(uint64_t call_id);
static void fail(const struct cap_sqe *sqe, int32_t status, const struct kept *cause);
static void fail_taken(const struct cap_sqe *sqe, int32_t status, const struct kept *cause);

/* What waited goes on, in order; what goes on may let others do so. */
static void unpark(void)
{
    for (uint32_t i = 0; i < parked_count; i++) {
        int32_t broken;
        struct cap_sqe sqe = parked[i];
        struct kept *cause = hindrance(&sqe, &broken);
        if (cause && cause->state == TO_COME)
            continue;
        parked_count--;
        memmove(&parked[i], &parked[i + 1], (parked_count - i) * sizeof sqe);
        if (cause || broken < 0)
            fail_taken(&sqe, cause ? cause->status : broken, cause);
        else
            run(&sqe);
        i = (uint32_t)-1;
    }
    for (uint64_t id = 1; id <= FAKE_ANSWERS; id++)
        if (kept[id].state != NO_ANSWER)
            forget(id);
}

/* A call's answer is there, its records or why there are none: before its completion. */
static void arrive(const struct cap_sqe *sqe, int32_t status, const struct parcel *parcels, uint32_t count)
{
    struct kept *of = &kept[sqe->answer_id];
    if (!(sqe->flags & CAP_SQE_PROMISE) || of->user_data != sqe->user_data || of->state != TO_COME)
        return;
    of->state = status < 0 ? FAILED : ARRIVED;
    of->status = status;
    of->count = count;
    for (uint32_t i = 0; i < count; i++) {
        of->records[i] = parcels[i].target;
        if (of->records[i])
            of->records[i]->refs++;
    }
    unpark();
}

static void fail_with(const struct cap_sqe *sqe, int32_t status, const struct kept *cause, uint16_t flags)
{
    struct cap_cqe cqe = {.user_data = sqe->user_data, .result = status, .flags = flags};
    if (sqe->op == CAP_OP_CALL && cause && cause->exception_bytes > 0) {
        bool fits = cause->exception_bytes <= sqe->result_len;
        cqe.aux = cause->exception_type;
        cqe.result = fits ? CAP_ERR_APPLICATION_EXCEPTION : CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED;
        if (fits)
            memcpy((void *)(uintptr_t)sqe->result_addr, cause->exception, cause->exception_bytes);
        if (sqe->flags & CAP_SQE_PROMISE) {
            struct kept *of = &kept[sqe->answer_id];
            memcpy(of->exception, cause->exception, cause->exception_bytes);
            of->exception_bytes = cause->exception_bytes;
            of->exception_type = cause->exception_type;
        }
    }
    struct message *returned = sqe->op == CAP_OP_RETURN ? delivered(sqe->interface_id) : NULL;
    if (sqe->op == CAP_OP_CALL)
        arrive(sqe, status, NULL, 0);
    fake_post(cqe);
    if (returned) { /* whose caller gets the failure */
        returned->state = FREE;
        fail_with(&returned->sqe, status, cause, CAP_CQE_MINTED);
    }
}

static void fail(const struct cap_sqe *sqe, int32_t status, const struct kept *cause)
{
    fail_with(sqe, status, cause, 0);
}

/* From acceptance on, badges have been minted: their end is told. */
static void fail_taken(const struct cap_sqe *sqe, int32_t status, const struct kept *cause)
{
    for (uint32_t i = 0; i < sqe->xfer_cap_count; i++) {
        if (descriptors(sqe)[i].mode != CAP_TRANSFER_MINT)
            continue;
        struct target *target = mint(descriptors(sqe)[i].badge, descriptors(sqe)[i].interface_id);
        target->refs++;
        drop(target);
    }
    fail_with(sqe, status, cause, CAP_CQE_MINTED);
}

static bool name_is_good(const struct cap_sqe *sqe)
{
    if ((sqe->flags & CAP_SQE_PIPELINE) && !is_kept(sqe->pipeline.dep))
        return false;
    for (uint32_t i = 0; i < sqe->xfer_cap_count; i++)
        if (descriptors(sqe)[i].mode == CAP_TRANSFER_PROMISED && !is_kept(descriptors(sqe)[i].cap_id))
            return false;
    return true;
}

/* A CALL or RETURN as it is submitted: done, or parked. */
static void accept(const struct cap_sqe *sqe)
{
    int32_t broken = 0;
    struct kept *cause = NULL;
    bool is_call = sqe->op == CAP_OP_CALL, promise = is_call && (sqe->flags & CAP_SQE_PROMISE);
    bool good = name_is_good(sqe);
    if (promise && (sqe->answer_id == 0 || sqe->answer_id > FAKE_ANSWERS || is_kept(sqe->answer_id)))
        good = false;
    else if (promise)
        kept[sqe->answer_id] = (struct kept){.state = TO_COME, .user_data = sqe->user_data};
    if (good)
        cause = hindrance(sqe, &broken);
    if (!good)
        fail(sqe, CAP_ERR_BAD_ANSWER, NULL);
    else if (cause && cause->state == TO_COME)
        parked[parked_count++] = *sqe;
    else if (cause || broken < 0)
        fail_taken(sqe, cause ? cause->status : broken, cause);
    else
        run(sqe);
}

static bool cancel_any(uint64_t user_data);

static void finish(const struct cap_sqe *sqe)
{
    bool depended = false;
    if (!is_kept(sqe->answer_id) || kept[sqe->answer_id].finished) {
        complete(sqe->user_data, CAP_ERR_BAD_ANSWER);
        return;
    }
    for (uint32_t i = 0; i < parked_count; i++)
        depended |= names(&parked[i], sqe->answer_id);
    kept[sqe->answer_id].finished = true;
    if (kept[sqe->answer_id].state == TO_COME && !depended)
        cancel_any(kept[sqe->answer_id].user_data);
    forget(sqe->answer_id);
    complete(sqe->user_data, CAP_OK);
}

#endif
