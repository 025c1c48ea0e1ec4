/*
 * Capability tables. A slot's generation goes up each time the slot is given
 * out, so an id is never seen twice; a slot whose generations are used up (at
 * 2^47) is not given out again.
 */
#include "kernel/core/cap_table.h"

#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"

#define NO_SLOT        UINT32_MAX
#define GENERATION_MAX ((UINT64_C(1) << 47) - 1)

void kernel_caps_init(struct cap_table *table, uint32_t count)
{
    for (uint32_t i = 0; i < KERNEL_CAP_SLOTS_MAX; i++)
        table->slots[i] = (struct cap_slot){.next = i + 1 < count ? i + 1 : NO_SLOT};
    table->first_free = count > 0 ? 0 : NO_SLOT;
    table->first_owner = NO_SLOT;
    table->free = count;
    table->used = 0;
    table->reserved = 0;
}

/* Slots of owner facets are few; they are chained, so that nobody has to look for them. */
static bool is_owner(const struct cap_slot *slot)
{
    return slot->object->type == &object_endpoint;
}

int32_t kernel_caps_insert(struct cap_table *table, struct object *object, uint64_t interface_id,
                           uint64_t *ret_cap_id)
{
    if (table->free <= table->reserved)
        return CAP_ERR_NO_SLOTS;
    uint32_t index = table->first_free;
    struct cap_slot *slot = &table->slots[index];
    table->first_free = slot->next;
    table->free--;
    table->used++;
    slot->object = kernel_object_acquire(object);
    slot->interface_id = interface_id;
    slot->generation++;
    if (is_owner(slot)) {
        slot->next = table->first_owner;
        table->first_owner = index;
    }
    *ret_cap_id = slot->generation << CAPOS_CAP_SLOT_SHIFT | index;
    return CAP_OK;
}

struct cap_slot *kernel_caps_slot(struct cap_table *table, uint64_t cap_id)
{
    uint32_t index = CAPOS_CAP_SLOT(cap_id);
    if (index >= KERNEL_CAP_SLOTS_MAX)
        return NULL;
    struct cap_slot *slot = &table->slots[index];
    if (slot->held)
        return NULL;
    return slot->object && slot->generation == cap_id >> CAPOS_CAP_SLOT_SHIFT ? slot : NULL;
}

struct object *kernel_caps_find(struct cap_table *table, uint64_t cap_id)
{
    struct cap_slot *slot = kernel_caps_slot(table, cap_id);
    return slot ? slot->object : NULL;
}

static void forget_owner(struct cap_table *table, uint32_t index)
{
    uint32_t *link = &table->first_owner;
    while (*link != index)
        link = &table->slots[*link].next;
    *link = table->slots[index].next;
}

/* The reference is the caller's now. */
static struct object *free_slot(struct cap_table *table, struct cap_slot *slot)
{
    struct object *object = slot->object;
    uint32_t index = (uint32_t)(slot - table->slots);
    if (is_owner(slot))
        forget_owner(table, index);
    slot->object = NULL;
    slot->held = false;
    table->used--;
    if (slot->generation < GENERATION_MAX) {
        slot->next = table->first_free;
        table->first_free = index;
        table->free++;
    }
    return object;
}

int32_t kernel_caps_release(struct kernel *kernel, struct process *process, uint64_t cap_id)
{
    struct cap_slot *slot = kernel_caps_slot(&process->caps, cap_id);
    if (!slot)
        return CAP_ERR_STALE_CAP;
    struct object *object = free_slot(&process->caps, slot);
    struct endpoint *endpoint = kernel_endpoint_of(object);
    kernel_object_release(kernel, object);
    if (endpoint && object->references > 0)
        kernel_endpoint_leave(kernel, process, endpoint);
    return CAP_OK;
}

int32_t kernel_caps_reserve(struct cap_table *table, uint32_t count)
{
    if (table->free - table->reserved < count)
        return CAP_ERR_NO_SLOTS;
    table->reserved += count;
    return CAP_OK;
}

void kernel_caps_unreserve(struct cap_table *table, uint32_t count)
{
    table->reserved -= count;
}

uint32_t kernel_caps_first(const struct cap_table *table)
{
    return table->first_free;
}

uint64_t kernel_caps_next(const struct cap_table *table, uint32_t *cursor)
{
    uint32_t index = *cursor;
    const struct cap_slot *slot = &table->slots[index];
    *cursor = slot->next;
    return (slot->generation + 1) << CAPOS_CAP_SLOT_SHIFT | index;
}

void kernel_caps_hold(struct cap_slot *slot)
{
    slot->held = true;
}

void kernel_caps_unhold(struct cap_slot *slot)
{
    slot->held = false;
}

void kernel_caps_move_out(struct cap_table *table, struct cap_slot *slot)
{
    free_slot(table, slot);
}

bool kernel_caps_own(const struct cap_table *table, const struct object *endpoint)
{
    uint32_t index = table->first_owner;
    while (index != NO_SLOT && table->slots[index].object != endpoint)
        index = table->slots[index].next;
    return index != NO_SLOT;
}

void kernel_caps_release_all(struct kernel *kernel, struct cap_table *table)
{
    for (uint32_t i = 0; i < KERNEL_CAP_SLOTS_MAX && table->used > 0; i++)
        if (table->slots[i].object)
            kernel_object_release(kernel, free_slot(table, &table->slots[i]));
}
