/*
 * memcpy, memmove, memset, memcmp: what a compiler may call in freestanding
 * code. Host builds use those of their libc. The loops must not be turned
 * back into calls of these very functions.
 */
#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#    define NO_CALLS __attribute__((no_builtin))
#else
#    define NO_CALLS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/* Words at any address, whatever lies there. */
typedef uint64_t __attribute__((aligned(1), may_alias)) any_word;

enum {
    WORD = sizeof(any_word),
    STEP = 4 * WORD,
    LONG_RUN = 512, /* bytes from which on the string instructions are faster */
};

/* A step is read before any of it is written, for memmove. */
NO_CALLS static inline __attribute__((always_inline)) void copy_up(uint8_t *to, const uint8_t *from,
                                                                   size_t bytes)
{
#if defined(__x86_64__)
    if (bytes >= LONG_RUN) {
        size_t words = bytes / WORD;
        __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
        bytes %= WORD;
    }
#endif
    for (; bytes >= STEP; bytes -= STEP) {
        const any_word *here = (const any_word *)from;
        const any_word a = here[0], b = here[1], c = here[2], d = here[3];
        any_word *there = (any_word *)to;
        there[0] = a, there[1] = b, there[2] = c, there[3] = d;
        to += STEP;
        from += STEP;
        __asm__("" : "+r"(to), "+r"(from)); /* as they are: no third register counts for both */
    }
    for (; bytes >= WORD; bytes -= WORD) {
        *(any_word *)to = *(const any_word *)from;
        to += WORD;
        from += WORD;
        __asm__("" : "+r"(to), "+r"(from));
    }
    for (; bytes > 0; bytes--)
        *to++ = *from++;
}

NO_CALLS static void copy_down(uint8_t *to, const uint8_t *from, size_t bytes)
{
    for (; bytes >= WORD; bytes -= WORD)
        *(any_word *)(to + bytes - WORD) = *(const any_word *)(from + bytes - WORD);
    for (; bytes > 0; bytes--)
        to[bytes - 1] = from[bytes - 1];
}

NO_CALLS void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    copy_up((uint8_t *)to, (const uint8_t *)from, bytes);
    return to;
}

/* Upwards each byte is read before it is overwritten if the target lies lower, or far enough away. */
NO_CALLS void *memmove(void *to, const void *from, size_t bytes)
{
    if ((uintptr_t)to - (uintptr_t)from >= bytes)
        copy_up((uint8_t *)to, (const uint8_t *)from, bytes);
    else
        copy_down((uint8_t *)to, (const uint8_t *)from, bytes);
    return to;
}

NO_CALLS void *memset(void *to, int value, size_t bytes)
{
    uint8_t *at = (uint8_t *)to;
    uint64_t word = (uint64_t)(uint8_t)value * UINT64_C(0x0101010101010101);
#if defined(__x86_64__)
    if (bytes >= LONG_RUN) {
        size_t words = bytes / WORD;
        __asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(word) : "memory");
        bytes %= WORD;
    }
#endif
    for (; bytes >= STEP; bytes -= STEP, at += STEP) {
        any_word *there = (any_word *)at;
        there[0] = there[1] = there[2] = there[3] = word;
    }
    for (; bytes >= WORD; bytes -= WORD, at += WORD)
        *(any_word *)at = word;
    for (; bytes > 0; bytes--)
        *at++ = (uint8_t)value;
    return to;
}

NO_CALLS int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *x = (const uint8_t *)a;
    const uint8_t *y = (const uint8_t *)b;
    while (bytes >= WORD && *(const any_word *)x == *(const any_word *)y) {
        bytes -= WORD;
        x += WORD;
        y += WORD;
    }
    for (; bytes > 0; bytes--, x++, y++)
        if (*x != *y)
            return *x < *y ? -1 : 1;
    return 0;
}
