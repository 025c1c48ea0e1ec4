/*
 * The program's one heap, over the region that it declared.
 */
#include <capos/heap.h>

#include <string.h>

#include "capos-rt/heap.h"

static struct rt_heap program_heap;
static bool ready;

static struct rt_heap *get_heap(void)
{
    if (!ready) {
        ready = true;
        rt_heap_init(&program_heap, capos_heap_region, capos_heap_region_bytes);
    }
    return &program_heap;
}

__attribute__((noinline)) static void *alloc_first(size_t bytes)
{
    return rt_heap_take(get_heap(), CAPOS_HEAP_ALIGN, bytes);
}

void *capos_alloc(size_t bytes)
{
    return ready ? rt_heap_take(&program_heap, CAPOS_HEAP_ALIGN, bytes) : alloc_first(bytes);
}

void *capos_alloc_aligned(size_t bytes, size_t alignment)
{
    if (alignment < CAPOS_HEAP_ALIGN)
        alignment = CAPOS_HEAP_ALIGN;
    return (alignment & (alignment - 1)) == 0 ? rt_heap_take(get_heap(), alignment, bytes) : NULL;
}

void *capos_realloc(void *block, size_t bytes)
{
    if (!block)
        return capos_alloc(bytes);
    size_t room = rt_heap_block_room(block);
    if (bytes <= room && bytes >= room / 2)
        return block;
    void *moved = capos_alloc(bytes);
    if (!moved)
        return bytes <= room ? block : NULL;
    memcpy(moved, block, bytes < room ? bytes : room);
    capos_free(block);
    return moved;
}

void capos_free(void *block)
{
    if (block)
        rt_heap_give(&program_heap, block);
}

__attribute__((cold)) void capos_heap_stats(struct capos_heap_stats *ret_stats)
{
    size_t largest_bytes = rt_heap_largest(get_heap());
    *ret_stats = get_heap()->stats;
    ret_stats->largest_bytes = largest_bytes;
}
