/*
 * wire: framing for streams and files ("Serialization Over a Stream" in the
 * Cap'n Proto encoding specification): a table of segment sizes, then the
 * segments. Part of capos/wire.h; wire_open_stream() in wire_message.h opens
 * what this measures.
 *
 *     u32 segment count - 1
 *     u32 words of segment 0, of segment 1, ...
 *     u32 0 if needed to fill the last word
 */
#ifndef CAPOS_WIRE_STREAM_H
#define CAPOS_WIRE_STREAM_H

#include <capos/wire_builder.h>
#include <capos/wire_message.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How much of a message that arrives piece by piece is still to come.
 *
 * `start` is the first byte of the message (no alignment needed), `have` says
 * how many are there. Sets *ret_bytes to the size of the whole message once
 * the table is there, and before that to how many bytes of it are needed to
 * know more: so read on until have >= *ret_bytes, then the message is whole.
 * The sum is made in 64 bits and cannot wrap; compare it with what you are
 * willing to buffer before you allocate.
 *
 * Returns WIRE_OK or BAD_SEGMENT_COUNT (none, or over WIRE_SEGMENTS_MAX).
 */
enum wire_error wire_stream_size(const void *start, uint64_t have, uint64_t *ret_bytes);

/* Bytes that the table of a built message takes. */
uint64_t wire_stream_header_bytes(const struct wire_build *build);

/* Bytes that a built message takes, table and segments. */
uint64_t wire_stream_bytes(const struct wire_build *build);

/*
 * Write the table, or the table and the segments, to out[0..room), and set
 * *ret_bytes to how many bytes that were. Fail with the builder's own error,
 * or with NO_SPACE; then nothing is written.
 */
enum wire_error wire_stream_write_header(const struct wire_build *build, void *out, uint64_t room,
                                         uint64_t *ret_bytes);
enum wire_error wire_stream_write(const struct wire_build *build, void *out, uint64_t room,
                                  uint64_t *ret_bytes);

#ifdef __cplusplus
}
#endif

#endif
