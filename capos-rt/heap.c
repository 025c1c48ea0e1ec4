/*
 * Two-level segregated fit. Blocks lie side by side, each with a header that
 * knows its own size and the block before it; free neighbours are joined at
 * once, so no two free blocks ever touch. Before that stand the kept blocks: a few of each small
 * size, to their neighbours as if in use, given out again as they are.
 */
#include "capos-rt/heap.h"

#include <capos/panic.h>

enum { SMALL_POWER = 8, SMALL_BYTES = 1 << SMALL_POWER, STEP_BITS = 4 };

/* Sizes count the header and are multiples of 16. The last block is a guard of size 0, in use. */
struct rt_block {
    struct rt_block *before; /* the block on the left; null for the first */
    size_t size_and_state;   /* FREE, KEPT, or in use */
    /* Only while it is free or kept: */
    struct rt_block *next;
    struct rt_block *previous;
};

enum { FREE = 1, KEPT = 2, STATES = 3 };
enum { SMALL_CLASSES = 2 * RT_HEAP_STEPS };
enum { KEPT_END = SMALL_BYTES << (RT_HEAP_KEPT_CLASSES / RT_HEAP_STEPS - 1) }; /* sizes below it are kept */
enum { HEADER_BYTES = 16, BLOCK_BYTES_MIN = sizeof(struct rt_block) };

#ifdef CAPOS_DEBUG
/* A canary behind the block's content, at the end of the block. */
enum { CANARY_BYTES = 16 };
static const uint64_t canary_value = UINT64_C(0xc0a91a7ec0a91a7e);
#else
enum { CANARY_BYTES = 0 };
#endif

static size_t size_of(const struct rt_block *block)
{
    return block->size_and_state & ~(size_t)STATES;
}

static bool is_free(const struct rt_block *block)
{
    return block->size_and_state & FREE;
}

static struct rt_block *after(const struct rt_block *block)
{
    return (struct rt_block *)((uintptr_t)block + size_of(block));
}

/* --- Classes ------------------------------------------------------------------------ */

struct size_class {
    uint32_t power;
    uint32_t step;
};

/* Up to SMALL_BYTES, sizes are cut as the power above them is. */
static uint32_t power_of(size_t size)
{
    return 63 - (uint32_t)__builtin_clzl(size | SMALL_BYTES);
}

/* The number of the class whose blocks are of this size and up: all powers' steps, one after the other. */
static size_t class_number(size_t size)
{
    uint32_t power = power_of(size);
    return (power - SMALL_POWER) * RT_HEAP_STEPS + (size >> (power - STEP_BITS));
}

static struct size_class class_of(size_t size)
{
    size_t number = class_number(size);
    return (struct size_class){(uint32_t)(number / RT_HEAP_STEPS), (uint32_t)(number % RT_HEAP_STEPS)};
}

/* The least size of which every block in its class is large enough for `size`, a multiple of 16. */
static size_t round_up_to_class(size_t size)
{
    size_t step = (size_t)1 << (power_of(size) - STEP_BITS);
    return (size + step - 1) & ~(step - 1);
}

static void insert(struct rt_heap *heap, struct rt_block *block)
{
    struct size_class class = class_of(size_of(block));
    struct rt_block **first = &heap->free[class.power][class.step];
    block->previous = NULL;
    block->next = *first;
    if (*first)
        (*first)->previous = block;
    *first = block;
    heap->stats.free_blocks++;
    heap->powers |= 1u << class.power;
    heap->steps[class.power] |= (uint16_t)(1u << class.step);
}

static __attribute__((noinline)) void take_out(struct rt_heap *heap, struct rt_block *block)
{
    struct size_class class = class_of(size_of(block));
    heap->stats.free_blocks--;
    if (block->next)
        block->next->previous = block->previous;
    if (block->previous) {
        block->previous->next = block->next;
        return;
    }
    heap->free[class.power][class.step] = block->next;
    if (block->next)
        return;
    heap->steps[class.power] &= (uint16_t) ~(1u << class.step);
    if (heap->steps[class.power] == 0)
        heap->powers &= ~(1u << class.power);
}

/* A free block of at least `size` bytes, or null. */
static struct rt_block *find(const struct rt_heap *heap, size_t size)
{
    struct size_class class = class_of(round_up_to_class(size));
    if (class.power >= RT_HEAP_POWERS)
        return NULL;
    uint32_t steps = heap->steps[class.power] & ~UINT32_C(0) << class.step;
    if (steps)
        return heap->free[class.power][__builtin_ctz(steps)];
    uint32_t powers = class.power + 1 < RT_HEAP_POWERS ? heap->powers & ~UINT32_C(0) << (class.power + 1) : 0;
    if (!powers)
        return NULL;
    uint32_t power = (uint32_t)__builtin_ctz(powers);
    return heap->free[power][__builtin_ctz(heap->steps[power])];
}

/* --- Blocks -------------------------------------------------------------------------- */

static void set_size(struct rt_block *block, size_t size, bool free)
{
    block->size_and_state = size | (free ? FREE : 0);
    after(block)->before = block;
}

/* Cuts `size` bytes off the left of a block that is in no list: what is right of it. */
static struct rt_block *split(struct rt_block *block, size_t size)
{
    size_t rest = size_of(block) - size;
    struct rt_block *right = (struct rt_block *)((uintptr_t)block + size);
    right->before = block;
    right->size_and_state = rest;
    set_size(block, size, false);
    set_size(right, rest, false);
    return right;
}

/* Puts a block back, joined with whatever is free beside it. */
static void release(struct rt_heap *heap, struct rt_block *block)
{
    struct rt_block *left = block->before, *right = after(block);
    if (size_of(right) > 0 && is_free(right)) {
        take_out(heap, right);
        set_size(block, size_of(block) + size_of(right), false);
    }
    if (left && is_free(left)) {
        take_out(heap, left);
        set_size(left, size_of(left) + size_of(block), false);
        block = left;
    }
    set_size(block, size_of(block), true);
    insert(heap, block);
}

/* --- Kept blocks ------------------------------------------------------------------------ */

static struct rt_block *kept_take(struct rt_kept *kept)
{
    struct rt_block *block = kept->first;
    if (block) {
        kept->first = block->next;
        kept->count--;
        block->size_and_state &= ~(size_t)KEPT;
    }
    return block;
}

static bool kept_give(struct rt_heap *heap, struct rt_block *block, size_t number)
{
    struct rt_kept *kept = &heap->kept[number];
    if (kept->count >= (number < SMALL_CLASSES ? RT_HEAP_KEPT_SMALL : RT_HEAP_KEPT_LARGE))
        return false;
    kept->count++;
    block->next = kept->first;
    kept->first = block;
    block->size_and_state |= KEPT;
    return true;
}

static __attribute__((cold)) void kept_release(struct rt_heap *heap)
{
    struct rt_block *block;
    for (uint32_t number = 0; number < RT_HEAP_KEPT_CLASSES; number++)
        while ((block = kept_take(&heap->kept[number])))
            release(heap, block);
}

__attribute__((cold)) void rt_heap_init(struct rt_heap *heap, void *memory, size_t bytes)
{
    *heap = (struct rt_heap){0};
    uintptr_t start = ((uintptr_t)memory + CAPOS_HEAP_ALIGN - 1) & ~(uintptr_t)(CAPOS_HEAP_ALIGN - 1);
    size_t lost = start - (uintptr_t)memory;
    if (bytes < lost + BLOCK_BYTES_MIN + HEADER_BYTES)
        return;
    size_t size = (bytes - lost - HEADER_BYTES) & ~(size_t)(CAPOS_HEAP_ALIGN - 1);
    struct rt_block *first = (struct rt_block *)start;
    *first = (struct rt_block){.size_and_state = size};
    after(first)->size_and_state = 0;
    heap->stats.region_bytes = size;
    release(heap, first);
}

static void guard(struct rt_block *block)
{
#ifdef CAPOS_DEBUG
    uint64_t *canary = (uint64_t *)((uintptr_t)after(block) - CANARY_BYTES);
    canary[0] = canary[1] = canary_value ^ (uintptr_t)block;
#else
    (void)block;
#endif
}

/* Finds out what can be seen of a block that is no block, or no longer. */
static void check(struct rt_block *block)
{
    if (((uintptr_t)block & (CAPOS_HEAP_ALIGN - 1)) != 0 || (block->size_and_state & STATES) != 0 ||
        block->size_and_state < BLOCK_BYTES_MIN)
        capos_panic("heap: what is freed is no block, or was freed before");
    if (after(block)->before != block)
        capos_panic("heap: the block behind the one that is freed was written over");
#ifdef CAPOS_DEBUG
    const uint64_t *canary = (const uint64_t *)((uintptr_t)after(block) - CANARY_BYTES);
    if (canary[0] != (canary_value ^ (uintptr_t)block) || canary[1] != canary[0])
        capos_panic("heap: a block was written beyond its end");
#endif
}

/* Gives the left part of a block back, so that the content of the rest is aligned. */
static __attribute__((cold)) struct rt_block *align(struct rt_heap *heap, struct rt_block *block,
                                                    size_t alignment)
{
    uintptr_t content = (uintptr_t)block + HEADER_BYTES;
    uintptr_t aligned = (content + alignment - 1) & ~(uintptr_t)(alignment - 1);
    if (aligned != content && aligned - content < BLOCK_BYTES_MIN)
        aligned += alignment > BLOCK_BYTES_MIN ? alignment : BLOCK_BYTES_MIN;
    if (aligned == content)
        return block;
    struct rt_block *right = split(block, aligned - content);
    release(heap, block);
    return right;
}

/* A block of exactly `size` bytes, or as much more as cannot be cut off, out of all lists; or null. */
static struct rt_block *carve(struct rt_heap *heap, size_t size, size_t alignment)
{
    size_t slack = alignment > CAPOS_HEAP_ALIGN ? alignment + BLOCK_BYTES_MIN : 0;
    struct rt_block *block = find(heap, size + slack);
    if (!block)
        return NULL;
    take_out(heap, block);
    set_size(block, size_of(block), false);
    if (slack)
        block = align(heap, block, alignment);
    if (size_of(block) - size >= BLOCK_BYTES_MIN)
        release(heap, split(block, size));
    return block;
}

/* Small blocks have the sizes of classes: then each that is kept is large enough for all of its class. */
static size_t size_for(size_t bytes)
{
    size_t size =
        (bytes + HEADER_BYTES + CANARY_BYTES + CAPOS_HEAP_ALIGN - 1) & ~(size_t)(CAPOS_HEAP_ALIGN - 1);
    if (size < BLOCK_BYTES_MIN)
        return BLOCK_BYTES_MIN;
    return size < KEPT_END ? round_up_to_class(size) : size;
}

/* When it finds none, it looks again where what was kept is joined. */
__attribute__((noinline)) static struct rt_block *carve_or_join(struct rt_heap *heap, size_t bytes,
                                                                size_t alignment)
{
    if (bytes > heap->stats.region_bytes || alignment > heap->stats.region_bytes)
        return NULL;
    size_t size = size_for(bytes);
    struct rt_block *block = carve(heap, size, alignment);
    if (block)
        return block;
    kept_release(heap);
    return carve(heap, size, alignment);
}

void *rt_heap_take(struct rt_heap *heap, size_t alignment, size_t bytes)
{
    struct rt_block *block = NULL;
    heap->stats.allocations++;
    if (bytes <= KEPT_END / 16 * 15 - HEADER_BYTES - CANARY_BYTES && alignment <= CAPOS_HEAP_ALIGN)
        block = kept_take(&heap->kept[class_number(size_for(bytes))]);
    if (!block)
        block = carve_or_join(heap, bytes, alignment);
    if (!block) {
        heap->stats.failures++;
        return NULL;
    }
    guard(block);
    heap->stats.used_blocks++;
    heap->stats.used_bytes += size_of(block);
    if (heap->stats.used_bytes > heap->stats.peak_bytes)
        heap->stats.peak_bytes = heap->stats.used_bytes;
    return (void *)((uintptr_t)block + HEADER_BYTES);
}

static struct rt_block *block_of(const void *content)
{
    return (struct rt_block *)((uintptr_t)content - HEADER_BYTES);
}

void rt_heap_give(struct rt_heap *heap, void *content)
{
    struct rt_block *block = block_of(content);
    check(block);
    size_t size = size_of(block);
    heap->stats.used_blocks--;
    heap->stats.used_bytes -= size;
    if (size >= KEPT_END || !kept_give(heap, block, class_number(size)))
        release(heap, block);
}

size_t rt_heap_block_room(const void *content)
{
    return size_of(block_of(content)) - HEADER_BYTES - CANARY_BYTES;
}

__attribute__((cold)) size_t rt_heap_largest(struct rt_heap *heap)
{
    kept_release(heap);
    if (!heap->powers)
        return 0;
    uint32_t power = 31 - (uint32_t)__builtin_clz(heap->powers);
    uint32_t step = 31 - (uint32_t)__builtin_clz(heap->steps[power]);
    size_t size = power == 0 ? (size_t)step * CAPOS_HEAP_ALIGN
                             : (size_t)(RT_HEAP_STEPS + step) << (power + SMALL_POWER - 1 - STEP_BITS);
    return size > HEADER_BYTES + CANARY_BYTES ? size - HEADER_BYTES - CANARY_BYTES : 0;
}
