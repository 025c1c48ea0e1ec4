/*
 * The heap and random numbers of tests on target. The heap is a stack of
 * blocks: what is freed is used again when all that was taken later is freed,
 * too, or when the runner restores the machine behind the test.
 */
#include <stdlib.h>

#include <stdint.h>
#include <string.h>

#include "tests/x86_64/libc/heap.h"

enum { UNIT = 16 }; /* as malloc() aligns, and the size of struct block */

struct block {
    struct block *below; /* of the lowest: NULL */
    size_t freed;
};

static struct block *last;
static uint8_t *next, *end;

void libc_heap_open(void *memory, size_t bytes)
{
    last = NULL;
    next = memory;
    end = next + bytes;
}

void *malloc(size_t bytes)
{
    size_t room = (size_t)(end - next);
    if (bytes > room || room - bytes < sizeof *last + UNIT)
        return NULL;
    struct block *block = (struct block *)next;
    *block = (struct block){.below = last};
    last = block;
    next = (uint8_t *)(block + 1) + (bytes + UNIT - 1) / UNIT * UNIT;
    return memset(block + 1, 0xa5, bytes);
}

void free(void *memory)
{
    if (memory)
        ((struct block *)memory - 1)->freed = 1;
    for (; last && last->freed; last = last->below)
        next = (uint8_t *)last;
}

void *calloc(size_t count, size_t bytes)
{
    size_t total;
    void *memory = __builtin_mul_overflow(count, bytes, &total) ? NULL : malloc(total);
    return memory ? memset(memory, 0, total) : NULL;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return alignment <= UNIT ? malloc(bytes) : NULL;
}

static uint64_t random_state = 1;

void srand(unsigned seed)
{
    random_state = seed;
}

int rand(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (int)(random_state >> 33);
}
