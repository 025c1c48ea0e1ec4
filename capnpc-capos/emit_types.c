/*
 * The types of a schema and their numbers: what stands first in a header and
 * needs no other.
 */
#include "gen.h"

static void define(struct gen_emit *e, struct gen_node *node, const char *tail, const char *value)
{
    const char *name = gen_format(e->gen, "%s_%s", node->upper, tail);
    gen_claim(e->gen, GEN_ORDINARY, name, node, NULL);
    gen_put(e->header, "#define %s %s\n", name, value);
}

static void put_view(struct gen_emit *e, struct gen_node *node, const char *tail, const char *view)
{
    const char *name = gen_format(e->gen, "%s_%s", node->name, tail);
    gen_claim(e->gen, GEN_TAGS, name, node, NULL);
    gen_put(e->header, "struct %s {\n    struct %s s;\n};\n", name, view);
}

/* The numbers that say which member of a union is set. */
static void put_which(struct gen_emit *e, struct gen_node *node)
{
    const char *name = gen_format(e->gen, "%s_which", node->name);
    gen_claim(e->gen, GEN_TAGS, name, node, NULL);
    gen_put(e->header, "enum %s {\n", name);
    for (uint32_t i = 0; i < node->field_count; i++) {
        const struct gen_field *field = node->ordered[i];
        if (field->tag == GEN_NO_TAG)
            continue;
        const char *constant = gen_format(e->gen, "%s_WHICH_%s", node->upper, field->upper);
        gen_claim(e->gen, GEN_ORDINARY, constant, node, field->schema_name);
        gen_put(e->header, "    %s = %u,\n", constant, field->tag);
    }
    gen_put(e->header, "};\n");
}

static void put_struct(struct gen_emit *e, struct gen_node *node)
{
    struct gen *gen = e->gen;
    gen_put_doc(e->header, "", node->doc);
    put_view(e, node, "reader", "wire_struct");
    put_view(e, node, "builder", "wire_struct_builder");
    if (!node->is_group) {
        define(e, node, "TYPE_ID", gen_format(gen, "UINT64_C(0x%016llx)", (unsigned long long)node->id));
        define(e, node, "DATA_WORDS", gen_format(gen, "%u", node->data_words));
        define(e, node, "POINTER_COUNT", gen_format(gen, "%u", node->pointer_count));
    }
    if (node->tag_count > 0)
        put_which(e, node);
    gen_put(e->header, "\n");
}

/* Any number may come from the wire, so fields are uint16_t, and these only constants. */
static void put_enum(struct gen_emit *e, struct gen_node *node)
{
    const char *name = gen_identifier(e->gen, node->name);
    gen_put_doc(e->header, "", node->doc);
    define(e, node, "TYPE_ID", gen_format(e->gen, "UINT64_C(0x%016llx)", (unsigned long long)node->id));
    if (node->enumerant_count > 0) {
        gen_claim(e->gen, GEN_TAGS, name, node, NULL);
        gen_put(e->header, "enum %s {\n", name);
    }
    for (uint32_t i = 0; i < node->enumerant_count; i++) {
        const struct gen_enumerant *enumerant = &node->enumerants[i];
        const char *constant = gen_format(e->gen, "%s_%s", node->upper, enumerant->upper);
        gen_claim(e->gen, GEN_ORDINARY, constant, node, enumerant->schema_name);
        gen_put_doc(e->header, "    ", enumerant->doc);
        gen_put(e->header, "    %s = %u,\n", constant, i);
    }
    gen_put(e->header, node->enumerant_count > 0 ? "};\n\n" : "\n");
}

static void put_interface(struct gen_emit *e, struct gen_node *node)
{
    gen_put_doc(e->header, "", node->doc);
    define(e, node, "INTERFACE_ID", gen_format(e->gen, "UINT64_C(0x%016llx)", (unsigned long long)node->id));
    if (node->method_count > 0) {
        const char *methods = gen_format(e->gen, "%s_method", node->name);
        gen_claim(e->gen, GEN_TAGS, methods, node, NULL);
        gen_put(e->header, "enum %s {\n", methods);
    }
    for (uint32_t i = 0; i < node->method_count; i++) {
        const char *constant = gen_format(e->gen, "%s_METHOD_%s", node->upper, node->methods[i].upper);
        gen_claim(e->gen, GEN_ORDINARY, constant, node, node->methods[i].schema_name);
        gen_put(e->header, "    %s = %u,\n", constant, i);
    }
    gen_put(e->header, node->method_count > 0 ? "};\n\n" : "\n");
}

void gen_emit_types(struct gen_emit *e, struct gen_node *node)
{
    if (node->kind == GEN_NODE_STRUCT)
        put_struct(e, node);
    else if (node->kind == GEN_NODE_ENUM)
        put_enum(e, node);
    else if (node->kind == GEN_NODE_INTERFACE)
        put_interface(e, node);
}
