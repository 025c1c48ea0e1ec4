#include "capos-rt/heap.h"

#include <stdlib.h>
#include <string.h>

#include <capos/panic.h>
#include <capos/wire.h>

#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

enum { HEAP_BYTES = 1 << 20, SLOTS = 256, STEPS = 100000 };

static struct {
    uint8_t *block;
    size_t bytes;
    uint8_t fill;
} slots[SLOTS];

static void check_content(int i)
{
    for (size_t b = 0; b < slots[i].bytes; b++)
        if (slots[i].block[b] != slots[i].fill)
            tap_fail(__FILE__, __LINE__, "a block keeps its content");
}

/* Random takes and gives of blocks that know their content: none overlap, all is joined again at the end. */
TAP_TEST(heap_blocks_never_overlap_and_join_again)
{
    void *memory = malloc(HEAP_BYTES);
    struct rt_heap heap;
    rt_heap_init(&heap, memory, HEAP_BYTES);
    size_t largest = rt_heap_largest(&heap);
    srand(3);
    for (int step = 0; step < STEPS; step++) {
        int i = rand() % SLOTS;
        if (slots[i].block) {
            check_content(i);
            TAP_STOP_IF_FAILED();
            rt_heap_give(&heap, slots[i].block);
            slots[i].block = NULL;
            continue;
        }
        size_t alignment = (size_t)16 << (rand() % 4 == 0 ? rand() % 9 : 0);
        size_t bytes = (size_t)rand() % (rand() % 8 ? 300 : 30000);
        slots[i].block = rt_heap_take(&heap, alignment, bytes);
        if (!slots[i].block)
            continue;
        TAP_EQ((uintptr_t)slots[i].block % alignment, 0);
        TAP_CHECK(rt_heap_block_room(slots[i].block) >= bytes);
        TAP_CHECK(slots[i].block >= (uint8_t *)memory &&
                  slots[i].block + bytes <= (uint8_t *)memory + HEAP_BYTES);
        slots[i].bytes = bytes;
        slots[i].fill = (uint8_t)rand();
        memset(slots[i].block, slots[i].fill, bytes);
    }
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].block)
            rt_heap_give(&heap, slots[i].block);
    TAP_EQ(heap.stats.used_bytes, 0);
    TAP_EQ(heap.stats.used_blocks, 0);
    TAP_EQ(rt_heap_largest(&heap), largest);
    free(memory);
}

TAP_TEST(heap_gives_what_it_says_is_the_largest)
{
    static const size_t sizes[] = {64, 100, 256, 257, 1000, 4096, 65536, 1000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *memory = malloc(sizes[i]);
        struct rt_heap heap;
        rt_heap_init(&heap, memory, sizes[i]);
        size_t largest = rt_heap_largest(&heap);
        TAP_CHECK(largest > sizes[i] / 2 || sizes[i] < 200);
        TAP_CHECK(rt_heap_take(&heap, 16, largest) != NULL);
        TAP_CHECK(rt_heap_take(&heap, 16, largest) == NULL);
        free(memory);
    }
}

/* Freed small blocks stay for the next of their size, until memory would run out without them. */
TAP_TEST(heap_joins_what_it_kept_before_it_fails)
{
    enum { MEMORY = 65536, SIZE = 48 };
    void *memory = malloc(MEMORY), *small[MEMORY / SIZE], *first;
    struct rt_heap heap;
    rt_heap_init(&heap, memory, MEMORY);
    size_t count = 0, largest = rt_heap_largest(&heap);
    while ((small[count] = rt_heap_take(&heap, 16, SIZE)))
        count++;
    TAP_CHECK(count > RT_HEAP_KEPT_SMALL);
    first = small[0];
    uint32_t rest = heap.stats.free_blocks;
    for (size_t i = 0; i < RT_HEAP_KEPT_SMALL; i++)
        rt_heap_give(&heap, small[i]);
    TAP_EQ(heap.stats.free_blocks, rest);
    TAP_CHECK(rt_heap_take(&heap, 16, SIZE) == small[RT_HEAP_KEPT_SMALL - 1]);
    rt_heap_give(&heap, small[RT_HEAP_KEPT_SMALL - 1]);
    TAP_CHECK(rt_heap_take(&heap, 16, SIZE * (RT_HEAP_KEPT_SMALL - 2)) == first);
    rt_heap_give(&heap, first);
    for (size_t i = RT_HEAP_KEPT_SMALL; i < count; i++)
        rt_heap_give(&heap, small[i]);
    TAP_CHECK(rt_heap_take(&heap, 16, largest) != NULL);
    free(memory);
}

TAP_TEST(heap_that_is_too_small_is_empty)
{
    uint64_t memory[6];
    for (size_t bytes = 0; bytes < sizeof memory; bytes++) {
        struct rt_heap heap;
        rt_heap_init(&heap, memory, bytes);
        TAP_CHECK(rt_heap_take(&heap, 16, 100) == NULL);
    }
}

TAP_TEST(heap_refuses_absurd_sizes)
{
    void *memory = malloc(HEAP_BYTES);
    struct rt_heap heap;
    rt_heap_init(&heap, memory, HEAP_BYTES);
    TAP_CHECK(!rt_heap_take(&heap, 16, SIZE_MAX));
    TAP_CHECK(!rt_heap_take(&heap, 16, SIZE_MAX - 64));
    TAP_CHECK(!rt_heap_take(&heap, 4096, HEAP_BYTES));
    TAP_CHECK(rt_heap_take(&heap, 16, 0));
    free(memory);
}

/* --- Misuse ----------------------------------------------------------------------- */

static struct rt_heap misused;
static uint8_t *block;

static void free_twice(void)
{
    rt_heap_give(&misused, block);
    rt_heap_give(&misused, block);
}

static void free_the_middle(void)
{
    rt_heap_give(&misused, block + 8);
}

static void write_beyond_the_end(void)
{
    block[rt_heap_block_room(block)] ^= 1;
    rt_heap_give(&misused, block);
}

/* The text of the panic that ends it; "" if it goes through. */
static const char *panic_of(void (*misuse)(void))
{
    static uint64_t memory[512];
    fake_start();
    rt_heap_init(&misused, memory, sizeof memory);
    block = rt_heap_take(&misused, 16, 100);
    rt_heap_take(&misused, 16, 100);
    if (setjmp(fake.at_exit) == 0)
        misuse();
    return fake.line;
}

TAP_TEST(heap_panics_when_a_block_is_freed_twice)
{
    TAP_STR_EQ(panic_of(free_twice), "panic: heap: what is freed is no block, or was freed before");
}

TAP_TEST(heap_panics_when_what_is_freed_is_no_block)
{
    TAP_STR_EQ(panic_of(free_the_middle), "panic: heap: what is freed is no block, or was freed before");
}

TAP_TEST(heap_panics_when_a_block_was_written_beyond_its_end)
{
#ifdef CAPOS_DEBUG
    TAP_STR_EQ(panic_of(write_beyond_the_end), "panic: heap: a block was written beyond its end");
#else
    TAP_STR_EQ(panic_of(write_beyond_the_end),
               "panic: heap: the block behind the one that is freed was written over");
#endif
}
