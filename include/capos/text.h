/*
 * text: lines for people, without a libc.
 *
 * A line is appended to, piece by piece, in memory of the caller. What does
 * not fit is cut off and remembered, so only the end need be looked at:
 *
 *     char chars[80];
 *     struct capos_line line;
 *     capos_line_begin(&line, chars, sizeof chars);
 *     capos_line_string(&line, "took ");
 *     capos_line_u64(&line, nanoseconds);
 *     capos_line_string(&line, " ns");
 *     console_write_line(ring, console, capos_line_text(&line));
 *
 * `chars` is a zero-terminated string at all times.
 */
#ifndef CAPOS_TEXT_H
#define CAPOS_TEXT_H

#include <capos/wire_reader.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The text of a string literal: CAPOS_TEXT("log"). */
#define CAPOS_TEXT(literal) WIRE_TEXT(literal)

/* The text of a zero-terminated string; an absent one of a null pointer. */
struct wire_text capos_text_of(const char *string);

struct capos_line {
    char *chars;
    uint32_t room; /* bytes at chars, the zero byte included */
    uint32_t size; /* bytes so far, without it */
    bool truncated;
};

/* Starts an empty line in chars[0..room); room is at least 1. */
void capos_line_begin(struct capos_line *line, char *chars, uint32_t room);

/* Append: a zero-terminated string; bytes as they are; a number, in decimal. */
void capos_line_string(struct capos_line *line, const char *string);
void capos_line_bytes(struct capos_line *line, const void *bytes, uint32_t size);
void capos_line_u64(struct capos_line *line, uint64_t value);
void capos_line_i64(struct capos_line *line, int64_t value);

/* Appends "0x" and the value in lower case, with at least `digits` (1 to 16) of them. */
void capos_line_hex(struct capos_line *line, uint64_t value, uint32_t digits);

/* What is there, as a text: good until the line is appended to. */
static inline struct wire_text capos_line_text(const struct capos_line *line)
{
    return wire_text_make(line->chars, line->size);
}

#ifdef __cplusplus
}
#endif

#endif
