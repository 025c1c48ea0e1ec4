/*
 * Streams: calls of one method in a window, oldest first.
 */
#include <capos/stream.h>

#include "capos-rt/rt.h"

static uint32_t place_of(const struct capos_stream *stream, uint32_t age)
{
    return (stream->oldest + age) % CAPOS_STREAM_CALLS;
}

static struct capos_call *call_at(const struct capos_stream *stream, uint32_t place)
{
    return (struct capos_call *)(void *)(stream->calls + (size_t)place * stream->call_bytes);
}

/* The one that is begun, or comes next. */
static struct capos_call *newest(const struct capos_stream *stream)
{
    return call_at(stream, place_of(stream, stream->used));
}

static void fail(struct capos_stream *stream, capos_status status)
{
    if (stream->status == CAP_OK)
        stream->status = status;
}

/* Takes the oldest call out of the window: waits for it, or cancels it. */
static void take_oldest(struct capos_stream *stream, uint64_t timeout_ns)
{
    struct capos_call *call = call_at(stream, stream->oldest);
    fail(stream, capos_call_wait_for(stream->ring, call, timeout_ns, NULL));
    capos_call_finish(stream->ring, call);
    stream->in_flight -= stream->bytes[stream->oldest];
    stream->oldest = place_of(stream, 1);
    stream->used--;
}

/* What is complete makes room by itself. */
static void take_complete(struct capos_stream *stream)
{
    while (stream->used > 0 && call_at(stream, stream->oldest)->pending.is_complete)
        take_oldest(stream, CAPOS_FOREVER);
}

void capos_stream_start(struct capos_stream *stream, struct capos_ring *ring,
                        const struct capos_method *method, capos_cap target CAPOS_USES, void *calls,
                        uint32_t call_bytes, uint32_t words_offset, uint32_t word_count)
{
    *stream = (struct capos_stream){
        .ring = ring,
        .method = method,
        .target = target,
        .calls = calls,
        .call_bytes = call_bytes,
        .words_offset = words_offset,
        .word_count = word_count,
    };
    for (uint32_t place = 0; place < CAPOS_STREAM_CALLS; place++) {
        call_at(stream, place)->state = CAPOS_CALL_FINISHED;
        call_at(stream, place)->answer_id = 0;
    }
}

capos_status capos_stream_next(struct capos_stream *stream, uint32_t room_words,
                               struct wire_struct_builder *ret_params)
{
    *ret_params = (struct wire_struct_builder){0};
    take_complete(stream);
    if (stream->used == CAPOS_STREAM_CALLS && stream->status == CAP_OK)
        take_oldest(stream, CAPOS_FOREVER);
    if (stream->status < 0)
        return stream->status;
    struct capos_call *call = newest(stream);
    capos_call_finish(stream->ring, call); /* begun before, and not sent */
    uint64_t *words = (uint64_t *)(void *)((uint8_t *)call + stream->words_offset);
    capos_status status = capos_call_begin(stream->ring, call, stream->method, stream->target, words,
                                           stream->word_count, room_words, ret_params);
    fail(stream, status);
    return status;
}

static uint32_t params_bytes(const struct capos_call *call)
{
    uint64_t bytes = 0;
    if (wire_build_error(&call->wire.params) == WIRE_OK)
        wire_build_flat(&call->wire.params, &bytes);
    return (uint32_t)bytes;
}

capos_status capos_stream_submit(struct capos_stream *stream)
{
    struct capos_call *call = newest(stream);
    if (call->state != CAPOS_CALL_BUILDING) {
        fail(stream, CAP_ERR_UNKNOWN_CALL);
        return stream->status;
    }
    uint32_t bytes = params_bytes(call);
    while (stream->used > 0 && stream->in_flight + bytes > CAPOS_STREAM_BYTES)
        take_oldest(stream, CAPOS_FOREVER);
    if (stream->status == CAP_OK)
        fail(stream, capos_call_submit(stream->ring, call));
    if (stream->status < 0) {
        capos_call_finish(stream->ring, call);
        return stream->status;
    }
    stream->bytes[place_of(stream, stream->used)] = bytes;
    stream->in_flight += bytes;
    stream->used++;
    return CAP_OK;
}

capos_status capos_stream_end(struct capos_stream *stream, uint64_t timeout_ns)
{
    if (stream->used < CAPOS_STREAM_CALLS)
        capos_call_finish(stream->ring, newest(stream)); /* begun, and not sent */
    while (stream->used > 0)
        take_oldest(stream, stream->status == CAP_ERR_TIMED_OUT ? 0 : timeout_ns);
    return stream->status;
}
