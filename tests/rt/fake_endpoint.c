#include "tests/rt/fake_answers.h"

uint64_t fake_endpoint_last_call;
struct cap_sqe fake_endpoint_last_return;

/* --- Delivery ---------------------------------------------------------------------------------- */

static void deliver(struct message *message)
{
    struct cap_sqe recv = recvs[0];
    recv_count--;
    memmove(recvs, recvs + 1, recv_count * sizeof recv);
    uint8_t *to = (uint8_t *)(uintptr_t)recv.result_addr;
    uint32_t bytes = (uint32_t)sizeof message->header + message->header.params_len;
    memset(to, 0xa5, recv.result_len);
    memcpy(to, &message->header, sizeof message->header);
    if (message->header.params_len > 0)
        memcpy(to + sizeof message->header, (const void *)(uintptr_t)message->sqe.params_addr,
               message->header.params_len);
    unpack(message->parcels, message->parcel_count, (struct cap_transfer_result *)(void *)(to + bytes));
    message->state = FREE;
    if (message->header.kind == CAP_MESSAGE_CALL) {
        message->state = DELIVERED;
        fake_endpoint_last_call = message->header.call_id;
        drop(message->to);
    }
    fake_post((struct cap_cqe){
        .user_data = recv.user_data, .result = (int32_t)bytes, .cap_count = (uint16_t)message->parcel_count});
}

static struct message *oldest(void)
{
    struct message *first = NULL;
    for (struct message *m = messages; m < messages + FAKE_MESSAGES; m++)
        if (m->state == QUEUED && (!first || m->order < first->order))
            first = m;
    return first;
}

static void pump(void)
{
    struct message *message;
    while (recv_count > 0 && (message = oldest()) != NULL)
        deliver(message);
}

/* --- Operations ------------------------------------------------------------------------------------ */

static void complete(uint64_t user_data, int32_t result)
{
    fake_post((struct cap_cqe){.user_data = user_data, .result = result});
}

static void call(const struct cap_sqe *sqe)
{
    struct parcel parcels[FAKE_CAPS];
    struct slot *slot = find(sqe->cap_id);
    struct target *to = slot ? slot->target : NULL;
    if (sqe->flags & CAP_SQE_PIPELINE)
        to = record_of(sqe->pipeline.dep, sqe->pipeline.field);
    if (!to || to->kind != FACET) {
        fail(sqe, to ? CAP_ERR_NOT_PERMITTED : CAP_ERR_STALE_CAP, NULL);
        return;
    }
    int32_t status = pack(sqe, parcels);
    if (status < 0) {
        fail(sqe, status, NULL);
        return;
    }
    struct message *message = queue(CAP_MESSAGE_CALL);
    message->sqe = *sqe;
    message->to = to;
    message->to->refs++;
    message->header.badge = to->badge;
    message->header.interface_id = sqe->interface_id;
    message->header.method_id = sqe->method_id;
    message->header.params_len = sqe->params_len;
    message->header.result_len = sqe->result_len;
    message->header.cap_count = sqe->xfer_cap_count;
    message->header.result_cap_max = sqe->result_cap_max;
    message->parcel_count = sqe->xfer_cap_count;
    memcpy(message->parcels, parcels, sizeof parcels);
}

static void receive(const struct cap_sqe *sqe)
{
    struct slot *slot = find(sqe->cap_id);
    if (!slot || slot->target->kind != OWNER)
        complete(sqe->user_data, slot ? CAP_ERR_NOT_PERMITTED : CAP_ERR_STALE_CAP);
    else
        recvs[recv_count++] = *sqe;
}

static struct message *delivered(uint64_t call_id)
{
    for (struct message *m = messages; m < messages + FAKE_MESSAGES; m++)
        if (m->state == DELIVERED && m->header.call_id == call_id)
            return m;
    return NULL;
}

/* The caller's completion, and what the RETURN's says. */
static int32_t answer(const struct cap_sqe *sqe, struct message *message, struct parcel *parcels)
{
    uint32_t count = sqe->xfer_cap_count, room = message->sqe.result_cap_max;
    bool kept_here = message->sqe.flags & CAP_SQE_PROMISE;
    if (kept_here && !(sqe->flags & CAP_SQE_EXCEPTION) && !message->cancelled)
        arrive(&message->sqe, 0, parcels, sqe->result_cap_max);
    for (; kept_here && count > room && count > 0 && !message->cancelled; count--)
        drop(parcels[count - 1].target); /* through the answer alone */
    uint64_t needed = sqe->params_len + count * sizeof(struct cap_transfer_result);
    struct cap_cqe cqe = {.user_data = message->sqe.user_data, .result = (int32_t)sqe->params_len};
    uint8_t *to = (uint8_t *)(uintptr_t)message->sqe.result_addr;
    bool fits = needed <= message->sqe.result_len && count <= message->sqe.result_cap_max;
    message->state = FREE;
    if (message->cancelled) {
        struct cap_transfer_result gone[FAKE_CAPS];
        unpack(parcels, count, gone);
        for (uint32_t i = 0; i < count; i++) {
            struct slot *slot = find(gone[i].cap_id);
            if (slot) {
                drop(slot->target);
                leave(slot);
            }
        }
        return 0;
    }
    if (sqe->flags & CAP_SQE_EXCEPTION) {
        cqe.result = fits ? CAP_ERR_APPLICATION_EXCEPTION : CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED;
        cqe.aux = sqe->method_id;
        if (kept_here) {
            struct kept *of = &kept[message->sqe.answer_id];
            memcpy(of->exception, (const void *)(uintptr_t)sqe->params_addr, sqe->params_len);
            of->exception_bytes = sqe->params_len;
            of->exception_type = sqe->method_id;
            arrive(&message->sqe, cqe.result, NULL, 0);
        }
    } else if (!fits) {
        cqe.result = CAP_ERR_BUFFER_TOO_SMALL;
        cqe.needed = needed;
        send_back(parcels, count);
    }
    if (fits) {
        if (sqe->params_len > 0)
            memcpy(to, (const void *)(uintptr_t)sqe->params_addr, sqe->params_len);
        unpack(parcels, count, (struct cap_transfer_result *)(void *)(to + sqe->params_len));
        cqe.cap_count = (uint16_t)count;
    }
    if (cqe.result < 0)
        cqe.flags = CAP_CQE_MINTED;
    fake_post(cqe);
    return fits || (sqe->flags & CAP_SQE_EXCEPTION) ? 0 : CAP_ERR_BUFFER_TOO_SMALL;
}

static void give_back(const struct cap_sqe *sqe)
{
    struct parcel parcels[FAKE_CAPS];
    struct message *message = delivered(sqe->interface_id);
    int32_t status = message ? pack(sqe, parcels) : CAP_ERR_UNKNOWN_CALL;
    if (status == 0)
        status = answer(sqe, message, parcels);
    if (status == 0 && (sqe->flags & CAP_SQE_RETURN_RECV))
        receive(sqe);
    else
        complete(sqe->user_data, status);
}

static void run(const struct cap_sqe *sqe)
{
    if (sqe->op == CAP_OP_CALL)
        call(sqe);
    else
        give_back(sqe);
}

static bool cancel_any(uint64_t user_data)
{
    for (uint32_t i = 0; i < parked_count; i++) {
        struct cap_sqe sqe = parked[i];
        if (sqe.op != CAP_OP_CALL || sqe.user_data != user_data)
            continue;
        parked_count--;
        memmove(&parked[i], &parked[i + 1], (parked_count - i) * sizeof sqe);
        fail_taken(&sqe, CAP_ERR_CANCELLED, NULL);
        unpark();
        return true;
    }
    for (struct message *m = messages; m < messages + FAKE_MESSAGES; m++) {
        if (m->state == FREE || m->cancelled || m->header.kind != CAP_MESSAGE_CALL ||
            m->sqe.user_data != user_data)
            continue;
        fail_with(&m->sqe, CAP_ERR_CANCELLED, NULL, CAP_CQE_MINTED);
        if (m->state == QUEUED) {
            for (uint32_t i = 0; i < m->parcel_count; i++)
                m->parcels[i].minted = false; /* but they were */
            send_back(m->parcels, m->parcel_count);
            drop(m->to);
            m->state = FREE;
        } else {
            m->cancelled = true;
            queue(CAP_MESSAGE_CANCELLED)->header.call_id = m->header.call_id;
        }
        return true;
    }
    for (uint32_t i = 0; i < recv_count; i++) {
        if (recvs[i].user_data != user_data)
            continue;
        complete(recvs[i].user_data, CAP_ERR_CANCELLED);
        recv_count--;
        memmove(&recvs[i], &recvs[i + 1], (recv_count - i) * sizeof recvs[0]);
        return true;
    }
    return false;
}

static bool cancel(const struct cap_sqe *sqe)
{
    bool found = cancel_any(sqe->interface_id);
    if (found)
        complete(sqe->user_data, CAP_OK);
    return found;
}

static void release(const struct cap_sqe *sqe)
{
    struct slot *slot = find(sqe->cap_id);
    if (slot) {
        struct target *target = slot->target;
        leave(slot);
        drop(target);
    }
    complete(sqe->user_data, slot ? CAP_OK : CAP_ERR_STALE_CAP);
}

bool fake_endpoint_take(const struct cap_sqe *sqe)
{
    struct slot *slot = find(sqe->cap_id);
    bool taken = true;
    if (sqe->op == CAP_OP_RETURN)
        fake_endpoint_last_return = *sqe;
    if (sqe->op == CAP_OP_CALL && ((sqe->flags & CAP_SQE_PIPELINE) || !slot || slot->target->kind == FACET))
        accept(sqe);
    else if (sqe->op == CAP_OP_FINISH)
        finish(sqe);
    else if (sqe->op == CAP_OP_RECV)
        receive(sqe);
    else if (sqe->op == CAP_OP_RETURN)
        accept(sqe);
    else if (sqe->op == CAP_OP_RELEASE)
        release(sqe);
    else
        taken = sqe->op == CAP_OP_CANCEL && cancel(sqe);
    pump();
    return taken;
}

/* --- For tests ------------------------------------------------------------------------------------- */

static capos_cap hold_new(enum kind kind, uint64_t badge, uint64_t interface_id)
{
    struct target *target = make(kind, badge, interface_id);
    target->refs = 1;
    return hold(target);
}

capos_cap fake_endpoint_start(struct capos_ring **ret_ring)
{
    memset(targets, 0, sizeof targets);
    memset(slots, 0, sizeof slots);
    memset(messages, 0, sizeof messages);
    memset(kept, 0, sizeof kept);
    recv_count = parked_count = 0;
    fake_start();
    fake.take = fake_endpoint_take;
    capos_runtime_lend_ring(&fake.runtime, ret_ring);
    return hold_new(OWNER, 0, 0);
}

capos_cap fake_endpoint_grant(uint64_t badge, uint64_t interface_id)
{
    return hold_new(FACET, badge, interface_id);
}

capos_cap fake_endpoint_thing(uint64_t interface_id)
{
    return hold_new(THING, 0, interface_id);
}

uint32_t fake_endpoint_held(void)
{
    uint32_t count = 0;
    for (struct slot *slot = slots; slot < slots + FAKE_SLOTS; slot++)
        count += slot->target != NULL;
    return count;
}

uint32_t fake_endpoint_refs(uint64_t badge)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        count +=
            targets[i].kind == FACET && (uint32_t)targets[i].badge == (uint32_t)badge ? targets[i].refs : 0;
    return count;
}

bool fake_endpoint_holds(capos_cap cap)
{
    return find(cap) != NULL;
}

uint32_t fake_endpoint_owed(void)
{
    uint32_t count = 0;
    for (struct message *m = messages; m < messages + FAKE_MESSAGES; m++)
        count += m->state == DELIVERED;
    return count;
}

uint32_t fake_endpoint_receives(void)
{
    return recv_count;
}

uint32_t fake_endpoint_answers(void)
{
    uint32_t count = 0;
    for (uint32_t id = 1; id <= FAKE_ANSWERS; id++)
        count += kept[id].state != NO_ANSWER;
    return count;
}

uint32_t fake_endpoint_parked(void)
{
    return parked_count;
}

void fake_endpoint_forge(const struct cap_message_header *header, const void *payload, uint32_t bytes,
                         int32_t result)
{
    struct cap_sqe recv = recvs[0];
    uint8_t *to = (uint8_t *)(uintptr_t)recv.result_addr;
    recv_count--;
    memmove(recvs, recvs + 1, recv_count * sizeof recv);
    memcpy(to, header, sizeof *header);
    if (bytes > 0)
        memcpy(to + sizeof *header, payload, bytes);
    fake_post(
        (struct cap_cqe){.user_data = recv.user_data, .result = result, .cap_count = header->cap_count});
}
