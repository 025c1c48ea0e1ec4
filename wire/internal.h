/*
 * What the files of wire/ share: how a pointer word is made up, what it leads
 * to, and how errors and limits are accounted. Not for users of the library.
 *
 * All places are computed and checked as word indices in 64 bits before a C
 * pointer is formed from them.
 */
#ifndef WIRE_INTERNAL_H
#define WIRE_INTERNAL_H

#include <capos/wire.h>

/* --- Pointer words (encoding specification, "Pointers") ------------------- */

enum { WIRE_TAG_STRUCT = 0, WIRE_TAG_LIST = 1, WIRE_TAG_FAR = 2, WIRE_TAG_OTHER = 3 };

/* The pointer to a struct without any fields: offset -1, so that it is not null. */
#define WIRE_EMPTY_STRUCT UINT64_C(0xfffffffc)

/* Objects, element counts and the places of landing pads have 29 bits. */
#define WIRE_WORDS_MAX ((UINT32_C(1) << 29) - 1)

static inline uint32_t wire_word_tag(uint64_t word)
{
    return (uint32_t)(word & 3);
}

/* Signed, in words, from the end of the pointer; of structs and lists. */
static inline int64_t wire_word_offset(uint64_t word)
{
    return (int32_t)(uint32_t)word >> 2;
}

static inline uint32_t wire_struct_word_data(uint64_t word)
{
    return (uint32_t)(word >> 32 & 0xffff);
}

static inline uint32_t wire_struct_word_pointers(uint64_t word)
{
    return (uint32_t)(word >> 48);
}

/* The upper half of a struct pointer, or of the tag of a list of structs. */
static inline uint32_t wire_shape(uint32_t data_words, uint32_t pointer_count)
{
    return data_words | pointer_count << 16;
}

static inline uint64_t wire_word_make(int64_t offset, uint32_t tag, uint32_t upper)
{
    return (uint32_t)((uint32_t)offset << 2 | tag) | (uint64_t)upper << 32;
}

static inline uint64_t wire_word_with_offset(uint64_t word, int64_t offset)
{
    return wire_word_make(offset, wire_word_tag(word), (uint32_t)(word >> 32));
}

static inline bool wire_far_is_double(uint64_t word)
{
    return (word & 4) != 0;
}

static inline uint32_t wire_far_pad(uint64_t word)
{
    return (uint32_t)word >> 3;
}

static inline uint64_t wire_far_make(uint32_t segment, uint64_t pad, bool is_double)
{
    return WIRE_TAG_FAR | (is_double ? 4u : 0u) | pad << 3 | (uint64_t)segment << 32;
}

static inline bool wire_word_is_cap(uint64_t word)
{
    return (uint32_t)word == WIRE_TAG_OTHER;
}

/* Bits of one element; 0 for those of a list of structs, which its tag tells. */
static inline uint32_t wire_element_bits(uint32_t element)
{
    static const uint8_t bits[8] = {0, 1, 8, 16, 32, 64, 64, 0};
    return bits[element & 7];
}

/* --- Errors and limits ------------------------------------------------------ */

/*
 * Keep the first error, with the place of `pointer`. Both return false. A
 * message being built is sealed: it takes no further object.
 */
__attribute__((cold)) bool wire_fail(const struct wire_segment *segment, const uint64_t *pointer,
                                     enum wire_error error);
bool wire_message_fail(struct wire_message *message, enum wire_error error);

/* --- Following pointers ------------------------------------------------------- */

/* What a pointer leads to, once far pointers are followed; bounds not yet checked. */
struct wire_target {
    const struct wire_segment *segment; /* of the object */
    const struct wire_segment *blamed;  /* with blamed_pointer: whom errors are put down to */
    const uint64_t *blamed_pointer;
    uint64_t word;  /* says kind and size */
    uint64_t start; /* the object's first word in its segment; any number */
};

static inline bool wire_target_fail(const struct wire_target *target, enum wire_error error)
{
    return wire_fail(target->blamed, target->blamed_pointer, error);
}

/* Fails: the target is not of the kind that was asked for, or of none that is known. */
bool wire_wrong_kind(const struct wire_target *target);

/* Takes `words` from the traversal limit. */
static inline bool wire_charge(const struct wire_target *target, uint64_t words)
{
    struct wire_message *message = target->segment->message;
    if (message == NULL)
        return true;
    if (words > message->traversal_left)
        return wire_target_fail(target, WIRE_ERR_TRAVERSAL);
    message->traversal_left -= words;
    return true;
}

/*
 * Checks that the object's `words` lie in its segment, and charges them. An
 * empty object may be said to lie anywhere, as stock Cap'n Proto has it: it
 * is taken to lie at the end.
 */
static inline bool wire_claim(struct wire_target *target, uint64_t words)
{
    uint64_t count = target->segment->word_count;
    if (target->start > count)
        target->start = count;
    if (words > count - target->start)
        return wire_target_fail(target, WIRE_ERR_OUT_OF_BOUNDS);
    return wire_charge(target, words);
}

/*
 * The usual case, in few instructions: the object lies in the segment of its
 * pointer, in bounds and within the limit. False says nothing but that the
 * way of many checks has to be gone, which finds out what is wrong, if
 * anything is.
 */
static inline bool wire_claim_near(const struct wire_segment *segment, uint64_t start, uint64_t words)
{
    uint64_t count = segment->word_count;
    struct wire_message *message = segment->message;
    if (start > count || words > count - start || message == NULL || words > message->traversal_left)
        return false;
    message->traversal_left -= words;
    return true;
}

static inline uint64_t wire_near_start(const struct wire_segment *segment, const uint64_t *pointer,
                                       uint64_t word)
{
    return (uint64_t)(pointer - segment->words) + 1 + (uint64_t)wire_word_offset(word);
}

bool wire_resolve_far(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                      struct wire_target *ret_target);

static inline void wire_resolve_near(const struct wire_segment *segment, const uint64_t *pointer,
                                     uint64_t word, struct wire_target *ret_target)
{
    ret_target->segment = segment;
    ret_target->blamed = segment;
    ret_target->blamed_pointer = pointer;
    ret_target->word = word;
    ret_target->start = wire_near_start(segment, pointer, word);
}

/* `word` was loaded from `pointer` and is not null. */
static inline bool wire_resolve(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                                struct wire_target *ret_target)
{
    if (wire_word_tag(word) == WIRE_TAG_FAR)
        return wire_resolve_far(segment, pointer, word, ret_target);
    wire_resolve_near(segment, pointer, word, ret_target);
    return true;
}

/* The views of a target, checked: broken views if it is none of that kind. */
enum wire_kind wire_target_kind(const struct wire_target *target);
struct wire_struct wire_target_struct(struct wire_target *target, uint32_t depth);
struct wire_list wire_target_list(struct wire_target *target, uint32_t depth, enum wire_element expected);
struct wire_cap wire_target_cap(const struct wire_target *target);

/* --- Walking over the pointers of an object ------------------------------------- */

/* The pointers of a struct or of a list's elements: rows of `columns` pointers. */
struct wire_walk {
    const struct wire_segment *segment;
    const uint64_t *first; /* the first pointer */
    uint64_t row_words;    /* from row to row */
    uint32_t rows;
    uint32_t row; /* the next pointer */
    uint16_t columns;
    uint16_t column;
    uint8_t depth; /* of the pointers */
};

void wire_walk_struct(struct wire_walk *walk, const struct wire_struct *view);
/* Fails, with NESTING, if the elements have pointers and are too deep to be looked at. */
bool wire_walk_list(struct wire_walk *walk, const struct wire_list *list);

/*
 * Goes to the next pointer that is not null: sets where it is, in words from
 * walk->first, and the word that was loaded. False at the end.
 */
bool wire_walk_next(struct wire_walk *walk, uint64_t *ret_place, uint64_t *ret_word);

/* --- Building ---------------------------------------------------------------------- */

/* Memory for an object, zeroed. In another segment than its pointer it has a landing pad before it. */
struct wire_room {
    struct wire_segment *segment;
    uint64_t *at;
    bool is_far;
};

static inline struct wire_build *wire_build_of(const struct wire_segment *segment)
{
    return (struct wire_build *)(void *)segment->message;
}

static inline bool wire_build_failed(const struct wire_segment *segment)
{
    return segment->message->error != WIRE_OK;
}

/* Up to so many words are zeroed without a call. */
enum { WIRE_FEW_WORDS = 16 };

static inline uint64_t *wire_take(struct wire_segment *segment, uint32_t words)
{
    if (words > segment->space_count - segment->word_count)
        return NULL;
    uint64_t *at = segment->space + segment->word_count;
    segment->word_count += words;
    return at;
}

/* Takes 1 to WIRE_FEW_WORDS zeroed words from the segment, or returns null. */
static inline uint64_t *wire_bump_few(struct wire_segment *segment, uint32_t words)
{
    uint64_t *at = wire_take(segment, words);
    if (at == NULL)
        return NULL;
    uint64_t *end = at + words;
    for (uint64_t *word = at; word != end; word++) {
        *word = 0;
        __asm__("" ::: "memory"); /* keeps the loop from becoming a call of memset */
    }
    return at;
}

/* The same for any number of words. */
static inline uint64_t *wire_bump(struct wire_segment *segment, uint32_t words)
{
    if (words != 0 && words <= WIRE_FEW_WORDS)
        return wire_bump_few(segment, words);
    uint64_t *at = wire_take(segment, words);
    if (at != NULL)
        __builtin_memset(at, 0, (size_t)words * 8);
    return at;
}

/* A segment with room for `words` words, a new one if need be; null keeps an error at `pointer`. */
struct wire_segment *wire_segment_with_room(const struct wire_segment *segment, const uint64_t *pointer,
                                            uint32_t words);

/* Finds room for an object that `pointer`, in `near`, will lead to. */
bool wire_allocate(struct wire_segment *near, const uint64_t *pointer, uint32_t words,
                   struct wire_room *ret_room);

/* Lets `pointer` lead to the room; `tag` and `upper` are those of the pointer word. */
void wire_point_to(uint64_t *pointer, const struct wire_room *room, uint32_t tag, uint32_t upper);

/* Zeroes the object that `word` leads to, and all that is below it. The word itself is the caller's. */
void wire_erase(struct wire_segment *segment, uint64_t *pointer, uint64_t word);

/* Moves what `from` leads to: `to`, null so far, leads to it then, and `from` is null. */
bool wire_move_pointer(struct wire_segment *from_segment, uint64_t *from, struct wire_segment *to_segment,
                       uint64_t *to);

/* The writable forms of views into a message that is being built. */
struct wire_struct_builder wire_struct_writable(const struct wire_struct *view);
struct wire_list_builder wire_list_writable(const struct wire_list *list);

/* Elements stand this many words apart; lists of structs and of pointers only. */
static inline uint64_t wire_list_row_words(const struct wire_list *list)
{
    return list->data_bytes / 8 + list->pointer_count;
}

#endif
