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
    static struct cap_table table;
    struct object object = {.type = &type, .references = 1};
    kernel_caps_init(&table);
    uint64_t first, second;
    TAP_EQ(kernel_caps_insert(&table, &object, 0, &first), CAP_OK);
    TAP_CHECK(kernel_caps_find(&table, first) == &object);
    TAP_EQ(kernel_caps_release(&kernel, &table, first), CAP_OK);
    TAP_EQ(kernel_caps_release(&kernel, &table, first), CAP_ERR_STALE_CAP);
    TAP_EQ(kernel_caps_insert(&table, &object, 0, &second), CAP_OK);
    TAP_EQ(CAPOS_CAP_SLOT(second), CAPOS_CAP_SLOT(first));
    TAP_CHECK(second != first);
    TAP_CHECK(!kernel_caps_find(&table, first));
    TAP_CHECK(kernel_caps_find(&table, second) == &object);
}

TAP_TEST(ids_that_were_never_given_name_nothing)
{
    static struct cap_table table;
    struct object object = {.type = &type, .references = 1};
    uint64_t id;
    kernel_caps_init(&table);
    kernel_caps_insert(&table, &object, 0, &id);
    TAP_CHECK(!kernel_caps_find(&table, 0));
    TAP_CHECK(!kernel_caps_find(&table, id + 1));
    TAP_CHECK(!kernel_caps_find(&table, id + (1 << 16)));
    TAP_CHECK(!kernel_caps_find(&table, UINT64_MAX));
    TAP_CHECK(!kernel_caps_find(&table, id | 0xffff));
}

TAP_TEST(a_full_table_refuses_and_reserved_slots_stay_free)
{
    static struct cap_table table;
    struct object object = {.type = &type, .references = 1};
    uint64_t id = 0;
    kernel_caps_init(&table);
    TAP_EQ(kernel_caps_reserve(&table, 1), CAP_OK);
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX - 1; i++)
        TAP_EQ(kernel_caps_insert(&table, &object, 0, &id), CAP_OK);
    TAP_EQ(kernel_caps_insert(&table, &object, 0, &id), CAP_ERR_NO_SLOTS);
    TAP_EQ(kernel_caps_reserve(&table, 1), CAP_ERR_NO_SLOTS);
    kernel_caps_unreserve(&table, 1);
    TAP_EQ(kernel_caps_insert(&table, &object, 0, &id), CAP_OK);
    TAP_EQ(object.references, KERNEL_CAP_SLOTS_MAX + 1);
    kernel_caps_release_all(&kernel, &table);
    TAP_EQ(object.references, 1);
    TAP_EQ(table.free, KERNEL_CAP_SLOTS_MAX);
}

TAP_TEST(the_last_reference_destroys_the_object)
{
    static struct cap_table table;
    struct object object = {.type = &type};
    uint64_t first, second;
    kernel_caps_init(&table);
    list_init(&kernel.dying);
    kernel_caps_insert(&table, &object, 0, &first);
    kernel_caps_insert(&table, &object, 0, &second);
    kernel_caps_release(&kernel, &table, first);
    kernel_objects_reap(&kernel);
    TAP_EQ(destroyed, 0);
    kernel_caps_release(&kernel, &table, second);
    TAP_EQ(destroyed, 0); /* not in the middle of an operation */
    kernel_objects_reap(&kernel);
    TAP_EQ(destroyed, 1);
}

TAP_TEST(a_held_slot_names_nothing_until_the_move_is_done_or_undone)
{
    static struct cap_table table;
    struct object object = {.type = &type, .references = 1};
    uint64_t id, next;
    kernel_caps_init(&table);
    kernel_caps_insert(&table, &object, 7, &id);
    struct cap_slot *slot = kernel_caps_slot(&table, id);
    kernel_caps_hold(slot);
    TAP_CHECK(!kernel_caps_find(&table, id));
    TAP_EQ(kernel_caps_release(&kernel, &table, id), CAP_ERR_STALE_CAP);
    kernel_caps_unhold(slot);
    TAP_CHECK(kernel_caps_find(&table, id) == &object);
    TAP_EQ(kernel_caps_slot(&table, id)->interface_id, 7);
    kernel_caps_hold(slot);
    kernel_caps_move_out(&table, slot);
    TAP_EQ(object.references, 2); /* the mover has it */
    TAP_CHECK(!kernel_caps_find(&table, id));
    uint32_t cursor = kernel_caps_first(&table);
    uint64_t foretold = kernel_caps_next(&table, &cursor);
    kernel_caps_insert(&table, &object, 0, &next);
    TAP_EQ(next, foretold);
    TAP_CHECK(next != id);
}

/* traps: an id that wraps and lives twice. */
TAP_TEST(a_slot_whose_generations_are_used_up_is_retired)
{
    static struct cap_table table;
    struct object object = {.type = &type, .references = 1};
    uint64_t last, next;
    kernel_caps_init(&table);
    table.slots[0].generation = (UINT64_C(1) << 47) - 2;
    kernel_caps_insert(&table, &object, 0, &last);
    TAP_EQ(CAPOS_CAP_SLOT(last), 0);
    TAP_EQ(last >> CAPOS_CAP_SLOT_SHIFT, (INT64_C(1) << 47) - 1);
    kernel_caps_release(&kernel, &table, last);
    for (int i = 0; i < KERNEL_CAP_SLOTS_MAX - 1; i++) {
        TAP_EQ(kernel_caps_insert(&table, &object, 0, &next), CAP_OK);
        TAP_CHECK(CAPOS_CAP_SLOT(next) != 0);
    }
    TAP_EQ(kernel_caps_insert(&table, &object, 0, &next), CAP_ERR_NO_SLOTS);
}
