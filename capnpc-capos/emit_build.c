/*
 * Accessors for building. In a union, whatever gives a member a value chooses
 * it as well.
 */
#include "gen.h"

#include <stdlib.h>

struct building {
    struct gen_emit *e;
    struct gen_node *node;
    const struct gen_field *field;
    const char *builder; /* "struct foo_builder builder" */
    const char *slot;    /* "wire_slot_of(builder.s, 2)" */
};

static void begin(struct building *b, const char *type, const char *verb, const char *tail,
                  const char *params)
{
    const char *name = gen_format(b->e->gen, "%s_%s_%s%s", b->node->name, verb, b->field->name, tail);
    gen_begin(b->e, b->node, b->field->schema_name, type, name, params);
}

static const char *with(struct building *b, const char *more)
{
    return gen_format(b->e->gen, "%s, %s", b->builder, more);
}

static void choose(struct building *b)
{
    if (b->field->tag != GEN_NO_TAG)
        gen_line(b->e, "wire_set_u16(builder.s, %u, %s_WHICH_%s);", b->node->tag_offset * 2, b->node->upper,
                 b->field->upper);
}

/* The condition under which a union holds something else than this field. */
static const char *not_chosen(struct building *b)
{
    return gen_format(b->e->gen, "%s_which(%s_as_reader(builder)) != %s_WHICH_%s", b->node->name,
                      b->node->name, b->node->upper, b->field->upper);
}

static bool in_union(struct building *b)
{
    return b->field->tag != GEN_NO_TAG;
}

/* What is to be edited is there first: nothing of another member, and the default if there is none. */
static void put_choose_or_default(struct building *b)
{
    if (in_union(b)) {
        gen_line(b->e, "if (%s)", not_chosen(b));
        gen_line(b->e, "    %s_clear_%s(builder);", b->node->name, b->field->name);
    }
    if (b->field->value.present)
        gen_line(b->e, "wire_slot_default(%s, %s);", b->slot, gen_default_view(b->e, b->node, b->field));
}

static void put_view(struct building *b, const char *type, const char *expression)
{
    gen_line(b->e, "%s view = {%s};", type, expression);
    gen_line(b->e, "return view;");
}

static void put_root(struct gen_emit *e, struct gen_node *node)
{
    const char *type = gen_format(e->gen, "struct %s_builder", node->name);
    gen_begin(e, node, NULL, type, gen_format(e->gen, "%s_build_root", node->name),
              "struct wire_build *build");
    gen_line(e, "%s view = {", type);
    gen_line(e, "    wire_slot_init_struct(wire_build_root(build), %s_DATA_WORDS, %s_POINTER_COUNT)};",
             node->upper, node->upper);
    gen_line(e, "return view;");
    gen_end(e);
}

/* --- Values without a pointer ------------------------------------------------------- */

static void put_void(struct building *b)
{
    if (!in_union(b))
        return;
    begin(b, "void", "set", "", b->builder);
    choose(b);
    gen_end(b->e);
}

static void put_scalar(struct building *b)
{
    const struct gen_field *field = b->field;
    const struct gen_layout *layout = gen_layout(field->type.kind);
    uint32_t place = gen_place(field->type.kind, field->offset);
    begin(b, "void", "set", "", with(b, gen_format(b->e->gen, "%s value", layout->c_type)));
    choose(b);
    if (field->value.bits != 0)
        gen_line(b->e, "wire_set_%s_or(builder.s, %u, value, %s);", layout->suffix, place,
                 gen_default_scalar(b->e->gen, field));
    else
        gen_line(b->e, "wire_set_%s(builder.s, %u, value);", layout->suffix, place);
    gen_end(b->e);
}

/* --- Lists ---------------------------------------------------------------------------- */

/* "wire_slot_init_list(SLOT, WIRE_ELEMENT_x, count)" */
static const char *init_list(struct gen *gen, const struct gen_type *list, const char *slot)
{
    const struct gen_type *element = list->element;
    if (element->kind == GEN_STRUCT)
        return gen_format(gen, "wire_slot_init_struct_list(%s, count, %s_DATA_WORDS, %s_POINTER_COUNT)", slot,
                          element->node->upper, element->node->upper);
    return gen_format(gen, "wire_slot_init_list(%s, %s, count)", slot, gen_layout(element->kind)->element);
}

static const char *edit_list(struct gen *gen, const struct gen_type *list, const char *slot)
{
    const struct gen_type *element = list->element;
    if (element->kind == GEN_STRUCT)
        return gen_format(gen, "wire_slot_get_struct_list(%s, %s_DATA_WORDS, %s_POINTER_COUNT)", slot,
                          element->node->upper, element->node->upper);
    return gen_format(gen, "wire_slot_get_list(%s, %s)", slot, gen_layout(element->kind)->element);
}

#define AT   "struct wire_list_builder list, uint32_t index"
#define SLOT "wire_list_slot(list, index)"

static void put_at(struct building *b)
{
    struct gen_emit *e = b->e;
    const struct gen_type *element = b->field->type.element;
    const struct gen_layout *layout = gen_layout(element->kind);
    if (element->kind == GEN_VOID)
        return;
    if (gen_is_scalar(element->kind)) {
        begin(b, "void", "set", "_at", gen_format(e->gen, AT ", %s value", layout->c_type));
        gen_line(e, "wire_list_set_%s(list, index, value);", layout->suffix);
    } else if (element->kind == GEN_STRUCT) {
        const char *type = gen_format(e->gen, "struct %s_builder", element->node->name);
        begin(b, type, "edit", "_at", AT);
        put_view(b, type, "wire_list_element(list, index)");
    } else if (element->kind == GEN_LIST) {
        begin(b, "struct wire_list_builder", "init", "_at", AT ", uint32_t count");
        gen_line(e, "return %s;", init_list(e->gen, element, SLOT));
    } else if (element->kind == GEN_ANY) {
        begin(b, "struct wire_slot", "edit", "_at", AT);
        gen_line(e, "return %s;", SLOT);
    } else {
        bool cap = element->kind == GEN_INTERFACE;
        begin(b, "void", "set", "_at",
              gen_format(e->gen, AT ", %s value", cap ? "uint32_t" : layout->c_type));
        gen_line(e, "wire_slot_set_%s(%s, value);", layout->suffix, SLOT);
    }
    gen_end(e);
}

static void put_list(struct building *b)
{
    struct gen_emit *e = b->e;
    const struct gen_type *type = &b->field->type;
    begin(b, "struct wire_list_builder", "init", "", with(b, "uint32_t count"));
    choose(b);
    gen_line(e, "return %s;", init_list(e->gen, type, b->slot));
    gen_end(e);
    begin(b, "struct wire_list_builder", "edit", "", b->builder);
    put_choose_or_default(b);
    gen_line(e, "return %s;", edit_list(e->gen, type, b->slot));
    gen_end(e);
    put_at(b);
}

/* --- Other pointers ---------------------------------------------------------------------- */

static void put_set(struct building *b)
{
    const struct gen_type *type = &b->field->type;
    const char *c_type = gen_reader_type(b->e->gen, type);
    if (type->kind == GEN_INTERFACE) {
        gen_put(b->e->header,
                "/* The value is an index into the capabilities that go with the message. */\n");
        c_type = "uint32_t";
    }
    begin(b, "void", "set", "", with(b, gen_format(b->e->gen, "%s value", c_type)));
    choose(b);
    gen_line(b->e, "wire_slot_set_%s(%s, value%s);", gen_layout(type->kind)->suffix, b->slot,
             type->kind == GEN_STRUCT ? ".s" : "");
    gen_end(b->e);
}

static void put_clear(struct building *b)
{
    begin(b, "void", "clear", "", b->builder);
    choose(b);
    gen_line(b->e, "wire_slot_clear(%s);", b->slot);
    gen_end(b->e);
}

static void put_bytes(struct building *b)
{
    begin(b, "struct wire_bytes", "init", "", with(b, "uint32_t size"));
    choose(b);
    gen_line(b->e, "return wire_slot_init_%s(%s, size);", gen_layout(b->field->type.kind)->suffix, b->slot);
    gen_end(b->e);
}

static void put_struct(struct building *b)
{
    struct gen_emit *e = b->e;
    const struct gen_node *node = b->field->type.node;
    const char *type = gen_format(e->gen, "struct %s_builder", node->name);
    const char *sizes = gen_format(e->gen, "%s_DATA_WORDS, %s_POINTER_COUNT", node->upper, node->upper);
    begin(b, type, "init", "", b->builder);
    choose(b);
    put_view(b, type, gen_format(e->gen, "wire_slot_init_struct(%s, %s)", b->slot, sizes));
    gen_end(e);
    begin(b, type, "edit", "", b->builder);
    put_choose_or_default(b);
    put_view(b, type, gen_format(e->gen, "wire_slot_get_struct(%s, %s)", b->slot, sizes));
    gen_end(e);
}

/* AnyPointer: the place itself, for wire_slot_init_struct() and the like. */
static void put_any(struct building *b)
{
    struct gen_emit *e = b->e;
    begin(b, "struct wire_slot", "edit", "", b->builder);
    put_choose_or_default(b);
    gen_line(e, "return %s;", b->slot);
    gen_end(e);
}

static void put_pointer(struct building *b)
{
    enum gen_kind kind = b->field->type.kind;
    put_set(b);
    put_clear(b);
    if (kind == GEN_TEXT || kind == GEN_DATA)
        put_bytes(b);
    else if (kind == GEN_LIST)
        put_list(b);
    else if (kind == GEN_STRUCT)
        put_struct(b);
    else if (kind == GEN_ANY)
        put_any(b);
}

/* --- Groups -------------------------------------------------------------------------------- */

static void put_group(struct building *b)
{
    struct gen_emit *e = b->e;
    const char *type = gen_format(e->gen, "struct %s_builder", b->field->group->name);
    gen_put(e->header, "/* As if new: with all of its fields at their defaults. */\n");
    begin(b, type, "init", "", b->builder);
    choose(b);
    gen_emit_group_reset(e, b->field->group);
    put_view(b, type, "builder.s");
    gen_end(e);
    begin(b, type, "edit", "", b->builder);
    if (in_union(b)) {
        gen_line(e, "if (%s)", not_chosen(b));
        gen_line(e, "    return %s_init_%s(builder);", b->node->name, b->field->name);
    }
    put_view(b, type, "builder.s");
    gen_end(e);
}

static void put_field(struct building *b)
{
    if (b->field->group)
        put_group(b);
    else if (b->field->type.kind == GEN_VOID)
        put_void(b);
    else if (gen_is_scalar(b->field->type.kind))
        put_scalar(b);
    else
        put_pointer(b);
}

void gen_emit_builders(struct gen_emit *e, struct gen_node *node)
{
    struct building building = {
        .e = e,
        .node = node,
        .builder = gen_format(e->gen, "struct %s_builder builder", node->name),
    };
    if (!node->is_group)
        put_root(e, node);
    for (uint32_t i = 0; i < node->field_count; i++) {
        building.field = node->ordered[i];
        building.slot = gen_format(e->gen, "wire_slot_of(builder.s, %u)", building.field->offset);
        put_field(&building);
    }
}
