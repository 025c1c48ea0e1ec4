/*
 * Part of fake_endpoint.c, and of nothing else: its state, capabilities, and what
 * messages take along.
 */
#ifndef CAPOS_TESTS_RT_FAKE_CAPS_H
#define CAPOS_TESTS_RT_FAKE_CAPS_H

#include <string.h>

#include "tests/rt/fake_endpoint.h"

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

#endif
