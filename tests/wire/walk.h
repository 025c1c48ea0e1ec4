/*
 * For tests and fuzzers: walks over everything that a message has without a
 * schema, through every accessor; compares two messages; builds one that has
 * everything.
 */
#ifndef CAPOS_TESTS_WIRE_WALK_H
#define CAPOS_TESTS_WIRE_WALK_H

#include <capos/wire.h>

#include <string.h>

#define WALK_UNUSED __attribute__((unused))

static uint64_t walk_any(struct wire_any any);

static uint64_t walk_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t sum = size;
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

static uint64_t walk_struct(struct wire_struct view)
{
    uint64_t sum = walk_bytes(view.data, view.data_bytes);
    sum += wire_get_u64(view, 0) + wire_get_u32(view, 4) + wire_get_u16(view, 2) + wire_get_u8(view, 1);
    sum += wire_get_bool(view, 9) + (wire_get_f64(view, 8) > 1) + (wire_get_f32_or(view, 12, 7) > 1);
    sum += (uint64_t)wire_get_i64_or(view, 0x7fff0, 3) + wire_get_u64_or(view, UINT32_MAX, 5);
    for (uint32_t i = 0; i <= view.pointer_count; i++)
        sum += walk_any(wire_get_any(view, (uint16_t)i));
    return sum;
}

static uint64_t walk_list(struct wire_list list)
{
    uint64_t sum = list.count;
    /* Elements without size say nothing, and can be very many. */
    uint32_t count =
        list.element != WIRE_ELEMENT_BIT && list.data_bytes == 0 && list.pointer_count == 0 && list.count > 4
            ? 4
            : list.count;
    for (uint32_t i = 0; i < count; i++) {
        sum = sum * 31 + wire_list_u8(list, i) + wire_list_u16(list, i) + wire_list_u32(list, i) +
              wire_list_u64(list, i) + wire_list_bool(list, i) + (wire_list_f32(list, i) > 1) +
              (wire_list_f64(list, i) > 1);
        if (list.element == WIRE_ELEMENT_STRUCT)
            sum += walk_struct(wire_list_struct(list, i));
        else if (list.pointer_count > 0)
            sum += walk_any(wire_list_any(list, i));
    }
    sum += wire_list_u64(list, list.count) + wire_list_struct(list, list.count).data_bytes +
           wire_list_any(list, UINT32_MAX).state + wire_list_bool(list, UINT32_MAX);
    return sum;
}

/* Reads the pointer as all that it can be, good or bad. */
static uint64_t walk_any(struct wire_any any)
{
    enum wire_kind kind = wire_any_kind(any);
    uint64_t sum = kind;
    if (kind == WIRE_KIND_STRUCT)
        return sum + walk_struct(wire_any_struct(any));
    if (kind == WIRE_KIND_CAP)
        return sum + wire_any_cap(any).index;
    if (kind != WIRE_KIND_LIST)
        return sum;
    for (int expected = 0; expected < WIRE_ELEMENT_ANY; expected++)
        sum += wire_any_list(any, (enum wire_element)expected).count;
    struct wire_text text = wire_any_text(any);
    struct wire_data data = wire_any_data(any);
    sum += walk_bytes((const uint8_t *)text.chars, text.size) + walk_bytes(data.bytes, data.size);
    return sum + walk_list(wire_any_list(any, WIRE_ELEMENT_ANY));
}

/* --- Comparing -------------------------------------------------------------- */

WALK_UNUSED static bool walk_equal(struct wire_any a, struct wire_any b);

static bool walk_equal_struct(struct wire_struct a, struct wire_struct b)
{
    if (a.state != b.state || a.data_bytes != b.data_bytes || a.pointer_count != b.pointer_count)
        return false;
    if (a.data_bytes > 0 && memcmp(a.data, b.data, a.data_bytes) != 0)
        return false;
    for (uint32_t i = 0; i < a.pointer_count; i++)
        if (!walk_equal(wire_get_any(a, (uint16_t)i), wire_get_any(b, (uint16_t)i)))
            return false;
    return true;
}

static bool walk_equal_list(struct wire_list a, struct wire_list b)
{
    if (a.state != b.state || a.element != b.element || a.count != b.count)
        return false;
    if (a.element == WIRE_ELEMENT_BIT)
        return a.count == 0 || memcmp(a.data, b.data, ((size_t)a.count + 7) / 8) == 0;
    if (a.data_bytes != b.data_bytes || a.pointer_count != b.pointer_count)
        return false;
    if (a.data_bytes + a.pointer_count == 0)
        return true;
    for (uint32_t i = 0; i < a.count; i++)
        if (!walk_equal_struct(wire_list_struct(a, i), wire_list_struct(b, i)))
            return false;
    return true;
}

WALK_UNUSED static bool walk_equal(struct wire_any a, struct wire_any b)
{
    enum wire_kind kind = wire_any_kind(a);
    if (kind != wire_any_kind(b))
        return false;
    if (kind == WIRE_KIND_STRUCT)
        return walk_equal_struct(wire_any_struct(a), wire_any_struct(b));
    if (kind == WIRE_KIND_LIST)
        return walk_equal_list(wire_any_list(a, WIRE_ELEMENT_ANY), wire_any_list(b, WIRE_ELEMENT_ANY));
    if (kind == WIRE_KIND_CAP)
        return wire_any_cap(a).index == wire_any_cap(b).index;
    return true;
}

/* --- Building ------------------------------------------------------------------ */

/* Memory that gives every object a segment of its own: each pointer is far. */
struct walk_memory {
    uint64_t words[4096];
    uint32_t used;
};

WALK_UNUSED static uint64_t *walk_grow(void *context, uint32_t min_words, uint32_t *ret_words)
{
    struct walk_memory *memory = (struct walk_memory *)context;
    if (min_words > 4096 - memory->used)
        return NULL;
    uint64_t *at = memory->words + memory->used;
    memset(at, 0xa5, (size_t)min_words * 8);
    memory->used += min_words;
    *ret_words = min_words;
    return at;
}

WALK_UNUSED static void walk_build_lists(struct wire_struct_builder root)
{
    static const enum wire_element elements[] = {
        WIRE_ELEMENT_1_BYTE,  WIRE_ELEMENT_2_BYTES, WIRE_ELEMENT_4_BYTES,
        WIRE_ELEMENT_8_BYTES, WIRE_ELEMENT_VOID,
    };
    for (uint16_t i = 0; i < 5; i++) {
        struct wire_list_builder list =
            wire_slot_init_list(wire_slot_of(root, (uint16_t)(3 + i)), elements[i], 3);
        for (uint32_t k = 0; k < 3 && list.data_bytes > 0; k++)
            wire_list_set_u8(list, k, (uint8_t)(k + 1));
    }
    struct wire_list_builder bits = wire_slot_init_list(wire_slot_of(root, 8), WIRE_ELEMENT_BIT, 11);
    wire_list_set_bool(bits, 2, true);
    wire_list_set_bool(bits, 10, true);
    struct wire_list_builder texts = wire_slot_init_list(wire_slot_of(root, 9), WIRE_ELEMENT_POINTER, 2);
    wire_slot_set_text(wire_list_slot(texts, 0), WIRE_TEXT("first"));
    wire_slot_set_text(wire_list_slot(texts, 1), WIRE_TEXT(""));
    struct wire_list_builder lists = wire_slot_init_list(wire_slot_of(root, 10), WIRE_ELEMENT_POINTER, 2);
    wire_list_set_u16(wire_slot_init_list(wire_list_slot(lists, 0), WIRE_ELEMENT_2_BYTES, 1), 0, 77);
}

/*
 * A message with every kind of object. Its root has 2 data words and 14
 * pointers: 0 text, 1 data, 2 struct, 3-7 lists of bytes, u16, u32, u64, void,
 * 8 bits, 9 texts, 10 lists, 11 structs, 12 capability 1, 13 empty struct.
 */
WALK_UNUSED static void walk_build(struct wire_build *build)
{
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(build), 2, 14);
    wire_set_u64(root, 0, UINT64_C(0x1122334455667788));
    wire_set_f64(root, 8, 2.5);
    wire_slot_set_text(wire_slot_of(root, 0), WIRE_TEXT("hello"));
    wire_slot_set_data(wire_slot_of(root, 1), wire_data_make("\1\2\3", 3));
    struct wire_struct_builder child = wire_slot_init_struct(wire_slot_of(root, 2), 1, 1);
    wire_set_u32(child, 4, 99);
    wire_slot_set_text(wire_slot_of(child, 0), WIRE_TEXT("child"));
    walk_build_lists(root);
    struct wire_list_builder structs = wire_slot_init_struct_list(wire_slot_of(root, 11), 2, 1, 1);
    for (uint32_t i = 0; i < 2; i++) {
        wire_set_u16(wire_list_element(structs, i), 0, (uint16_t)(40 + i));
        wire_slot_set_text(wire_slot_of(wire_list_element(structs, i), 0), WIRE_TEXT("element"));
    }
    wire_slot_set_cap(wire_slot_of(root, 12), 1);
    wire_slot_init_struct(wire_slot_of(root, 13), 0, 0);
}

#endif
