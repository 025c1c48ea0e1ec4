/* Every error of reading, by name, and the known holes of other implementations. Holds docs/security.md,
 * clause 7. */
#include "tests/tap.h"
#include "tests/wire/walk.h"
#include "tests/wire/words.h"

static struct wire_message message;

static void expect_error(enum wire_error error, uint32_t segment, uint64_t word)
{
    TAP_EQ(message.error, error);
    TAP_EQ(message.error_segment, segment);
    TAP_EQ(message.error_word, word);
}

/* The root cannot be read, as what the error says nor as anything; both modes; and not verified. */
static void expect_bad_root(const uint64_t *words, uint64_t count, enum wire_error error, uint64_t word)
{
    for (int mode = WIRE_PRIVATE; mode <= WIRE_SHARED; mode++) {
        wire_open_flat(&message, (enum wire_mode)mode, words, count * 8);
        struct wire_any root = wire_root_any(&message);
        bool list = (root.word & 3) == 1;
        TAP_EQ(list ? wire_any_list(root, WIRE_ELEMENT_ANY).state : wire_any_struct(root).state, WIRE_BROKEN);
        expect_error(error, 0, word);
        TAP_STOP_IF_FAILED();
        /* Lists of structs that are read as such have a way of their own. */
        if (list && (root.word >> 32 & 7) == WIRE_ELEMENT_STRUCT) {
            wire_open_flat(&message, (enum wire_mode)mode, words, count * 8);
            TAP_EQ(wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT).state, WIRE_BROKEN);
            expect_error(error, 0, word);
            TAP_STOP_IF_FAILED();
        }
        wire_open_flat(&message, (enum wire_mode)mode, words, count * 8);
        walk_any(wire_root_any(&message));
        TAP_CHECK(message.error != WIRE_OK);
    }
    wire_open_flat(&message, WIRE_PRIVATE, words, count * 8);
    TAP_EQ(wire_verify(&message), error);
}

#define EXPECT_BAD_ROOT(error, word, ...)                                                                    \
    do {                                                                                                     \
        static const uint64_t bad_words[] = {__VA_ARGS__};                                                   \
        expect_bad_root(bad_words, WORDS(bad_words), error, word);                                           \
        TAP_STOP_IF_FAILED();                                                                                \
    } while (0)

/* --- Opening -------------------------------------------------------------------- */

TAP_TEST(check_unaligned)
{
    static const uint64_t words[2] = {0};
    TAP_EQ(wire_open_flat(&message, WIRE_PRIVATE, (const uint8_t *)words + 1, 8), WIRE_ERR_UNALIGNED);
    TAP_EQ(wire_root(&message).state, WIRE_BROKEN);
    struct wire_segment one = {.words = (const uint64_t *)(const void *)((const uint8_t *)words + 4),
                               .word_count = 1};
    TAP_EQ(wire_open_segments(&message, WIRE_PRIVATE, &one, 1), WIRE_ERR_UNALIGNED);
}

TAP_TEST(check_bad_length)
{
    static const uint64_t words[2] = {0};
    TAP_EQ(wire_open_flat(&message, WIRE_PRIVATE, words, 15), WIRE_ERR_BAD_LENGTH);
    TAP_EQ(wire_open_flat(&message, WIRE_PRIVATE, words, UINT64_C(8) << 32), WIRE_ERR_BAD_LENGTH);
    TAP_EQ(wire_root(&message).state, WIRE_BROKEN);
    TAP_EQ(message.error, WIRE_ERR_BAD_LENGTH);
}

TAP_TEST(check_no_root)
{
    TAP_EQ(wire_open_flat(&message, WIRE_PRIVATE, NULL, 0), WIRE_OK);
    TAP_EQ(wire_root(&message).state, WIRE_BROKEN);
    TAP_EQ(message.error, WIRE_ERR_NO_ROOT);
}

TAP_TEST(check_bad_segment_count)
{
    static struct wire_segment segments[WIRE_SEGMENTS_MAX + 1];
    TAP_EQ(wire_open_segments(&message, WIRE_PRIVATE, segments, 0), WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_open_segments(&message, WIRE_PRIVATE, segments, WIRE_SEGMENTS_MAX + 1),
           WIRE_ERR_BAD_SEGMENT_COUNT);
    TAP_EQ(wire_open_segments(&message, WIRE_PRIVATE, segments, WIRE_SEGMENTS_MAX), WIRE_OK);
}

/* --- Structs ------------------------------------------------------------------------ */

TAP_TEST(check_out_of_bounds)
{
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT(0, 1, 0));
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT(0, 1, 1), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT(1, 1, 0), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT(-2, 1, 0), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT(-3, 1, 0), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 5, 2), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 2, 9), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 1, 65), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 6, 2), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 7, 1), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 7, 2), TAG(2, 1, 0), 0);
}

/* The largest offsets both ways: the sum must be made before a C pointer is formed. */
TAP_TEST(check_cve_2017_7892_offsets_that_wrap)
{
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT((1 << 29) - 1, 0xffff, 0xffff), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, STRUCT(-(1 << 29), 0xffff, 0xffff), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST((1 << 29) - 1, 7, (1u << 29) - 1), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(-(1 << 29), 5, (1u << 29) - 1), 0);
}

TAP_TEST(check_negative_offset_is_fine_in_bounds)
{
    static const uint64_t words[] = {STRUCT(1, 0, 1), 7, STRUCT(-2, 1, 0)};
    OPEN(&message, words);
    TAP_EQ(wire_get_u64(wire_get_struct(wire_root(&message), 0), 0), 7);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

/* The last word of a segment, and one past it. */
TAP_TEST(check_ends_at_the_last_word)
{
    static const uint64_t words[] = {STRUCT(0, 1, 1), 7, LIST(0, 2, 0)};
    OPEN(&message, words);
    TAP_EQ(wire_get_list(wire_root(&message), 0, WIRE_ELEMENT_1_BYTE).state, WIRE_PRESENT);
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 2, 1));
}

/* As in stock Cap'n Proto: what has no bytes has none out of bounds; its view points to the end. */
TAP_TEST(check_empty_objects_may_lie_anywhere)
{
    static const uint64_t words[] = {STRUCT(0, 0, 3), STRUCT(1000, 0, 0), LIST(-1000, 2, 0), LIST(9, 0, 5)};
    OPEN(&message, words);
    struct wire_struct root = wire_root(&message);
    struct wire_struct empty = wire_get_struct(root, 0);
    TAP_EQ(empty.state, WIRE_PRESENT);
    TAP_CHECK(empty.data == (const uint8_t *)&words[4]);
    TAP_EQ(wire_get_u64(empty, 0), 0);
    TAP_EQ(wire_get_data(root, 1).state, WIRE_PRESENT);
    TAP_EQ(wire_get_data(root, 1).size, 0);
    TAP_EQ(wire_get_list(root, 2, WIRE_ELEMENT_STRUCT).count, 5);
    TAP_EQ(message.error, WIRE_OK);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

TAP_TEST(check_wrong_kind)
{
    static const uint64_t words[] = {STRUCT(0, 0, 3), LIST(2, 2, 1), STRUCT(1, 1, 0), CAP(0), 0};
    for (int i = 0; i < 6; i++) {
        OPEN(&message, words);
        message.cap_count = 1;
        struct wire_struct root = wire_root(&message);
        uint8_t states[] = {wire_get_struct(root, 0).state,
                            wire_get_struct(root, 2).state,
                            wire_get_list(root, 1, WIRE_ELEMENT_ANY).state,
                            wire_get_text(root, 1).state,
                            wire_get_data(root, 2).state,
                            wire_get_cap(root, 0).state};
        TAP_EQ(states[i], WIRE_BROKEN);
        expect_error(WIRE_ERR_WRONG_KIND, 0, 1);
        TAP_STOP_IF_FAILED();
        TAP_EQ(wire_verify(&message), WIRE_ERR_WRONG_KIND);
    }
}

TAP_TEST(check_unknown_pointer)
{
    EXPECT_BAD_ROOT(WIRE_ERR_UNKNOWN_POINTER, 0, 7);
    EXPECT_BAD_ROOT(WIRE_ERR_UNKNOWN_POINTER, 0, UINT64_C(0x80000003));
    static const uint64_t words[] = {STRUCT(0, 0, 1), 7};
    OPEN(&message, words);
    struct wire_any any = wire_get_any(wire_root(&message), 0);
    TAP_EQ(wire_any_kind(any), WIRE_KIND_BROKEN);
    TAP_EQ(wire_any_cap(any).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_UNKNOWN_POINTER, 0, 1);
}

TAP_TEST(check_cap_index)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), CAP(1), CAP(UINT32_MAX)};
    OPEN(&message, words);
    message.cap_count = 2;
    TAP_EQ(wire_get_cap(wire_root(&message), 0).index, 1);
    TAP_EQ(message.error, WIRE_OK);
    TAP_EQ(wire_get_cap(wire_root(&message), 1).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_CAP_INDEX, 0, 2);
    OPEN(&message, words);
    TAP_EQ(wire_get_cap(wire_root(&message), 0).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_CAP_INDEX, 0, 1);
    OPEN(&message, words);
    TAP_EQ(wire_verify(&message), WIRE_ERR_CAP_INDEX);
}

/* --- Lists ------------------------------------------------------------------------------ */

TAP_TEST(check_wrong_element)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), LIST(0, 3, 2), 0};
    OPEN(&message, words);
    TAP_EQ(wire_get_list(wire_root(&message), 0, WIRE_ELEMENT_4_BYTES).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_WRONG_ELEMENT, 0, 1);
    TAP_STOP_IF_FAILED();
    OPEN(&message, words);
    TAP_EQ(wire_get_text(wire_root(&message), 0).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_WRONG_ELEMENT, 0, 1);
}

TAP_TEST(check_bad_tag)
{
    EXPECT_BAD_ROOT(WIRE_ERR_BAD_TAG, 0, LIST(0, 7, 1), LIST(1, 1, 0), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_BAD_TAG, 0, LIST(0, 7, 1), FAR(0, 0), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_BAD_TAG, 0, LIST(0, 7, 1), CAP(0), 0);
}

TAP_TEST(check_list_overrun)
{
    EXPECT_BAD_ROOT(WIRE_ERR_LIST_OVERRUN, 0, LIST(0, 7, 1), TAG(2, 1, 0), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_LIST_OVERRUN, 0, LIST(0, 7, 1), TAG(1, 1, 1), 0, 0);
    EXPECT_BAD_ROOT(WIRE_ERR_LIST_OVERRUN, 0, LIST(0, 7, 0), TAG(1, 0, 1), 0);
    EXPECT_BAD_ROOT(WIRE_ERR_LIST_OVERRUN, 0, LIST(0, 7, 1), TAG(-1, 1, 0), 0);
}

/* 2^29 elements of 8 words are 2^32 words: 0 in 32 bits. */
TAP_TEST(check_cve_2015_2310_product_that_wraps)
{
    EXPECT_BAD_ROOT(WIRE_ERR_LIST_OVERRUN, 0, LIST(0, 7, 0), TAG(1u << 29, 4, 4));
    EXPECT_BAD_ROOT(WIRE_ERR_LIST_OVERRUN, 0, LIST(0, 7, 0), TAG((1u << 30) - 1, 0xffff, 0xffff));
}

TAP_TEST(check_tag_one_past_the_end)
{
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(0, 7, 0));
    EXPECT_BAD_ROOT(WIRE_ERR_OUT_OF_BOUNDS, 0, LIST(1, 7, 0), 0);
}

/* A list of pointer-bearing structs read as a list of pointers: the base must not be moved past the end. */
TAP_TEST(check_cve_2022_46149_struct_list_as_pointer_list)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), LIST(0, 7, 4), TAG(2, 1, 1), 1, LIST(2, 2, 1), 2,
                                     LIST(0, 2, 2)};
    OPEN(&message, words);
    struct wire_list list = wire_get_list(wire_root(&message), 0, WIRE_ELEMENT_POINTER);
    TAP_EQ(list.count, 2);
    TAP_CHECK(wire_list_any(list, 0).pointer == &words[4] && wire_list_any(list, 1).pointer == &words[6]);
    TAP_EQ(wire_list_any(list, 2).state, WIRE_ABSENT);
    TAP_EQ(wire_list_list(list, 1, WIRE_ELEMENT_1_BYTE).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_OUT_OF_BOUNDS, 0, 6);
    TAP_STOP_IF_FAILED();
    /* Structs without pointers are no list of lists at all. */
    static const uint64_t data_only[] = {STRUCT(0, 0, 1), LIST(0, 7, 2), TAG(2, 1, 0), 1, 2};
    OPEN(&message, data_only);
    TAP_EQ(wire_get_list(wire_root(&message), 0, WIRE_ELEMENT_POINTER).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_WRONG_ELEMENT, 0, 1);
}

TAP_TEST(check_text_not_terminated)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), LIST(1, 2, 3), LIST(1, 2, 2), UINT64_C(0x636261), 0x61};
    OPEN(&message, words);
    TAP_EQ(wire_get_text(wire_root(&message), 0).state, WIRE_BROKEN);
    TAP_STR_EQ(wire_get_text(wire_root(&message), 0).chars, "");
    expect_error(WIRE_ERR_TEXT_NOT_TERMINATED, 0, 1);
    TAP_STOP_IF_FAILED();
    TAP_STR_EQ(wire_get_text(wire_root(&message), 1).chars, "a");
    TAP_EQ(wire_get_data(wire_root(&message), 0).size, 3);
}

TAP_TEST(check_cve_2015_2311_text_of_size_0)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), LIST(0, 2, 0)};
    OPEN(&message, words);
    struct wire_text text = wire_get_text(wire_root(&message), 0);
    TAP_EQ(text.state, WIRE_BROKEN);
    TAP_EQ(text.size, 0);
    expect_error(WIRE_ERR_TEXT_NOT_TERMINATED, 0, 1);
}

/* --- Limits ------------------------------------------------------------------------------- */

TAP_TEST(check_traversal)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(0, 2, 0), 0, 0};
    OPEN(&message, words);
    message.traversal_left = 5;
    struct wire_struct root = wire_root(&message);
    TAP_EQ(wire_get_struct(root, 0).state, WIRE_PRESENT);
    TAP_EQ(wire_get_struct(root, 0).state, WIRE_PRESENT);
    TAP_EQ(message.traversal_left, 0);
    TAP_EQ(wire_get_struct(root, 0).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_TRAVERSAL, 0, 1);
}

/* The tag is one of its words. */
TAP_TEST(check_traversal_of_a_list_of_structs)
{
    static const uint64_t words[] = {LIST(0, 7, 2), TAG(2, 1, 0), 0, 0};
    OPEN(&message, words);
    message.traversal_left = 5;
    TAP_EQ(wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT).count, 2);
    TAP_EQ(message.traversal_left, 2);
    TAP_EQ(wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_TRAVERSAL, 0, 0);
    TAP_EQ(message.traversal_left, 2);
}

/* A few bytes that stand for 2^29 elements cost that many words. */
TAP_TEST(check_cve_2015_2312_void_list_amplification)
{
    EXPECT_BAD_ROOT(WIRE_ERR_TRAVERSAL, 0, LIST(0, 0, (1u << 29) - 1));
    static const uint64_t words[] = {LIST(0, 0, 1000)};
    OPEN(&message, words);
    TAP_EQ(wire_any_list(wire_root_any(&message), WIRE_ELEMENT_VOID).count, 1000);
    TAP_EQ(message.traversal_left, WIRE_TRAVERSAL_MAX_DEFAULT - 1000);
}

TAP_TEST(check_cve_2015_2313_empty_struct_list_amplification)
{
    EXPECT_BAD_ROOT(WIRE_ERR_TRAVERSAL, 0, LIST(0, 7, 0), TAG((1u << 30) - 1, 0, 0));
    static const uint64_t words[] = {LIST(0, 7, 0), TAG(1000, 0, 0)};
    OPEN(&message, words);
    TAP_EQ(wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT).count, 1000);
    TAP_EQ(message.traversal_left, WIRE_TRAVERSAL_MAX_DEFAULT - 1001);
}

/* Structs that point to each other: endless, if nothing held it. */
TAP_TEST(check_nesting_of_a_cycle)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(-1, 0, 1)};
    OPEN(&message, words);
    struct wire_struct view = wire_root(&message);
    for (int i = 1; i < WIRE_NESTING_MAX; i++)
        view = wire_get_struct(view, 0);
    TAP_EQ(view.state, WIRE_PRESENT);
    TAP_EQ(wire_get_struct(view, 0).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_NESTING, 0, 1);
    TAP_STOP_IF_FAILED();
    OPEN(&message, words);
    TAP_EQ(wire_verify(&message), WIRE_ERR_NESTING);
    OPEN(&message, words);
    message.nesting_limit = 2;
    TAP_EQ(wire_get_struct(wire_root(&message), 0).state, WIRE_PRESENT);
    TAP_EQ(wire_get_struct(wire_get_struct(wire_root(&message), 0), 0).state, WIRE_BROKEN);
}

/* A limit over the greatest is the greatest: verifying and copying have stacks for no more. */
TAP_TEST(check_nesting_limit_is_capped)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), STRUCT(-1, 0, 1)};
    OPEN(&message, words);
    message.nesting_limit = 255;
    TAP_EQ(wire_verify(&message), WIRE_ERR_NESTING);
}

TAP_TEST(check_nesting_of_list_elements)
{
    static const uint64_t words[] = {LIST(0, 7, 1), TAG(1, 0, 1), LIST(-2, 7, 1)};
    OPEN(&message, words);
    message.nesting_limit = 3;
    struct wire_list list = wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT);
    struct wire_struct element = wire_list_struct(list, 0);
    TAP_EQ(element.state, WIRE_PRESENT);
    list = wire_get_list(element, 0, WIRE_ELEMENT_STRUCT);
    TAP_EQ(list.state, WIRE_PRESENT);
    TAP_EQ(wire_list_struct(list, 0).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_NESTING, 0, 2);
    TAP_STOP_IF_FAILED();
    OPEN(&message, words);
    TAP_EQ(wire_verify(&message), WIRE_ERR_NESTING);
}

/* Each level has two pointers to the next: 2^60 structs in 120 words. */
TAP_TEST(check_traversal_of_a_tree_folded_up)
{
    uint64_t words[1 + 2 * 60];
    words[0] = STRUCT(0, 0, 2);
    for (int i = 0; i < 59; i++) {
        words[1 + 2 * i] = STRUCT(1, 0, 2);
        words[2 + 2 * i] = STRUCT(0, 0, 2);
    }
    words[119] = words[120] = 0;
    OPEN(&message, words);
    message.traversal_left = 10000;
    TAP_EQ(wire_verify(&message), WIRE_ERR_TRAVERSAL);
    TAP_EQ(message.traversal_left, 10000);
}

TAP_TEST(check_shared_is_not_verified)
{
    static const uint64_t words[] = {0};
    OPEN_SHARED(&message, words);
    TAP_EQ(wire_verify(&message), WIRE_ERR_SHARED);
}

/* --- What errors are like -------------------------------------------------------------------- */

TAP_TEST(check_the_first_error_stays)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), CAP(0), LIST(9, 2, 9)};
    OPEN(&message, words);
    struct wire_struct root = wire_root(&message);
    TAP_EQ(wire_get_cap(root, 0).state, WIRE_BROKEN);
    TAP_EQ(wire_get_data(root, 1).state, WIRE_BROKEN);
    expect_error(WIRE_ERR_CAP_INDEX, 0, 1);
}

TAP_TEST(check_broken_views_read_on)
{
    static const uint64_t words[] = {STRUCT(5, 1, 1)};
    OPEN(&message, words);
    struct wire_struct broken = wire_root(&message);
    TAP_EQ(wire_get_u32_or(broken, 0, 9), 9);
    TAP_CHECK(wire_get_bool_or(broken, 0, true));
    TAP_EQ(wire_get_struct(broken, 0).state, WIRE_BROKEN);
    TAP_EQ(wire_get_cap(broken, 0).state, WIRE_BROKEN);
    TAP_STR_EQ(wire_get_text(broken, 0).chars, "");
    TAP_EQ(wire_get_text(broken, 0).state, WIRE_BROKEN);
    TAP_EQ(wire_get_text_or(broken, 0, WIRE_TEXT("default")).state, WIRE_BROKEN);
    struct wire_list list = wire_get_list(broken, 0, WIRE_ELEMENT_STRUCT);
    TAP_EQ(list.state, WIRE_BROKEN);
    TAP_EQ(wire_list_struct(list, 0).state, WIRE_BROKEN);
    TAP_EQ(wire_list_any(list, 0).state, WIRE_BROKEN);
    TAP_EQ(wire_any_kind(wire_list_any(list, 0)), WIRE_KIND_BROKEN);
    expect_error(WIRE_ERR_OUT_OF_BOUNDS, 0, 0);
}

TAP_TEST(check_every_error_has_a_sentence)
{
    for (int i = 0; i <= WIRE_ERR_INDEX; i++) {
        const char *text = wire_error_text((enum wire_error)i);
        TAP_CHECK(strlen(text) > 8 && text[strlen(text) - 1] == '.');
        for (int k = 0; k < i; k++)
            TAP_CHECK(strcmp(text, wire_error_text((enum wire_error)k)) != 0);
    }
    TAP_CHECK(strlen(wire_error_text((enum wire_error)999)) > 8);
}
