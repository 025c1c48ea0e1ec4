/*
 * Memory: one arena from the port, cut into records of a few kinds. A pool
 * hands out records of one size; a freed record is used again for the same
 * kind, so nothing fragments and nothing is ever moved.
 */
#ifndef CAPOS_KERNEL_ARENA_H
#define CAPOS_KERNEL_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
    uint8_t *start;
    uint8_t *next;
    uint8_t *end;
    size_t used;      /* bytes that were taken and not given back */
    uint64_t takes;   /* counted: from the arena and from its pools */
    uint64_t fail_at; /* the take that fails on purpose; 0: none */
};

struct pool {
    struct arena *arena;
    size_t record_bytes;
    uint64_t taken; /* records in use */
    void *free;     /* a chain through the records' first word */
};

void kernel_arena_init(struct arena *arena, void *memory, size_t bytes);

/* Zeroed bytes at a multiple of 16, or NULL. They are never given back. */
void *kernel_arena_take(struct arena *arena, size_t bytes);

/* Counts a take, and says whether it is to fail on purpose. For a test's port, whose takes count too. */
bool kernel_arena_fails(struct arena *arena);

/* Bytes that were taken. */
size_t kernel_arena_taken(const struct arena *arena);

void kernel_pool_init(struct pool *pool, struct arena *arena, size_t record_bytes);

/* A zeroed record, or NULL. */
void *kernel_pool_take(struct pool *pool);
void kernel_pool_give(struct pool *pool, void *record);

#endif
