/*
 * heap: memory on demand, from a region that the program declares.
 *
 * A program that wants a heap says how large it is, once, in one of its
 * files:
 *
 *     CAPOS_HEAP_BYTES(256 * 1024)
 *
 * The region is part of the program's zeroed data: the kernel accounts for it
 * like for all else, and it never grows. Without the declaration there is no
 * heap, and every allocation fails. The runtime itself needs it only for
 * calls that are larger than their buffer (capos/call.h).
 *
 * Allocating and freeing take constant time, whatever is allocated: free
 * blocks are kept in lists by size, 16 for each power of two, with a bit for
 * each list that is not empty (a two-level segregated fit). Neighbours that
 * are free are joined at once, but for a few blocks of each size up to 8 KiB, which
 * the next allocation of that size gets as they are. If no block is left, these
 * are joined, too, at most 1536 of them, before an allocation fails. A block
 * costs 16 bytes beside its own; sizes are rounded up to 16 bytes, from 512 to
 * 8192 to 16 steps of a power of two, and a search to the next list: up to 1/16 more.
 *
 * A second free of a block, and a pointer that is none, end the program with
 * a panic where they can be seen. With -DCAPOS_DEBUG, for the runtime too, so
 * does a write beyond the end of a block, when it is freed.
 *
 * One thread at a time.
 */
#ifndef CAPOS_HEAP_H
#define CAPOS_HEAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every block is aligned to this many bytes. */
#define CAPOS_HEAP_ALIGN 16

/* Declares the program's heap, `bytes` long, a constant. No semicolon is needed behind it. */
#define CAPOS_HEAP_BYTES(bytes)                                                                              \
    uint64_t capos_heap_region[((bytes) + 15) / 16 * 2] __attribute__((aligned(CAPOS_HEAP_ALIGN)));          \
    const size_t capos_heap_region_bytes = sizeof(capos_heap_region);

extern uint64_t capos_heap_region[];
extern const size_t capos_heap_region_bytes;

/* --- The program's heap ----------------------------------------------------- */

/* Allocates `bytes`, of any content. Returns null if there is no such block; 0 bytes get a block, too. */
void *capos_alloc(size_t bytes);

/* The same with an alignment, a power of two; one below CAPOS_HEAP_ALIGN is raised to it. */
void *capos_alloc_aligned(size_t bytes, size_t alignment);

/*
 * Gives a block another size, in place if it can, and keeps what is in it.
 * Returns the block, which may have moved (then to an alignment of
 * CAPOS_HEAP_ALIGN), or null: then the old one is as it was. A null block is
 * allocated.
 */
void *capos_realloc(void *block, size_t bytes);

/* Frees a block; null is none. */
void capos_free(void *block);

/* --- Statistics ---------------------------------------------------------------- */

/* Bytes include what the heap itself needs for each block. */
struct capos_heap_stats {
    size_t region_bytes;  /* all that blocks can be made of; 0 without a heap */
    size_t used_bytes;    /* in blocks that are allocated */
    size_t peak_bytes;    /* the most that there ever were */
    size_t largest_bytes; /* the largest free block: a request up to 1/16 smaller succeeds */
    uint32_t used_blocks;
    uint32_t free_blocks;
    uint64_t allocations; /* since the start */
    uint64_t failures;    /* of them, those that found no block */
};

/* Takes time in proportion to the number of lists, not of blocks. */
void capos_heap_stats(struct capos_heap_stats *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
