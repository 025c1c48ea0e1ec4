/*
 * The arena and its pools.
 */
#include "kernel/core/arena.h"

#include <string.h>

#include "kernel/core/poison.h"

enum { ALIGNMENT = 16 };

void kernel_arena_init(struct arena *arena, void *memory, size_t bytes)
{
    kernel_unpoison(memory, bytes); /* an arena may have lain there before */
    *arena = (struct arena){.start = memory, .next = memory, .end = (uint8_t *)memory + bytes};
}

bool kernel_arena_fails(struct arena *arena)
{
    return ++arena->takes == arena->fail_at;
}

static void *take(struct arena *arena, size_t bytes)
{
    size_t left = (size_t)(arena->end - arena->next);
    if (bytes > left - left % ALIGNMENT)
        return NULL;
    void *taken = arena->next;
    arena->next += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    arena->used += bytes;
    memset(taken, 0, bytes);
    return taken;
}

void *kernel_arena_take(struct arena *arena, size_t bytes)
{
    return kernel_arena_fails(arena) ? NULL : take(arena, bytes);
}

size_t kernel_arena_taken(const struct arena *arena)
{
    return (size_t)(arena->next - arena->start);
}

void kernel_pool_init(struct pool *pool, struct arena *arena, size_t record_bytes)
{
    pool->arena = arena;
    pool->record_bytes = record_bytes;
    pool->taken = 0;
    pool->free = NULL;
}

void *kernel_pool_take(struct pool *pool)
{
    void *record = pool->free;
    if (kernel_arena_fails(pool->arena))
        return NULL;
    if (record) {
        memcpy(&pool->free, record, sizeof pool->free);
        kernel_unpoison(record, pool->record_bytes);
        memset(record, 0, pool->record_bytes);
        pool->arena->used += pool->record_bytes;
    } else {
        record = take(pool->arena, pool->record_bytes);
    }
    pool->taken += record != NULL;
    return record;
}

void kernel_pool_give(struct pool *pool, void *record)
{
    memcpy(record, &pool->free, sizeof pool->free);
    kernel_poison((uint8_t *)record + sizeof pool->free, pool->record_bytes - sizeof pool->free);
    pool->free = record;
    pool->arena->used -= pool->record_bytes;
    pool->taken--;
}
