/* Opening messages: finds the segments, and looks at nothing inside of them. */
#include "wire/internal.h"

static enum wire_error open_failed(struct wire_message *message, enum wire_error error)
{
    message->segment_count = 0;
    wire_message_fail(message, error);
    return error;
}

static bool is_aligned(const void *start)
{
    return ((uintptr_t)start & 7) == 0;
}

static void message_init(struct wire_message *message, enum wire_mode mode)
{
    *message = (struct wire_message){
        .traversal_left = WIRE_TRAVERSAL_MAX_DEFAULT,
        .nesting_limit = WIRE_NESTING_MAX,
        .mode = (uint8_t)mode,
    };
}

static void segment_init(struct wire_segment *segment, struct wire_message *message, const uint64_t *words,
                         uint64_t word_count)
{
    *segment = (struct wire_segment){
        .words = words,
        .message = message,
        .word_count = (uint32_t)word_count,
    };
}

enum wire_error wire_open_flat(struct wire_message *message, enum wire_mode mode, const void *start,
                               uint64_t bytes)
{
    message_init(message, mode);
    if (!is_aligned(start))
        return open_failed(message, WIRE_ERR_UNALIGNED);
    if (bytes % 8 != 0 || bytes / 8 > UINT32_MAX)
        return open_failed(message, WIRE_ERR_BAD_LENGTH);
    message->segments = &message->first;
    message->segment_count = 1;
    segment_init(&message->first, message, (const uint64_t *)start, bytes / 8);
    return WIRE_OK;
}

enum wire_error wire_open_segments(struct wire_message *message, enum wire_mode mode,
                                   struct wire_segment *segments, uint32_t segment_count)
{
    message_init(message, mode);
    if (segment_count == 0 || segment_count > WIRE_SEGMENTS_MAX)
        return open_failed(message, WIRE_ERR_BAD_SEGMENT_COUNT);
    for (uint32_t i = 0; i < segment_count; i++) {
        if (!is_aligned(segments[i].words))
            return open_failed(message, WIRE_ERR_UNALIGNED);
        segment_init(&segments[i], message, segments[i].words, segments[i].word_count);
    }
    message->segments = segments;
    message->segment_count = segment_count;
    return WIRE_OK;
}

/* The table is loaded only once, too: a peer may be changing it. */
static uint32_t load_table_entry(const uint32_t *entry)
{
    return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

enum wire_error wire_open_stream(struct wire_message *message, enum wire_mode mode, const void *start,
                                 uint64_t bytes, struct wire_segment *segments, uint32_t segments_max)
{
    message_init(message, mode);
    if (!is_aligned(start))
        return open_failed(message, WIRE_ERR_UNALIGNED);
    if (bytes < 8)
        return open_failed(message, WIRE_ERR_TRUNCATED);

    const uint32_t *table = (const uint32_t *)start;
    uint64_t count = (uint64_t)load_table_entry(&table[0]) + 1;
    if (count == 1) {
        segments = &message->first;
        segments_max = 1;
    }
    if (count > segments_max || count > WIRE_SEGMENTS_MAX)
        return open_failed(message, WIRE_ERR_BAD_SEGMENT_COUNT);

    uint64_t word = count / 2 + 1;
    uint64_t words = bytes / 8;
    if (word > words)
        return open_failed(message, WIRE_ERR_TRUNCATED);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t size = load_table_entry(&table[1 + i]);
        if (size > words - word)
            return open_failed(message, WIRE_ERR_TRUNCATED);
        segment_init(&segments[i], message, (const uint64_t *)start + word, size);
        word += size;
    }
    message->segments = segments;
    message->segment_count = (uint32_t)count;
    return WIRE_OK;
}

struct wire_any wire_root_any(struct wire_message *message)
{
    if (message->segment_count == 0) {
        wire_message_fail(message, WIRE_ERR_BAD_SEGMENT_COUNT);
        return wire_any_none(WIRE_BROKEN);
    }
    const struct wire_segment *segment = &message->segments[0];
    if (segment->word_count == 0) {
        wire_message_fail(message, WIRE_ERR_NO_ROOT);
        return wire_any_none(WIRE_BROKEN);
    }
    uint8_t depth = message->nesting_limit < WIRE_NESTING_MAX ? message->nesting_limit : WIRE_NESTING_MAX;
    return wire_any_at(segment, (const uint8_t *)segment->words, depth);
}

struct wire_any wire_constant_any(const struct wire_segment *constant)
{
    if (constant->word_count == 0)
        return wire_any_none(WIRE_BROKEN);
    return wire_any_at(constant, (const uint8_t *)constant->words, WIRE_NESTING_MAX);
}
