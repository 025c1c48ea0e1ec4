/*
 * A heap over memory that is handed to it: two-level segregated fit. Sizes are put
 * into classes (a power of two, cut into 16 steps); two levels of bit maps
 * find the first class that has a block large enough, so that allocating and
 * freeing take the same few steps however many blocks there are. Small blocks that are freed are
 * kept for the next of their class, up to so many; they are joined with their
 * neighbours when an allocation would fail without them.
 */
#ifndef CAPOS_RT_HEAP_H
#define CAPOS_RT_HEAP_H

#include <stdbool.h>

#include <capos/heap.h>

enum {
    RT_HEAP_STEPS = 16,        /* classes to a power of two */
    RT_HEAP_POWERS = 32,       /* from 256 bytes up; below it, one class for every 16 bytes */
    RT_HEAP_KEPT_CLASSES = 96, /* the first ones, below 8 KiB: freed blocks of them are kept, */
    RT_HEAP_KEPT_SMALL = 32,   /* so many of each class below 512 bytes, */
    RT_HEAP_KEPT_LARGE = 8,    /* and so many of each above it */
};

struct rt_block;

struct rt_kept {
    struct rt_block *first;
    size_t count;
};

struct rt_heap {
    uint32_t powers;                /* which powers have a free block */
    uint16_t steps[RT_HEAP_POWERS]; /* which steps of each do */
    struct rt_block *free[RT_HEAP_POWERS][RT_HEAP_STEPS];
    struct rt_kept kept[RT_HEAP_KEPT_CLASSES];
    struct capos_heap_stats stats; /* all but largest_bytes; free_blocks without those that are kept */
};

/* The memory is the heap's from now on; too little of it makes an empty heap. */
void rt_heap_init(struct rt_heap *heap, void *memory, size_t bytes);

void *rt_heap_take(struct rt_heap *heap, size_t alignment, size_t bytes);
void rt_heap_give(struct rt_heap *heap, void *block);

/* Bytes that the block has room for. */
size_t rt_heap_block_room(const void *block);

/* Joins the kept blocks with their neighbours first. */
size_t rt_heap_largest(struct rt_heap *heap);

#endif
