/*
 * What a message that is being built already has: found again with the checks
 * of reading, and moved to a larger place if the schema has grown.
 */
#include "wire/internal.h"

static const struct wire_struct_builder no_struct;
static const struct wire_list_builder no_list;
static const struct wire_bytes no_bytes;

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

struct wire_struct_builder wire_struct_writable(const struct wire_struct *view)
{
    if (view->state != WIRE_PRESENT)
        return no_struct;
    return (struct wire_struct_builder){
        (struct wire_segment *)(uintptr_t)view->segment,
        (uint8_t *)(uintptr_t)view->data,
        view->data_bytes,
        view->pointer_count,
        view->depth,
        WIRE_PRESENT,
    };
}

struct wire_list_builder wire_list_writable(const struct wire_list *list)
{
    if (list->state != WIRE_PRESENT)
        return no_list;
    return (struct wire_list_builder){
        (struct wire_segment *)(uintptr_t)list->segment,
        (uint8_t *)(uintptr_t)list->data,
        list->count,
        list->data_bytes,
        list->pointer_count,
        list->element,
        list->depth,
        WIRE_PRESENT,
    };
}

/* --- Moving ------------------------------------------------------------------ */

/* A pad of two words, for an object whose segment has no room for a pad of its own. */
static bool point_double_far(struct wire_segment *segment, uint64_t *pointer,
                             const struct wire_target *target)
{
    struct wire_segment *there = wire_segment_with_room(segment, pointer, 2);
    uint64_t *pad = there == NULL ? NULL : wire_bump(there, 2);
    if (pad == NULL)
        return false;
    struct wire_segment *segments = segment->message->segments;
    pad[0] = wire_far_make((uint32_t)(target->segment - segments), target->start, false);
    pad[1] = wire_word_with_offset(target->word, 0);
    *pointer = wire_far_make((uint32_t)(there - segments), (uint64_t)(pad - there->space), true);
    return true;
}

bool wire_move_pointer(struct wire_segment *from_segment, uint64_t *from, struct wire_segment *to_segment,
                       uint64_t *to)
{
    uint64_t word = *from;
    struct wire_target target;
    *from = 0;
    if (word == 0 || wire_word_tag(word) >= WIRE_TAG_FAR || word == WIRE_EMPTY_STRUCT) {
        *to = word; /* does not depend on where it stands */
        return true;
    }
    wire_resolve_near(from_segment, from, word, &target);
    if (target.start > from_segment->word_count)
        return wire_fail(from_segment, from, WIRE_ERR_OUT_OF_BOUNDS);
    if (from_segment == to_segment) {
        int64_t place = to - to_segment->space;
        *to = wire_word_with_offset(word, (int64_t)target.start - place - 1);
        return true;
    }
    uint64_t *pad = wire_bump(from_segment, 1);
    if (pad == NULL)
        return point_double_far(to_segment, to, &target);
    int64_t place = pad - from_segment->space;
    *pad = wire_word_with_offset(word, (int64_t)target.start - place - 1);
    uint32_t id = (uint32_t)(from_segment - from_segment->message->segments);
    *to = wire_far_make(id, (uint64_t)place, false);
    return true;
}

/* Moves the fields of one struct to a new one that is no smaller. */
static bool move_fields(const struct wire_struct_builder *from, const struct wire_struct_builder *to)
{
    if (from->data_bytes > 0)
        __builtin_memcpy(to->data, from->data, from->data_bytes);
    uint64_t *from_pointers = (uint64_t *)(void *)(from->data + from->data_bytes);
    uint64_t *to_pointers = (uint64_t *)(void *)(to->data + to->data_bytes);
    for (uint32_t i = 0; i < from->pointer_count; i++)
        if (!wire_move_pointer(from->segment, &from_pointers[i], to->segment, &to_pointers[i]))
            return false;
    return true;
}

static struct wire_struct_builder enlarge_struct(struct wire_slot slot, const struct wire_struct_builder *old,
                                                 uint32_t data_words, uint32_t pointer_count)
{
    uint64_t old_word = *slot.pointer;
    *slot.pointer = 0;
    struct wire_struct_builder view =
        wire_slot_init_struct(slot, (uint16_t)larger(data_words, old->data_bytes / 8),
                              (uint16_t)larger(pointer_count, old->pointer_count));
    if (view.state != WIRE_PRESENT || !move_fields(old, &view))
        return no_struct;
    wire_erase(slot.segment, slot.pointer, old_word);
    return view;
}

static struct wire_list_builder enlarge_list(struct wire_slot slot, const struct wire_list_builder *old,
                                             uint32_t data_words, uint32_t pointer_count)
{
    uint64_t old_word = *slot.pointer;
    *slot.pointer = 0;
    struct wire_list_builder list =
        wire_slot_init_struct_list(slot, old->count, (uint16_t)larger(data_words, (old->data_bytes + 7) / 8),
                                   (uint16_t)larger(pointer_count, old->pointer_count));
    for (uint32_t i = 0; i < list.count; i++) {
        struct wire_struct_builder from = wire_list_element(*old, i);
        struct wire_struct_builder to = wire_list_element(list, i);
        if (from.state != WIRE_PRESENT || to.state != WIRE_PRESENT || !move_fields(&from, &to))
            return no_list;
    }
    if (list.state == WIRE_PRESENT)
        wire_erase(slot.segment, slot.pointer, old_word);
    return list;
}

/* --- Finding -------------------------------------------------------------------- */

/* Whether there is something to find. */
static bool is_usable(struct wire_slot slot)
{
    return slot.pointer != NULL && !wire_build_failed(slot.segment) && *slot.pointer != 0;
}

struct wire_struct_builder wire_slot_get_struct(struct wire_slot slot, uint16_t data_words,
                                                uint16_t pointer_count)
{
    if (!is_usable(slot))
        return wire_slot_init_struct(slot, data_words, pointer_count);
    struct wire_struct found = wire_any_struct(wire_slot_as_any(slot));
    struct wire_struct_builder view = wire_struct_writable(&found);
    bool fits = view.data_bytes >= (uint32_t)data_words * 8 && view.pointer_count >= pointer_count;
    if (view.state != WIRE_PRESENT || fits)
        return view;
    return enlarge_struct(slot, &view, data_words, pointer_count);
}

struct wire_list_builder wire_slot_get_list(struct wire_slot slot, enum wire_element element)
{
    if (!is_usable(slot))
        return no_list;
    struct wire_list found = wire_any_list(wire_slot_as_any(slot), element);
    return wire_list_writable(&found);
}

struct wire_list_builder wire_slot_get_struct_list(struct wire_slot slot, uint16_t data_words,
                                                   uint16_t pointer_count)
{
    struct wire_list_builder list = wire_slot_get_list(slot, WIRE_ELEMENT_STRUCT);
    bool fits = list.data_bytes >= (uint32_t)data_words * 8 && list.pointer_count >= pointer_count;
    if (list.state != WIRE_PRESENT || fits)
        return list;
    return enlarge_list(slot, &list, data_words, pointer_count);
}

struct wire_bytes wire_slot_get_text(struct wire_slot slot)
{
    if (!is_usable(slot))
        return no_bytes;
    struct wire_text found = wire_any_text(wire_slot_as_any(slot));
    if (found.state != WIRE_PRESENT)
        return no_bytes;
    return (struct wire_bytes){(uint8_t *)(uintptr_t)found.chars, found.size};
}

struct wire_bytes wire_slot_get_data(struct wire_slot slot)
{
    if (!is_usable(slot))
        return no_bytes;
    struct wire_data found = wire_any_data(wire_slot_as_any(slot));
    return (struct wire_bytes){(uint8_t *)(uintptr_t)found.bytes, found.size};
}
