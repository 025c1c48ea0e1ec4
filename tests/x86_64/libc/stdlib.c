/*
 * The heap and random numbers of tests on target. The heap is used up from
 * its start; only what was taken last is given back by free(), the rest when
 * the runner restores the machine behind the test.
 */
#include <stdlib.h>

#include <stdint.h>
#include <string.h>

#include "tests/x86_64/libc/heap.h"

enum { UNIT = 16 };

struct block {
    size_t bytes;
    uint8_t unused[UNIT - sizeof(size_t)];
};

static uint8_t *next, *end;

void libc_heap_open(void *memory, size_t bytes)
{
    next = memory;
    end = next + bytes;
}

void *malloc(size_t bytes)
{
    struct block *block = (struct block *)next;
    size_t room = (size_t)(end - next);
    if (bytes > room || room - bytes < sizeof *block + UNIT)
        return NULL;
    block->bytes = (bytes + UNIT - 1) / UNIT * UNIT;
    next = (uint8_t *)(block + 1) + block->bytes;
    return memset(block + 1, 0xa5, block->bytes);
}

void free(void *memory)
{
    struct block *block = (struct block *)memory - 1;
    if (memory && (uint8_t *)memory + block->bytes == next)
        next = (uint8_t *)block;
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
