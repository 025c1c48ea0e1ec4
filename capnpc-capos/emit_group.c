/*
 * Making a group new: its fields share the struct with others, so each place
 * that belongs to it is zeroed, once, also those of groups inside.
 */
#include "gen.h"

#include <stdlib.h>

/* A place of the struct: a pointer (bits 0), or data at an offset in its own width. */
struct place {
    uint32_t bits;
    uint32_t offset;
};

struct reset {
    struct gen *gen;
    const struct gen_node **groups; /* the group and those inside: never more than there are nodes */
    uint32_t group_count;
    struct place *places;
    uint32_t count;
    uint32_t room;
};

static void add_place(struct reset *reset, uint32_t bits, uint32_t offset)
{
    if (reset->count == reset->room) {
        struct place *more = gen_alloc(reset->gen, 2 * reset->room + 16, sizeof *more);
        if (reset->count > 0)
            memcpy(more, reset->places, reset->count * sizeof *more);
        reset->places = more;
        reset->room = 2 * reset->room + 16;
    }
    reset->places[reset->count++] = (struct place){bits, offset};
}

static void add_group(struct reset *reset, const struct gen_node *group)
{
    if (reset->group_count == reset->gen->node_count)
        gen_complain(reset->gen, group->display, NULL, "a group that contains itself");
    else
        reset->groups[reset->group_count++] = group;
}

static void add_fields(struct reset *reset, const struct gen_node *group)
{
    if (group->tag_count > 0)
        add_place(reset, 16, group->tag_offset);
    for (uint32_t i = 0; i < group->field_count; i++) {
        const struct gen_field *field = &group->fields[i];
        const struct gen_layout *layout = gen_layout(field->type.kind);
        if (field->group)
            add_group(reset, field->group);
        else if (layout->pointer || layout->bits > 0)
            add_place(reset, layout->bits, field->offset);
    }
}

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->bits != y->bits)
        return x->bits > y->bits ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void put_place(struct gen_emit *e, struct place place)
{
    if (place.bits == 0)
        gen_line(e, "wire_slot_clear(wire_slot_of(builder.s, %u));", place.offset);
    else if (place.bits == 1)
        gen_line(e, "wire_set_bool(builder.s, %u, false);", place.offset);
    else
        gen_line(e, "wire_set_u%u(builder.s, %u, 0);", place.bits, place.offset * (place.bits / 8));
}

void gen_emit_group_reset(struct gen_emit *e, const struct gen_node *group)
{
    struct reset reset = {.gen = e->gen};
    reset.groups = gen_alloc(e->gen, e->gen->node_count, sizeof(struct gen_node *));
    add_group(&reset, group);
    for (uint32_t i = 0; i < reset.group_count; i++)
        add_fields(&reset, reset.groups[i]);
    if (reset.count > 0)
        qsort(reset.places, reset.count, sizeof *reset.places, compare_places);
    for (uint32_t i = 0; i < reset.count; i++)
        if (i == 0 || compare_places(&reset.places[i - 1], &reset.places[i]) != 0)
            put_place(e, reset.places[i]);
}
