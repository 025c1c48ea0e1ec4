/*
 * Accessors for reading: thin, inline, one a field.
 */
#include "gen.h"

/* What all accessors of one field share. */
struct reading {
    struct gen_emit *e;
    struct gen_node *node;
    const struct gen_field *field;
    const char *params; /* "struct foo_reader reader" */
};

static void begin(struct reading *r, const char *type, const char *verb, const char *tail, const char *params)
{
    const char *name = gen_format(r->e->gen, "%s_%s_%s%s", r->node->name, verb, r->field->name, tail);
    gen_begin(r->e, r->node, r->field->schema_name, type, name, params);
}

static void put_simple(struct gen_emit *e, struct gen_node *node, const char *type, const char *tail,
                       const char *params, const char *body)
{
    gen_begin(e, node, NULL, type, gen_format(e->gen, "%s_%s", node->name, tail), params);
    gen_line(e, "%s", body);
    gen_end(e);
}

/* The root of a message, and the union's tag. */
static void put_struct(struct gen_emit *e, struct gen_node *node, const char *params)
{
    struct gen *gen = e->gen;
    const char *type = gen_format(gen, "struct %s_reader", node->name);
    if (!node->is_group) {
        gen_begin(e, node, NULL, type, gen_format(gen, "%s_read_root", node->name),
                  "struct wire_message *message");
        gen_line(e, "%s view = {wire_root(message)};", type);
        gen_line(e, "return view;");
        gen_end(e);
    }
    gen_begin(e, node, NULL, type, gen_format(gen, "%s_as_reader", node->name),
              gen_format(gen, "struct %s_builder builder", node->name));
    gen_line(e, "%s view = {wire_struct_as_reader(builder.s)};", type);
    gen_line(e, "return view;");
    gen_end(e);
    if (node->tag_count > 0) {
        gen_put(e->header, "/* enum %s_which; a newer sender may say more than it has. */\n", node->name);
        put_simple(e, node, "uint16_t", "which", params,
                   gen_format(gen, "return wire_get_u16(reader.s, %u);", node->tag_offset * 2));
    }
}

/* --- Lists ------------------------------------------------------------------------ */

/* Element `index` of a list that the getter gave. */
static void put_at(struct reading *r)
{
    struct gen_emit *e = r->e;
    const struct gen_type *element = r->field->type.element;
    if (element->kind == GEN_VOID)
        return;
    const char *type = gen_reader_type(e->gen, element);
    begin(r, type, "get", "_at", "struct wire_list list, uint32_t index");
    if (element->kind == GEN_STRUCT) {
        gen_line(e, "%s view = {wire_list_struct(list, index)};", type);
        gen_line(e, "return view;");
    } else if (element->kind == GEN_LIST) {
        gen_line(e, "return wire_list_list(list, index, %s);", gen_layout(element->element->kind)->element);
    } else {
        gen_line(e, "return wire_list_%s(list, index);", gen_layout(element->kind)->suffix);
    }
    gen_end(e);
}

/* --- Fields ------------------------------------------------------------------------ */

static bool has_default(const struct gen_field *field)
{
    return gen_layout(field->type.kind)->pointer ? field->value.present : field->value.bits != 0;
}

static void put_scalar(struct reading *r)
{
    const struct gen_field *field = r->field;
    const struct gen_layout *layout = gen_layout(field->type.kind);
    uint32_t place = gen_place(field->type.kind, field->offset);
    begin(r, layout->c_type, "get", "", r->params);
    if (has_default(field))
        gen_line(r->e, "return wire_get_%s_or(reader.s, %u, %s);", layout->suffix, place,
                 gen_default_scalar(r->e->gen, field));
    else
        gen_line(r->e, "return wire_get_%s(reader.s, %u);", layout->suffix, place);
    gen_end(r->e);
}

/* "wire_get_list(reader.s, 2, WIRE_ELEMENT_STRUCT)" */
static const char *pointer_expression(struct reading *r)
{
    const struct gen_field *field = r->field;
    struct gen *gen = r->e->gen;
    const char *suffix = gen_layout(field->type.kind)->suffix;
    const char *more = "";
    if (field->type.kind == GEN_LIST)
        more = gen_format(gen, ", %s", gen_layout(field->type.element->kind)->element);
    if (!has_default(field))
        return gen_format(gen, "wire_get_%s(reader.s, %u%s)", suffix, field->offset, more);
    return gen_format(gen, "wire_get_%s_or(reader.s, %u%s, %s)", suffix, field->offset, more,
                      gen_default_view(r->e, r->node, field));
}

static void put_pointer(struct reading *r)
{
    struct gen_emit *e = r->e;
    const struct gen_field *field = r->field;
    const char *type = gen_reader_type(e->gen, &field->type);
    if (field->type.generic)
        gen_put(e->header, "/* Of a type parameter's type. */\n");
    begin(r, type, "get", "", r->params);
    if (field->type.kind == GEN_STRUCT) {
        gen_line(e, "%s view = {%s};", type, pointer_expression(r));
        gen_line(e, "return view;");
    } else {
        gen_line(e, "return %s;", pointer_expression(r));
    }
    gen_end(e);
    if (field->type.kind == GEN_LIST)
        put_at(r);
    begin(r, "bool", "has", "", r->params);
    if (field->tag != GEN_NO_TAG)
        gen_line(e, "return %s_which(reader) == %s_WHICH_%s && wire_has_pointer(reader.s, %u);",
                 r->node->name, r->node->upper, field->upper, field->offset);
    else
        gen_line(e, "return wire_has_pointer(reader.s, %u);", field->offset);
    gen_end(e);
}

static void put_group(struct reading *r)
{
    const char *type = gen_format(r->e->gen, "struct %s_reader", r->field->group->name);
    begin(r, type, "get", "", r->params);
    gen_line(r->e, "%s view = {reader.s};", type);
    gen_line(r->e, "return view;");
    gen_end(r->e);
}

static void put_field(struct reading *r)
{
    const struct gen_field *field = r->field;
    gen_put_doc(r->e->header, "", field->doc);
    if (field->tag != GEN_NO_TAG) {
        begin(r, "bool", "is", "", r->params);
        gen_line(r->e, "return %s_which(reader) == %s_WHICH_%s;", r->node->name, r->node->upper,
                 field->upper);
        gen_end(r->e);
    }
    if (field->group)
        put_group(r);
    else if (gen_is_scalar(field->type.kind))
        put_scalar(r);
    else if (gen_layout(field->type.kind)->pointer)
        put_pointer(r);
}

void gen_emit_readers(struct gen_emit *e, struct gen_node *node)
{
    struct reading reading = {
        .e = e,
        .node = node,
        .params = gen_format(e->gen, "struct %s_reader reader", node->name),
    };
    put_struct(e, node, reading.params);
    for (uint32_t i = 0; i < node->field_count; i++) {
        reading.field = node->ordered[i];
        put_field(&reading);
    }
}
