/*
 * Types and values, from their nodes in schema.capnp to the model.
 */
#include "model.h"

_Static_assert((int)GEN_VOID == TYPE_WHICH_VOID && (int)GEN_U8 == TYPE_WHICH_UINT8 &&
                   (int)GEN_TEXT == TYPE_WHICH_TEXT && (int)GEN_LIST == TYPE_WHICH_LIST &&
                   (int)GEN_ANY == TYPE_WHICH_ANY_POINTER,
               "enum gen_kind follows Type");

static struct gen_node *find_type(struct gen *gen, const struct gen_node *node, const char *member,
                                  uint64_t id, enum gen_node_kind kind)
{
    struct gen_node *found = gen_find(gen, id);
    if (found && found->kind == kind)
        return found;
    gen_complain(gen, node->display, member, "the request lacks the type 0x%016llx that is used here",
                 (unsigned long long)id);
    return NULL;
}

/* AnyPointer; Capability is a capability without a type. */
static struct gen_type read_any(struct type_any_pointer_reader any)
{
    struct gen_type type = {.kind = GEN_ANY};
    if (type_any_pointer_which(any) != TYPE_ANY_POINTER_WHICH_UNCONSTRAINED) {
        type.generic = true;
        return type;
    }
    struct type_any_pointer_unconstrained_reader kind = type_any_pointer_get_unconstrained(any);
    if (type_any_pointer_unconstrained_which(kind) == TYPE_ANY_POINTER_UNCONSTRAINED_WHICH_CAPABILITY)
        type.kind = GEN_INTERFACE;
    return type;
}

/* Every type but lists. */
static struct gen_type read_plain(struct gen *gen, const struct gen_node *node, const char *member,
                                  struct type_reader reader)
{
    struct gen_type type = {.kind = (enum gen_kind)type_which(reader)};
    switch (type_which(reader)) {
    case TYPE_WHICH_ENUM:
        type.node = find_type(gen, node, member, type_enum_get_type_id(type_get_enum(reader)), GEN_NODE_ENUM);
        break;
    case TYPE_WHICH_STRUCT:
        type.node =
            find_type(gen, node, member, type_struct_get_type_id(type_get_struct(reader)), GEN_NODE_STRUCT);
        break;
    case TYPE_WHICH_INTERFACE:
        type.node = find_type(gen, node, member, type_interface_get_type_id(type_get_interface(reader)),
                              GEN_NODE_INTERFACE);
        break;
    case TYPE_WHICH_ANY_POINTER:
        return read_any(type_get_any_pointer(reader));
    default:
        if (type_which(reader) >= GEN_KINDS) {
            gen_complain(gen, node->display, member, "a type of kind %u, which is not known",
                         type_which(reader));
            type.kind = GEN_VOID;
        }
    }
    return type;
}

struct gen_type gen_read_type(struct gen *gen, const struct gen_node *node, const char *member,
                              struct type_reader reader)
{
    struct gen_type *lists[GEN_TYPE_DEPTH_MAX];
    uint32_t depth = 0;
    struct gen_type outer = {.kind = GEN_VOID};
    while (type_which(reader) == TYPE_WHICH_LIST) {
        if (depth == GEN_TYPE_DEPTH_MAX) {
            gen_complain(gen, node->display, member, "lists nested more than %d deep", GEN_TYPE_DEPTH_MAX);
            return outer;
        }
        lists[depth++] = gen_alloc(gen, 1, sizeof(struct gen_type));
        reader = type_list_get_element_type(type_get_list(reader));
    }
    struct gen_type type = read_plain(gen, node, member, reader);
    while (depth > 0) {
        struct gen_type *element = lists[--depth];
        *element = type;
        type = (struct gen_type){.kind = GEN_LIST, .element = element};
    }
    return type;
}

/* --- Values --------------------------------------------------------------------- */

static struct gen_value scalar(uint64_t bits)
{
    return (struct gen_value){.bits = bits};
}

static struct gen_value pointer(struct wire_any any)
{
    return (struct gen_value){.any = any, .present = any.state == WIRE_PRESENT};
}

static struct gen_value read_scalar(enum gen_kind kind, struct value_reader value)
{
    switch (kind) {
    case GEN_BOOL:
        return scalar(value_get_bool(value));
    case GEN_I8:
        return scalar((uint64_t)(int64_t)value_get_int8(value));
    case GEN_I16:
        return scalar((uint64_t)(int64_t)value_get_int16(value));
    case GEN_I32:
        return scalar((uint64_t)(int64_t)value_get_int32(value));
    case GEN_I64:
        return scalar((uint64_t)value_get_int64(value));
    case GEN_U8:
        return scalar(value_get_uint8(value));
    case GEN_U16:
        return scalar(value_get_uint16(value));
    case GEN_U32:
        return scalar(value_get_uint32(value));
    case GEN_U64:
        return scalar(value_get_uint64(value));
    case GEN_F32:
        return scalar(wire_f32_bits(value_get_float32(value)));
    case GEN_F64:
        return scalar(wire_f64_bits(value_get_float64(value)));
    default:
        return scalar(value_get_enum(value));
    }
}

/* A value of another type than it should have cannot come from capnp; it counts as none. */
struct gen_value gen_read_value(const struct gen_type *type, struct value_reader value)
{
    struct gen_value result = {0};
    if (value.s.state != WIRE_PRESENT || value_which(value) != (uint16_t)type->kind)
        return result;
    switch (type->kind) {
    case GEN_TEXT:
        result.text = value_get_text(value);
        result.present = value_has_text(value);
        return result;
    case GEN_DATA:
        result.data = value_get_data(value);
        result.present = value_has_data(value);
        return result;
    case GEN_LIST:
        return pointer(value_get_list(value));
    case GEN_STRUCT:
        return pointer(value_get_struct(value));
    case GEN_ANY:
        return pointer(value_get_any_pointer(value));
    case GEN_VOID:
    case GEN_INTERFACE:
        return result;
    default:
        return read_scalar(type->kind, value);
    }
}
