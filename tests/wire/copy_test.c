/* Deep copies: everything, hostile sources, capabilities, parts of the very message. */
#include "tests/tap.h"
#include "tests/wire/walk.h"
#include "tests/wire/words.h"

static uint64_t arena[1024], other_arena[1024];
static struct wire_build build, other;
static struct wire_segment segments[WIRE_SEGMENTS_MAX], other_segments[WIRE_SEGMENTS_MAX];
static struct walk_memory memory, other_memory;
static struct wire_message message;

static void start(void)
{
    wire_build_init(&build, arena, 1024);
}

static void copy_rich(bool from_far, bool to_far)
{
    memory.used = other_memory.used = 0;
    if (from_far)
        wire_build_init_growing(&other, other_segments, WIRE_SEGMENTS_MAX, other_arena, 1, walk_grow,
                                &other_memory);
    else
        wire_build_init(&other, other_arena, 1024);
    if (to_far)
        wire_build_init_growing(&build, segments, WIRE_SEGMENTS_MAX, arena, 1, walk_grow, &memory);
    else
        start();
    walk_build(&other);
    struct wire_any source = wire_root_any(wire_build_reader(&other));
    wire_slot_set_any(wire_build_root(&build), source);
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    TAP_CHECK(walk_equal(source, wire_root_any(wire_build_reader(&build))));
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
    TAP_EQ(build.message.cap_count, 2);
    TAP_CHECK(walk_any(source) == walk_any(wire_root_any(wire_build_reader(&build))));
}

TAP_TEST(copy_everything)
{
    for (int i = 0; i < 4; i++) {
        copy_rich((i & 1) != 0, (i & 2) != 0);
        TAP_STOP_IF_FAILED();
    }
}

TAP_TEST(copy_views)
{
    wire_build_init(&other, other_arena, 1024);
    walk_build(&other);
    struct wire_struct source = wire_root(wire_build_reader(&other));
    start();
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 0, 3);
    wire_slot_set_struct(wire_slot_of(root, 0), wire_get_struct(source, 2));
    wire_slot_set_list(wire_slot_of(root, 1), wire_get_list(source, 11, WIRE_ELEMENT_STRUCT));
    wire_slot_set_list(wire_slot_of(root, 2), wire_get_list(source, 9, WIRE_ELEMENT_POINTER));
    struct wire_struct r = wire_root(wire_build_reader(&build));
    TAP_CHECK(walk_equal(wire_get_any(r, 0), wire_get_any(source, 2)));
    TAP_CHECK(walk_equal(wire_get_any(r, 1), wire_get_any(source, 11)));
    TAP_CHECK(walk_equal(wire_get_any(r, 2), wire_get_any(source, 9)));
    wire_slot_set_struct(wire_slot_of(root, 0), wire_get_struct(source, 20));
    TAP_CHECK(wire_slot_is_null(wire_slot_of(root, 0)));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}

/* A u16 list opened as structs: its elements copy as structs of one word. */
TAP_TEST(copy_upgraded_element)
{
    static const uint64_t words[] = {LIST(0, 3, 2), 0x00020001};
    OPEN(&message, words);
    struct wire_list list = wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT);
    start();
    wire_slot_set_struct(wire_build_root(&build), wire_list_struct(list, 1));
    struct wire_struct r = wire_root(wire_build_reader(&build));
    TAP_EQ(r.data_bytes, 8);
    TAP_EQ(wire_get_u64(r, 0), 2);
}

TAP_TEST(copy_into_a_struct_that_is_there)
{
    wire_build_init(&other, other_arena, 1024);
    walk_build(&other);
    struct wire_struct source = wire_root(wire_build_reader(&other));
    start();
    struct wire_list_builder list = wire_slot_init_struct_list(wire_build_root(&build), 2, 1, 1);
    wire_struct_copy(wire_list_element(list, 0), source);
    struct wire_struct_builder large = wire_list_element(list, 1);
    wire_set_u64(large, 0, 3);
    wire_slot_set_text(wire_slot_of(large, 0), WIRE_TEXT("gone"));
    wire_struct_copy(large, wire_get_struct(source, 13));
    struct wire_list r = wire_list_as_reader(list);
    TAP_EQ(wire_get_u64(wire_list_struct(r, 0), 0), wire_get_u64(source, 0));
    TAP_STR_EQ(wire_get_text(wire_list_struct(r, 0), 0).chars, "hello");
    TAP_EQ(wire_get_u64(wire_list_struct(r, 1), 0), 0);
    TAP_CHECK(!wire_has_pointer(wire_list_struct(r, 1), 0));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}

/* --- Sources that are broken ------------------------------------------------------ */

TAP_TEST(copy_of_a_broken_value)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), STRUCT(1, 0, 1), 0, LIST(9, 2, 9)};
    OPEN(&message, words);
    start();
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
    TAP_EQ(message.error, WIRE_ERR_OUT_OF_BOUNDS);
    TAP_EQ(message.error_word, 3);
    start();
    wire_slot_set_data(wire_build_root(&build), wire_get_data(wire_get_struct(wire_root(&message), 0), 0));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
    start();
    wire_slot_set_struct(wire_build_root(&build),
                         wire_get_struct(wire_get_struct(wire_root(&message), 0), 0));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
    start();
    wire_struct_copy(wire_slot_init_struct(wire_build_root(&build), 1, 1), wire_root(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
}

TAP_TEST(copy_of_a_cycle_ends)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(-1, 0, 1)};
    OPEN(&message, words);
    start();
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
    TAP_EQ(message.error, WIRE_ERR_NESTING);
}

TAP_TEST(copy_is_held_by_the_traversal_limit)
{
    static const uint64_t words[] = {STRUCT(0, 0, 4),
                                     LIST(3, 2, 80),
                                     LIST(2, 2, 80),
                                     LIST(1, 2, 80),
                                     LIST(0, 2, 80),
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0};
    OPEN(&message, words);
    message.traversal_left = 20;
    start();
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
    TAP_EQ(message.error, WIRE_ERR_TRAVERSAL);
}

/* Elements without size: the copy costs a few words and no time. */
TAP_TEST(copy_of_many_empty_elements)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), LIST(1, 0, 5000000), LIST(0, 7, 0), TAG(3000000, 0, 0)};
    OPEN(&message, words);
    start();
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
    TAP_EQ(build.message.first.word_count, 4);
    struct wire_struct r = wire_root(wire_build_reader(&build));
    TAP_EQ(wire_get_list(r, 0, WIRE_ELEMENT_VOID).count, 5000000);
    TAP_EQ(wire_get_list(r, 1, WIRE_ELEMENT_STRUCT).count, 3000000);
    wire_slot_clear(wire_build_root(&build));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}

TAP_TEST(copy_without_room)
{
    wire_build_init(&other, other_arena, 1024);
    walk_build(&other);
    uint32_t words = other.message.first.word_count;
    for (uint32_t room = 1; room <= words; room++) {
        memset(arena, 0xa5, sizeof(arena));
        wire_build_init(&build, arena, room);
        wire_slot_set_any(wire_build_root(&build), wire_root_any(wire_build_reader(&other)));
        TAP_EQ(wire_build_error(&build), room < words ? WIRE_ERR_NO_SPACE : WIRE_OK);
        TAP_CHECK(arena[room] == UINT64_C(0xa5a5a5a5a5a5a5a5));
    }
    TAP_EQ(other.message.error, WIRE_OK);
}

/* A source that can be copied at depth 0 cannot at the bottom of the copy. */
TAP_TEST(copy_deeper_than_can_be_built)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(0, 0, 1), STRUCT(0, 0, 1), 0};
    start();
    struct wire_slot slot = wire_build_root(&build);
    for (int i = 0; i < WIRE_NESTING_MAX - 2; i++)
        slot = wire_slot_of(wire_slot_init_struct(slot, 0, 1), 0);
    OPEN(&message, words);
    wire_slot_set_any(slot, wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_NESTING);
    TAP_EQ(message.error, WIRE_OK);
}

/* --- Capabilities -------------------------------------------------------------------- */

static uint32_t remap(void *context, uint32_t index)
{
    uint32_t *calls = (uint32_t *)context;
    ++*calls;
    return index == 3 ? WIRE_CAP_REFUSED : index + 10;
}

TAP_TEST(copy_remaps_capabilities)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), CAP(1), CAP(2)};
    static const uint64_t refused[] = {CAP(3)};
    uint32_t calls = 0;
    OPEN(&message, words);
    message.cap_count = 4;
    start();
    wire_build_remap(&build, remap, &calls);
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(calls, 2);
    struct wire_struct r = wire_root(wire_build_reader(&build));
    TAP_EQ(wire_get_cap(r, 0).index, 11);
    TAP_EQ(wire_get_cap(r, 1).index, 12);
    TAP_EQ(build.message.cap_count, 13);
    OPEN(&message, refused);
    message.cap_count = 4;
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_CAP_INDEX);
}

TAP_TEST(copy_of_a_capability_that_did_not_come)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), CAP(1)};
    OPEN(&message, words);
    message.cap_count = 1;
    start();
    wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
    TAP_EQ(wire_build_error(&build), WIRE_ERR_BROKEN_SOURCE);
    TAP_EQ(message.error, WIRE_ERR_CAP_INDEX);
}

/* --- Parts of the very message --------------------------------------------------------- */

TAP_TEST(copy_replaces_a_struct_by_its_own_child)
{
    start();
    walk_build(&build);
    struct wire_slot root = wire_build_root(&build);
    struct wire_struct r = wire_root(wire_build_reader(&build));
    wire_slot_set_any(root, wire_get_any(r, 2));
    r = wire_root(wire_build_reader(&build));
    TAP_EQ(wire_get_u32(r, 4), 99);
    TAP_STR_EQ(wire_get_text(r, 0).chars, "child");
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}

TAP_TEST(copy_of_a_value_over_itself)
{
    start();
    walk_build(&build);
    struct wire_slot root = wire_build_root(&build);
    wire_slot_set_any(root, wire_slot_as_any(root));
    struct wire_struct r = wire_root(wire_build_reader(&build));
    TAP_STR_EQ(wire_get_text(r, 0).chars, "hello");
    struct wire_struct_builder view = wire_slot_get_struct(root, 2, 14);
    wire_slot_set_text(wire_slot_of(view, 0), wire_get_text(r, 0));
    TAP_STR_EQ(wire_get_text(r, 0).chars, "hello");
    wire_struct_copy(view, r);
    TAP_STR_EQ(wire_get_text(r, 0).chars, "hello");
    TAP_EQ(wire_verify(wire_build_reader(&build)), WIRE_OK);
}

TAP_TEST(copy_of_a_struct_below_itself)
{
    start();
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 1, 2);
    wire_set_u8(root, 0, 8);
    wire_slot_set_text(wire_slot_of(root, 1), WIRE_TEXT("me"));
    wire_slot_set_struct(wire_slot_of(root, 0), wire_struct_as_reader(root));
    struct wire_struct r = wire_get_struct(wire_root(wire_build_reader(&build)), 0);
    TAP_EQ(wire_get_u8(r, 0), 8);
    TAP_STR_EQ(wire_get_text(r, 1).chars, "me");
    TAP_CHECK(!wire_has_pointer(r, 0));
    TAP_EQ(wire_build_error(&build), WIRE_OK);
}
