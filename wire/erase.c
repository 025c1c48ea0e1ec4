/*
 * Zeroing what a builder's pointer led to, so that nothing that was
 * overwritten goes out with the message.
 *
 * Pointers are followed with the same checks as in reading: the memory is
 * only as good as what was copied into it, or as who else can write it.
 */
#include "wire/internal.h"

struct erasing {
    struct wire_walk walk;
    uint64_t *at;
    uint64_t words;
};

static void zero_words(uint64_t *at, uint64_t words)
{
    __builtin_memset(at, 0, (size_t)words * 8);
}

/* Landing pads belong to the pointer, not to the object. */
static void zero_pads(const struct wire_segment *segment, uint64_t word)
{
    if (wire_word_tag(word) != WIRE_TAG_FAR)
        return;
    struct wire_segment *there = &segment->message->segments[word >> 32];
    zero_words(there->space + wire_far_pad(word), wire_far_is_double(word) ? 2 : 1);
}

static uint64_t list_words(uint64_t word)
{
    uint32_t element = (uint32_t)(word >> 32 & 7);
    uint64_t size = word >> 35;
    return element == WIRE_ELEMENT_STRUCT ? size + 1 : (size * wire_element_bits(element) + 63) / 64;
}

/* Finds the object; one without pointers is zeroed at once, another is left to the walk. */
static bool erase_object(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                         struct erasing *object)
{
    struct wire_target target;
    *object = (struct erasing){.words = 0};
    if (!wire_resolve(segment, pointer, word, &target))
        return false;
    switch (wire_target_kind(&target)) {
    case WIRE_KIND_STRUCT: {
        struct wire_struct view = wire_target_struct(&target, WIRE_NESTING_MAX);
        if (view.state != WIRE_PRESENT)
            return false;
        wire_walk_struct(&object->walk, &view);
        object->words = view.data_bytes / 8 + view.pointer_count;
        break;
    }
    case WIRE_KIND_LIST: {
        struct wire_list list = wire_target_list(&target, WIRE_NESTING_MAX, WIRE_ELEMENT_ANY);
        if (list.state != WIRE_PRESENT || !wire_walk_list(&object->walk, &list))
            return false;
        object->words = list_words(target.word);
        break;
    }
    default:
        break;
    }
    zero_pads(segment, word);
    if (object->words > 0)
        object->at = target.segment->space + target.start;
    if (object->words > 0 && object->walk.rows == 0)
        zero_words(object->at, object->words);
    return object->walk.rows > 0;
}

void wire_erase(struct wire_segment *segment, uint64_t *pointer, uint64_t word)
{
    /* No builder nests deeper than this; what a peer made deeper is left alone. */
    struct erasing stack[WIRE_NESTING_MAX + 1];
    uint32_t depth = erase_object(segment, pointer, word, &stack[0]) ? 1 : 0;
    while (depth > 0) {
        struct erasing *object = &stack[depth - 1];
        uint64_t place, below;
        if (!wire_walk_next(&object->walk, &place, &below)) {
            zero_words(object->at, object->words);
            depth--;
            continue;
        }
        uint64_t *at = object->at + (object->walk.first + place - object->at);
        *at = 0;
        if (depth <= WIRE_NESTING_MAX && erase_object(object->walk.segment, at, below, &stack[depth]))
            depth++;
    }
}
