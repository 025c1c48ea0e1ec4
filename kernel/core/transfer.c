/*
 * Transfers: copy, move, mint; promises are noted here, and kept in answer.c.
 */
#include "kernel/core/transfer.h"

#include <string.h>

#include "kernel/core/answer.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"

/* --- Decoding ------------------------------------------------------------------- */

bool kernel_transfer_allows(struct object *object, bool owners)
{
    return object->type->transferable || (owners && kernel_endpoint_of(object));
}

/* Capabilities that a process holds and may give away. */
static int32_t decode_held(const struct bundle *bundle, const struct cap_transfer *from,
                           struct carried *ret_cap)
{
    if (from->badge != 0 || from->interface_id != 0)
        return CAP_ERR_BAD_TRANSFER;
    if (from->cap_id == CAPOS_CAP_NULL)
        return CAP_OK;
    struct cap_slot *slot = kernel_caps_slot(&bundle->sender->caps, from->cap_id);
    if (!slot)
        return CAP_ERR_STALE_CAP;
    if (!kernel_transfer_allows(slot->object, bundle->owners))
        return CAP_ERR_NOT_TRANSFERABLE;
    ret_cap->object = slot->object;
    ret_cap->interface_id = slot->interface_id;
    if (from->mode == CAP_TRANSFER_MOVE)
        ret_cap->moved_from = slot;
    return CAP_OK;
}

/* The facet of a badge that an earlier descriptor of the same message makes. */
static struct facet *find_fresh(const struct bundle *bundle, uint32_t count, const struct endpoint *endpoint,
                                uint64_t badge)
{
    for (uint32_t i = 0; i < count; i++) {
        struct facet *facet = bundle->caps[i].fresh ? kernel_facet_of(bundle->caps[i].object) : NULL;
        if (facet && facet->endpoint == endpoint && facet->by_badge.key == badge)
            return facet;
    }
    return NULL;
}

static int32_t decode_mint(struct kernel *kernel, struct bundle *bundle, uint32_t index,
                           const struct cap_transfer *from)
{
    struct carried *cap = &bundle->caps[index];
    struct object *object = kernel_caps_find(&bundle->sender->caps, from->cap_id);
    if (from->cap_id == CAPOS_CAP_NULL)
        return CAP_ERR_NOT_PERMITTED;
    if (!object)
        return CAP_ERR_STALE_CAP;
    struct endpoint *endpoint = kernel_endpoint_of(object);
    if (!endpoint)
        return CAP_ERR_NOT_PERMITTED;
    struct facet *facet = kernel_facet_find(endpoint, from->badge);
    if (!facet)
        facet = find_fresh(bundle, index, endpoint, from->badge);
    if (!facet) {
        facet = kernel_facet_new(kernel, endpoint, from->badge, bundle->sender);
        cap->fresh = facet;
    }
    if (!facet)
        return CAP_ERR_NO_MEMORY;
    cap->object = &facet->object;
    cap->interface_id = from->interface_id;
    bundle->mints = true;
    return CAP_OK;
}

/* A promise: nothing is known of it but its name. */
static int32_t decode_promised(struct bundle *bundle, const struct cap_transfer *from,
                               struct carried *ret_cap)
{
    if (from->zero != 0 || from->badge != 0 || from->interface_id != 0)
        return CAP_ERR_BAD_TRANSFER;
    if (!kernel_answer_find(bundle->sender, from->cap_id))
        return CAP_ERR_BAD_ANSWER;
    ret_cap->interface_id = from->cap_id << 16 | from->field;
    bundle->promises++;
    return CAP_OK;
}

static int32_t decode_one(struct kernel *kernel, struct bundle *bundle, uint32_t index,
                          const struct cap_transfer *from)
{
    struct carried *cap = &bundle->caps[index];
    *cap = (struct carried){.mode = from->mode};
    if (from->mode == CAP_TRANSFER_PROMISED)
        return decode_promised(bundle, from, cap);
    if (from->zero != 0 || from->field != 0)
        return CAP_ERR_BAD_TRANSFER;
    switch (from->mode) {
    case CAP_TRANSFER_COPY:
    case CAP_TRANSFER_MOVE:
        return decode_held(bundle, from, cap);
    case CAP_TRANSFER_MINT:
        return decode_mint(kernel, bundle, index, from);
    default:
        return CAP_ERR_BAD_TRANSFER;
    }
}

/* Whether a capability that is moved stands twice in the message. */
static bool moved_twice(const struct cap_transfer *descriptors, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++)
            if (i != j && descriptors[i].mode == CAP_TRANSFER_MOVE &&
                descriptors[i].cap_id != CAPOS_CAP_NULL && descriptors[i].cap_id == descriptors[j].cap_id)
                return true;
    return false;
}

int32_t kernel_transfer_decode(struct kernel *kernel, struct process *sender, uint64_t address,
                               uint32_t count, bool owners, struct bundle *bundle)
{
    struct cap_transfer descriptors[KERNEL_CAPS_MAX];
    bundle->sender = sender;
    bundle->owners = owners;
    bundle->count = bundle->promises = 0;
    bundle->committed = bundle->mints = false;
    if (count > KERNEL_CAPS_MAX)
        return CAP_ERR_MESSAGE_TOO_LARGE;
    if (!port_copy_in(sender, descriptors, address, count * sizeof descriptors[0]))
        return CAP_ERR_BAD_PARAMS;
    if (moved_twice(descriptors, count))
        return CAP_ERR_BAD_TRANSFER;
    for (uint32_t i = 0; i < count; i++) {
        int32_t status = decode_one(kernel, bundle, i, &descriptors[i]);
        if (status < 0) {
            kernel_transfer_discard(kernel, bundle);
            return status;
        }
        bundle->count++;
    }
    return CAP_OK;
}

void kernel_transfer_discard(struct kernel *kernel, struct bundle *bundle)
{
    if (bundle->committed) {
        kernel_transfer_drop(kernel, bundle);
        return;
    }
    for (uint32_t i = 0; i < bundle->count; i++)
        if (bundle->caps[i].fresh)
            kernel_facet_discard(kernel, kernel_facet_of(bundle->caps[i].object));
    bundle->count = 0;
}

/* --- Holding -------------------------------------------------------------------- */

void kernel_transfer_commit(struct kernel *kernel, struct bundle *bundle)
{
    (void)kernel;
    if (bundle->committed)
        return;
    bundle->committed = true;
    for (uint32_t i = 0; i < bundle->count; i++) {
        struct carried *cap = &bundle->caps[i];
        if (!cap->object)
            continue;
        if (cap->moved_from)
            kernel_caps_hold(cap->moved_from);
        else if (cap->mode == CAP_TRANSFER_MINT)
            kernel_facet_mint(kernel_facet_of(cap->object), cap->fresh);
        else
            kernel_object_acquire(cap->object);
        cap->fresh = false;
    }
}

uint32_t kernel_transfer_slots(const struct bundle *bundle)
{
    uint32_t slots = 0;
    for (uint32_t i = 0; i < bundle->count; i++)
        slots += bundle->caps[i].object != NULL;
    return slots;
}

void kernel_transfer_records(const struct bundle *bundle, uint32_t count, const struct process *receiver,
                             struct cap_transfer_result *ret_records)
{
    uint32_t cursor = kernel_caps_first(&receiver->caps);
    for (uint32_t i = 0; i < count; i++) {
        const struct carried *cap = &bundle->caps[i];
        struct cap_transfer_result *record = &ret_records[i];
        *record = (struct cap_transfer_result){.interface_id = cap->interface_id};
        if (!cap->object)
            continue;
        record->cap_id = kernel_caps_next(&receiver->caps, &cursor);
        const struct facet *facet = kernel_facet_of(cap->object);
        if (facet && facet->endpoint && kernel_caps_own(&receiver->caps, &facet->endpoint->object)) {
            record->flags = CAP_RECORD_OWN;
            record->badge = facet->by_badge.key;
        }
    }
}

/* A sender that sends to itself: the new slots are taken before the old ones are free. */
void kernel_transfer_deliver(struct bundle *bundle, uint32_t count, struct process *receiver)
{
    uint64_t cap_id;
    for (uint32_t i = 0; i < count; i++) {
        const struct carried *cap = &bundle->caps[i];
        if (!cap->object)
            continue;
        kernel_caps_insert(&receiver->caps, cap->object, cap->interface_id, &cap_id);
        cap->object->references--; /* the slot's takes the place of the message's */
    }
    for (uint32_t i = 0; i < count; i++)
        if (bundle->caps[i].moved_from)
            kernel_caps_move_out(&bundle->sender->caps, bundle->caps[i].moved_from);
    bundle->count -= count;
    if (bundle->count > 0)
        memmove(bundle->caps, bundle->caps + count, bundle->count * sizeof bundle->caps[0]);
}

void kernel_transfer_drop(struct kernel *kernel, struct bundle *bundle)
{
    for (uint32_t i = 0; i < bundle->count; i++) {
        struct carried *cap = &bundle->caps[i];
        if (cap->moved_from)
            kernel_caps_unhold(cap->moved_from);
        else if (cap->object)
            kernel_object_release(kernel, cap->object);
    }
    bundle->count = 0;
}

void kernel_transfer_lose(struct kernel *kernel, struct bundle *bundle)
{
    for (uint32_t i = 0; i < bundle->count; i++) {
        struct carried *cap = &bundle->caps[i];
        if (!cap->object)
            continue;
        if (cap->moved_from)
            kernel_caps_move_out(&bundle->sender->caps, cap->moved_from);
        if (cap->moved_from && kernel_endpoint_of(cap->object))
            kernel_endpoint_leave(kernel, bundle->sender, kernel_endpoint_of(cap->object));
        kernel_object_release(kernel, cap->object);
    }
    bundle->count = 0;
}
