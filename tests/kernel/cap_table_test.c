/*
 * Capability tables: docs/security.md, clause 1.
 */
#include "kernel/core/cap_table.h"

#include "kernel/core/kernel.h"
#include "tests/tap.h"

static int destroyed;
static struct kernel kernel;

static void destroy(struct kernel *of, struct object *object)
{
    (void)of;
    (void)object;
    destroyed++;
}

static const struct object_type type = {.destroy = destroy};

TAP_TEST(a_released_id_is_stale_for_ever)
{
    static struct process holder;
    struct object object = {.type = &type, .references = 1};
    kernel_caps_init(&holder.caps, KERNEL_CAP_SLOTS_MAX);
    uint64_t first, second;
    TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &first), CAP_OK);
    TAP_CHECK(kernel_caps_find(&holder.caps, first) == &object);
    TAP_EQ(kernel_caps_release(&kernel, &holder, first), CAP_OK);
    TAP_EQ(kernel_caps_release(&kernel, &holder, first), CAP_ERR_STALE_CAP);
    TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &second), CAP_OK);
    TAP_EQ(CAPOS_CAP_SLOT(second), CAPOS_CAP_SLOT(first));
    TAP_CHECK(second != first);
    TAP_CHECK(!kernel_caps_find(&holder.caps, first));
    TAP_CHECK(kernel_caps_find(&holder.caps, second) == &object);
}

TAP_TEST(ids_that_were_never_given_name_nothing)
{
    static struct process holder;
    struct object object = {.type = &type, .references = 1};
    uint64_t id;
    kernel_caps_init(&holder.caps, KERNEL_CAP_SLOTS_MAX);
    kernel_caps_insert(&holder.caps, &object, 0, &id);
    TAP_CHECK(!kernel_caps_find(&holder.caps, 0));
    TAP_CHECK(!kernel_caps_find(&holder.caps, id + 1));
    TAP_CHECK(!kernel_caps_find(&holder.caps, id + (1 << 16)));
    TAP_CHECK(!kernel_caps_find(&holder.caps, UINT64_MAX));
    TAP_CHECK(!kernel_caps_find(&holder.caps, id | 0xffff));
}

TAP_TEST(a_full_table_refuses_and_reserved_slots_stay_free)
{
    static struct process holder;
    struct object object = {.type = &type, .references = 1};
    uint64_t id = 0;
    kernel_caps_init(&holder.caps, KERNEL_CAP_SLOTS_MAX);
    TAP_EQ(kernel_caps_reserve(&holder.caps, 1), CAP_OK);
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX - 1; i++)
        TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &id), CAP_OK);
    TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &id), CAP_ERR_NO_SLOTS);
    TAP_EQ(kernel_caps_reserve(&holder.caps, 1), CAP_ERR_NO_SLOTS);
    kernel_caps_unreserve(&holder.caps, 1);
    TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &id), CAP_OK);
    TAP_EQ(object.references, KERNEL_CAP_SLOTS_MAX + 1);
    kernel_caps_release_all(&kernel, &holder.caps);
    TAP_EQ(object.references, 1);
    TAP_EQ(holder.caps.free, KERNEL_CAP_SLOTS_MAX);
}

TAP_TEST(the_last_reference_destroys_the_object)
{
    static struct process holder;
    struct object object = {.type = &type};
    uint64_t first, second;
    kernel_caps_init(&holder.caps, KERNEL_CAP_SLOTS_MAX);
    list_init(&kernel.dying);
    kernel_caps_insert(&holder.caps, &object, 0, &first);
    kernel_caps_insert(&holder.caps, &object, 0, &second);
    kernel_caps_release(&kernel, &holder, first);
    kernel_objects_reap(&kernel);
    TAP_EQ(destroyed, 0);
    kernel_caps_release(&kernel, &holder, second);
    TAP_EQ(destroyed, 0); /* not in the middle of an operation */
    kernel_objects_reap(&kernel);
    TAP_EQ(destroyed, 1);
}

TAP_TEST(a_held_slot_names_nothing_until_the_move_is_done_or_undone)
{
    static struct process holder;
    struct object object = {.type = &type, .references = 1};
    uint64_t id, next;
    kernel_caps_init(&holder.caps, KERNEL_CAP_SLOTS_MAX);
    kernel_caps_insert(&holder.caps, &object, 7, &id);
    struct cap_slot *slot = kernel_caps_slot(&holder.caps, id);
    kernel_caps_hold(slot);
    TAP_CHECK(!kernel_caps_find(&holder.caps, id));
    TAP_EQ(kernel_caps_release(&kernel, &holder, id), CAP_ERR_STALE_CAP);
    kernel_caps_unhold(slot);
    TAP_CHECK(kernel_caps_find(&holder.caps, id) == &object);
    TAP_EQ(kernel_caps_slot(&holder.caps, id)->interface_id, 7);
    kernel_caps_hold(slot);
    kernel_caps_move_out(&holder.caps, slot);
    TAP_EQ(object.references, 2); /* the mover has it */
    TAP_CHECK(!kernel_caps_find(&holder.caps, id));
    uint32_t cursor = kernel_caps_first(&holder.caps);
    uint64_t foretold = kernel_caps_next(&holder.caps, &cursor);
    kernel_caps_insert(&holder.caps, &object, 0, &next);
    TAP_EQ(next, foretold);
    TAP_CHECK(next != id);
}

/* traps: an id that wraps and lives twice. */
TAP_TEST(a_slot_whose_generations_are_used_up_is_retired)
{
    static struct process holder;
    struct object object = {.type = &type, .references = 1};
    uint64_t last, next;
    kernel_caps_init(&holder.caps, KERNEL_CAP_SLOTS_MAX);
    holder.caps.slots[0].generation = (UINT64_C(1) << 47) - 2;
    kernel_caps_insert(&holder.caps, &object, 0, &last);
    TAP_EQ(CAPOS_CAP_SLOT(last), 0);
    TAP_EQ(last >> CAPOS_CAP_SLOT_SHIFT, (INT64_C(1) << 47) - 1);
    kernel_caps_release(&kernel, &holder, last);
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX - 1; i++) {
        TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &next), CAP_OK);
        TAP_CHECK(CAPOS_CAP_SLOT(next) != 0);
    }
    TAP_EQ(kernel_caps_insert(&holder.caps, &object, 0, &next), CAP_ERR_NO_SLOTS);
}
