/*
 * Capability tables. A slot's generation goes up each time the slot is given
 * out, so an id is never seen twice; a slot whose generations are used up (at
 * 2^48) is not given out again.
 */
#include "kernel/core/cap_table.h"

#include "kernel/core/kernel.h"

#define NO_SLOT        UINT32_MAX
#define GENERATION_MAX ((UINT64_C(1) << 48) - 1)

void kernel_caps_init(struct cap_table *table)
{
    for (uint32_t i = 0; i < KERNEL_CAP_SLOTS_MAX; i++)
        table->slots[i] = (struct cap_slot){.next_free = i + 1 < KERNEL_CAP_SLOTS_MAX ? i + 1 : NO_SLOT};
    table->first_free = 0;
    table->free = KERNEL_CAP_SLOTS_MAX;
    table->reserved = 0;
}

int32_t kernel_caps_insert(struct cap_table *table, struct object *object, uint64_t *ret_cap_id)
{
    if (table->free <= table->reserved)
        return CAP_ERR_NO_SLOTS;
    uint32_t index = table->first_free;
    struct cap_slot *slot = &table->slots[index];
    table->first_free = slot->next_free;
    table->free--;
    slot->object = kernel_object_acquire(object);
    slot->generation++;
    *ret_cap_id = slot->generation << CAPOS_CAP_SLOT_SHIFT | index;
    return CAP_OK;
}

static struct cap_slot *find_slot(struct cap_table *table, uint64_t cap_id)
{
    uint32_t index = CAPOS_CAP_SLOT(cap_id);
    if (index >= KERNEL_CAP_SLOTS_MAX)
        return NULL;
    struct cap_slot *slot = &table->slots[index];
    return slot->object && slot->generation == cap_id >> CAPOS_CAP_SLOT_SHIFT ? slot : NULL;
}

struct object *kernel_caps_find(struct cap_table *table, uint64_t cap_id)
{
    struct cap_slot *slot = find_slot(table, cap_id);
    return slot ? slot->object : NULL;
}

static void free_slot(struct kernel *kernel, struct cap_table *table, struct cap_slot *slot)
{
    struct object *object = slot->object;
    slot->object = NULL;
    if (slot->generation < GENERATION_MAX) {
        slot->next_free = table->first_free;
        table->first_free = (uint32_t)(slot - table->slots);
        table->free++;
    }
    kernel_object_release(kernel, object);
}

int32_t kernel_caps_release(struct kernel *kernel, struct cap_table *table, uint64_t cap_id)
{
    struct cap_slot *slot = find_slot(table, cap_id);
    if (!slot)
        return CAP_ERR_STALE_CAP;
    free_slot(kernel, table, slot);
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

void kernel_caps_release_all(struct kernel *kernel, struct cap_table *table)
{
    for (uint32_t i = 0; i < KERNEL_CAP_SLOTS_MAX; i++)
        if (table->slots[i].object)
            free_slot(kernel, table, &table->slots[i]);
}
