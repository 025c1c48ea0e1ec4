/*
 * What a type is in C, and where it lies on the wire.
 */
#include "gen.h"

static const struct gen_layout layouts[GEN_KINDS] = {
    [GEN_VOID] = {"void", "", "WIRE_ELEMENT_VOID", 0, false},
    [GEN_BOOL] = {"bool", "bool", "WIRE_ELEMENT_BIT", 1, false},
    [GEN_I8] = {"int8_t", "i8", "WIRE_ELEMENT_1_BYTE", 8, false},
    [GEN_I16] = {"int16_t", "i16", "WIRE_ELEMENT_2_BYTES", 16, false},
    [GEN_I32] = {"int32_t", "i32", "WIRE_ELEMENT_4_BYTES", 32, false},
    [GEN_I64] = {"int64_t", "i64", "WIRE_ELEMENT_8_BYTES", 64, false},
    [GEN_U8] = {"uint8_t", "u8", "WIRE_ELEMENT_1_BYTE", 8, false},
    [GEN_U16] = {"uint16_t", "u16", "WIRE_ELEMENT_2_BYTES", 16, false},
    [GEN_U32] = {"uint32_t", "u32", "WIRE_ELEMENT_4_BYTES", 32, false},
    [GEN_U64] = {"uint64_t", "u64", "WIRE_ELEMENT_8_BYTES", 64, false},
    [GEN_F32] = {"float", "f32", "WIRE_ELEMENT_4_BYTES", 32, false},
    [GEN_F64] = {"double", "f64", "WIRE_ELEMENT_8_BYTES", 64, false},
    [GEN_TEXT] = {"struct wire_text", "text", "WIRE_ELEMENT_POINTER", 0, true},
    [GEN_DATA] = {"struct wire_data", "data", "WIRE_ELEMENT_POINTER", 0, true},
    [GEN_LIST] = {"struct wire_list", "list", "WIRE_ELEMENT_POINTER", 0, true},
    [GEN_ENUM] = {"uint16_t", "u16", "WIRE_ELEMENT_2_BYTES", 16, false},
    [GEN_STRUCT] = {"struct wire_struct", "struct", "WIRE_ELEMENT_STRUCT", 0, true},
    [GEN_INTERFACE] = {"struct wire_cap", "cap", "WIRE_ELEMENT_POINTER", 0, true},
    [GEN_ANY] = {"struct wire_any", "any", "WIRE_ELEMENT_POINTER", 0, true},
};

const struct gen_layout *gen_layout(enum gen_kind kind)
{
    return &layouts[kind];
}

uint32_t gen_place(enum gen_kind kind, uint32_t offset)
{
    return kind == GEN_BOOL ? offset : offset * (layouts[kind].bits / 8);
}

const char *gen_reader_type(struct gen *gen, const struct gen_type *type)
{
    if (type->kind == GEN_STRUCT)
        return gen_format(gen, "struct %s_reader", type->node->name);
    return layouts[type->kind].c_type;
}
