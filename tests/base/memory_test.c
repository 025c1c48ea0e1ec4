/* base/memory.c under other names, against the obvious loops: sizes, alignments, overlap. */
#define memcpy  base_memcpy
#define memmove base_memmove
#define memset  base_memset
#define memcmp  base_memcmp
#include "base/memory.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp

#include "tests/tap.h"

enum { ROOM = 2048, EDGE = 16 };

static uint8_t here[ROOM], there[ROOM], expected[ROOM];

static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 511, 512, 513, 1000};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static void fill(uint8_t *bytes, unsigned seed)
{
    for (unsigned i = 0; i < ROOM; i++)
        bytes[i] = (uint8_t)(i * 7 + seed + (i >> 8));
}

TAP_TEST(memory_copy_all_sizes_and_alignments)
{
    for (size_t s = 0; s < SIZES; s++)
        for (size_t from = 0; from < 9; from++)
            for (size_t to = 0; to < 9; to++) {
                fill(here, 1);
                fill(there, 2);
                fill(expected, 2);
                for (size_t i = 0; i < sizes[s]; i++)
                    expected[EDGE + to + i] = here[from + i];
                TAP_CHECK(base_memcpy(there + EDGE + to, here + from, sizes[s]) == there + EDGE + to);
                TAP_MEM_EQ(there, expected, ROOM);
            }
}

TAP_TEST(memory_move_overlapping)
{
    for (size_t s = 0; s < SIZES; s++)
        for (size_t from = 0; from < 40; from += 3)
            for (size_t to = 0; to < 40; to++) {
                fill(here, 3);
                fill(there, 3);
                fill(expected, 3);
                for (size_t i = 0; i < sizes[s]; i++)
                    expected[to + i] = here[from + i];
                TAP_CHECK(base_memmove(there + to, there + from, sizes[s]) == there + to);
                TAP_MEM_EQ(there, expected, ROOM);
            }
}

TAP_TEST(memory_set_all_sizes_and_alignments)
{
    for (size_t s = 0; s < SIZES; s++)
        for (size_t to = 0; to < 9; to++) {
            fill(there, 4);
            fill(expected, 4);
            for (size_t i = 0; i < sizes[s]; i++)
                expected[EDGE + to + i] = 0xc3;
            TAP_CHECK(base_memset(there + EDGE + to, 0x1c3, sizes[s]) == there + EDGE + to);
            TAP_MEM_EQ(there, expected, ROOM);
        }
}

TAP_TEST(memory_compare_is_by_unsigned_bytes)
{
    for (size_t s = 0; s < SIZES; s++)
        for (size_t at = 0; at < sizes[s]; at++) {
            fill(here, 5);
            fill(there, 5);
            TAP_EQ(base_memcmp(here + 1, there + 1, sizes[s]), 0);
            here[1 + at] = 0x80;
            there[1 + at] = 0x7f;
            TAP_CHECK(base_memcmp(here + 1, there + 1, sizes[s]) > 0);
            TAP_CHECK(base_memcmp(there + 1, here + 1, sizes[s]) < 0);
            TAP_EQ(base_memcmp(here + 1, there + 1, at), 0);
        }
}
