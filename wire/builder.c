/* Building: the slots, and making objects at them. */
#include "wire/internal.h"

static const struct wire_slot no_slot;
static const struct wire_struct_builder no_struct;
static const struct wire_list_builder no_list;
static const struct wire_bytes no_bytes;
static const struct wire_place no_place;

/* --- Slots ------------------------------------------------------------------ */

struct wire_slot wire_build_root(struct wire_build *build)
{
    struct wire_segment *segment = &build->message.segments[0];
    if (build->message.error != WIRE_OK)
        return no_slot;
    return (struct wire_slot){segment, segment->space, build->message.nesting_limit};
}

struct wire_slot wire_slot_refused(struct wire_segment *segment)
{
    wire_list_write_refused(segment);
    return no_slot;
}

void wire_list_write_refused(struct wire_segment *segment)
{
    if (segment != NULL)
        wire_fail(segment, segment->words, WIRE_ERR_INDEX);
}

struct wire_struct_builder wire_list_element_refused(struct wire_segment *segment, bool too_deep)
{
    if (segment != NULL)
        wire_fail(segment, segment->words, too_deep ? WIRE_ERR_NESTING : WIRE_ERR_INDEX);
    return no_struct;
}

/* --- Making objects ------------------------------------------------------------ */

void wire_slot_clear(struct wire_slot slot)
{
    if (slot.pointer == NULL)
        return;
    uint64_t old = *slot.pointer;
    *slot.pointer = 0;
    if (old != 0)
        wire_erase(slot.segment, slot.pointer, old);
}

/* Room for an object at the slot, which is null afterwards. */
static bool make_room(struct wire_slot slot, uint64_t words, struct wire_room *ret_room)
{
    if (slot.pointer == NULL || wire_build_failed(slot.segment))
        return false;
    if (slot.depth == 0)
        return wire_fail(slot.segment, slot.pointer, WIRE_ERR_NESTING);
    if (words > WIRE_WORDS_MAX)
        return wire_fail(slot.segment, slot.pointer, WIRE_ERR_TOO_LARGE);
    wire_slot_clear(slot);
    return wire_allocate(slot.segment, slot.pointer, (uint32_t)words, ret_room);
}

/* All that is not the usual case of wire_place_struct(), which stays short without it. */
__attribute__((noinline)) static struct wire_place
place_struct_slowly(struct wire_segment *segment, uint64_t *pointer, uint32_t depth, uint32_t shape)
{
    struct wire_slot slot = {segment, pointer, (uint8_t)depth};
    struct wire_room room;
    if (!make_room(slot, (uint64_t)(shape & 0xffff) + (shape >> 16), &room))
        return no_place;
    if (shape == 0) {
        *pointer = WIRE_EMPTY_STRUCT;
        return (struct wire_place){segment, pointer};
    }
    wire_point_to(pointer, &room, WIRE_TAG_STRUCT, shape);
    return (struct wire_place){room.segment, room.at};
}

struct wire_place wire_place_struct(struct wire_segment *segment, uint64_t *pointer, uint32_t depth,
                                    uint16_t data_words, uint16_t pointer_count)
{
    uint32_t words = (uint32_t)data_words + pointer_count;
    uint32_t shape = wire_shape(data_words, pointer_count);
    if (pointer == NULL || *pointer != 0 || depth == 0 || words - 1 >= WIRE_FEW_WORDS)
        return place_struct_slowly(segment, pointer, depth, shape);
    uint64_t *at = wire_bump_few(segment, words);
    if (at == NULL)
        return place_struct_slowly(segment, pointer, depth, shape);
    *pointer = wire_word_make(at - pointer - 1, WIRE_TAG_STRUCT, shape);
    return (struct wire_place){segment, at};
}

struct wire_list_builder wire_slot_init_list(struct wire_slot slot, enum wire_element element, uint32_t count)
{
    struct wire_room room;
    if (slot.pointer == NULL)
        return no_list;
    if (element >= WIRE_ELEMENT_STRUCT) {
        wire_fail(slot.segment, slot.pointer, WIRE_ERR_WRONG_ELEMENT);
        return no_list;
    }
    uint32_t bits = wire_element_bits(element);
    uint64_t words = count > WIRE_WORDS_MAX ? UINT64_MAX : ((uint64_t)count * bits + 63) / 64;
    if (!make_room(slot, words, &room))
        return no_list;
    wire_point_to(slot.pointer, &room, WIRE_TAG_LIST, (uint32_t)element | count << 3);
    bool pointers = element == WIRE_ELEMENT_POINTER;
    return (struct wire_list_builder){
        .segment = room.segment,
        .data = (uint8_t *)room.at,
        .count = count,
        .data_bytes = pointers ? 0 : bits / 8,
        .pointer_count = pointers,
        .element = (uint8_t)element,
        .depth = (uint8_t)(slot.depth - 1),
        .state = WIRE_PRESENT,
    };
}

__attribute__((noinline)) static struct wire_place place_list_slowly(struct wire_segment *segment,
                                                                     uint64_t *pointer, uint32_t depth,
                                                                     uint32_t count, uint32_t shape)
{
    struct wire_slot slot = {segment, pointer, (uint8_t)depth};
    struct wire_room room;
    uint64_t words = (uint64_t)count * ((shape & 0xffff) + (shape >> 16));
    if (!make_room(slot, count > WIRE_WORDS_MAX ? UINT64_MAX : words + 1, &room))
        return no_place;
    /* The size in the pointer leaves the tag out. */
    wire_point_to(pointer, &room, WIRE_TAG_LIST, WIRE_ELEMENT_STRUCT | (uint32_t)words << 3);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): make_room() has set it */
    *room.at = wire_word_make(count, WIRE_TAG_STRUCT, shape);
    return (struct wire_place){room.segment, room.at + 1};
}

struct wire_place wire_place_struct_list(struct wire_segment *segment, uint64_t *pointer, uint32_t depth,
                                         uint32_t count, uint32_t shape)
{
    uint64_t words = (uint64_t)count * ((shape & 0xffff) + (shape >> 16));
    if (pointer == NULL || *pointer != 0 || depth == 0 || words >= WIRE_WORDS_MAX || count > WIRE_WORDS_MAX)
        return place_list_slowly(segment, pointer, depth, count, shape);
    uint64_t *at = wire_bump(segment, (uint32_t)words + 1);
    if (at == NULL)
        return place_list_slowly(segment, pointer, depth, count, shape);
    *pointer = wire_word_make(at - pointer - 1, WIRE_TAG_LIST, WIRE_ELEMENT_STRUCT | (uint32_t)words << 3);
    *at = wire_word_make(count, WIRE_TAG_STRUCT, shape);
    return (struct wire_place){segment, at + 1};
}

/* --- Text, data, capabilities ------------------------------------------------------- */

/* `size` bytes and `more` behind them. */
static struct wire_bytes init_bytes(struct wire_slot slot, uint32_t size, uint32_t more)
{
    struct wire_list_builder list =
        wire_slot_init_list(slot, WIRE_ELEMENT_1_BYTE, size > WIRE_WORDS_MAX ? UINT32_MAX : size + more);
    if (list.state != WIRE_PRESENT)
        return no_bytes;
    return (struct wire_bytes){list.data, size};
}

struct wire_bytes wire_slot_init_text(struct wire_slot slot, uint32_t size)
{
    return init_bytes(slot, size, 1);
}

struct wire_bytes wire_slot_init_data(struct wire_slot slot, uint32_t size)
{
    return init_bytes(slot, size, 0);
}

/* The old value is zeroed last, for the new one may be part of it. `more` is room behind the bytes. */
__attribute__((noinline)) static void put_bytes_slowly(struct wire_segment *segment, uint64_t *pointer,
                                                       uint32_t depth, struct wire_data value, uint32_t more)
{
    struct wire_slot slot = {segment, pointer, (uint8_t)depth};
    if (pointer == NULL || wire_build_failed(segment))
        return;
    if (value.state == WIRE_BROKEN) {
        wire_fail(segment, pointer, WIRE_ERR_BROKEN_SOURCE);
        return;
    }
    uint64_t old = *pointer;
    *pointer = 0;
    if (value.state == WIRE_PRESENT) {
        struct wire_bytes bytes = init_bytes(slot, value.size, more);
        if (bytes.bytes != NULL && value.size > 0)
            __builtin_memcpy(bytes.bytes, value.bytes, value.size);
    }
    if (old != 0)
        wire_erase(segment, pointer, old);
}

/* The usual case: the slot is null, and its segment has room. Only the last word is zeroed. */
static inline void put_bytes(struct wire_segment *segment, uint64_t *pointer, uint32_t depth,
                             struct wire_data value, uint32_t more)
{
    uint32_t words = (value.size + more + 7) / 8;
    bool usual = value.state == WIRE_PRESENT && pointer != NULL && depth != 0 && value.size != 0 &&
                 value.size <= WIRE_WORDS_MAX - more && *pointer == 0;
    uint64_t *at = usual ? wire_take(segment, words) : NULL;
    if (at == NULL) {
        put_bytes_slowly(segment, pointer, depth, value, more);
        return;
    }
    at[words - 1] = 0;
    *pointer =
        wire_word_make(at - pointer - 1, WIRE_TAG_LIST, WIRE_ELEMENT_1_BYTE | (value.size + more) << 3);
    __builtin_memcpy(at, value.bytes, value.size);
}

void wire_put_text(struct wire_segment *segment, uint64_t *pointer, uint32_t depth, struct wire_text value)
{
    struct wire_data bytes = {(const uint8_t *)value.chars, value.size, value.state};
    put_bytes(segment, pointer, depth, bytes, 1);
}

void wire_put_data(struct wire_segment *segment, uint64_t *pointer, uint32_t depth, struct wire_data value)
{
    put_bytes(segment, pointer, depth, value, 0);
}

void wire_slot_set_cap(struct wire_slot slot, uint32_t index)
{
    if (slot.pointer == NULL || wire_build_failed(slot.segment))
        return;
    if (index == UINT32_MAX) {
        wire_fail(slot.segment, slot.pointer, WIRE_ERR_CAP_INDEX);
        return;
    }
    wire_slot_clear(slot);
    *slot.pointer = WIRE_TAG_OTHER | (uint64_t)index << 32;
    if (slot.segment->message->cap_count <= index)
        slot.segment->message->cap_count = index + 1;
}
