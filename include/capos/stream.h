/*
 * stream: many calls of one method, without waiting for the answer to each.
 *
 * A method that a schema declares with `-> stream` has no results: whoever
 * calls it wants to send, at the pace at which the target takes. The runtime
 * keeps a window of calls in flight, in the order in which they were sent,
 * and makes the sender wait when it is full. For
 *
 *     interface Sink { put @0 (data :Data) -> stream; }
 *
 * a program writes
 *
 *     struct sink_put_stream stream;
 *     sink_put_stream_start(ring, sink, &stream);
 *     while (there_is_more(&data))
 *         if (sink_put_stream_send(&stream, data) != CAP_OK)
 *             break;
 *     capos_status status = sink_put_stream_end(&stream);
 *
 * The window is CAPOS_STREAM_CALLS calls, and CAPOS_STREAM_BYTES of params
 * but for a single call that has more. What was sent goes to the kernel when
 * the window is full, or with any other entry: capos_ring_flush() makes one.
 *
 * Errors. The first call that fails ends the stream: every later send answers
 * its status and sends nothing, and so does end. What was in flight behind it has reached
 * the target, or failed for a reason of its own.
 *
 * Memory. A stream does not move, from start to end, and is always ended. Calls are
 * begun in the memory of those that are complete.
 */
#ifndef CAPOS_STREAM_H
#define CAPOS_STREAM_H

#include <capos/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Half of the calls that may wait at an endpoint: others of the program find room. */
#define CAPOS_STREAM_CALLS 8
#define CAPOS_STREAM_BYTES 65536

/* A stream, without the memory of its calls. The fields are the runtime's. */
struct capos_stream {
    struct capos_ring *ring;
    const struct capos_method *method;
    capos_cap target;
    uint8_t *calls; /* of a generated type that begins with its struct capos_call */
    uint32_t call_bytes;
    uint32_t words_offset; /* of the call's own buffer in it */
    uint32_t word_count;
    uint32_t oldest; /* calls oldest to oldest + used - 1 are in flight */
    uint32_t used;
    uint32_t bytes[CAPOS_STREAM_CALLS]; /* of the params of each */
    uint64_t in_flight;                 /* bytes of all of them */
    capos_status status;                /* why it ended; CAP_OK so far */
};

/*
 * Starts a stream over CAPOS_STREAM_CALLS calls of call_bytes each, in memory of
 * the program. Generated code has a typed one. The target is borrowed, and may be promised.
 */
void capos_stream_start(struct capos_stream *stream, struct capos_ring *ring,
                        const struct capos_method *method, capos_cap target CAPOS_USES, void *calls,
                        uint32_t call_bytes, uint32_t words_offset, uint32_t word_count);

/*
 * Begins the next call, as capos_call_begin() does, once there is room for it
 * in the window: waits for the oldest one if not.
 *
 * Returns CAP_OK, the status of the call that ended the stream, or that of begin; then
 * *ret_params is inert.
 */
capos_status capos_stream_next(struct capos_stream *stream, uint32_t room_words,
                               struct wire_struct_builder *ret_params);

/*
 * Sends what was begun, after so many older calls have been waited for that the
 * bytes of the window are not exceeded.
 *
 * Returns CAP_OK, or why the stream has ended.
 */
capos_status capos_stream_submit(struct capos_stream *stream);

/*
 * Waits for all calls in flight, and ends the stream. timeout_ns is that of
 * capos_call_wait(): when it has passed, what is left is cancelled.
 *
 * Returns CAP_OK if all went well; the status of the first call that did not;
 * TIMED_OUT. Once more, it answers the same.
 */
capos_status capos_stream_end(struct capos_stream *stream, uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif

#endif
