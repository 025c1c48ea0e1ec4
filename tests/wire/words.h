/* For tests: messages written out as words, field by field of the encoding specification. */
#ifndef CAPOS_TESTS_WIRE_WORDS_H
#define CAPOS_TESTS_WIRE_WORDS_H

#include <capos/wire.h>

#define LOWER(offset, tag) ((uint64_t)((uint32_t)(offset) << 2 | (tag)))

#define STRUCT(offset, data, pointers)                                                                       \
    (LOWER(offset, 0u) | (uint64_t)(data) << 32 | (uint64_t)(pointers) << 48)
#define LIST(offset, element, count) (LOWER(offset, 1u) | (uint64_t)(element) << 32 | (uint64_t)(count) << 35)
#define TAG(count, data, pointers)   STRUCT(count, data, pointers)
#define FAR(segment, pad)            (2 | (uint64_t)(pad) << 3 | (uint64_t)(segment) << 32)
#define DOUBLE_FAR(segment, pad)     (6 | (uint64_t)(pad) << 3 | (uint64_t)(segment) << 32)
#define CAP(index)                   (3 | (uint64_t)(index) << 32)

#define WORDS(array) ((uint32_t)(sizeof(array) / 8))

/* Opens an array of words as a message of one segment, in either mode. */
#define OPEN(message, array)        wire_open_flat(message, WIRE_PRIVATE, array, sizeof(array))
#define OPEN_SHARED(message, array) wire_open_flat(message, WIRE_SHARED, array, sizeof(array))

#endif
