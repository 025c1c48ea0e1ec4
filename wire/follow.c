/* From a pointer word to the checked view of what it leads to; text and data are in bytes.c. */
#include "wire/internal.h"

_Static_assert(sizeof(struct wire_struct) == 24, "a view of a struct is three words");
_Static_assert(sizeof(struct wire_list) == 32, "a view of a list is four words");
_Static_assert(sizeof(struct wire_text) == 16 && sizeof(struct wire_data) == 16, "passed in registers");

static const struct wire_struct broken_struct = {.state = WIRE_BROKEN};
static const struct wire_list broken_list = {.state = WIRE_BROKEN};
static const struct wire_cap broken_cap = {.state = WIRE_BROKEN};

bool wire_wrong_kind(const struct wire_target *target)
{
    bool unknown = wire_word_tag(target->word) == WIRE_TAG_OTHER && !wire_word_is_cap(target->word);
    return wire_target_fail(target, unknown ? WIRE_ERR_UNKNOWN_POINTER : WIRE_ERR_WRONG_KIND);
}

/* --- Structs ---------------------------------------------------------------- */

static inline struct wire_struct struct_view(const struct wire_segment *segment, uint64_t start,
                                             uint64_t word, uint32_t depth)
{
    return (struct wire_struct){
        .segment = segment,
        .data = (const uint8_t *)(segment->words + start),
        .data_bytes = wire_struct_word_data(word) * 8,
        .pointer_count = (uint16_t)wire_struct_word_pointers(word),
        .depth = (uint8_t)(depth - 1),
        .state = WIRE_PRESENT,
    };
}

static inline uint64_t struct_words(uint64_t word)
{
    return (uint64_t)wire_struct_word_data(word) + wire_struct_word_pointers(word);
}

struct wire_struct wire_target_struct(struct wire_target *target, uint32_t depth)
{
    if (wire_word_tag(target->word) != WIRE_TAG_STRUCT) {
        wire_wrong_kind(target);
        return broken_struct;
    }
    if (depth == 0) {
        wire_target_fail(target, WIRE_ERR_NESTING);
        return broken_struct;
    }
    if (!wire_claim(target, struct_words(target->word)))
        return broken_struct;
    return struct_view(target->segment, target->start, target->word, depth);
}

__attribute__((noinline)) static void follow_struct_slowly(struct wire_struct *ret_view,
                                                           const struct wire_segment *segment,
                                                           const uint64_t *pointer, uint64_t word,
                                                           uint32_t depth)
{
    struct wire_target target;
    if (wire_resolve(segment, pointer, word, &target))
        *ret_view = wire_target_struct(&target, depth);
    else
        *ret_view = broken_struct;
}

void wire_follow_struct(struct wire_struct *ret_view, const struct wire_segment *segment,
                        const uint64_t *pointer, uint64_t word, uint32_t depth)
{
    uint64_t start = wire_near_start(segment, pointer, word);
    if (wire_word_tag(word) == WIRE_TAG_STRUCT && depth != 0 &&
        wire_claim_near(segment, start, struct_words(word)))
        *ret_view = struct_view(segment, start, word, depth);
    else
        follow_struct_slowly(ret_view, segment, pointer, word, depth);
}

struct wire_struct wire_list_struct_refused(const struct wire_segment *segment, const uint8_t *data,
                                            uint8_t state, bool too_deep)
{
    struct wire_struct none = {.state = wire_state_below(state)};
    if (too_deep) {
        wire_fail(segment, (const uint64_t *)(const void *)data, WIRE_ERR_NESTING);
        none.state = WIRE_BROKEN;
    }
    return none;
}

/* --- Lists ------------------------------------------------------------------- */

/* Whether a list may be read as one of `expected`: the table at wire_any_list(). */
static bool element_fits(const struct wire_list *list, enum wire_element expected)
{
    switch (expected) {
    case WIRE_ELEMENT_VOID:
    case WIRE_ELEMENT_ANY:
        return true;
    case WIRE_ELEMENT_BIT:
        return list->element == WIRE_ELEMENT_BIT;
    case WIRE_ELEMENT_1_BYTE:
    case WIRE_ELEMENT_2_BYTES:
    case WIRE_ELEMENT_4_BYTES:
    case WIRE_ELEMENT_8_BYTES:
        return list->data_bytes >= wire_element_bits(expected) / 8;
    case WIRE_ELEMENT_POINTER:
        return list->pointer_count > 0;
    case WIRE_ELEMENT_STRUCT:
        return list->element != WIRE_ELEMENT_BIT;
    }
    return false;
}

static bool claim_struct_list(struct wire_target *target, uint64_t words, struct wire_list *list)
{
    if (!wire_claim(target, words + 1))
        return false;
    const uint64_t *tag_at = target->segment->words + target->start;
    uint64_t tag = wire_load_pointer(tag_at);
    if (wire_word_tag(tag) != WIRE_TAG_STRUCT)
        return wire_target_fail(target, WIRE_ERR_BAD_TAG);
    uint32_t data_words = wire_struct_word_data(tag);
    uint32_t pointers = wire_struct_word_pointers(tag);
    uint64_t count = (uint32_t)tag >> 2;
    uint64_t step = (uint64_t)data_words + pointers;
    if (count * step > words)
        return wire_target_fail(target, WIRE_ERR_LIST_OVERRUN);
    if (step == 0 && !wire_charge(target, count))
        return false;
    list->data = (const uint8_t *)(tag_at + 1);
    list->count = (uint32_t)count;
    list->data_bytes = data_words * 8;
    list->pointer_count = (uint16_t)pointers;
    return true;
}

static bool claim_plain_list(struct wire_target *target, uint64_t count, struct wire_list *list)
{
    uint64_t bits = wire_element_bits(list->element);
    if (!wire_claim(target, (count * bits + 63) / 64))
        return false;
    if (bits == 0 && !wire_charge(target, count))
        return false;
    list->data = (const uint8_t *)(target->segment->words + target->start);
    list->count = (uint32_t)count;
    if (list->element == WIRE_ELEMENT_POINTER)
        list->pointer_count = 1;
    else
        list->data_bytes = (uint32_t)bits / 8;
    return true;
}

struct wire_list wire_target_list(struct wire_target *target, uint32_t depth, enum wire_element expected)
{
    if (wire_word_tag(target->word) != WIRE_TAG_LIST) {
        wire_wrong_kind(target);
        return broken_list;
    }
    if (depth == 0) {
        wire_target_fail(target, WIRE_ERR_NESTING);
        return broken_list;
    }
    struct wire_list list = {
        .segment = target->segment,
        .element = (uint8_t)(target->word >> 32 & 7),
        .depth = (uint8_t)(depth - 1),
        .state = WIRE_PRESENT,
    };
    uint64_t size = target->word >> 35;
    bool claimed = list.element == WIRE_ELEMENT_STRUCT ? claim_struct_list(target, size, &list)
                                                       : claim_plain_list(target, size, &list);
    if (!claimed)
        return broken_list;
    if (!element_fits(&list, expected)) {
        wire_target_fail(target, WIRE_ERR_WRONG_ELEMENT);
        return broken_list;
    }
    return list;
}

/* The usual case of a list of structs; false says as little as in wire_claim_near(). */
static inline bool near_struct_list(struct wire_list *ret_list, const struct wire_segment *segment,
                                    const uint64_t *pointer, uint64_t word, uint32_t depth)
{
    const uint64_t kind = (uint64_t)WIRE_ELEMENT_STRUCT << 32 | WIRE_TAG_LIST;
    uint64_t start = wire_near_start(segment, pointer, word);
    uint64_t words = word >> 35, there = segment->word_count;
    struct wire_message *message = segment->message;
    if ((word & (UINT64_C(7) << 32 | 3)) != kind || depth == 0 || message == NULL || start >= there)
        return false;
    /* The tag is one word more. */
    if (words >= there - start || words >= message->traversal_left)
        return false;
    uint64_t tag = wire_load_pointer(segment->words + start);
    uint64_t step = struct_words(tag);
    if (wire_word_tag(tag) != WIRE_TAG_STRUCT || step == 0 || ((uint32_t)tag >> 2) * step > words)
        return false;
    message->traversal_left -= words + 1;
    *ret_list = (struct wire_list){
        .segment = segment,
        .data = (const uint8_t *)(segment->words + start + 1),
        .count = (uint32_t)tag >> 2,
        .data_bytes = wire_struct_word_data(tag) * 8,
        .pointer_count = (uint16_t)wire_struct_word_pointers(tag),
        .element = WIRE_ELEMENT_STRUCT,
        .depth = (uint8_t)(depth - 1),
        .state = WIRE_PRESENT,
    };
    return true;
}

__attribute__((noinline)) static void follow_list_slowly(struct wire_list *ret_list,
                                                         const struct wire_segment *segment,
                                                         const uint64_t *pointer, uint64_t word,
                                                         uint32_t depth, enum wire_element expected)
{
    struct wire_target target;
    if (wire_resolve(segment, pointer, word, &target))
        *ret_list = wire_target_list(&target, depth, expected);
    else
        *ret_list = broken_list;
}

void wire_follow_list(struct wire_list *ret_list, const struct wire_segment *segment, const uint64_t *pointer,
                      uint64_t word, uint32_t depth, enum wire_element expected)
{
    if (expected != WIRE_ELEMENT_STRUCT || !near_struct_list(ret_list, segment, pointer, word, depth))
        follow_list_slowly(ret_list, segment, pointer, word, depth, expected);
}

/* --- Capabilities, and any ---------------------------------------------------------- */

struct wire_cap wire_target_cap(const struct wire_target *target)
{
    uint32_t index = (uint32_t)(target->word >> 32);
    struct wire_message *message = target->segment->message;
    if (!wire_word_is_cap(target->word)) {
        wire_wrong_kind(target);
        return broken_cap;
    }
    if (message == NULL || index >= message->cap_count) {
        wire_target_fail(target, WIRE_ERR_CAP_INDEX);
        return broken_cap;
    }
    return (struct wire_cap){.index = index, .state = WIRE_PRESENT};
}

struct wire_cap wire_follow_cap(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word)
{
    struct wire_target target;
    if (!wire_resolve(segment, pointer, word, &target))
        return broken_cap;
    return wire_target_cap(&target);
}

enum wire_kind wire_target_kind(const struct wire_target *target)
{
    switch (wire_word_tag(target->word)) {
    case WIRE_TAG_STRUCT:
        return WIRE_KIND_STRUCT;
    case WIRE_TAG_LIST:
        return WIRE_KIND_LIST;
    }
    if (wire_word_is_cap(target->word))
        return WIRE_KIND_CAP;
    wire_target_fail(target, WIRE_ERR_UNKNOWN_POINTER);
    return WIRE_KIND_BROKEN;
}

enum wire_kind wire_follow_kind(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word)
{
    struct wire_target target;
    if (!wire_resolve(segment, pointer, word, &target))
        return WIRE_KIND_BROKEN;
    return wire_target_kind(&target);
}
