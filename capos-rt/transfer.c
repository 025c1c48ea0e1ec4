/*
 * Capabilities in messages: what goes out, what came, and whose it is when.
 */
#include "capos-rt/transfer.h"

#include <string.h>

#include "capos-rt/handle.h"
#include "capos-rt/rt.h"

/* The list of the message that something lies in; null if it has none. */
static struct capos_caps *list_of(const struct wire_segment *segment)
{
    return segment && segment->message ? (struct capos_caps *)segment->message->caps : NULL;
}

/* --- Going out ------------------------------------------------------------------------ */

uint32_t rt_caps_init_outgoing(struct capos_caps *caps, struct capos_runtime *runtime, uint64_t *words,
                               uint32_t word_count, uint16_t max)
{
    *caps = (struct capos_caps){.runtime = runtime, .max = max};
    uint32_t kept = (uint32_t)max * CAPOS_TRANSFER_WORDS;
    if (kept >= word_count) {
        caps->max = 0;
        return max == 0 ? word_count : 0;
    }
    caps->outgoing = (struct cap_transfer *)(void *)(words + word_count - kept);
    caps->given = (struct capos_given *)(void *)(caps->outgoing + max);
    return word_count - kept;
}

/* The place in the list: a field of the results has its own, and what is not passed there is null. */
static capos_status choose_place(struct capos_caps *caps, const uint8_t *of, uint16_t field,
                                 uint16_t *ret_index)
{
    bool own = of && of == caps->root && field < caps->fields;
    if (caps->count == 0)
        for (; caps->count < caps->fields && caps->count < caps->max; caps->count++)
            caps->outgoing[caps->count] = (struct cap_transfer){.mode = CAP_TRANSFER_COPY};
    if (!own && caps->count >= caps->max)
        return CAP_ERR_MESSAGE_TOO_LARGE;
    *ret_index = own ? field : caps->count++;
    if (own && caps->outgoing[field].cap_id != CAPOS_CAP_NULL)
        return CAP_ERR_BAD_TRANSFER;
    return CAP_OK;
}

/* Whether a capability stands in the list, other than to be copied both times. */
static bool goes_out_already(const struct capos_caps *caps, capos_cap cap, uint16_t mode)
{
    for (uint16_t i = 0; i < caps->count; i++)
        if (cap != CAPOS_CAP_NULL && caps->outgoing[i].cap_id == cap &&
            caps->outgoing[i].mode + mode != 2 * CAP_TRANSFER_COPY)
            return true;
    return false;
}

static capos_status add(struct capos_caps *caps, const uint8_t *of, uint16_t field,
                        const struct capos_transfer *transfer, uint16_t *ret_index)
{
    struct cap_transfer descriptor = {.cap_id = transfer->cap, .mode = transfer->mode};
    struct capos_given given = {0};
    if (rt_is_promised(transfer->cap) && transfer->mode == CAP_TRANSFER_COPY)
        descriptor.mode = CAP_TRANSFER_PROMISED;
    else if (goes_out_already(caps, transfer->cap, transfer->mode))
        return CAP_ERR_BAD_TRANSFER;
    capos_status status = choose_place(caps, of, field, ret_index);
    if (status == CAP_OK && transfer->mode == CAP_TRANSFER_MOVE && transfer->cap != CAPOS_CAP_NULL) {
        given.cap = transfer->cap;
        status = rt_handle_give(caps->runtime, transfer->cap);
    }
    if (status < 0)
        return status;
    if (transfer->object) {
        given.object = transfer->object;
        descriptor.badge = rt_object_hold(transfer->object);
        descriptor.cap_id = rt_object_endpoint(transfer->object);
        descriptor.interface_id = transfer->interface_id;
    }
    if (given.cap != CAPOS_CAP_NULL || given.object)
        caps->given[caps->given_count++] = given;
    caps->outgoing[*ret_index] = descriptor;
    caps->promised |= descriptor.mode == CAP_TRANSFER_PROMISED;
    return CAP_OK;
}

void capos_caps_pass(struct wire_slot slot, const uint8_t *of, uint16_t field, struct capos_transfer transfer)
{
    struct capos_caps *caps = list_of(slot.segment);
    capos_status status = CAP_ERR_BAD_TRANSFER;
    uint16_t index = 0;
    if (caps && caps->status < 0)
        status = caps->status;
    else if (caps && caps->outgoing && slot.pointer)
        status = add(caps, of, field, &transfer, &index);
    else if (slot.segment)
        wire_slot_refused(slot.segment);
    if (status == CAP_OK) {
        wire_slot_set_cap(slot, index);
        return;
    }
    if (caps && caps->status == CAP_OK)
        caps->status = status;
    if (transfer.object) { /* nobody will ever call it, unless somebody else has it */
        rt_object_hold(transfer.object);
        rt_object_drop(transfer.object);
    }
}

capos_status rt_caps_resolve(struct capos_caps *caps, uint64_t *ret_needs)
{
    *ret_needs = 0;
    for (uint16_t i = 0; caps->promised && i < caps->count; i++) {
        struct cap_transfer *transfer = &caps->outgoing[i];
        struct rt_promised promised;
        if (transfer->mode != CAP_TRANSFER_PROMISED)
            continue;
        capos_status status = rt_promise_find(caps->runtime, transfer->cap_id, &promised);
        if (status != CAP_OK)
            return status;
        transfer->cap_id = promised.answer_id;
        transfer->field = promised.field;
        *ret_needs |= rt_promise_needs(caps->runtime, promised.answer_id);
    }
    return CAP_OK;
}

void rt_caps_close(struct capos_caps *caps, uint64_t *words, uint64_t bytes)
{
    if (caps->count > 0)
        caps->outgoing = memmove(words + bytes / 8, caps->outgoing, caps->count * sizeof caps->outgoing[0]);
}

void rt_caps_conclude(struct capos_caps *caps, int32_t result, uint16_t flags)
{
    while (caps->given_count > 0) {
        struct capos_given given = caps->given[--caps->given_count];
        if (given.cap != CAPOS_CAP_NULL)
            rt_handle_given(caps->runtime, given.cap, result >= 0);
        else if (result < 0 && !(flags & CAP_CQE_MINTED))
            rt_object_drop(given.object);
    }
}

capos_status capos_handle_keep(struct capos_runtime *runtime, capos_cap *cap CAPOS_ACQUIRES)
{
    return capos_handle_owners(runtime, *cap) > 0 ? CAP_OK : CAP_ERR_STALE_CAP;
}

/* --- Coming in ------------------------------------------------------------------------- */

void rt_caps_init_incoming(struct capos_caps *caps, struct capos_runtime *runtime, void *records,
                           uint32_t count)
{
    *caps = (struct capos_caps){.runtime = runtime, .incoming = records, .count = (uint16_t)count};
}

void rt_caps_fini_incoming(struct capos_caps *caps)
{
    for (uint16_t i = 0; caps->incoming && i < caps->count; i++)
        rt_handle_drop(caps->runtime, caps->incoming[i].cap_id);
    caps->count = 0;
}

/* The record that a pointer names. */
static capos_status find_record(struct wire_any pointer, const uint8_t *of, uint16_t field,
                                uint64_t interface_id, struct cap_transfer_result **ret_record)
{
    struct capos_caps *caps = list_of(pointer.segment);
    struct wire_cap cap = wire_any_cap(pointer);
    if (cap.state == WIRE_ABSENT)
        return CAP_ERR_NOT_FOUND;
    if (cap.state == WIRE_BROKEN || !caps || !caps->incoming || cap.index >= caps->count)
        return CAP_ERR_BAD_MESSAGE;
    if (of && of == caps->root && field < caps->fields && cap.index != field)
        return CAP_ERR_BAD_MESSAGE;
    struct cap_transfer_result *record = &caps->incoming[cap.index];
    if (record->cap_id == CAPOS_CAP_NULL)
        return CAP_ERR_NOT_FOUND;
    if (interface_id != 0 && record->interface_id != interface_id)
        return CAP_ERR_WRONG_INTERFACE;
    *ret_record = record;
    return CAP_OK;
}

capos_status(capos_caps_adopt)(struct wire_any pointer, const uint8_t *of, uint16_t field,
                               uint64_t interface_id, capos_cap *ret_cap CAPOS_ACQUIRES)
{
    struct cap_transfer_result *record;
    capos_status status = find_record(pointer, of, field, interface_id, &record);
    if (status == CAP_OK)
        status = (capos_handle_adopt)(list_of(pointer.segment)->runtime, record->cap_id, ret_cap);
    if (status == CAP_OK)
        record->cap_id = CAPOS_CAP_NULL;
    return status;
}

capos_status capos_caps_borrow(struct wire_any pointer, const uint8_t *of, uint16_t field,
                               uint64_t interface_id, capos_cap *ret_cap)
{
    struct cap_transfer_result *record;
    capos_status status = find_record(pointer, of, field, interface_id, &record);
    if (status == CAP_OK)
        *ret_cap = record->cap_id;
    return status;
}
