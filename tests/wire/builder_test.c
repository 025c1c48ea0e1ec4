/* Building: every setter and maker, the arena's ends, far pointers, erasing. */
#include "tests/tap.h"
#include "tests/wire/walk.h"

static uint64_t arena[1024];
static struct wire_build build;
static struct wire_segment segments[WIRE_SEGMENTS_MAX];
static struct walk_memory memory;

static void start(uint32_t words)
{
    memset(arena, 0xa5, sizeof(arena));
    wire_build_init(&build, arena, words);
}

/* Every object after the root pointer is in a segment of its own. */
static void start_far(uint32_t first_words)
{
    memset(arena, 0xa5, sizeof(arena));
    memory.used = 0;
    wire_build_init_growing(&build, segments, WIRE_SEGMENTS_MAX, arena, first_words, walk_grow, &memory);
}

static struct wire_struct read_root(void)
{
    return wire_root(wire_build_reader(&build));
}

TAP_TEST(build_sets_every_scalar)
{
    start(64);
    struct wire_struct_builder b = wire_slot_init_struct(wire_build_root(&build), 6, 0);
    wire_set_u8(b, 0, 0xfe);
    wire_set_i8(b, 1, -3);
    wire_set_u16(b, 2, 0xfffe);
    wire_set_i16(b, 4, -300);
    wire_set_bool(b, 48, true);
    wire_set_bool(b, 50, true);
    wire_set_bool(b, 50, false);
    wire_set_u32(b, 8, 0xfffffffe);
    wire_set_i32(b, 12, -70000);
    wire_set_u64(b, 16, UINT64_MAX - 1);
    wire_set_i64(b, 24, INT64_MIN);
    wire_set_f32(b, 32, 1.5f);
    wire_set_f64(b, 40, -2.25);
    struct wire_struct r = read_root();
    TAP_EQ(wire_get_u8(r, 0), 0xfe);
    TAP_EQ(wire_get_i8(r, 1), -3);
    TAP_EQ(wire_get_u16(r, 2), 0xfffe);
    TAP_EQ(wire_get_i16(r, 4), -300);
    TAP_EQ(wire_get_u8(r, 6), 1);
    TAP_CHECK(wire_get_bool(r, 48) && !wire_get_bool(r, 49) && !wire_get_bool(r, 50));
    TAP_EQ(wire_get_u32(r, 8), 0xfffffffe);
    TAP_EQ(wire_get_i32(r, 12), -70000);
    TAP_CHECK(wire_get_u64(r, 16) == UINT64_MAX - 1);
    TAP_CHECK(wire_get_i64(r, 24) == INT64_MIN);
    TAP_CHECK(wire_get_f32(r, 32) == 1.5f && wire_get_f64(r, 40) == -2.25);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}

TAP_TEST(build_scalar_defaults_are_xored)
{
    start(64);
    struct wire_struct_builder b = wire_slot_init_struct(wire_build_root(&build), 4, 0);
    struct wire_struct r = read_root();
    TAP_EQ(wire_get_u16_or(r, 0, 18), 18);
    TAP_EQ(wire_get_i32_or(r, 4, -5), -5);
    TAP_CHECK(wire_get_bool_or(r, 16, true));
    TAP_CHECK(wire_get_f32_or(r, 8, wire_f32_bits(3.5f)) == 3.5f);
    wire_set_u16_or(b, 0, 18, 18);
    TAP_EQ(wire_get_u16(r, 0), 0);
    wire_set_u16_or(b, 0, 7, 18);
    TAP_EQ(wire_get_u16_or(r, 0, 18), 7);
    wire_set_i32_or(b, 4, 9, -5);
    TAP_EQ(wire_get_i32_or(r, 4, -5), 9);
    wire_set_bool_or(b, 16, false, true);
    TAP_CHECK(!wire_get_bool_or(r, 16, true) && wire_get_bool(r, 16));
    wire_set_f32_or(b, 8, -1.0f, wire_f32_bits(3.5f));
    TAP_CHECK(wire_get_f32_or(r, 8, wire_f32_bits(3.5f)) == -1.0f);
    wire_set_f64_or(b, 16, 0.5, wire_f64_bits(2.0));
    TAP_CHECK(wire_get_f64_or(r, 16, wire_f64_bits(2.0)) == 0.5);
}

TAP_TEST(build_sets_every_list_element)
{
    start(256);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 5);
    struct wire_list_builder bytes = wire_slot_init_list(wire_slot_of(root, 0), WIRE_ELEMENT_1_BYTE, 3);
    struct wire_list_builder shorts = wire_slot_init_list(wire_slot_of(root, 1), WIRE_ELEMENT_2_BYTES, 3);
    struct wire_list_builder words = wire_slot_init_list(wire_slot_of(root, 2), WIRE_ELEMENT_4_BYTES, 3);
    struct wire_list_builder longs = wire_slot_init_list(wire_slot_of(root, 3), WIRE_ELEMENT_8_BYTES, 3);
    struct wire_list_builder bits = wire_slot_init_list(wire_slot_of(root, 4), WIRE_ELEMENT_BIT, 70);
    wire_list_set_u8(bytes, 0, 200);
    wire_list_set_i8(bytes, 1, -2);
    wire_list_set_u16(shorts, 0, 60000);
    wire_list_set_i16(shorts, 2, -2);
    wire_list_set_u32(words, 0, 4000000000u);
    wire_list_set_i32(words, 1, -2);
    wire_list_set_f32(words, 2, 0.5f);
    wire_list_set_u64(longs, 0, UINT64_MAX);
    wire_list_set_i64(longs, 1, -2);
    wire_list_set_f64(longs, 2, 0.25);
    wire_list_set_bool(bits, 69, true);
    struct wire_struct r = read_root();
    struct wire_list l = wire_get_list(r, 0, WIRE_ELEMENT_1_BYTE);
    TAP_EQ(l.count, 3);
    TAP_EQ(wire_list_u8(l, 0), 200);
    TAP_EQ(wire_list_i8(l, 1), -2);
    TAP_EQ(wire_list_i8(l, 2), 0);
    TAP_EQ(wire_list_u8(l, 3), 0);
    l = wire_get_list(r, 1, WIRE_ELEMENT_2_BYTES);
    TAP_EQ(wire_list_u16(l, 0), 60000);
    TAP_EQ(wire_list_i16(l, 2), -2);
    l = wire_get_list(r, 2, WIRE_ELEMENT_4_BYTES);
    TAP_EQ(wire_list_u32(l, 0), 4000000000u);
    TAP_EQ(wire_list_i32(l, 1), -2);
    TAP_CHECK(wire_list_f32(l, 2) == 0.5f);
    l = wire_get_list(r, 3, WIRE_ELEMENT_8_BYTES);
    TAP_CHECK(wire_list_u64(l, 0) == UINT64_MAX && wire_list_i64(l, 1) == -2 && wire_list_f64(l, 2) == 0.25);
    l = wire_get_list(r, 4, WIRE_ELEMENT_BIT);
    TAP_EQ(l.count, 70);
    TAP_CHECK(wire_list_bool(l, 69) && !wire_list_bool(l, 68) && !wire_list_bool(l, 70));
    TAP_EQ(wire_list_u8(l, 0), 0);
}

/* The very bytes, so that two mistakes that cancel out are seen. */
TAP_TEST(build_bytes_are_those_of_the_specification)
{
    static const uint64_t expected[] = {
        UINT64_C(0x0002000100000000), /* root: struct, offset 0, 1 data word, 2 pointers */
        42,
        UINT64_C(0x0000001a00000005), /* list, offset 1, bytes, 3 of them */
        UINT64_C(0x0000001700000005), /* list, offset 1, structs, 2 words */
        UINT64_C(0x0000000000006968), /* "hi" */
        UINT64_C(0x0000000100000008), /* tag: 2 elements, 1 data word */
        7,
        8,
    };
    start(64);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 1, 2);
    wire_set_u8(root, 0, 42);
    wire_slot_set_text(wire_slot_of(root, 0), WIRE_TEXT("hi"));
    struct wire_list_builder list = wire_slot_init_struct_list(wire_slot_of(root, 1), 2, 1, 0);
    wire_set_u8(wire_list_element(list, 0), 0, 7);
    wire_set_u8(wire_list_element(list, 1), 0, 8);
    uint64_t bytes = 0;
    const void *flat = wire_build_flat(&build, &bytes);
    TAP_EQ(bytes, sizeof(expected));
    TAP_MEM_EQ(flat, expected, sizeof(expected));
}

TAP_TEST(build_empty_struct_is_not_null)
{
    start(8);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 0);
    TAP_EQ(root.state, WIRE_PRESENT);
    TAP_CHECK(arena[0] == UINT64_C(0xfffffffc));
    TAP_EQ(read_root().state, WIRE_PRESENT);
}

static void check_rich(struct wire_struct r)
{
    TAP_CHECK(wire_get_u64(r, 0) == UINT64_C(0x1122334455667788));
    TAP_CHECK(wire_text_equal(wire_get_text(r, 0), WIRE_TEXT("hello")));
    TAP_CHECK(wire_data_equal(wire_get_data(r, 1), wire_data_make("\1\2\3", 3)));
    TAP_CHECK(wire_text_equal(wire_get_text(wire_get_struct(r, 2), 0), WIRE_TEXT("child")));
    TAP_EQ(wire_list_u64(wire_get_list(r, 6, WIRE_ELEMENT_8_BYTES), 2), 3);
    TAP_EQ(wire_get_list(r, 7, WIRE_ELEMENT_VOID).count, 3);
    TAP_CHECK(wire_list_bool(wire_get_list(r, 8, WIRE_ELEMENT_BIT), 10));
    struct wire_list texts = wire_get_list(r, 9, WIRE_ELEMENT_POINTER);
    TAP_CHECK(wire_text_equal(wire_list_text(texts, 0), WIRE_TEXT("first")));
    TAP_EQ(wire_list_text(texts, 1).state, WIRE_PRESENT);
    struct wire_list lists = wire_get_list(r, 10, WIRE_ELEMENT_POINTER);
    TAP_EQ(wire_list_u16(wire_list_list(lists, 0, WIRE_ELEMENT_2_BYTES), 0), 77);
    TAP_EQ(wire_list_list(lists, 1, WIRE_ELEMENT_2_BYTES).state, WIRE_ABSENT);
    struct wire_list structs = wire_get_list(r, 11, WIRE_ELEMENT_STRUCT);
    TAP_EQ(wire_get_u16(wire_list_struct(structs, 1), 0), 41);
    TAP_CHECK(wire_text_equal(wire_get_text(wire_list_struct(structs, 1), 0), WIRE_TEXT("element")));
    TAP_EQ(wire_get_cap(r, 12).index, 1);
    TAP_EQ(wire_get_struct(r, 13).state, WIRE_PRESENT);
}

TAP_TEST(build_and_read_everything)
{
    start(1024);
    walk_build(&build);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    TAP_EQ(build.message.cap_count, 2);
    check_rich(read_root());
    TAP_STOP_IF_FAILED();
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
}

TAP_TEST(build_everything_with_every_pointer_far)
{
    start_far(1);
    walk_build(&build);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    TAP_CHECK(build.message.segment_count > 15);
    for (uint32_t i = 0; i < build.message.segment_count; i++)
        TAP_EQ(segments[i].word_count, segments[i].space_count);
    check_rich(read_root());
    TAP_STOP_IF_FAILED();
    uint64_t bytes;
    TAP_CHECK(wire_build_flat(&build, &bytes) == NULL);
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
}

static uint32_t rich_words(void)
{
    start(1024);
    walk_build(&build);
    return build.message.first.word_count;
}

TAP_TEST(arena_exactly_full)
{
    uint32_t words = rich_words();
    start(words);
    walk_build(&build);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    TAP_EQ(build.message.first.word_count, words);
    TAP_CHECK(arena[words] == UINT64_C(0xa5a5a5a5a5a5a5a5));
}

TAP_TEST(arena_any_number_of_words_short)
{
    for (uint32_t words = rich_words(); words-- > 0;) {
        start(words);
        walk_build(&build);
        TAP_EQ(wire_build_error(&build), WIRE_ERR_NO_SPACE);
        TAP_CHECK(arena[words] == UINT64_C(0xa5a5a5a5a5a5a5a5));
        uint64_t bytes;
        TAP_CHECK(wire_build_flat(&build, &bytes) == NULL);
    }
}

TAP_TEST(arena_of_no_words)
{
    wire_build_init(&build, NULL, 0);
    walk_build(&build);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_NO_SPACE);
    TAP_EQ(read_root().state, WIRE_BROKEN);
}

TAP_TEST(arena_unaligned)
{
    wire_build_init(&build, (uint64_t *)(void *)((uint8_t *)arena + 4), 10);
    walk_build(&build);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_UNALIGNED);
}

TAP_TEST(arena_after_an_error_nothing_more_is_made)
{
    start(6);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 1, 2);
    TAP_EQ(wire_slot_init_text(wire_slot_of(root, 0), 100).size, 0);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_NO_SPACE);
    TAP_EQ(build.message.error_segment, 0);
    TAP_EQ(build.message.error_word, 2);
    TAP_CHECK(wire_slot_init_text(wire_slot_of(root, 1), 1).bytes == NULL);
    TAP_EQ(wire_slot_init_struct(wire_slot_of(root, 1), 1, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_slot_init_struct(wire_slot_of(root, 1), 0, 0).state, WIRE_ABSENT);
    wire_slot_set_cap(wire_slot_of(root, 1), 3);
    TAP_CHECK(arena[3] == 0);
    TAP_CHECK(wire_build_root(&build).pointer == NULL);
}

TAP_TEST(arena_growth_refused_or_bad)
{
    start_far(1);
    memory.used = 4096 - 3;
    wire_slot_init_struct(wire_build_root(&build), 3, 0);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_NO_SPACE);
    start_far(1);
    build.segments_max = 2;
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 2);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    wire_slot_init_struct(wire_slot_of(root, 0), 3, 0);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_NO_SPACE);
    TAP_EQ(build.message.error_segment, 1);
}

TAP_TEST(build_too_large)
{
    start(64);
    wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_VOID, (1u << 29) - 1);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_VOID, 1u << 29);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_TOO_LARGE);
    start(64);
    wire_slot_init_data(wire_build_root(&build), UINT32_MAX);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_TOO_LARGE);
    start(64);
    wire_slot_init_struct_list(wire_build_root(&build), (1u << 29) - 1, 1, 0);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_TOO_LARGE);
    start(64);
    wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_STRUCT, 1);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_WRONG_ELEMENT);
}

TAP_TEST(build_index_beyond_the_end)
{
    start(64);
    struct wire_list_builder list = wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_1_BYTE, 2);
    wire_list_set_u8(list, 1, 1);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    wire_list_set_u8(list, 2, 1);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
    start(64);
    list = wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_1_BYTE, 2);
    wire_list_set_u16(list, 0, 1);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
    start(64);
    list = wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_1_BYTE, 2);
    wire_list_set_bool(list, 0, true);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
    start(64);
    list = wire_slot_init_list(wire_build_root(&build), WIRE_ELEMENT_BIT, 2);
    TAP_EQ(wire_list_element(list, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
    start(64);
    wire_slot_of(wire_slot_init_struct(wire_build_root(&build), 1, 1), 1);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
    start(64);
    list = wire_slot_init_struct_list(wire_build_root(&build), 2, 1, 0);
    TAP_EQ(wire_list_element(list, 2).state, WIRE_ABSENT);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_INDEX);
}

TAP_TEST(build_inert_views_take_everything)
{
    struct wire_struct_builder inert = {0};
    struct wire_list_builder list = {0};
    wire_set_u64(inert, 0, 1);
    wire_set_bool(inert, 0, true);
    wire_list_set_u8(list, 0, 1);
    wire_list_set_bool(list, 0, true);
    struct wire_slot slot = wire_slot_of(inert, 0);
    TAP_CHECK(slot.pointer == NULL && wire_slot_is_null(slot));
    TAP_CHECK(wire_list_slot(list, 0).pointer == NULL);
    wire_slot_set_text(slot, WIRE_TEXT("x"));
    wire_slot_set_data(slot, wire_data_make("x", 1));
    wire_slot_set_cap(slot, 1);
    wire_slot_set_any(slot, wire_slot_as_any(slot));
    wire_slot_clear(slot);
    wire_struct_copy(inert, wire_struct_as_reader(inert));
    TAP_EQ(wire_slot_init_struct(slot, 1, 1).state, WIRE_ABSENT);
    TAP_EQ(wire_slot_init_list(slot, WIRE_ELEMENT_BIT, 1).count, 0);
    TAP_EQ(wire_slot_init_struct_list(slot, 1, 1, 1).count, 0);
    TAP_EQ(wire_slot_get_struct(slot, 1, 1).state, WIRE_ABSENT);
    TAP_EQ(wire_slot_get_list(slot, WIRE_ELEMENT_BIT).count, 0);
    TAP_EQ(wire_slot_get_struct_list(slot, 1, 1).count, 0);
    TAP_CHECK(wire_slot_get_text(slot).bytes == NULL && wire_slot_get_data(slot).bytes == NULL);
    TAP_EQ(wire_list_element(list, 0).state, WIRE_ABSENT);
}

/* 64 levels can be built and read, a 65th cannot be built. */
TAP_TEST(build_nesting_limit)
{
    start(256);
    struct wire_slot slot = wire_build_root(&build);
    for (int i = 0; i < WIRE_NESTING_MAX; i++)
        slot = wire_slot_of(wire_slot_init_struct(slot, 0, 1), 0);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
    wire_slot_init_struct(slot, 0, 1);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_NESTING);
}

static bool all_zero_after(const struct wire_segment *segment, uint32_t word)
{
    for (uint32_t i = word; i < segment->word_count; i++)
        if (segment->words[i] != 0)
            return false;
    return true;
}

TAP_TEST(overwriting_zeroes_the_old_object)
{
    start(1024);
    walk_build(&build);
    wire_slot_clear(wire_build_root(&build));
    TAP_CHECK(all_zero_after(&build.message.first, 0));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    walk_build(&build);
    uint32_t used = build.message.first.word_count;
    wire_slot_init_struct(wire_build_root(&build), 1, 0);
    TAP_CHECK(all_zero_after(&build.message.first, 1) && used > 50);
}

TAP_TEST(overwriting_zeroes_the_old_object_in_other_segments)
{
    start_far(1);
    walk_build(&build);
    wire_slot_clear(wire_build_root(&build));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    for (uint32_t i = 0; i < build.message.segment_count; i++)
        TAP_CHECK(all_zero_after(&segments[i], 0));
}

TAP_TEST(each_setter_zeroes_what_it_replaces)
{
    for (int way = 0; way < 6; way++) {
        start(64);
        struct wire_slot slot = wire_slot_of(wire_slot_init_struct(wire_build_root(&build), 0, 1), 0);
        wire_slot_set_text(slot, WIRE_TEXT("secret!"));
        uint64_t *secret = &arena[2];
        TAP_MEM_EQ(secret, "secret!", 8);
        if (way == 0)
            wire_slot_set_text(slot, WIRE_TEXT("public"));
        if (way == 1)
            wire_slot_set_data(slot, wire_data_make("a", 1));
        if (way == 2)
            wire_slot_set_cap(slot, 0);
        if (way == 3)
            wire_slot_init_list(slot, WIRE_ELEMENT_BIT, 1);
        if (way == 4)
            wire_slot_set_any(slot, wire_any_none(WIRE_ABSENT));
        if (way == 5)
            wire_slot_init_struct_list(slot, 1, 1, 1);
        TAP_CHECK(*secret == 0);
        TAP_EQ(wire_build_error(&build), WIRE_OK);
    }
}
