/*
 * wire: the views that readers hold (part of capos/wire.h, which tells the
 * model).
 *
 * Views are small values: keep, copy and return them freely while the message
 * lives. A view that is all zero is a valid absent one.
 */
#ifndef CAPOS_WIRE_VIEW_H
#define CAPOS_WIRE_VIEW_H

#include <capos/wire_message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Views ---------------------------------------------------------------- */

enum wire_state {
    WIRE_ABSENT = 0,  /* a null pointer, or a field that the sender's schema did not have */
    WIRE_PRESENT = 1, /* there is a value */
    WIRE_BROKEN = 2,  /* there is none that could be read: the message has the error */
};

/* How the elements of a list lie; the values are those of the wire. */
enum wire_element {
    WIRE_ELEMENT_VOID = 0,
    WIRE_ELEMENT_BIT = 1,
    WIRE_ELEMENT_1_BYTE = 2,
    WIRE_ELEMENT_2_BYTES = 3,
    WIRE_ELEMENT_4_BYTES = 4,
    WIRE_ELEMENT_8_BYTES = 5,
    WIRE_ELEMENT_POINTER = 6,
    WIRE_ELEMENT_STRUCT = 7,
    WIRE_ELEMENT_ANY = 8, /* as what a reader expects: any of them */
};

struct wire_struct {
    const struct wire_segment *segment;
    const uint8_t *data;    /* the data section; pointers follow it */
    uint32_t data_bytes;    /* 0 unless present */
    uint16_t pointer_count; /* 0 unless present */
    uint8_t depth;          /* levels that may still lie below */
    uint8_t state;          /* enum wire_state */
};

/*
 * The elements stand `data_bytes + 8 * pointer_count` bytes apart, in the
 * form that they have in the message, whatever they are read as; the elements
 * of a bit list stand one bit apart and have data_bytes 0.
 */
struct wire_list {
    const struct wire_segment *segment;
    const uint8_t *data;
    uint32_t count;         /* elements; 0 unless present */
    uint32_t data_bytes;    /* of one element */
    uint16_t pointer_count; /* of one element */
    uint8_t element;        /* enum wire_element */
    uint8_t depth;
    uint8_t state;
};

/*
 * `chars` is followed by a zero byte (in a shared message: was, when it was
 * read); the text may hold others. From the getters, chars is never null.
 * Whether it is good UTF-8 is not checked.
 */
struct wire_text {
    const char *chars;
    uint32_t size; /* bytes, without the zero byte at the end */
    uint8_t state;
};

struct wire_data {
    const uint8_t *bytes;
    uint32_t size;
    uint8_t state;
};

/* An index into the capabilities that came with the message. */
struct wire_cap {
    uint32_t index; /* below the message's cap_count; 0 unless present */
    uint8_t state;
};

/*
 * A pointer of any type (AnyPointer), found but not yet followed. It holds
 * the word that was loaded, so that it means the same whenever it is asked.
 */
struct wire_any {
    const struct wire_segment *segment;
    const uint64_t *pointer; /* where the word lies */
    uint64_t word;
    uint8_t depth;
    uint8_t state; /* present as soon as the word is not null */
};

enum wire_kind {
    WIRE_KIND_NULL = 0,
    WIRE_KIND_STRUCT = 1,
    WIRE_KIND_LIST = 2,
    WIRE_KIND_CAP = 3,
    WIRE_KIND_BROKEN = 4,
};

/* Makes a text of chars[0..size), which a zero byte follows. */
static inline struct wire_text wire_text_make(const char *chars, uint32_t size)
{
    struct wire_text text = {chars, size, WIRE_PRESENT};
    return text;
}

static inline struct wire_data wire_data_make(const void *bytes, uint32_t size)
{
    struct wire_data data = {(const uint8_t *)bytes, size, WIRE_PRESENT};
    return data;
}

/* The text of a string literal: WIRE_TEXT("log"). */
#define WIRE_TEXT(literal) wire_text_make("" literal, (uint32_t)(sizeof(literal) - 1))

/* Byte by byte; an absent or broken one equals an empty one. */
static inline bool wire_text_equal(struct wire_text a, struct wire_text b)
{
    return a.size == b.size && (a.size == 0 || __builtin_memcmp(a.chars, b.chars, a.size) == 0);
}

static inline bool wire_data_equal(struct wire_data a, struct wire_data b)
{
    return a.size == b.size && (a.size == 0 || __builtin_memcmp(a.bytes, b.bytes, a.size) == 0);
}

#ifdef __cplusplus
}
#endif

#endif
