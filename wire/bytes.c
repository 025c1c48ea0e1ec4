/* From a pointer word to text or data. */
#include "wire/internal.h"

/* Both are lists of bytes; those that are anything else are never taken for one. */
static bool claim_bytes(struct wire_target *target, struct wire_data *data)
{
    if (wire_word_tag(target->word) != WIRE_TAG_LIST)
        return wire_wrong_kind(target);
    if ((target->word >> 32 & 7) != WIRE_ELEMENT_1_BYTE)
        return wire_target_fail(target, WIRE_ERR_WRONG_ELEMENT);
    uint64_t size = target->word >> 35;
    if (!wire_claim(target, (size + 7) / 8))
        return false;
    *data = wire_data_make(target->segment->words + target->start, (uint32_t)size);
    return true;
}

static bool ends_in_zero(struct wire_data data)
{
    return data.size > 0 && data.bytes[data.size - 1] == 0;
}

/* As text, the bytes end in zero. */
__attribute__((noinline)) static struct wire_data
follow_bytes_slowly(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word, bool is_text)
{
    struct wire_target target;
    struct wire_data data;
    struct wire_data broken = {.state = WIRE_BROKEN};
    if (!wire_resolve(segment, pointer, word, &target) || !claim_bytes(&target, &data))
        return broken;
    if (is_text && !ends_in_zero(data)) {
        wire_target_fail(&target, WIRE_ERR_TEXT_NOT_TERMINATED);
        return broken;
    }
    return data;
}

static inline bool near_bytes(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word,
                              struct wire_data *ret_data)
{
    uint64_t start = wire_near_start(segment, pointer, word);
    uint64_t size = word >> 35;
    bool bytes = wire_word_tag(word) == WIRE_TAG_LIST && (word >> 32 & 7) == WIRE_ELEMENT_1_BYTE;
    if (!bytes || !wire_claim_near(segment, start, (size + 7) / 8))
        return false;
    *ret_data = wire_data_make(segment->words + start, (uint32_t)size);
    return true;
}

struct wire_data wire_follow_data(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word)
{
    struct wire_data data;
    if (near_bytes(segment, pointer, word, &data))
        return data;
    return follow_bytes_slowly(segment, pointer, word, false);
}

struct wire_text wire_follow_text(const struct wire_segment *segment, const uint64_t *pointer, uint64_t word)
{
    struct wire_data data;
    if (!near_bytes(segment, pointer, word, &data) || !ends_in_zero(data))
        data = follow_bytes_slowly(segment, pointer, word, true);
    if (data.state != WIRE_PRESENT)
        return (struct wire_text){.chars = "", .state = data.state};
    return wire_text_make((const char *)data.bytes, data.size - 1);
}
