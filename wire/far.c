/*
 * Far pointers (encoding specification, "Inter-Segment Pointers"): from a
 * pointer to the landing pad in another segment, and on to the object.
 */
#include "wire/internal.h"

/* Finds the pad of `pad_words` words that the far pointer `word` names. */
static const struct wire_segment *find_pad(const struct wire_segment *segment, const uint64_t *pointer,
                                           uint64_t word, uint32_t pad_words)
{
    struct wire_message *message = segment->message;
    uint64_t id = word >> 32;
    if (message == NULL || id >= message->segment_count) {
        wire_fail(segment, pointer, WIRE_ERR_NO_SUCH_SEGMENT);
        return NULL;
    }
    const struct wire_segment *there = &message->segments[id];
    uint64_t pad = wire_far_pad(word);
    if (pad > there->word_count || pad_words > there->word_count - pad) {
        wire_fail(segment, pointer, WIRE_ERR_PAD_OUT_OF_BOUNDS);
        return NULL;
    }
    return there;
}

/* The pad is a far pointer to the object itself, and a tag that says what it is. */
static bool resolve_double(const struct wire_segment *there, const uint64_t *pad,
                           struct wire_target *ret_target)
{
    uint64_t far_word = wire_load_pointer(&pad[0]);
    uint64_t tag = wire_load_pointer(&pad[1]);
    if (wire_word_tag(far_word) != WIRE_TAG_FAR || wire_far_is_double(far_word) ||
        wire_word_tag(tag) > WIRE_TAG_LIST)
        return wire_fail(there, pad, WIRE_ERR_BAD_DOUBLE_FAR);
    const struct wire_segment *last = find_pad(there, pad, far_word, 0);
    if (last == NULL)
        return false;
    ret_target->segment = last;
    ret_target->blamed = there;
    ret_target->blamed_pointer = pad;
    ret_target->word = tag;
    ret_target->start = wire_far_pad(far_word);
    return wire_charge(ret_target, 2);
}

bool wire_resolve_far(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                      struct wire_target *ret_target)
{
    bool is_double = wire_far_is_double(word);
    const struct wire_segment *there = find_pad(segment, pointer, word, is_double ? 2 : 1);
    if (there == NULL)
        return false;
    const uint64_t *pad = there->words + wire_far_pad(word);
    if (is_double)
        return resolve_double(there, pad, ret_target);
    uint64_t pad_word = wire_load_pointer(pad);
    if (wire_word_tag(pad_word) == WIRE_TAG_FAR)
        return wire_fail(there, pad, WIRE_ERR_FAR_TO_FAR);
    wire_resolve_near(there, pad, pad_word, ret_target);
    return wire_charge(ret_target, 1);
}
