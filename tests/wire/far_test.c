/* Reading far and double-far pointers, good and bad. Holds docs/security.md, clause 7. */
#include "tests/tap.h"
#include "tests/wire/walk.h"
#include "tests/wire/words.h"

static struct wire_message message;
static struct wire_segment segments[3];

static void open3(const uint64_t *a, uint32_t a_words, const uint64_t *b, uint32_t b_words, const uint64_t *c,
                  uint32_t c_words)
{
    segments[0] = (struct wire_segment){.words = a, .word_count = a_words};
    segments[1] = (struct wire_segment){.words = b, .word_count = b_words};
    segments[2] = (struct wire_segment){.words = c, .word_count = c_words};
    wire_open_segments(&message, WIRE_PRIVATE, segments, 3);
}

static void expect_broken(enum wire_error error, uint32_t segment, uint64_t word)
{
    TAP_EQ(wire_root(&message).state, WIRE_BROKEN);
    TAP_EQ(message.error, error);
    TAP_EQ(message.error_segment, segment);
    TAP_EQ(message.error_word, word);
    message.error = WIRE_OK;
    TAP_EQ(wire_any_kind(wire_root_any(&message)) == WIRE_KIND_STRUCT, error == WIRE_ERR_OUT_OF_BOUNDS);
    message.error = WIRE_OK;
    TAP_EQ(wire_verify(&message), error);
}

/* Opens the root in segment 0, `pads` in segment 1, one word 99 in segment 2. */
#define OPEN_PADS(root, ...)                                                                                 \
    static const uint64_t a[] = {root};                                                                      \
    static const uint64_t b[] = {__VA_ARGS__};                                                               \
    static const uint64_t c[] = {99};                                                                        \
    open3(a, WORDS(a), b, WORDS(b), c, WORDS(c))

TAP_TEST(far_to_a_struct)
{
    OPEN_PADS(FAR(1, 1), 5, STRUCT(-2, 1, 0));
    TAP_EQ(wire_get_u64(wire_root(&message), 0), 5);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

TAP_TEST(far_to_its_own_segment)
{
    static const uint64_t a[] = {FAR(0, 1), STRUCT(0, 1, 0), 6};
    OPEN(&message, a);
    TAP_EQ(wire_get_u64(wire_root(&message), 0), 6);
}

TAP_TEST(far_to_a_capability)
{
    OPEN_PADS(FAR(1, 0), CAP(4));
    message.cap_count = 5;
    TAP_EQ(wire_any_kind(wire_root_any(&message)), WIRE_KIND_CAP);
    TAP_EQ(wire_any_cap(wire_root_any(&message)).index, 4);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

TAP_TEST(far_double_to_a_struct)
{
    OPEN_PADS(DOUBLE_FAR(1, 1), 0, FAR(2, 0), STRUCT(0, 1, 0));
    TAP_EQ(wire_get_u64(wire_root(&message), 0), 99);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

/* The tag of the pad is a list pointer; that of the elements lies with the list. */
TAP_TEST(far_double_to_a_list_of_structs)
{
    static const uint64_t a[] = {DOUBLE_FAR(1, 0)};
    static const uint64_t b[] = {FAR(2, 1), LIST(0, 7, 2)};
    static const uint64_t c[] = {0, TAG(2, 1, 0), 11, 12};
    open3(a, WORDS(a), b, WORDS(b), c, WORDS(c));
    struct wire_list list = wire_any_list(wire_root_any(&message), WIRE_ELEMENT_STRUCT);
    TAP_EQ(list.count, 2);
    TAP_EQ(wire_get_u64(wire_list_struct(list, 1), 0), 12);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

TAP_TEST(check_no_such_segment)
{
    OPEN_PADS(FAR(3, 0), 0);
    expect_broken(WIRE_ERR_NO_SUCH_SEGMENT, 0, 0);
}

TAP_TEST(check_no_such_segment_greatest)
{
    OPEN_PADS(FAR(UINT32_MAX, 0), 0);
    expect_broken(WIRE_ERR_NO_SUCH_SEGMENT, 0, 0);
}

TAP_TEST(check_no_such_segment_in_a_double_far_pad)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), FAR(3, 0), STRUCT(0, 1, 0));
    expect_broken(WIRE_ERR_NO_SUCH_SEGMENT, 1, 0);
}

TAP_TEST(check_pad_out_of_bounds)
{
    OPEN_PADS(FAR(1, 1), 0);
    expect_broken(WIRE_ERR_PAD_OUT_OF_BOUNDS, 0, 0);
}

TAP_TEST(check_pad_out_of_bounds_greatest)
{
    OPEN_PADS(FAR(1, (1u << 29) - 1), 0);
    expect_broken(WIRE_ERR_PAD_OUT_OF_BOUNDS, 0, 0);
}

TAP_TEST(check_pad_out_of_bounds_by_half_a_double_pad)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), FAR(2, 0));
    expect_broken(WIRE_ERR_PAD_OUT_OF_BOUNDS, 0, 0);
}

TAP_TEST(check_far_to_far)
{
    OPEN_PADS(FAR(1, 0), FAR(1, 1), STRUCT(0, 0, 0));
    expect_broken(WIRE_ERR_FAR_TO_FAR, 1, 0);
}

TAP_TEST(check_far_to_double_far)
{
    OPEN_PADS(FAR(1, 0), DOUBLE_FAR(1, 1), FAR(2, 0), STRUCT(0, 1, 0));
    expect_broken(WIRE_ERR_FAR_TO_FAR, 1, 0);
}

TAP_TEST(check_far_to_itself)
{
    OPEN_PADS(FAR(0, 0), 0);
    expect_broken(WIRE_ERR_FAR_TO_FAR, 0, 0);
}

TAP_TEST(check_bad_double_far_pad_is_no_far_pointer)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), STRUCT(0, 1, 0), STRUCT(0, 1, 0));
    expect_broken(WIRE_ERR_BAD_DOUBLE_FAR, 1, 0);
}

TAP_TEST(check_bad_double_far_pad_is_a_double_far_pointer)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), DOUBLE_FAR(2, 0), STRUCT(0, 1, 0));
    expect_broken(WIRE_ERR_BAD_DOUBLE_FAR, 1, 0);
}

TAP_TEST(check_bad_double_far_tag_is_a_far_pointer)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), FAR(2, 0), FAR(2, 0));
    expect_broken(WIRE_ERR_BAD_DOUBLE_FAR, 1, 0);
}

TAP_TEST(check_bad_double_far_tag_is_a_capability)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), FAR(2, 0), CAP(0));
    expect_broken(WIRE_ERR_BAD_DOUBLE_FAR, 1, 0);
}

TAP_TEST(check_out_of_bounds_behind_a_far_pointer)
{
    OPEN_PADS(FAR(1, 0), STRUCT(0, 1, 0));
    expect_broken(WIRE_ERR_OUT_OF_BOUNDS, 1, 0);
}

TAP_TEST(check_out_of_bounds_behind_a_double_far_pointer)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), FAR(2, 1), STRUCT(0, 1, 0));
    expect_broken(WIRE_ERR_OUT_OF_BOUNDS, 1, 0);
}

TAP_TEST(far_pads_count_against_the_traversal_limit)
{
    OPEN_PADS(DOUBLE_FAR(1, 0), FAR(2, 0), STRUCT(0, 1, 0));
    message.traversal_left = 2;
    TAP_EQ(wire_root(&message).state, WIRE_BROKEN);
    TAP_EQ(message.error, WIRE_ERR_TRAVERSAL);
    message.traversal_left = 3;
    TAP_EQ(wire_root(&message).state, WIRE_PRESENT);
}
