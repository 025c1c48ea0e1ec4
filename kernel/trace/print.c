/*
 * Prints a message by its schema, without recursion: a stack of the structs
 * and lists that are open. Each step prints something or goes on to the next
 * field, and nothing is printed beyond the text's room, so messages that
 * lead in circles, and lists of a thousand million nothings, end there.
 */
#include "kernel/trace/print.h"

#include <stdio.h>

enum {
    MESSAGE_CAPS = 0xffff, /* which capability a pointer means is the receiver's to check */
};

/* A struct or a group, or a list, of which `next` is still to be printed. */
struct frame {
    bool is_list;
    bool empty; /* nothing printed yet */
    uint32_t next;
    struct wire_list fields; /* of the struct's type */
    uint32_t union_at;       /* byte of the tag; with union_count */
    uint16_t union_count;
    struct wire_struct view;
    struct type_reader element;
    struct wire_list list;
};

struct printer {
    struct trace_text *text;
    const struct trace_schema *schemas;
    struct frame frames[TRACE_DEPTH_MAX];
    uint32_t depth;
};

static struct frame *push(struct printer *p, bool is_list)
{
    if (p->depth == TRACE_DEPTH_MAX) {
        trace_printf(p->text, "...");
        return NULL;
    }
    struct frame *frame = &p->frames[p->depth++];
    *frame = (struct frame){.is_list = is_list, .empty = true};
    trace_printf(p->text, is_list ? "[" : "(");
    return frame;
}

static void push_struct(struct printer *p, struct node_reader type, struct wire_struct view)
{
    struct frame *frame = push(p, false);
    if (!frame)
        return;
    struct node_struct_reader of = node_get_struct(type);
    frame->fields = node_struct_get_fields(of);
    frame->union_at = node_struct_get_discriminant_offset(of) * 2;
    frame->union_count = node_struct_get_discriminant_count(of);
    frame->view = view;
}

static void push_list(struct printer *p, struct type_reader element, struct wire_list list)
{
    struct frame *frame = push(p, true);
    if (!frame)
        return;
    frame->element = element;
    frame->list = list;
}

/* --- Values ----------------------------------------------------------------------- */

static void put_string(struct trace_text *text, const void *bytes, uint32_t size)
{
    const char *chars = bytes;
    trace_put(text, "\"", 1);
    for (uint32_t i = 0; i < size && !text->full; i++) {
        if (chars[i] == '"' || chars[i] == '\\')
            trace_printf(text, "\\%c", chars[i]);
        else if (chars[i] == '\n')
            trace_put(text, "\\n", 2);
        else if (chars[i] >= ' ' && chars[i] < 0x7f)
            trace_put(text, &chars[i], 1);
        else
            trace_printf(text, "\\x%02x", (uint8_t)chars[i]);
    }
    trace_put(text, "\"", 1);
}

static void put_enum(struct printer *p, uint64_t type_id, uint16_t value)
{
    const struct node_reader *node = trace_find(p->schemas, type_id, NODE_WHICH_ENUM);
    if (node) {
        struct wire_list names = node_enum_get_enumerants(node_get_enum(*node));
        if (value < names.count) {
            struct wire_text name = enumerant_get_name(node_enum_get_enumerants_at(names, value));
            trace_put_name(p->text, name.chars, name.size);
            return;
        }
    }
    trace_printf(p->text, "(%u)", value);
}

/* How the types of schema.capnp lie: bits of a number, and how it is shown. Zero: it is a pointer. */
enum shape { SHAPE_POINTER, SHAPE_VOID, SHAPE_BOOL, SHAPE_SIGNED, SHAPE_UNSIGNED, SHAPE_FLOAT, SHAPE_ENUM };
static const struct {
    uint8_t shape, bits;
} shapes[] = {
    {SHAPE_VOID, 0},    {SHAPE_BOOL, 1},     {SHAPE_SIGNED, 8},    {SHAPE_SIGNED, 16},   {SHAPE_SIGNED, 32},
    {SHAPE_SIGNED, 64}, {SHAPE_UNSIGNED, 8}, {SHAPE_UNSIGNED, 16}, {SHAPE_UNSIGNED, 32}, {SHAPE_UNSIGNED, 64},
    {SHAPE_FLOAT, 32},  {SHAPE_FLOAT, 64},   {SHAPE_POINTER, 0},   {SHAPE_POINTER, 0},   {SHAPE_POINTER, 0},
    {SHAPE_ENUM, 16},   {SHAPE_POINTER, 0},  {SHAPE_POINTER, 0},   {SHAPE_POINTER, 0},
};
enum { TYPES = sizeof shapes / sizeof shapes[0], TYPE_TEXT = 12, TYPE_DATA = 13 };

static int64_t extend(uint64_t value, uint8_t bits)
{
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static void put_number(struct printer *p, struct type_reader type, uint64_t value)
{
    uint8_t bits = shapes[type_which(type)].bits;
    switch (shapes[type_which(type)].shape) {
    case SHAPE_BOOL:
        trace_printf(p->text, value ? "true" : "false");
        break;
    case SHAPE_SIGNED:
        trace_printf(p->text, "%lld", (long long)extend(value, bits));
        break;
    case SHAPE_UNSIGNED:
        trace_printf(p->text, "%llu", (unsigned long long)value);
        break;
    case SHAPE_FLOAT:
        trace_printf(p->text, bits == 32 ? "%.9g" : "%.17g",
                     bits == 32 ? (double)wire_f32_from_bits((uint32_t)value) : wire_f64_from_bits(value));
        break;
    case SHAPE_ENUM:
        put_enum(p, type_enum_get_type_id(type_get_enum(type)), (uint16_t)value);
        break;
    default:
        trace_printf(p->text, "void");
    }
}

/* What the elements of a list lie as, by their type. */
static enum wire_element element_of(struct type_reader type)
{
    uint16_t which = type_which(type);
    if (which == TYPE_WHICH_STRUCT)
        return WIRE_ELEMENT_STRUCT;
    if (which >= TYPES)
        return WIRE_ELEMENT_ANY;
    switch (shapes[which].bits) {
    case 1:
        return WIRE_ELEMENT_BIT;
    case 8:
        return WIRE_ELEMENT_1_BYTE;
    case 16:
        return WIRE_ELEMENT_2_BYTES;
    case 32:
        return WIRE_ELEMENT_4_BYTES;
    case 64:
        return WIRE_ELEMENT_8_BYTES;
    default:
        return shapes[which].shape == SHAPE_VOID ? WIRE_ELEMENT_VOID : WIRE_ELEMENT_POINTER;
    }
}

static void put_struct(struct printer *p, uint64_t type_id, struct wire_struct view)
{
    const struct node_reader *node = trace_find(p->schemas, type_id, NODE_WHICH_STRUCT);
    if (view.state == WIRE_BROKEN)
        trace_printf(p->text, "<broken>");
    else if (!node)
        trace_printf(p->text, "<unknown>");
    else
        push_struct(p, *node, view);
}

static void put_list(struct printer *p, struct type_reader element, struct wire_any any)
{
    struct wire_list list = wire_any_list(any, element_of(element));
    if (list.state == WIRE_BROKEN)
        trace_printf(p->text, "<broken>");
    else
        push_list(p, element, list);
}

static void put_pointer(struct printer *p, struct type_reader type, struct wire_any any)
{
    struct wire_text chars;
    struct wire_data bytes;
    struct wire_cap cap;
    switch (type_which(type)) {
    case TYPE_TEXT:
        chars = wire_any_text(any);
        put_string(p->text, chars.chars, chars.size);
        break;
    case TYPE_DATA:
        bytes = wire_any_data(any);
        put_string(p->text, bytes.bytes, bytes.size);
        break;
    case TYPE_WHICH_LIST:
        put_list(p, type_list_get_element_type(type_get_list(type)), any);
        break;
    case TYPE_WHICH_STRUCT:
        put_struct(p, type_struct_get_type_id(type_get_struct(type)), wire_any_struct(any));
        break;
    case TYPE_WHICH_INTERFACE:
        cap = wire_any_cap(any);
        if (cap.state == WIRE_PRESENT)
            trace_printf(p->text, "<capability %u>", cap.index);
        else
            trace_printf(p->text, cap.state == WIRE_BROKEN ? "<broken>" : "null");
        break;
    default:
        trace_printf(p->text, "<any>");
    }
}

/* --- Fields and elements ------------------------------------------------------------- */

static uint64_t default_bits(struct type_reader type, struct value_reader value)
{
    switch (shapes[type_which(type)].bits) {
    case 1:
        return value_get_bool(value);
    case 8:
        return value_get_uint8(value);
    case 16:
        return value_get_uint16(value);
    case 32:
        return value_get_uint32(value);
    default:
        return value_get_uint64(value);
    }
}

static uint64_t read_bits(struct wire_struct view, uint8_t bits, uint64_t offset)
{
    if (offset * (bits ? bits : 1) / 8 > UINT32_MAX - 8)
        return 0;
    switch (bits) {
    case 0:
        return 0;
    case 1:
        return wire_get_bool(view, (uint32_t)offset);
    case 8:
        return wire_get_u8(view, (uint32_t)offset);
    case 16:
        return wire_get_u16(view, (uint32_t)offset * 2);
    case 32:
        return wire_get_u32(view, (uint32_t)offset * 4);
    default:
        return wire_get_u64(view, (uint32_t)offset * 8);
    }
}

static void put_slot(struct printer *p, const struct frame *frame, struct field_slot_reader slot)
{
    struct type_reader type = field_slot_get_type(slot);
    uint16_t which = type_which(type);
    uint32_t offset = field_slot_get_offset(slot);
    if (which >= TYPES)
        trace_printf(p->text, "<unknown>");
    else if (shapes[which].shape == SHAPE_POINTER)
        put_pointer(p, type,
                    wire_get_any(frame->view, (uint16_t)(offset < UINT16_MAX ? offset : UINT16_MAX)));
    else
        put_number(p, type,
                   read_bits(frame->view, shapes[which].bits, offset) ^
                       (shapes[which].bits ? default_bits(type, field_slot_get_default_value(slot)) : 0));
}

/* Members of a union that are not chosen, and pointers that are null, are left out. */
static bool is_there(const struct frame *frame, struct field_reader field)
{
    uint16_t member = field_get_discriminant_value(field);
    if (member != UINT16_MAX && frame->union_count > 0)
        return wire_get_u16(frame->view, frame->union_at) == member;
    if (field_which(field) == FIELD_WHICH_GROUP)
        return true;
    struct field_slot_reader slot = field_get_slot(field);
    uint16_t which = type_which(field_slot_get_type(slot));
    uint32_t offset = field_slot_get_offset(slot);
    return which >= TYPES || shapes[which].shape != SHAPE_POINTER ||
           (offset < UINT16_MAX && wire_has_pointer(frame->view, (uint16_t)offset));
}

static void separate(struct printer *p, struct frame *frame)
{
    if (!frame->empty)
        trace_put(p->text, ", ", 2);
    frame->empty = false;
}

static void put_field(struct printer *p, struct frame *frame)
{
    struct field_reader field = node_struct_get_fields_at(frame->fields, frame->next++);
    if (!is_there(frame, field))
        return;
    struct wire_text name = field_get_name(field);
    separate(p, frame);
    trace_put_name(p->text, name.chars, name.size);
    trace_put(p->text, " = ", 3);
    if (field_which(field) == FIELD_WHICH_GROUP)
        put_struct(p, field_group_get_type_id(field_get_group(field)), frame->view);
    else
        put_slot(p, frame, field_get_slot(field));
}

static uint64_t element_bits(struct wire_list list, uint8_t bits, uint32_t index)
{
    switch (bits) {
    case 0:
        return 0;
    case 1:
        return wire_list_bool(list, index);
    case 8:
        return wire_list_u8(list, index);
    case 16:
        return wire_list_u16(list, index);
    case 32:
        return wire_list_u32(list, index);
    default:
        return wire_list_u64(list, index);
    }
}

static void put_element(struct printer *p, struct frame *frame)
{
    uint32_t index = frame->next++;
    uint16_t which = type_which(frame->element);
    separate(p, frame);
    if (which >= TYPES)
        trace_printf(p->text, "<unknown>");
    else if (which == TYPE_WHICH_STRUCT)
        put_struct(p, type_struct_get_type_id(type_get_struct(frame->element)),
                   wire_list_struct(frame->list, index));
    else if (shapes[which].shape == SHAPE_POINTER)
        put_pointer(p, frame->element, wire_list_any(frame->list, index));
    else
        put_number(p, frame->element, element_bits(frame->list, shapes[which].bits, index));
}

void trace_print_message(struct trace_text *text, const struct trace_schema *schemas, struct node_reader type,
                         const void *bytes, size_t size)
{
    struct printer p = {.text = text, .schemas = schemas};
    struct wire_message message;
    struct wire_struct root = {.state = WIRE_ABSENT};
    if (size > 0) {
        wire_open_flat(&message, WIRE_PRIVATE, bytes, size);
        message.cap_count = MESSAGE_CAPS;
        root = wire_root(&message);
    }
    if (root.state == WIRE_BROKEN)
        trace_printf(text, "<broken>");
    else
        push_struct(&p, type, root);
    while (p.depth > 0 && !text->full) {
        struct frame *frame = &p.frames[p.depth - 1];
        if (frame->next < (frame->is_list ? frame->list.count : frame->fields.count)) {
            if (frame->is_list)
                put_element(&p, frame);
            else
                put_field(&p, frame);
        } else {
            trace_printf(text, frame->is_list ? "]" : ")");
            p.depth--;
        }
    }
}
