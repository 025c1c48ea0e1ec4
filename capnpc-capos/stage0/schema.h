/*
 * Stage 0: as much of capnp/schema.capnp as the generator reads, by hand, so
 * that it can be built before there is a generator. The names are those that
 * it generates itself: built with
 *
 *     -DGEN_SCHEMA_H='<capnp/schema.capos.h>'
 *
 * it reads requests by its own output (stage 1), and tests/gen/self.t shows
 * that nothing changes. The places are those that `capnp compile -ocapnp`
 * prints: bytes into the data section, bits for a Bool, or the pointer's index.
 */
#ifndef CAPNPC_CAPOS_STAGE0_SCHEMA_H
#define CAPNPC_CAPOS_STAGE0_SCHEMA_H

#include <capos/wire.h>

#define STAGE0_TYPE(name)                                                                                    \
    struct name##_reader {                                                                                   \
        struct wire_struct s;                                                                                \
    };
#define STAGE0_WHICH(owner, place)                                                                           \
    static inline uint16_t owner##_which(struct owner##_reader reader)                                       \
    {                                                                                                        \
        return wire_get_u16(reader.s, place);                                                                \
    }
/* `...` is the place, and the default if the suffix ends in _or. */
#define STAGE0_FIELD(owner, field, type, suffix, ...)                                                        \
    static inline type owner##_get_##field(struct owner##_reader reader)                                     \
    {                                                                                                        \
        return wire_get_##suffix(reader.s, __VA_ARGS__);                                                     \
    }
#define STAGE0_HAS(owner, field, index)                                                                      \
    static inline bool owner##_has_##field(struct owner##_reader reader)                                     \
    {                                                                                                        \
        return wire_has_pointer(reader.s, index);                                                            \
    }
#define STAGE0_STRUCT(owner, field, type, index)                                                             \
    static inline struct type##_reader owner##_get_##field(struct owner##_reader reader)                     \
    {                                                                                                        \
        return (struct type##_reader){wire_get_struct(reader.s, index)};                                     \
    }
#define STAGE0_GROUP(owner, field)                                                                           \
    static inline struct owner##_##field##_reader owner##_get_##field(struct owner##_reader reader)          \
    {                                                                                                        \
        return (struct owner##_##field##_reader){reader.s};                                                  \
    }
#define STAGE0_LIST(owner, field, type, index)                                                               \
    static inline struct wire_list owner##_get_##field(struct owner##_reader reader)                         \
    {                                                                                                        \
        return wire_get_list(reader.s, index, WIRE_ELEMENT_STRUCT);                                          \
    }                                                                                                        \
    static inline struct type##_reader owner##_get_##field##_at(struct wire_list list, uint32_t at)          \
    {                                                                                                        \
        return (struct type##_reader){wire_list_struct(list, at)};                                           \
    }

STAGE0_TYPE(node)
STAGE0_TYPE(node_struct)
STAGE0_TYPE(node_enum)
STAGE0_TYPE(node_interface)
STAGE0_TYPE(node_const)
STAGE0_TYPE(node_nested_node)
STAGE0_TYPE(node_source_info)
STAGE0_TYPE(node_source_info_member)
STAGE0_TYPE(field)
STAGE0_TYPE(field_slot)
STAGE0_TYPE(field_group)
STAGE0_TYPE(field_ordinal)
STAGE0_TYPE(enumerant)
STAGE0_TYPE(superclass)
STAGE0_TYPE(method)
STAGE0_TYPE(type)
STAGE0_TYPE(type_list)
STAGE0_TYPE(type_enum)
STAGE0_TYPE(type_struct)
STAGE0_TYPE(type_interface)
STAGE0_TYPE(type_any_pointer)
STAGE0_TYPE(type_any_pointer_unconstrained)
STAGE0_TYPE(value)
STAGE0_TYPE(annotation)
STAGE0_TYPE(code_generator_request)
STAGE0_TYPE(code_generator_request_requested_file)
STAGE0_TYPE(code_generator_request_requested_file_import)

enum node_which {
    NODE_WHICH_FILE = 0,
    NODE_WHICH_STRUCT = 1,
    NODE_WHICH_ENUM = 2,
    NODE_WHICH_INTERFACE = 3,
    NODE_WHICH_CONST = 4,
    NODE_WHICH_ANNOTATION = 5,
};

enum field_which {
    FIELD_WHICH_GROUP = 1,
};

enum type_which {
    TYPE_WHICH_VOID = 0,
    TYPE_WHICH_UINT8 = 6,
    TYPE_WHICH_TEXT = 12,
    TYPE_WHICH_LIST = 14,
    TYPE_WHICH_ENUM = 15,
    TYPE_WHICH_STRUCT = 16,
    TYPE_WHICH_INTERFACE = 17,
    TYPE_WHICH_ANY_POINTER = 18,
};

enum type_any_pointer_which {
    TYPE_ANY_POINTER_WHICH_UNCONSTRAINED = 0,
};

enum type_any_pointer_unconstrained_which {
    TYPE_ANY_POINTER_UNCONSTRAINED_WHICH_CAPABILITY = 3,
};

STAGE0_FIELD(node, id, uint64_t, u64, 0)
STAGE0_FIELD(node, display_name, struct wire_text, text, 0)
STAGE0_FIELD(node, display_name_prefix_length, uint32_t, u32, 8)
STAGE0_FIELD(node, scope_id, uint64_t, u64, 16)
STAGE0_LIST(node, nested_nodes, node_nested_node, 1)
STAGE0_LIST(node, annotations, annotation, 2)
STAGE0_WHICH(node, 12)
STAGE0_GROUP(node, struct)
STAGE0_GROUP(node, enum)
STAGE0_GROUP(node, interface)
STAGE0_GROUP(node, const)

STAGE0_FIELD(node_struct, data_word_count, uint16_t, u16, 14)
STAGE0_FIELD(node_struct, pointer_count, uint16_t, u16, 24)
STAGE0_FIELD(node_struct, is_group, bool, bool, 224)
STAGE0_FIELD(node_struct, discriminant_count, uint16_t, u16, 30)
STAGE0_FIELD(node_struct, discriminant_offset, uint32_t, u32, 32)
STAGE0_LIST(node_struct, fields, field, 3)

STAGE0_LIST(node_enum, enumerants, enumerant, 3)

STAGE0_LIST(node_interface, methods, method, 3)
STAGE0_LIST(node_interface, superclasses, superclass, 4)

STAGE0_STRUCT(node_const, type, type, 3)
STAGE0_STRUCT(node_const, value, value, 4)

STAGE0_FIELD(node_nested_node, id, uint64_t, u64, 0)

STAGE0_FIELD(node_source_info, id, uint64_t, u64, 0)
STAGE0_FIELD(node_source_info, doc_comment, struct wire_text, text, 0)
STAGE0_LIST(node_source_info, members, node_source_info_member, 1)

STAGE0_FIELD(node_source_info_member, doc_comment, struct wire_text, text, 0)

STAGE0_FIELD(field, name, struct wire_text, text, 0)
STAGE0_FIELD(field, code_order, uint16_t, u16, 0)
STAGE0_LIST(field, annotations, annotation, 1)
STAGE0_FIELD(field, discriminant_value, uint16_t, u16_or, 2, 65535)
STAGE0_WHICH(field, 8)
STAGE0_GROUP(field, slot)
STAGE0_GROUP(field, group)
STAGE0_GROUP(field, ordinal)

STAGE0_FIELD(field_slot, offset, uint32_t, u32, 4)
STAGE0_STRUCT(field_slot, type, type, 2)
STAGE0_STRUCT(field_slot, default_value, value, 3)

STAGE0_FIELD(field_group, type_id, uint64_t, u64, 16)

STAGE0_FIELD(field_ordinal, explicit, uint16_t, u16, 12)

STAGE0_FIELD(enumerant, name, struct wire_text, text, 0)
STAGE0_LIST(enumerant, annotations, annotation, 1)

STAGE0_FIELD(superclass, id, uint64_t, u64, 0)

STAGE0_FIELD(method, name, struct wire_text, text, 0)
STAGE0_FIELD(method, param_struct_type, uint64_t, u64, 8)
STAGE0_FIELD(method, result_struct_type, uint64_t, u64, 16)
STAGE0_LIST(method, annotations, annotation, 1)

STAGE0_WHICH(type, 0)
STAGE0_GROUP(type, list)
STAGE0_GROUP(type, enum)
STAGE0_GROUP(type, struct)
STAGE0_GROUP(type, interface)
STAGE0_GROUP(type, any_pointer)

STAGE0_STRUCT(type_list, element_type, type, 0)

STAGE0_FIELD(type_enum, type_id, uint64_t, u64, 8)

STAGE0_FIELD(type_struct, type_id, uint64_t, u64, 8)

STAGE0_FIELD(type_interface, type_id, uint64_t, u64, 8)

STAGE0_WHICH(type_any_pointer, 8)
STAGE0_GROUP(type_any_pointer, unconstrained)

STAGE0_WHICH(type_any_pointer_unconstrained, 10)

STAGE0_WHICH(value, 0)
STAGE0_FIELD(value, bool, bool, bool, 16)
STAGE0_FIELD(value, int8, int8_t, i8, 2)
STAGE0_FIELD(value, int16, int16_t, i16, 2)
STAGE0_FIELD(value, int32, int32_t, i32, 4)
STAGE0_FIELD(value, int64, int64_t, i64, 8)
STAGE0_FIELD(value, uint8, uint8_t, u8, 2)
STAGE0_FIELD(value, uint16, uint16_t, u16, 2)
STAGE0_FIELD(value, uint32, uint32_t, u32, 4)
STAGE0_FIELD(value, uint64, uint64_t, u64, 8)
STAGE0_FIELD(value, float32, float, f32, 4)
STAGE0_FIELD(value, float64, double, f64, 8)
STAGE0_FIELD(value, text, struct wire_text, text, 0)
STAGE0_HAS(value, text, 0)
STAGE0_FIELD(value, data, struct wire_data, data, 0)
STAGE0_HAS(value, data, 0)
STAGE0_FIELD(value, list, struct wire_any, any, 0)
STAGE0_FIELD(value, enum, uint16_t, u16, 2)
STAGE0_FIELD(value, struct, struct wire_any, any, 0)
STAGE0_FIELD(value, any_pointer, struct wire_any, any, 0)

STAGE0_FIELD(annotation, id, uint64_t, u64, 0)
STAGE0_STRUCT(annotation, value, value, 0)

STAGE0_LIST(code_generator_request, nodes, node, 0)
STAGE0_LIST(code_generator_request, source_info, node_source_info, 3)
STAGE0_LIST(code_generator_request, requested_files, code_generator_request_requested_file, 1)

STAGE0_FIELD(code_generator_request_requested_file, id, uint64_t, u64, 0)
STAGE0_FIELD(code_generator_request_requested_file, filename, struct wire_text, text, 0)
STAGE0_LIST(code_generator_request_requested_file, imports, code_generator_request_requested_file_import, 1)

STAGE0_FIELD(code_generator_request_requested_file_import, id, uint64_t, u64, 0)
STAGE0_FIELD(code_generator_request_requested_file_import, name, struct wire_text, text, 0)

static inline struct code_generator_request_reader
code_generator_request_read_root(struct wire_message *message)
{
    return (struct code_generator_request_reader){wire_root(message)};
}

#endif
