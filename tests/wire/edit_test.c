/* What a builder already has: found again, checked again, moved to a larger place. */
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

/* Every object after the first segment is full is in a segment of its own. */
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

static bool all_zero_after(const struct wire_segment *segment, uint32_t word)
{
    for (uint32_t i = word; i < segment->word_count; i++)
        if (segment->words[i] != 0)
            return false;
    return true;
}

TAP_TEST(edit_get_makes_or_finds)
{
    start(64);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 3);
    struct wire_struct_builder made = wire_slot_get_struct(wire_slot_of(root, 0), 1, 0);
    wire_set_u32(made, 0, 5);
    struct wire_struct_builder found = wire_slot_get_struct(wire_slot_of(root, 0), 1, 0);
    TAP_CHECK(found.data == made.data);
    TAP_EQ(wire_slot_get_list(wire_slot_of(root, 1), WIRE_ELEMENT_2_BYTES).count, 0);
    wire_slot_init_list(wire_slot_of(root, 1), WIRE_ELEMENT_2_BYTES, 4);
    struct wire_list_builder list = wire_slot_get_list(wire_slot_of(root, 1), WIRE_ELEMENT_2_BYTES);
    TAP_EQ(list.count, 4);
    wire_list_set_u16(list, 3, 9);
    TAP_EQ(wire_list_u16(wire_list_as_reader(list), 3), 9);
    wire_slot_set_text(wire_slot_of(root, 2), WIRE_TEXT("abc"));
    struct wire_bytes text = wire_slot_get_text(wire_slot_of(root, 2));
    TAP_EQ(text.size, 3);
    text.bytes[0] = 'A';
    TAP_STR_EQ(wire_get_text(read_root(), 2).chars, "Abc");
    TAP_EQ(wire_slot_get_data(wire_slot_of(root, 2)).size, 4);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}

TAP_TEST(edit_text_is_checked_again)
{
    start(64);
    struct wire_slot root = wire_build_root(&build);
    struct wire_bytes text = wire_slot_init_text(root, 3);
    text.bytes[3] = 'x';
    TAP_CHECK(wire_slot_get_text(root).bytes == NULL);
    TAP_EQ(wire_build_error(&build), WIRE_ERR_TEXT_NOT_TERMINATED);
}

static void enlarge_struct_and_check(void)
{
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 1);
    struct wire_struct_builder old = wire_slot_init_struct(wire_slot_of(root, 0), 1, 3);
    wire_set_u64(old, 0, 1234);
    wire_slot_set_text(wire_slot_of(old, 0), WIRE_TEXT("kept"));
    wire_slot_init_struct(wire_slot_of(old, 1), 0, 0);
    wire_slot_set_cap(wire_slot_of(old, 2), 6);
    const uint64_t *before = (const uint64_t *)(const void *)old.data;
    struct wire_struct_builder view = wire_slot_get_struct(wire_slot_of(root, 0), 2, 4);
    TAP_CHECK(view.data_bytes == 16 && view.pointer_count == 4 && view.data != old.data);
    for (int i = 0; i < 4; i++)
        TAP_CHECK(before[i] == 0);
    wire_slot_set_text(wire_slot_of(view, 3), WIRE_TEXT("new"));
    struct wire_struct r = wire_get_struct(read_root(), 0);
    TAP_CHECK(wire_get_u64(r, 0) == 1234);
    TAP_STR_EQ(wire_get_text(r, 0).chars, "kept");
    TAP_EQ(wire_get_struct(r, 1).state, WIRE_PRESENT);
    TAP_EQ(wire_get_cap(r, 2).index, 6);
    TAP_STR_EQ(wire_get_text(r, 3).chars, "new");
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
}

TAP_TEST(edit_enlarges_a_struct)
{
    start(64);
    enlarge_struct_and_check();
}

/* Every segment is full: the text in its own segment keeps its pad, the word moves as it is. */
TAP_TEST(edit_enlarges_a_struct_far_away)
{
    start_far(1);
    enlarge_struct_and_check();
}

/* The text lies in the full first segment, the new struct elsewhere: a double-far pointer. */
TAP_TEST(edit_enlarges_by_a_double_far_pointer)
{
    start_far(6);
    struct wire_struct_builder old = wire_slot_init_struct(wire_build_root(&build), 1, 2);
    wire_slot_set_text(wire_slot_of(old, 0), WIRE_TEXT("kept"));
    TAP_EQ(segments[0].word_count, 5);
    segments[0].space_count = 5;
    struct wire_struct_builder view = wire_slot_get_struct(wire_build_root(&build), 2, 2);
    TAP_EQ(view.data_bytes, 16);
    uint64_t word = *wire_slot_of(view, 0).pointer;
    TAP_EQ(word & 7, 6);
    TAP_EQ((uint32_t)segments[word >> 32].words[((uint32_t)word >> 3) + 1], 1); /* a list, offset 0 */
    TAP_STR_EQ(wire_get_text(read_root(), 0).chars, "kept");
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
    wire_slot_clear(wire_build_root(&build));
    for (uint32_t i = 0; i < build.message.segment_count; i++)
        TAP_CHECK(all_zero_after(&segments[i], 0));
}

TAP_TEST(edit_enlarges_by_a_pad_in_the_old_segment)
{
    start_far(5);
    struct wire_struct_builder old = wire_slot_init_struct(wire_build_root(&build), 1, 1);
    wire_slot_set_text(wire_slot_of(old, 0), WIRE_TEXT("kept"));
    struct wire_struct_builder view = wire_slot_get_struct(wire_build_root(&build), 2, 1);
    TAP_EQ(*wire_slot_of(view, 0).pointer & 7, 2);
    TAP_EQ(segments[0].word_count, 5);
    TAP_STR_EQ(wire_get_text(read_root(), 0).chars, "kept");
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
}

TAP_TEST(edit_enlarges_lists_of_structs)
{
    start(128);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 3);
    struct wire_list_builder structs = wire_slot_init_struct_list(wire_slot_of(root, 0), 2, 1, 1);
    wire_slot_set_text(wire_slot_of(wire_list_element(structs, 1), 0), WIRE_TEXT("kept"));
    wire_set_u8(wire_list_element(structs, 1), 0, 3);
    wire_list_set_u16(wire_slot_init_list(wire_slot_of(root, 1), WIRE_ELEMENT_2_BYTES, 2), 1, 500);
    wire_slot_set_text(wire_list_slot(wire_slot_init_list(wire_slot_of(root, 2), WIRE_ELEMENT_POINTER, 2), 1),
                       WIRE_TEXT("pointer"));
    for (uint16_t i = 0; i < 3; i++) {
        struct wire_list_builder list = wire_slot_get_struct_list(wire_slot_of(root, i), 2, 2);
        TAP_CHECK(list.count == 2 && list.data_bytes == 16 && list.pointer_count == 2);
    }
    struct wire_struct r = read_root();
    struct wire_struct element = wire_list_struct(wire_get_list(r, 0, WIRE_ELEMENT_STRUCT), 1);
    TAP_EQ(wire_get_u8(element, 0), 3);
    TAP_STR_EQ(wire_get_text(element, 0).chars, "kept");
    element = wire_list_struct(wire_get_list(r, 1, WIRE_ELEMENT_STRUCT), 1);
    TAP_EQ(wire_get_u16(element, 0), 500);
    element = wire_list_struct(wire_get_list(r, 2, WIRE_ELEMENT_STRUCT), 1);
    TAP_STR_EQ(wire_get_text(element, 0).chars, "pointer");
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
}

static const uint64_t constant_words[] = {UINT64_C(0x0001000100000000), 77, UINT64_C(0x0000001200000001),
                                          0x61};
static const struct wire_segment constant = WIRE_CONSTANT(constant_words);

TAP_TEST(edit_default_is_copied_in_once)
{
    start(64);
    struct wire_slot root = wire_build_root(&build);
    wire_slot_default(root, &constant);
    struct wire_struct_builder view = wire_slot_get_struct(root, 1, 1);
    TAP_EQ(wire_get_u64(wire_struct_as_reader(view), 0), 77);
    TAP_STR_EQ(wire_get_text(read_root(), 0).chars, "a");
    wire_set_u64(view, 0, 78);
    wire_slot_default(root, &constant);
    TAP_EQ(wire_get_u64(read_root(), 0), 78);
    TAP_EQ(constant_words[1], 77);
}
