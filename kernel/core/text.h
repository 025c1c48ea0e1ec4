/*
 * Text for people, built piece by piece into memory of fixed size: what does
 * not fit is cut off, and the end is always a NUL.
 */
#ifndef CAPOS_KERNEL_TEXT_H
#define CAPOS_KERNEL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes;
    size_t size; /* of the memory, at least 1 */
    size_t length;
};

/* The text of a struct with a member `char text[]`. */
#define KERNEL_TEXT_IN(array) kernel_text_begin((array), sizeof(array))

struct text kernel_text_begin(char *bytes, size_t size);

void kernel_text_add(struct text *text, const char *string);
void kernel_text_add_number(struct text *text, uint64_t number);
void kernel_text_add_hex(struct text *text, uint64_t number);

/* In quotes; bytes that are not printable ASCII become '?', and it ends after 60. */
void kernel_text_add_quoted(struct text *text, const char *bytes, size_t count);

/* Whether bytes are UTF-8 without control characters, overlong forms and surrogates. */
bool kernel_text_is_utf8(const char *bytes, size_t count);

#endif
