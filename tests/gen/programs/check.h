/* Checks for the programs here: the first that fails is told and ends the program. */
#ifndef CAPOS_TESTS_GEN_CHECK_H
#define CAPOS_TESTS_GEN_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include <capos/wire.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

#define CHECK_TEXT(text, expected) CHECK(wire_text_equal(text, WIRE_TEXT(expected)))

/* Opens the message that is standard input. */
static inline void open_input(struct wire_message *message)
{
    static uint64_t words[1 << 16];
    static struct wire_segment segments[WIRE_SEGMENTS_MAX];
    size_t size = fread(words, 1, sizeof words, stdin);
    CHECK(wire_open_stream(message, WIRE_PRIVATE, words, size, segments, WIRE_SEGMENTS_MAX) == WIRE_OK);
}

#endif
