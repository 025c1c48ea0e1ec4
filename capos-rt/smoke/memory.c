/*
 * The heap, and what else a program has of its own.
 */
#include <capos/heap.h>

#include <string.h>

#include "capos-rt/smoke/smoke.h"

static bool heap_gives_and_takes_back(struct smoke *smoke)
{
    (void)smoke;
    struct capos_heap_stats before, after;
    uint8_t *blocks[64];
    bool good = true;
    capos_heap_stats(&before);
    for (uint32_t i = 0; i < 64; i++) {
        blocks[i] = capos_alloc(i * 37);
        if (!blocks[i])
            return false;
        memset(blocks[i], (int)i, i * 37);
    }
    for (uint32_t i = 0; i < 64; i++)
        for (uint32_t at = 0; at < i * 37; at++)
            good = good && blocks[i][at] == i;
    for (uint32_t i = 0; i < 64; i++)
        capos_free(blocks[(i * 29) % 64]);
    capos_heap_stats(&after);
    return good && after.used_bytes == before.used_bytes && after.largest_bytes == before.largest_bytes;
}

static bool heap_refuses_what_it_has_not(struct smoke *smoke)
{
    (void)smoke;
    struct capos_heap_stats stats;
    capos_heap_stats(&stats);
    void *all = capos_alloc(stats.largest_bytes - stats.largest_bytes / 16);
    bool good = all && !capos_alloc(stats.region_bytes) && !capos_alloc(SIZE_MAX);
    capos_free(all);
    return good;
}

static bool heap_blocks_are_aligned(struct smoke *smoke)
{
    (void)smoke;
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        void *block = capos_alloc_aligned(10, alignment);
        if (!block || (uintptr_t)block % alignment != 0)
            return false;
        capos_free(block);
    }
    return true;
}

/* A longer name than the call's own buffer takes: it comes from the heap, and goes back. */
static bool large_call_borrows_from_the_heap(struct smoke *smoke)
{
    static char name[4001];
    struct capos_heap_stats before, after;
    struct directory_open_call call;
    struct directory_open_results_reader results;
    memset(name, '=', sizeof name - 1);
    capos_heap_stats(&before);
    directory_open_send(smoke->ring, smoke->peer, wire_text_make(name, sizeof name - 1), &call);
    bool good = directory_open_wait(smoke->ring, &call, &results) == CAP_ERR_APPLICATION_EXCEPTION &&
                wire_text_equal(capos_call_exception(&call.call).message, WIRE_TEXT("no such file"));
    directory_open_finish(smoke->ring, &call);
    capos_heap_stats(&after);
    return good && after.used_bytes == before.used_bytes && after.allocations == before.allocations + 1;
}

static bool fill(struct smoke *smoke, uint8_t *bytes, uint32_t count)
{
    struct entropy_source_fill_call call;
    struct entropy_source_fill_results_reader results;
    bool good = false;
    entropy_source_fill_send(smoke->ring, smoke->entropy, count, &call);
    if (entropy_source_fill_wait(smoke->ring, &call, &results) == CAP_OK) {
        struct wire_data data = entropy_source_fill_results_get_data(results);
        good = data.size == count;
        if (good)
            memcpy(bytes, data.bytes, count);
    }
    entropy_source_fill_finish(smoke->ring, &call);
    return good;
}

/* Two fills of 32 bytes differ, and neither is all the same byte. */
static bool entropy_is_not_constant(struct smoke *smoke)
{
    uint8_t first[32], second[32];
    if (!fill(smoke, first, 32) || !fill(smoke, second, 32))
        return false;
    return memcmp(first, second, 32) != 0 && memcmp(first, first + 1, 31) != 0;
}

const struct smoke_test smoke_memory_tests[] = {
    {"the heap gives and takes back", heap_gives_and_takes_back},
    {"the heap refuses what it does not have", heap_refuses_what_it_has_not},
    {"the heap's blocks are aligned", heap_blocks_are_aligned},
    {"a call larger than its buffer borrows from the heap", large_call_borrows_from_the_heap},
    {"random bytes are not constant", entropy_is_not_constant},
    {0},
};
