/* The memory of a message that is being built: segments, room for objects, the pointers to them. */
#include "wire/internal.h"

static void segment_start(struct wire_build *build, struct wire_segment *segment, uint64_t *words,
                          uint32_t word_count)
{
    *segment = (struct wire_segment){
        .words = words,
        .message = &build->message,
        .space = words,
        .space_count = word_count < WIRE_WORDS_MAX ? word_count : WIRE_WORDS_MAX,
    };
}

static bool is_aligned(const uint64_t *words)
{
    return ((uintptr_t)words & 7) == 0;
}

static void build_start(struct wire_build *build, struct wire_segment *segments, uint32_t segments_max,
                        uint64_t *words, uint32_t word_count)
{
    *build = (struct wire_build){
        .message =
            {
                .segments = segments,
                .segment_count = 1,
                .traversal_left = UINT64_MAX,
                .nesting_limit = WIRE_NESTING_MAX,
            },
        .segments_max = segments_max < WIRE_SEGMENTS_MAX ? segments_max : WIRE_SEGMENTS_MAX,
    };
    bool aligned = is_aligned(words);
    segment_start(build, &segments[0], words, aligned ? word_count : 0);
    if (!aligned)
        wire_message_fail(&build->message, WIRE_ERR_UNALIGNED);
    else if (wire_bump(&segments[0], 1) == NULL)
        wire_message_fail(&build->message, WIRE_ERR_NO_SPACE);
}

void wire_build_init(struct wire_build *build, uint64_t *words, uint32_t word_count)
{
    build_start(build, &build->message.first, 1, words, word_count);
}

void wire_build_init_growing(struct wire_build *build, struct wire_segment *segments, uint32_t segments_max,
                             uint64_t *words, uint32_t word_count, wire_grow_fn grow, void *grow_context)
{
    if (segments_max == 0) {
        wire_build_init(build, words, word_count);
        return;
    }
    build_start(build, segments, segments_max, words, word_count);
    build->grow = grow;
    build->grow_context = grow_context;
}

void wire_build_remap(struct wire_build *build, wire_remap_fn remap, void *remap_context)
{
    build->remap = remap;
    build->remap_context = remap_context;
}

struct wire_message *wire_build_reader(struct wire_build *build)
{
    return &build->message;
}

const void *wire_build_flat(const struct wire_build *build, uint64_t *ret_bytes)
{
    if (build->message.error != WIRE_OK || build->message.segment_count != 1)
        return NULL;
    *ret_bytes = (uint64_t)build->message.segments[0].word_count * 8;
    return build->message.segments[0].words;
}

struct wire_segment *wire_segment_with_room(const struct wire_segment *segment, const uint64_t *pointer,
                                            uint32_t words)
{
    struct wire_message *message = segment->message;
    struct wire_build *build = wire_build_of(segment);
    struct wire_segment *last = &message->segments[message->segment_count - 1];
    uint32_t got = 0;
    if (message->error != WIRE_OK)
        return NULL;
    if (words <= last->space_count - last->word_count)
        return last;

    uint64_t *fresh = NULL;
    if (build->grow != NULL && message->segment_count < build->segments_max && words <= WIRE_WORDS_MAX)
        fresh = build->grow(build->grow_context, words, &got);
    if (fresh == NULL || got < words || !is_aligned(fresh)) {
        wire_fail(segment, pointer, fresh != NULL && got >= words ? WIRE_ERR_UNALIGNED : WIRE_ERR_NO_SPACE);
        return NULL;
    }
    segment_start(build, last + 1, fresh, got);
    message->segment_count++;
    return last + 1;
}

bool wire_allocate(struct wire_segment *near, const uint64_t *pointer, uint32_t words,
                   struct wire_room *ret_room)
{
    uint64_t *at = wire_bump(near, words);
    *ret_room = (struct wire_room){.segment = near, .at = at};
    if (at != NULL)
        return true;
    struct wire_segment *there = wire_segment_with_room(near, pointer, words + 1);
    if (there == NULL)
        return false;
    *ret_room = (struct wire_room){.segment = there, .at = wire_bump(there, words + 1) + 1, .is_far = true};
    return true;
}

void wire_point_to(uint64_t *pointer, const struct wire_room *room, uint32_t tag, uint32_t upper)
{
    if (!room->is_far) {
        *pointer = wire_word_make(room->at - pointer - 1, tag, upper);
        return;
    }
    uint64_t *pad = room->at - 1;
    uint32_t id = (uint32_t)(room->segment - room->segment->message->segments);
    *pad = wire_word_make(0, tag, upper);
    *pointer = wire_far_make(id, (uint64_t)(pad - room->segment->space), false);
}
