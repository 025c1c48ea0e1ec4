/*
 * Nodes, from schema.capnp's form to the model's plain structs. References
 * between nodes are by id and resolved here; `nestedNodes` may name nodes
 * that the request does not have, which is no mistake (see scope.c).
 */
#include "model.h"

#include <stdlib.h>

/* capnpc-capos/c.capnp */
#define PREFIX_ANNOTATION UINT64_C(0xb12b23a6f631984a)
#define NAME_ANNOTATION   UINT64_C(0xf68ff82738afa2c2)

static const char *copy_text(struct gen *gen, struct wire_text text)
{
    return gen_copy(gen, text.chars, text.size);
}

/* The member's own name, or the one that an annotation gives it. */
static const char *read_name(struct gen *gen, const struct gen_node *node, const char *schema_name,
                             struct wire_list annotations, uint64_t wanted)
{
    for (uint32_t i = 0; i < annotations.count; i++) {
        struct annotation_reader annotation = node_get_annotations_at(annotations, i);
        if (annotation_get_id(annotation) != wanted)
            continue;
        const char *name = copy_text(gen, value_get_text(annotation_get_value(annotation)));
        if (gen_name_ok(name))
            return name;
        gen_complain(gen, node->display, schema_name, "\"%s\" is no name for C", name);
    }
    return NULL;
}

/* The schema's name, the C name and the C name in upper case of a field, an enumerant or a method. */
struct member_names {
    const char *schema_name;
    const char *name;
    const char *upper;
};

static struct member_names read_member(struct gen *gen, const struct gen_node *node, struct wire_text name,
                                       struct wire_list annotations)
{
    struct member_names names = {.schema_name = copy_text(gen, name)};
    const char *given = read_name(gen, node, names.schema_name, annotations, NAME_ANNOTATION);
    if (!gen_name_ok(names.schema_name))
        gen_complain(gen, node->display, NULL, "\"%s\" is no name", names.schema_name);
    names.name = given ? given : gen_snake(gen, names.schema_name);
    names.upper = gen_upper(gen, names.name);
    return names;
}

/* --- Structs --------------------------------------------------------------------- */

static void read_field(struct gen *gen, struct gen_node *node, struct gen_field *field,
                       struct field_reader reader)
{
    struct member_names names = read_member(gen, node, field_get_name(reader), field_get_annotations(reader));
    field->schema_name = names.schema_name;
    field->name = names.name;
    field->upper = names.upper;
    field->code_order = field_get_code_order(reader);
    field->tag = field_get_discriminant_value(reader);
    field->ordinal = field_ordinal_get_explicit(field_get_ordinal(reader));
    if (field_which(reader) == FIELD_WHICH_GROUP) {
        field->group = gen_find(gen, field_group_get_type_id(field_get_group(reader)));
        if (!field->group || field->group->kind != GEN_NODE_STRUCT)
            gen_complain(gen, node->display, field->schema_name, "the request lacks this group");
        return;
    }
    struct field_slot_reader slot = field_get_slot(reader);
    field->offset = field_slot_get_offset(slot);
    field->type = gen_read_type(gen, node, field->schema_name, field_slot_get_type(slot));
    field->value = gen_read_value(&field->type, field_slot_get_default_value(slot));
}

static int compare_code_order(const void *a, const void *b)
{
    const struct gen_field *x = *(struct gen_field *const *)a, *y = *(struct gen_field *const *)b;
    if (x->code_order != y->code_order)
        return x->code_order < y->code_order ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void read_struct(struct gen *gen, struct gen_node *node, struct node_struct_reader reader)
{
    struct wire_list fields = node_struct_get_fields(reader);
    node->data_words = node_struct_get_data_word_count(reader);
    node->pointer_count = node_struct_get_pointer_count(reader);
    node->is_group = node_struct_get_is_group(reader);
    node->tag_count = node_struct_get_discriminant_count(reader);
    node->tag_offset = node_struct_get_discriminant_offset(reader);
    node->field_count = fields.count;
    node->fields = gen_alloc(gen, fields.count, sizeof(struct gen_field));
    node->ordered = gen_alloc(gen, fields.count, sizeof(struct gen_field *));
    for (uint32_t i = 0; i < fields.count; i++) {
        read_field(gen, node, &node->fields[i], node_struct_get_fields_at(fields, i));
        node->ordered[i] = &node->fields[i];
    }
    if (fields.count > 0)
        qsort(node->ordered, fields.count, sizeof(struct gen_field *), compare_code_order);
}

/* --- Enums, interfaces, constants ----------------------------------------------------- */

static void read_enum(struct gen *gen, struct gen_node *node, struct node_enum_reader reader)
{
    struct wire_list enumerants = node_enum_get_enumerants(reader);
    node->enumerant_count = enumerants.count;
    node->enumerants = gen_alloc(gen, enumerants.count, sizeof(struct gen_enumerant));
    for (uint32_t i = 0; i < enumerants.count; i++) {
        struct enumerant_reader from = node_enum_get_enumerants_at(enumerants, i);
        struct member_names names =
            read_member(gen, node, enumerant_get_name(from), enumerant_get_annotations(from));
        node->enumerants[i].schema_name = names.schema_name;
        node->enumerants[i].upper = names.upper;
    }
}

#define STREAM_RESULT_ID UINT64_C(0x995f9a3377c0b16e)

static struct gen_node *find_struct(struct gen *gen, struct gen_node *node, const char *method, uint64_t id)
{
    struct gen_node *found = gen_find(gen, id);
    if (found && found->kind == GEN_NODE_STRUCT)
        return found;
    gen_complain(gen, node->display, method, "the request lacks the params or results 0x%016llx",
                 (unsigned long long)id);
    return NULL;
}

static void read_method(struct gen *gen, struct gen_node *node, struct gen_method *method,
                        struct method_reader reader)
{
    struct member_names names =
        read_member(gen, node, method_get_name(reader), method_get_annotations(reader));
    method->schema_name = names.schema_name;
    method->name = names.name;
    method->upper = names.upper;
    method->params = find_struct(gen, node, method->schema_name, method_get_param_struct_type(reader));
    if (method_get_result_struct_type(reader) != STREAM_RESULT_ID)
        method->results = find_struct(gen, node, method->schema_name, method_get_result_struct_type(reader));
}

static void read_supers(struct gen *gen, struct gen_node *node, struct wire_list supers)
{
    node->supers = gen_alloc(gen, supers.count, sizeof(struct gen_node *));
    for (uint32_t i = 0; i < supers.count; i++) {
        uint64_t id = superclass_get_id(node_interface_get_superclasses_at(supers, i));
        struct gen_node *super = gen_find(gen, id);
        if (super && super->kind == GEN_NODE_INTERFACE)
            node->supers[node->super_count++] = super;
        else
            gen_complain(gen, node->display, NULL, "the request lacks the superclass 0x%016llx",
                         (unsigned long long)id);
    }
}

static void read_interface(struct gen *gen, struct gen_node *node, struct node_interface_reader reader)
{
    struct wire_list methods = node_interface_get_methods(reader);
    node->method_count = methods.count;
    node->methods = gen_alloc(gen, methods.count, sizeof(struct gen_method));
    for (uint32_t i = 0; i < methods.count; i++) {
        node->methods[i].ordinal = (uint16_t)i;
        read_method(gen, node, &node->methods[i], node_interface_get_methods_at(methods, i));
    }
    read_supers(gen, node, node_interface_get_superclasses(reader));
}

static void read_const(struct gen *gen, struct gen_node *node, struct node_const_reader reader)
{
    node->type = gen_read_type(gen, node, NULL, node_const_get_type(reader));
    node->value = gen_read_value(&node->type, node_const_get_value(reader));
}

/* --- All nodes --------------------------------------------------------------------------- */

static enum gen_node_kind kind_of(struct node_reader reader)
{
    switch (node_which(reader)) {
    case NODE_WHICH_FILE:
        return GEN_NODE_FILE;
    case NODE_WHICH_STRUCT:
        return GEN_NODE_STRUCT;
    case NODE_WHICH_ENUM:
        return GEN_NODE_ENUM;
    case NODE_WHICH_INTERFACE:
        return GEN_NODE_INTERFACE;
    case NODE_WHICH_CONST:
        return GEN_NODE_CONST;
    case NODE_WHICH_ANNOTATION:
        return GEN_NODE_ANNOTATION;
    default:
        return GEN_NODE_OTHER;
    }
}

static void read_head(struct gen *gen, struct gen_node *node, struct node_reader reader)
{
    struct wire_text display = node_get_display_name(reader);
    uint32_t prefix = node_get_display_name_prefix_length(reader);
    node->kind = kind_of(reader);
    node->display = copy_text(gen, display);
    node->schema_name = prefix < display.size ? node->display + prefix : node->display;
    node->scope_id = node_get_scope_id(reader);
    node->rename = read_name(gen, node, NULL, node_get_annotations(reader),
                             node->kind == GEN_NODE_FILE ? PREFIX_ANNOTATION : NAME_ANNOTATION);
    struct wire_list nested = node_get_nested_nodes(reader);
    node->nested = gen_alloc(gen, nested.count, sizeof(uint64_t));
    node->nested_count = nested.count;
    for (uint32_t i = 0; i < nested.count; i++)
        node->nested[i] = node_nested_node_get_id(node_get_nested_nodes_at(nested, i));
}

static void read_body(struct gen *gen, struct gen_node *node, struct node_reader reader)
{
    switch (node->kind) {
    case GEN_NODE_STRUCT:
        read_struct(gen, node, node_get_struct(reader));
        break;
    case GEN_NODE_ENUM:
        read_enum(gen, node, node_get_enum(reader));
        break;
    case GEN_NODE_INTERFACE:
        read_interface(gen, node, node_get_interface(reader));
        break;
    case GEN_NODE_CONST:
        read_const(gen, node, node_get_const(reader));
        break;
    default:
        break;
    }
}

static const char *read_doc(struct gen *gen, struct wire_text doc)
{
    return doc.size > 0 ? copy_text(gen, doc) : NULL;
}

/* Some are of no node that is here, such as the id 0. Members are in the order of the node's fields,
 * enumerants or methods. */
static void read_comments(struct gen *gen, struct node_source_info_reader info)
{
    struct gen_node *node = gen_find(gen, node_source_info_get_id(info));
    if (!node)
        return;
    node->doc = read_doc(gen, node_source_info_get_doc_comment(info));
    struct wire_list members = node_source_info_get_members(info);
    for (uint32_t i = 0; i < members.count; i++) {
        const char *doc = read_doc(
            gen, node_source_info_member_get_doc_comment(node_source_info_get_members_at(members, i)));
        if (i < node->field_count)
            node->fields[i].doc = doc;
        else if (i < node->enumerant_count)
            node->enumerants[i].doc = doc;
        else if (i < node->method_count)
            node->methods[i].doc = doc;
    }
}

void gen_read_model(struct gen *gen, struct code_generator_request_reader request)
{
    struct wire_list nodes = code_generator_request_get_nodes(request);
    struct wire_list infos = code_generator_request_get_source_info(request);
    for (uint32_t i = 0; i < nodes.count; i++)
        read_head(gen, &gen->nodes[i], code_generator_request_get_nodes_at(nodes, i));
    for (uint32_t i = 0; i < nodes.count; i++)
        read_body(gen, &gen->nodes[i], code_generator_request_get_nodes_at(nodes, i));
    for (uint32_t i = 0; i < infos.count; i++)
        read_comments(gen, code_generator_request_get_source_info_at(infos, i));
}
