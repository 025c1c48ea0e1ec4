/* Walking over a whole message, and verifying one. A stack of fixed size takes the place of recursion. */
#include "wire/internal.h"

void wire_walk_struct(struct wire_walk *walk, const struct wire_struct *view)
{
    *walk = (struct wire_walk){
        .segment = view->segment,
        .first = (const uint64_t *)(const void *)(view->data + view->data_bytes),
        .rows = 1,
        .columns = view->pointer_count,
        .depth = view->depth,
    };
    if (view->pointer_count == 0)
        walk->rows = 0;
}

bool wire_walk_list(struct wire_walk *walk, const struct wire_list *list)
{
    *walk = (struct wire_walk){.segment = list->segment, .depth = list->depth};
    if (list->pointer_count == 0 || list->count == 0)
        return true;
    walk->first = (const uint64_t *)(const void *)(list->data + list->data_bytes);
    walk->row_words = wire_list_row_words(list);
    walk->rows = list->count;
    walk->columns = list->pointer_count;
    if (list->element != WIRE_ELEMENT_STRUCT)
        return true;
    struct wire_struct first = wire_list_struct(*list, 0);
    walk->depth = first.depth;
    return first.state == WIRE_PRESENT;
}

bool wire_walk_next(struct wire_walk *walk, uint64_t *ret_place, uint64_t *ret_word)
{
    while (walk->row < walk->rows) {
        uint64_t place = walk->row * walk->row_words + walk->column;
        if (++walk->column == walk->columns) {
            walk->column = 0;
            walk->row++;
        }
        uint64_t word = wire_load_pointer(walk->first + place);
        if (word != 0) {
            *ret_place = place;
            *ret_word = word;
            return true;
        }
    }
    return false;
}

/* The usual objects: lists of numbers, and structs, that lie near. False says as little as in
 * wire_claim_near(). */
static inline bool near_numbers(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                                uint32_t depth)
{
    uint32_t element = word >> 32 & 7;
    uint64_t bits = (word >> 35) * wire_element_bits(element);
    return wire_word_tag(word) == WIRE_TAG_LIST && element >= WIRE_ELEMENT_BIT &&
           element <= WIRE_ELEMENT_8_BYTES && depth != 0 &&
           wire_claim_near(segment, wire_near_start(segment, pointer, word), (bits + 63) / 64);
}

static inline bool near_struct(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                               uint32_t depth, struct wire_walk *walk)
{
    uint64_t start = wire_near_start(segment, pointer, word);
    uint32_t data_words = wire_struct_word_data(word), pointers = wire_struct_word_pointers(word);
    if (wire_word_tag(word) != WIRE_TAG_STRUCT || depth == 0 ||
        !wire_claim_near(segment, start, (uint64_t)data_words + pointers))
        return false;
    walk->segment = segment;
    walk->first = segment->words + start + data_words;
    walk->row_words = 0;
    walk->rows = pointers > 0;
    walk->row = 0;
    walk->columns = (uint16_t)pointers;
    walk->column = 0;
    walk->depth = (uint8_t)(depth - 1);
    return true;
}

/* Any object, checked; `walk` gets its pointers. */
__attribute__((noinline)) static bool verify_object(const struct wire_segment *segment,
                                                    const uint64_t *pointer, uint64_t word, uint32_t depth,
                                                    struct wire_walk *walk)
{
    struct wire_target target;
    *walk = (struct wire_walk){.rows = 0};
    if (!wire_resolve(segment, pointer, word, &target))
        return false;
    switch (wire_target_kind(&target)) {
    case WIRE_KIND_STRUCT: {
        struct wire_struct view = wire_target_struct(&target, depth);
        if (view.state == WIRE_PRESENT)
            wire_walk_struct(walk, &view);
        return view.state == WIRE_PRESENT;
    }
    case WIRE_KIND_LIST: {
        struct wire_list list = wire_target_list(&target, depth, WIRE_ELEMENT_ANY);
        return list.state == WIRE_PRESENT && wire_walk_list(walk, &list);
    }
    case WIRE_KIND_CAP:
        return wire_target_cap(&target).state == WIRE_PRESENT;
    default:
        return false;
    }
}

/* Each step down has less depth than the one above, so the stack cannot overflow. */
static bool verify_all(struct wire_any root)
{
    struct wire_walk stack[WIRE_NESTING_MAX + 1];
    uint32_t top = 0;
    if (!near_struct(root.segment, root.pointer, root.word, root.depth, &stack[0]) &&
        !verify_object(root.segment, root.pointer, root.word, root.depth, &stack[0]))
        return false;
    for (;;) {
        struct wire_walk *walk = &stack[top];
        uint64_t place, word;
        if (!wire_walk_next(walk, &place, &word)) {
            if (top == 0)
                return true;
            top--;
            continue;
        }
        const uint64_t *pointer = walk->first + place;
        if (near_numbers(walk->segment, pointer, word, walk->depth))
            continue;
        if (!near_struct(walk->segment, pointer, word, walk->depth, walk + 1) &&
            !verify_object(walk->segment, pointer, word, walk->depth, walk + 1))
            return false;
        if (walk[1].rows > 0)
            top++;
    }
}

enum wire_error wire_verify(struct wire_message *message)
{
    uint64_t traversal = message->traversal_left;
    if (message->mode != WIRE_PRIVATE) {
        wire_message_fail(message, WIRE_ERR_SHARED);
        return WIRE_ERR_SHARED;
    }
    struct wire_any root = wire_root_any(message);
    if (root.state == WIRE_PRESENT)
        verify_all(root);
    message->traversal_left = traversal;
    return (enum wire_error)message->error;
}
