/*
 * wire: messages, errors, opening (part of capos/wire.h, which tells the
 * model). Sizes are in bytes or in words as each name says; a word is 8 bytes.
 */
#ifndef CAPOS_WIRE_MESSAGE_H
#define CAPOS_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#    error "wire reads scalars where they lie: it needs a little-endian machine"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- Limits --------------------------------------------------------------- */

#define WIRE_SEGMENTS_MAX          512                 /* segments of one message */
#define WIRE_NESTING_MAX           64                  /* pointers from the root to the deepest object */
#define WIRE_TRAVERSAL_MAX_DEFAULT (UINT64_C(8) << 20) /* words that may be read: 64 MiB */

/* --- Errors --------------------------------------------------------------- */

/* X(name, value, sentence); the value is fixed for good. */
#define WIRE_ERRORS(X)                                                                                       \
    X(UNALIGNED, 1, "The message does not start at a multiple of 8 bytes.")                                  \
    X(BAD_LENGTH, 2, "The length of a segment is not a multiple of 8 bytes, or is too large.")               \
    X(TRUNCATED, 3, "The stream ends inside the message.")                                                   \
    X(BAD_SEGMENT_COUNT, 4, "The message has no segment, or more than are allowed.")                         \
    X(NO_ROOT, 5, "The first segment has no room for the root pointer.")                                     \
    X(OUT_OF_BOUNDS, 6, "A pointer leads out of its segment.")                                               \
    X(NO_SUCH_SEGMENT, 7, "A far pointer names a segment that the message does not have.")                   \
    X(PAD_OUT_OF_BOUNDS, 8, "The landing pad of a far pointer lies outside of its segment.")                 \
    X(FAR_TO_FAR, 9, "The landing pad of a far pointer is a far pointer itself.")                            \
    X(BAD_DOUBLE_FAR, 10, "The landing pad of a double-far pointer is not a far pointer and a tag.")         \
    X(UNKNOWN_POINTER, 11, "A pointer is of a kind that is not known.")                                      \
    X(CAP_INDEX, 12, "A capability pointer names a capability that did not come with the message.")          \
    X(WRONG_KIND, 13, "A pointer leads to another kind of object than is expected.")                         \
    X(WRONG_ELEMENT, 14, "The elements of a list do not fit the type that is expected.")                     \
    X(BAD_TAG, 15, "The tag of a list of structs is not a struct pointer.")                                  \
    X(LIST_OVERRUN, 16, "The elements of a list of structs take more words than the list has.")              \
    X(TEXT_NOT_TERMINATED, 17, "A text does not end in a zero byte.")                                        \
    X(NESTING, 18, "The message is nested too deeply.")                                                      \
    X(TRAVERSAL, 19, "Reading the message visits more words than are allowed.")                              \
    X(SHARED, 20, "A message that a peer can write cannot be verified once and for all.")                    \
    X(NO_SPACE, 21, "The memory for the message is used up.")                                                \
    X(TOO_LARGE, 22, "An object is larger than a pointer can say.")                                          \
    X(BROKEN_SOURCE, 23, "The value to copy is broken; its own message says how.")                           \
    X(INDEX, 24, "A write goes to an element or a pointer beyond the end.")

enum wire_error {
    WIRE_OK = 0,
#define WIRE_ERROR_CONSTANT(name, value, sentence) WIRE_ERR_##name = (value),
    WIRE_ERRORS(WIRE_ERROR_CONSTANT)
#undef WIRE_ERROR_CONSTANT
};

/* A sentence for people; never null, also for a number that is no error. */
const char *wire_error_text(enum wire_error error);

/* --- Segments and messages ------------------------------------------------ */

struct wire_message;

/*
 * One contiguous piece of a message. Views point to it, so it stays where it
 * is, and as long, as any view is used.
 */
struct wire_segment {
    const uint64_t *words;
    struct wire_message *message; /* null: a trusted constant, see WIRE_CONSTANT */
    uint64_t *space;              /* the same memory when it is being built, else null */
    uint32_t word_count;          /* words that pointers may reach; when building: words used */
    uint32_t space_count;         /* words that the space has room for */
};

/* Who can write the memory of a message while it is being read. */
enum wire_mode {
    WIRE_PRIVATE = 0, /* no one: what was checked stays true */
    WIRE_SHARED = 1,  /* a peer, at any time: see "Shared memory" in capos/wire.h */
};

/*
 * A message that is being read. The caller owns it; it must not move or be
 * copied while views into it are used. One thread at a time.
 *
 * The first error stays: code, and the pointer word at fault by segment and
 * by word in it. cap_count, nesting_limit, traversal_left and caps may be set
 * between opening and reading; a message that is built has caps, too.
 */
struct wire_message {
    struct wire_segment *segments;
    uint32_t segment_count;
    uint32_t cap_count;      /* capabilities that came along; 0 when opened */
    uint64_t traversal_left; /* words; WIRE_TRAVERSAL_MAX_DEFAULT when opened */
    uint8_t nesting_limit;   /* WIRE_NESTING_MAX when opened, and never more */
    uint8_t mode;            /* enum wire_mode */
    uint16_t error;          /* enum wire_error, 0 while all is well */
    uint32_t error_segment;
    uint64_t error_word;
    void *caps;                /* of whoever carries capabilities beside messages; null when opened */
    struct wire_segment first; /* the segment of a message that has one */
};

/*
 * The wire_open functions make `message` ready to be read. They borrow the
 * bytes (8-byte aligned) and do not look past the framing: everything behind
 * it is checked when it is read. On failure they return the error, which
 * `message` keeps, too: reading from it then yields broken views.
 */

/*
 * One segment without any framing: what a capos call carries, and what
 * `capnp eval -o flat` writes. `bytes` must be a multiple of 8.
 */
enum wire_error wire_open_flat(struct wire_message *message, enum wire_mode mode, const void *start,
                               uint64_t bytes);

/*
 * The framing for streams and files ("Serialization Over a Stream" in the
 * Cap'n Proto encoding specification). The caller lends the descriptors,
 * `segments_max` of them; a message with more, or with more than
 * WIRE_SEGMENTS_MAX, is a BAD_SEGMENT_COUNT. A single segment needs none
 * (segments may be null). Bytes after the message are left alone;
 * wire_stream_size() in capos/wire_stream.h says where it ends.
 */
enum wire_error wire_open_stream(struct wire_message *message, enum wire_mode mode, const void *start,
                                 uint64_t bytes, struct wire_segment *segments, uint32_t segments_max);

/*
 * Segments that are already apart: the caller has set `words` and
 * `word_count` of each, this sets the rest.
 */
enum wire_error wire_open_segments(struct wire_message *message, enum wire_mode mode,
                                   struct wire_segment *segments, uint32_t segment_count);

/*
 * Follows every pointer that can be reached from the root, and says whether
 * all are good: then no view that follows the right schema is ever broken but
 * for WRONG_KIND, WRONG_ELEMENT and TEXT_NOT_TERMINATED, which only a schema
 * can tell. Returns the first error, which the message keeps. The words
 * visited count against the traversal limit, and are given back at the end.
 * Private messages only (WIRE_ERR_SHARED).
 */
enum wire_error wire_verify(struct wire_message *message);

/*
 * A message that is part of the program, for the defaults and constants of a
 * schema: one flat segment of words, no capabilities, no limits:
 *
 *     static const uint64_t origin_words[] = {0x0000000100000000, 7};
 *     static const struct wire_segment origin = WIRE_CONSTANT(origin_words);
 *
 * It is constant: any number of threads may read it. Its pointers are checked
 * like all others, but there is no place to keep an error.
 */
#define WIRE_CONSTANT(array)                                                                                 \
    {                                                                                                        \
        (array), NULL, NULL, (uint32_t)(sizeof(array) / 8), 0                                                \
    }

#ifdef __cplusplus
}
#endif

#endif
