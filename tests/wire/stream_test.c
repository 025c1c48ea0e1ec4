/* Framing: measuring, opening, writing; tables that lie. */
#include "tests/tap.h"
#include "tests/wire/walk.h"
#include "tests/wire/words.h"

static uint64_t arena[1024], out[4096];
static struct wire_build build;
static struct wire_segment segments[WIRE_SEGMENTS_MAX + 1], opened[WIRE_SEGMENTS_MAX];
static struct walk_memory memory;
static struct wire_message message;

static void build_rich(bool far)
{
    memory.used = 0;
    if (far)
        wire_build_init_growing(&build, segments, WIRE_SEGMENTS_MAX, arena, 1, walk_grow, &memory);
    else
        wire_build_init(&build, arena, 1024);
    walk_build(&build);
}

TAP_TEST(stream_round_trip)
{
    for (int far = 0; far < 2; far++) {
        build_rich(far != 0);
        uint64_t bytes = 0, need = 0;
        TAP_EQ(wire_stream_write(&build, out, sizeof(out), &bytes), WIRE_OK);
        TAP_EQ(bytes, wire_stream_bytes(&build));
        TAP_EQ(wire_stream_size(out, bytes, &need), WIRE_OK);
        TAP_EQ(need, bytes);
        TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, out, bytes + 8, opened, WIRE_SEGMENTS_MAX), WIRE_OK);
        message.cap_count = 2;
        TAP_EQ(message.segment_count, build.message.segment_count);
        TAP_CHECK(walk_equal(wire_root_any(&message), wire_root_any(wire_build_reader(&build))));
        TAP_EQ(wire_verify(&message), WIRE_OK);
    }
}

TAP_TEST(stream_header_bytes)
{
    static const uint64_t words[] = {STRUCT(0, 1, 0), 5};
    build_rich(false);
    uint64_t bytes = 0;
    TAP_EQ(wire_stream_header_bytes(&build), 8);
    TAP_EQ(wire_stream_write_header(&build, out, 7, &bytes), WIRE_ERR_NO_SPACE);
    TAP_EQ(bytes, 0);
    TAP_EQ(wire_stream_write_header(&build, out, 8, &bytes), WIRE_OK);
    TAP_CHECK(out[0] == (uint64_t)build.message.first.word_count << 32);
    memset(out, 0xff, sizeof(out));
    segments[0] = segments[1] = (struct wire_segment){.words = words, .word_count = 2};
    wire_open_segments(&build.message, WIRE_PRIVATE, segments, 2);
    TAP_EQ(wire_stream_write_header(&build, out, 16, &bytes), WIRE_OK);
    TAP_EQ(bytes, 16);
    TAP_CHECK(out[0] == UINT64_C(0x0000000200000001) && out[1] == 2);
    wire_stream_write(&build, out, 47, &bytes);
    TAP_EQ(wire_stream_write(&build, out, 47, &bytes), WIRE_ERR_NO_SPACE);
    TAP_EQ(wire_stream_write(&build, out, 48, &bytes), WIRE_OK);
}

TAP_TEST(stream_write_refuses_a_failed_message)
{
    uint64_t bytes = 0;
    wire_build_init(&build, arena, 5);
    walk_build(&build);
    TAP_EQ(wire_stream_write(&build, out, sizeof(out), &bytes), WIRE_ERR_NO_SPACE);
    TAP_EQ(wire_stream_write_header(&build, out, sizeof(out), &bytes), WIRE_ERR_NO_SPACE);
}

/* A byte more at a time: what is needed only grows, and is right in the end. */
TAP_TEST(stream_size_piece_by_piece)
{
    build_rich(true);
    uint64_t bytes = 0, before = 0;
    wire_stream_write(&build, out, sizeof(out), &bytes);
    for (uint64_t have = 0; have <= bytes; have++) {
        uint64_t need = 0;
        TAP_EQ(wire_stream_size(out, have, &need), WIRE_OK);
        TAP_CHECK(need >= before && need <= bytes && (have < bytes ? need > have : need == bytes));
        before = need;
    }
}

TAP_TEST(stream_size_of_greatest_segments_does_not_wrap)
{
    uint32_t table[514];
    uint64_t need = 0;
    for (int i = 1; i < 514; i++)
        table[i] = UINT32_MAX;
    table[0] = 511;
    TAP_EQ(wire_stream_size(table, sizeof(table), &need), WIRE_OK);
    TAP_CHECK(need == 8 * 257 + UINT64_C(512) * UINT32_MAX * 8);
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, table, sizeof(table), opened, 512), WIRE_ERR_TRUNCATED);
    table[0] = 512;
    TAP_EQ(wire_stream_size(table, sizeof(table), &need), WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, table, sizeof(table), segments, 513),
           WIRE_ERR_BAD_SEGMENT_COUNT);
}

/* 0xffffffff + 1 is 0 in 32 bits. */
TAP_TEST(check_bad_segment_count_that_wraps)
{
    static const uint64_t words[] = {UINT64_MAX, 0, 0};
    uint64_t need;
    TAP_EQ(wire_stream_size(words, sizeof(words), &need), WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_open_stream(&message, WIRE_SHARED, words, sizeof(words), opened, WIRE_SEGMENTS_MAX),
           WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_root(&message).state, WIRE_BROKEN);
    TAP_EQ(message.error, WIRE_ERR_BAD_SEGMENT_COUNT);
}

TAP_TEST(check_bad_segment_count_over_the_callers)
{
    static const uint64_t words[] = {UINT64_C(0x0000000100000001), 1, 0, 0};
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, words, sizeof(words), opened, 1),
           WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, words, sizeof(words), NULL, 0),
           WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, words, sizeof(words), opened, 2), WIRE_OK);
}

TAP_TEST(check_truncated)
{
    static const uint64_t words[] = {UINT64_C(0x0000000100000001), 1, 0, 0};
    static const uint64_t one[] = {UINT64_C(0x0000000100000000), 0};
    for (uint64_t bytes = 0; bytes < sizeof(words); bytes++)
        TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, words, bytes, opened, 2), WIRE_ERR_TRUNCATED);
    for (uint64_t bytes = 0; bytes < sizeof(one); bytes++)
        TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, one, bytes, NULL, 0), WIRE_ERR_TRUNCATED);
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, one, sizeof(one), NULL, 0), WIRE_OK);
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, (const uint8_t *)one + 4, 8, NULL, 0),
           WIRE_ERR_UNALIGNED);
}
