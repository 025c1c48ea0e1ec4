/*
 * Constants and defaults: scalars in the header, what is behind pointers as
 * words in the source.
 */
#include "gen.h"

const char *gen_default_scalar(struct gen *gen, const struct gen_field *field)
{
    if (field->type.kind == GEN_F32)
        return gen_format(gen, "UINT32_C(0x%08llx)", (unsigned long long)field->value.bits);
    if (field->type.kind == GEN_F64)
        return gen_format(gen, "UINT64_C(0x%016llx)", (unsigned long long)field->value.bits);
    return gen_scalar(gen, &field->type, field->value.bits);
}

/* --- Words ------------------------------------------------------------------------------ */

static void put_array(struct gen_text *text, const uint64_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        gen_put(text, "%s0x%016llx,", i % 4 == 0 ? "\n    " : " ", (unsigned long long)words[i]);
}

/* The value as a message of its own; the request bounds its size. */
static void put_words(struct gen_emit *e, struct gen_node *node, const char *member, const char *name,
                      struct wire_any value)
{
    uint32_t room = (uint32_t)e->gen->request_words + 16;
    struct wire_build build;
    uint64_t bytes = 0;
    if (!e->gen->scratch)
        e->gen->scratch = gen_alloc(e->gen, room, 8);
    wire_build_init(&build, e->gen->scratch, room);
    wire_slot_set_any(wire_build_root(&build), value);
    const void *flat = wire_build_flat(&build, &bytes);
    if (!flat) {
        gen_complain(e->gen, node->display, member, "its value cannot be copied: %s",
                     wire_error_text(wire_build_error(&build)));
        return;
    }
    gen_put(e->source, "\nstatic const uint64_t %s_words[] = {", name);
    put_array(e->source, flat, (uint32_t)(bytes / 8));
    gen_put(e->source, "\n};\nconst struct wire_segment %s = WIRE_CONSTANT(%s_words);\n", name, name);
}

static void put_bytes(struct gen_emit *e, const char *name, struct wire_data data)
{
    gen_put(e->source, "\nconst uint8_t %s[%u] = {", name, data.size);
    for (uint32_t i = 0; i < data.size; i++)
        gen_put(e->source, "%s0x%02x,", i % 16 == 0 ? "\n    " : " ", data.bytes[i]);
    gen_put(e->source, "\n};\n");
}

/* Declares what holds a value that is behind a pointer, and puts it into the source. */
static void put_holder(struct gen_emit *e, struct gen_node *node, const char *member, const char *name,
                       const struct gen_type *type, const struct gen_value *value)
{
    if (type->kind == GEN_TEXT || (type->kind == GEN_DATA && value->data.size == 0))
        return;
    gen_claim(e->gen, GEN_ORDINARY, name, node, member);
    if (type->kind == GEN_DATA) {
        gen_put(e->header, "extern const uint8_t %s[%u];\n", name, value->data.size);
        put_bytes(e, name, value->data);
    } else {
        gen_put(e->header, "extern const struct wire_segment %s;\n", name);
        put_words(e, node, member, name, value->any);
    }
}

/* The view that getters take: of text and data the value itself, else the segment's address. */
static const char *view_of(struct gen *gen, const char *name, const struct gen_type *type,
                           const struct gen_value *value)
{
    if (type->kind == GEN_TEXT)
        return gen_format(gen, "WIRE_TEXT(%s)", gen_literal(gen, value->text.chars, value->text.size));
    if (type->kind == GEN_DATA && value->data.size == 0)
        return "wire_data_make(\"\", 0)";
    if (type->kind == GEN_DATA)
        return gen_format(gen, "wire_data_make(%s, %u)", name, value->data.size);
    return gen_format(gen, "&%s", name);
}

/* --- Defaults --------------------------------------------------------------------------- */

static const char *default_name(struct gen *gen, const struct gen_node *node, const struct gen_field *field)
{
    return gen_format(gen, "%s_default_%s", node->name, field->name);
}

static bool has_pointer_default(const struct gen_field *field)
{
    return !field->group && gen_layout(field->type.kind)->pointer && field->value.present;
}

const char *gen_default_view(struct gen_emit *e, const struct gen_node *node, const struct gen_field *field)
{
    return view_of(e->gen, default_name(e->gen, node, field), &field->type, &field->value);
}

void gen_emit_defaults(struct gen_emit *e, struct gen_node *node)
{
    bool any = false;
    for (uint32_t i = 0; i < node->field_count; i++) {
        struct gen_field *field = node->ordered[i];
        if (!has_pointer_default(field))
            continue;
        any = true;
        put_holder(e, node, field->schema_name, default_name(e->gen, node, field), &field->type,
                   &field->value);
    }
    if (any)
        gen_put(e->header, "\n");
}

/* --- Constants ---------------------------------------------------------------------------- */

static void put_macro(struct gen_emit *e, struct gen_node *node)
{
    const char *name = gen_is_macro(node->upper) ? gen_format(e->gen, "%s_", node->upper) : node->upper;
    gen_claim(e->gen, GEN_ORDINARY, name, node, NULL);
    gen_put(e->header, "#define %s %s\n\n", name, gen_scalar(e->gen, &node->type, node->value.bits));
}

static void put_function(struct gen_emit *e, struct gen_node *node)
{
    struct gen *gen = e->gen;
    const struct gen_type *type = &node->type;
    const char *c_type = gen_reader_type(gen, type);
    const char *holder = gen_format(gen, "%s_constant", node->name);
    const char *view = view_of(gen, holder, type, &node->value);
    put_holder(e, node, NULL, holder, type, &node->value);
    gen_begin(e, node, NULL, c_type, gen_format(gen, "%s_const", node->name), "void");
    if (type->kind == GEN_STRUCT) {
        gen_line(e, "%s view = {wire_any_struct(wire_constant_any(%s))};", c_type, view);
        gen_line(e, "return view;");
    } else if (type->kind == GEN_LIST) {
        gen_line(e, "return wire_any_list(wire_constant_any(%s), %s);", view,
                 gen_layout(type->element->kind)->element);
    } else if (type->kind == GEN_ANY) {
        gen_line(e, "return wire_constant_any(%s);", view);
    } else {
        gen_line(e, "return %s;", view);
    }
    gen_end(e);
}

/* A constant of type Void, or of an interface, says nothing. */
void gen_emit_const(struct gen_emit *e, struct gen_node *node)
{
    enum gen_kind kind = node->type.kind;
    if (kind == GEN_VOID || kind == GEN_INTERFACE)
        return;
    gen_put_doc(e->header, "", node->doc);
    if (gen_is_scalar(kind))
        put_macro(e, node);
    else
        put_function(e, node);
}
