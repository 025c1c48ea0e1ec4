#include "tests/rt/fake_endpoint.h"

#include <string.h>

enum kind { NONE, OWNER, FACET, THING };

struct target {
    uint64_t badge;
    uint64_t interface_id;
    enum kind kind;
    uint32_t refs; /* slots and messages */
};

struct slot {
    struct target *target;
    uint64_t generation;
    bool moving;
};

/* What a message takes along: a reference, and the slot that it leaves if it moves. */
struct parcel {
    struct target *target; /* null: the null capability */
    struct slot *from;
    bool minted;
};

struct message {
    enum { FREE, QUEUED, DELIVERED } state;
    bool cancelled;
    uint64_t order;
    struct cap_message_header header;
    struct cap_sqe sqe; /* the caller's */
    struct target *to;
    struct parcel parcels[FAKE_CAPS];
    uint32_t parcel_count;
};

/* What is kept of a call's answer under an id of the program's. */
struct kept {
    enum { NO_ANSWER, TO_COME, ARRIVED, FAILED } state;
    bool finished;
    uint64_t user_data; /* of the call */
    struct target *records[FAKE_CAPS];
    uint32_t count;
    int32_t status;
    uint16_t exception_type;
    uint8_t exception[512];
    uint32_t exception_bytes;
};

static struct kept kept[FAKE_ANSWERS + 1];
static struct cap_sqe parked[FAKE_PARKED]; /* in the order of their submission */
static uint32_t parked_count;
static struct target targets[FAKE_SLOTS * 2];
static struct slot slots[FAKE_SLOTS];
static struct message messages[FAKE_MESSAGES];
static struct cap_sqe recvs[FAKE_RECVS];
static uint32_t recv_count;
static uint64_t next_order;
uint64_t fake_endpoint_last_call;
struct cap_sqe fake_endpoint_last_return;

/* --- Capabilities --------------------------------------------------------------------- */

static capos_cap id_of(const struct slot *slot)
{
    return slot->generation << CAPOS_CAP_SLOT_SHIFT | (uint64_t)(slot - slots);
}

static struct slot *find(capos_cap cap)
{
    struct slot *slot = &slots[CAPOS_CAP_SLOT(cap) % FAKE_SLOTS];
    return slot->target && !slot->moving && id_of(slot) == cap ? slot : NULL;
}

static capos_cap hold(struct target *target)
{
    struct slot *slot = slots;
    while (slot->target)
        slot++;
    *slot = (struct slot){.target = target, .generation = slot->generation + 1};
    return id_of(slot);
}

static struct target *make(enum kind kind, uint64_t badge, uint64_t interface_id)
{
    struct target *target = targets;
    while (target->kind != NONE)
        target++;
    *target = (struct target){.kind = kind, .badge = badge, .interface_id = interface_id};
    return target;
}

static struct message *queue(enum cap_message_kind kind)
{
    struct message *message = messages;
    while (message->state != FREE)
        message++;
    *message = (struct message){.state = QUEUED, .order = ++next_order, .header.kind = (uint16_t)kind};
    message->header.call_id = message->order;
    return message;
}

static void drop(struct target *target)
{
    if (!target || --target->refs > 0)
        return;
    if (target->kind == FACET)
        queue(CAP_MESSAGE_RELEASED)->header.badge = target->badge;
    target->kind = NONE;
}

static void leave(struct slot *slot)
{
    slot->target = NULL;
    slot->moving = false;
}

/* --- Transfers ---------------------------------------------------------------------------- */

/* As if nothing had been sent: what was minted has never been. */
static void send_back(struct parcel *parcels, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (parcels[i].from)
            parcels[i].from->moving = false;
        else if (parcels[i].minted && --parcels[i].target->refs == 0)
            parcels[i].target->kind = NONE;
        else if (parcels[i].minted)
            continue;
        else
            drop(parcels[i].target);
    }
}

/* A badge is one facet, however often it is minted; an undelivered notice about it is withdrawn. */
static struct target *mint(uint64_t badge, uint64_t interface_id)
{
    for (struct message *m = messages; m < messages + FAKE_MESSAGES; m++)
        if (m->state == QUEUED && m->header.kind == CAP_MESSAGE_RELEASED && m->header.badge == badge)
            m->state = FREE;
    for (uint32_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        if (targets[i].kind == FACET && targets[i].badge == badge)
            return &targets[i];
    return make(FACET, badge, interface_id);
}

static struct target *record_of(uint64_t answer_id, uint16_t field)
{
    const struct kept *of = &kept[answer_id];
    return field < of->count ? of->records[field] : NULL;
}

static int32_t pack_one(const struct cap_transfer *transfer, struct parcel *parcel)
{
    if (transfer->mode == CAP_TRANSFER_PROMISED) {
        *parcel = (struct parcel){.target = record_of(transfer->cap_id, transfer->field)};
        parcel->target->refs++;
        return 0;
    }
    struct slot *slot = find(transfer->cap_id);
    *parcel = (struct parcel){.minted = transfer->mode == CAP_TRANSFER_MINT};
    if (transfer->cap_id == CAPOS_CAP_NULL)
        return transfer->mode == CAP_TRANSFER_COPY ? 0 : CAP_ERR_BAD_TRANSFER;
    if (!slot)
        return CAP_ERR_STALE_CAP;
    if (parcel->minted != (slot->target->kind == OWNER))
        return CAP_ERR_NOT_PERMITTED;
    if (!parcel->minted && (transfer->badge || transfer->interface_id))
        return CAP_ERR_BAD_TRANSFER;
    parcel->target = parcel->minted ? mint(transfer->badge, transfer->interface_id) : slot->target;
    if (transfer->mode == CAP_TRANSFER_MOVE) {
        parcel->from = slot;
        slot->moving = true;
    } else {
        parcel->target->refs++;
    }
    return 0;
}

static int32_t pack(const struct cap_sqe *sqe, struct parcel *parcels)
{
    const struct cap_transfer *transfer =
        (const struct cap_transfer *)(uintptr_t)(sqe->params_addr + sqe->params_len);
    for (uint32_t i = 0; i < sqe->xfer_cap_count; i++) {
        int32_t status = pack_one(&transfer[i], &parcels[i]);
        if (status < 0) {
            send_back(parcels, i);
            return status;
        }
    }
    return 0;
}

/* Puts what came into the table, and its records at `records`. */
static void unpack(struct parcel *parcels, uint32_t count, struct cap_transfer_result *records)
{
    for (uint32_t i = 0; i < count; i++) {
        struct target *target = parcels[i].target;
        if (parcels[i].from)
            leave(parcels[i].from);
        records[i] = (struct cap_transfer_result){0};
        if (!target)
            continue;
        records[i].cap_id = hold(target);
        records[i].interface_id = target->interface_id;
        records[i].flags = target->kind == FACET ? CAP_RECORD_OWN : 0;
        records[i].badge = target->kind == FACET ? target->badge : 0;
    }
}

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
            fail(&sqe, cause ? cause->status : broken, cause);
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

static void fail(const struct cap_sqe *sqe, int32_t status, const struct kept *cause)
{
    struct cap_cqe cqe = {.user_data = sqe->user_data, .result = status};
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
        fail(&returned->sqe, status, cause);
    }
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
        fail(sqe, cause ? cause->status : broken, cause);
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
        fail(&sqe, CAP_ERR_CANCELLED, NULL);
        unpark();
        return true;
    }
    for (struct message *m = messages; m < messages + FAKE_MESSAGES; m++) {
        if (m->state == FREE || m->cancelled || m->header.kind != CAP_MESSAGE_CALL ||
            m->sqe.user_data != user_data)
            continue;
        fail(&m->sqe, CAP_ERR_CANCELLED, NULL);
        if (m->state == QUEUED) {
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
