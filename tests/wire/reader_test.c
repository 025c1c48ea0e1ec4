/* Reading: absent values and defaults, constants, and the matrix of list upgrades. */
#include "tests/tap.h"
#include "tests/wire/walk.h"
#include "tests/wire/words.h"

static struct wire_message message;

TAP_TEST(read_null_root_is_absent)
{
    static const uint64_t words[] = {0};
    OPEN(&message, words);
    struct wire_struct root = wire_root(&message);
    TAP_EQ(root.state, WIRE_ABSENT);
    TAP_EQ(wire_any_kind(wire_root_any(&message)), WIRE_KIND_NULL);
    TAP_EQ(wire_get_i16_or(root, 6, -4), -4);
    TAP_EQ(message.error, WIRE_OK);
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

TAP_TEST(read_zeroed_views_are_absent)
{
    struct wire_struct none = {0};
    struct wire_list list = {0};
    struct wire_any any = {0};
    TAP_EQ(none.state, WIRE_ABSENT);
    TAP_EQ(wire_get_u8(none, 0), 0);
    TAP_CHECK(!wire_has_pointer(none, 0));
    TAP_EQ(wire_get_struct(none, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_get_list(none, 0, WIRE_ELEMENT_BIT).state, WIRE_ABSENT);
    TAP_EQ(wire_get_text(none, 0).state, WIRE_ABSENT);
    TAP_STR_EQ(wire_get_text(none, 0).chars, "");
    TAP_EQ(wire_get_data(none, 0).size, 0);
    TAP_EQ(wire_get_cap(none, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_list_u64(list, 0), 0);
    TAP_CHECK(!wire_list_bool(list, 0));
    TAP_EQ(wire_list_struct(list, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_list_text(list, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_list_data(list, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_list_cap(list, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_any_kind(any), WIRE_KIND_NULL);
    TAP_CHECK(wire_text_equal(wire_get_text(none, 0), WIRE_TEXT("")));
}

/* A field that lies partly or wholly beyond the data section of an older sender. */
TAP_TEST(read_fields_beyond_the_struct)
{
    static const uint64_t words[] = {STRUCT(0, 1, 0), UINT64_MAX};
    OPEN(&message, words);
    struct wire_struct r = wire_root(&message);
    TAP_EQ(wire_get_u32(r, 4), UINT32_MAX);
    TAP_EQ(wire_get_u32(r, 5), 0);
    TAP_EQ(wire_get_u32_or(r, 8, 3), 3);
    TAP_EQ(wire_get_u8(r, 7), 255);
    TAP_EQ(wire_get_u8_or(r, 8, 4), 4);
    TAP_EQ(wire_get_u64_or(r, UINT32_MAX, 5), 5);
    TAP_CHECK(wire_get_bool(r, 63) && !wire_get_bool(r, 64) && wire_get_bool_or(r, 64, true));
    TAP_EQ(wire_get_struct(r, 0).state, WIRE_ABSENT);
    TAP_EQ(wire_get_struct(r, 0xffff).state, WIRE_ABSENT);
}

TAP_TEST(read_list_elements_of_every_kind)
{
    static const uint64_t words[] = {STRUCT(0, 0, 1), LIST(0, 6, 4), LIST(3, 2, 3),
                                     LIST(3, 3, 2),   CAP(2),        STRUCT(2, 1, 0),
                                     0x6968,          0x00030002,    9};
    OPEN(&message, words);
    message.cap_count = 3;
    struct wire_list list = wire_get_list(wire_root(&message), 0, WIRE_ELEMENT_POINTER);
    TAP_EQ(list.count, 4);
    TAP_STR_EQ(wire_list_text(list, 0).chars, "hi");
    TAP_EQ(wire_list_data(list, 0).size, 3);
    TAP_EQ(wire_list_u16(wire_list_list(list, 1, WIRE_ELEMENT_2_BYTES), 1), 3);
    TAP_EQ(wire_list_cap(list, 2).index, 2);
    TAP_EQ(wire_get_u64(wire_any_struct(wire_list_any(list, 3)), 0), 9);
    TAP_EQ(wire_list_any(list, 4).state, WIRE_ABSENT);
    TAP_EQ(message.error, WIRE_OK);
}

/* --- Defaults that are constants ------------------------------------------------------ */

static const uint64_t struct_words[] = {STRUCT(0, 1, 1), 77, LIST(0, 2, 2), 0x61};
static const struct wire_segment struct_constant = WIRE_CONSTANT(struct_words);
static const uint64_t list_words[] = {LIST(0, 4, 2), UINT64_C(0x0000000600000005)};
static const struct wire_segment list_constant = WIRE_CONSTANT(list_words);

TAP_TEST(read_defaults_of_pointers)
{
    static const uint64_t words[] = {STRUCT(0, 0, 2), 0, LIST(9, 2, 9)};
    OPEN(&message, words);
    struct wire_struct r = wire_root(&message);
    for (uint16_t i = 0; i < 8; i += 5) { /* null, and beyond the pointers */
        struct wire_struct s = wire_get_struct_or(r, i, &struct_constant);
        TAP_EQ(s.state, WIRE_PRESENT);
        TAP_EQ(wire_get_u64(s, 0), 77);
        TAP_STR_EQ(wire_get_text(s, 0).chars, "a");
        TAP_EQ(wire_get_struct_or(s, 1, &struct_constant).state, WIRE_PRESENT);
        TAP_EQ(wire_list_u32(wire_get_list_or(r, i, WIRE_ELEMENT_4_BYTES, &list_constant), 1), 6);
        TAP_EQ(wire_any_kind(wire_get_any_or(r, i, &list_constant)), WIRE_KIND_LIST);
        TAP_STR_EQ(wire_get_text_or(r, i, WIRE_TEXT("dflt")).chars, "dflt");
        TAP_EQ(wire_get_data_or(r, i, wire_data_make("xyz", 3)).size, 3);
    }
    TAP_EQ(message.error, WIRE_OK);
    TAP_EQ(wire_get_list_or(r, 1, WIRE_ELEMENT_4_BYTES, &list_constant).state, WIRE_BROKEN);
    TAP_EQ(wire_get_data_or(r, 1, wire_data_make("xyz", 3)).state, WIRE_BROKEN);
    TAP_EQ(message.error, WIRE_ERR_OUT_OF_BOUNDS);
}

TAP_TEST(read_constants_are_checked_too)
{
    static const uint64_t bad[] = {STRUCT(0, 0, 4), LIST(9, 2, 1), FAR(0, 0), CAP(0), STRUCT(-4, 0, 4)};
    static const struct wire_segment constant = WIRE_CONSTANT(bad);
    struct wire_struct s = wire_any_struct(wire_constant_any(&constant));
    TAP_EQ(wire_get_data(s, 0).state, WIRE_BROKEN);
    TAP_EQ(wire_get_struct(s, 1).state, WIRE_BROKEN);
    TAP_EQ(wire_get_cap(s, 2).state, WIRE_BROKEN);
    for (int i = 0; i < 100; i++)
        s = wire_get_struct(s, 3);
    TAP_EQ(s.state, WIRE_BROKEN);
}

/* --- The matrix of list upgrades ---------------------------------------------------------- */

/* One list of 2 elements of each kind, by element code; 8 and 9: structs without data, without pointers. */
static const uint64_t void_list[] = {LIST(0, 0, 2)};
static const uint64_t bit_list[] = {LIST(0, 1, 2), 2};
static const uint64_t u8_list[] = {LIST(0, 2, 2), 0x0201};
static const uint64_t u16_list[] = {LIST(0, 3, 2), 0x00020001};
static const uint64_t u32_list[] = {LIST(0, 4, 2), UINT64_C(0x0000000200000001)};
static const uint64_t u64_list[] = {LIST(0, 5, 2), 1, 2};
static const uint64_t pointer_list[] = {LIST(0, 6, 2), LIST(1, 2, 1), LIST(0, 2, 2), 0};
static const uint64_t struct_list[] = {LIST(0, 7, 4), TAG(2, 1, 1), 1, LIST(2, 2, 1), 2, LIST(0, 2, 2), 0};
static const uint64_t pointers_only[] = {LIST(0, 7, 2), TAG(2, 0, 1), LIST(1, 2, 1), LIST(0, 2, 2), 0};
static const uint64_t data_only[] = {LIST(0, 7, 2), TAG(2, 1, 0), 1, 2};

static const struct {
    const uint64_t *words;
    size_t bytes;
    const char *good; /* which of the expectations VOID..STRUCT hold */
} matrix[] = {
    {void_list, sizeof(void_list), "y------y"},
    {bit_list, sizeof(bit_list), "yy------"},
    {u8_list, sizeof(u8_list), "y-y----y"},
    {u16_list, sizeof(u16_list), "y-yy---y"},
    {u32_list, sizeof(u32_list), "y-yyy--y"},
    {u64_list, sizeof(u64_list), "y-yyyy-y"},
    {pointer_list, sizeof(pointer_list), "y-----yy"},
    {struct_list, sizeof(struct_list), "y-yyyyyy"},
    {pointers_only, sizeof(pointers_only), "y-----yy"},
    {data_only, sizeof(data_only), "y-yyyy-y"},
};

static void check_values(int row, int expected, struct wire_list list)
{
    bool has_data = matrix[row].good[2] == 'y';
    bool has_pointers = matrix[row].good[6] == 'y';
    TAP_EQ(list.count, 2);
    if (expected == WIRE_ELEMENT_1_BYTE)
        TAP_EQ(wire_list_u8(list, 1), 2);
    if (expected == WIRE_ELEMENT_2_BYTES)
        TAP_EQ(wire_list_u16(list, 1), 2);
    if (expected == WIRE_ELEMENT_4_BYTES)
        TAP_EQ(wire_list_u32(list, 1), 2);
    if (expected == WIRE_ELEMENT_8_BYTES)
        TAP_EQ(wire_list_u64(list, 1), 2);
    if (expected == WIRE_ELEMENT_POINTER)
        TAP_EQ(wire_list_data(list, 1).size, 2);
    if (expected != WIRE_ELEMENT_STRUCT)
        return;
    struct wire_struct element = wire_list_struct(list, 1);
    TAP_EQ(element.state, WIRE_PRESENT);
    TAP_EQ(wire_get_u8(element, 0), has_data ? 2 : 0);
    TAP_EQ(wire_get_data(element, 0).size, has_pointers ? 2 : 0);
    TAP_EQ(wire_get_u64_or(element, 8, 5), 5);
    TAP_EQ(wire_get_data(element, 1).state, WIRE_ABSENT);
}

TAP_TEST(read_list_upgrade_matrix)
{
    for (int row = 0; row < 10; row++) {
        for (int expected = 0; expected <= WIRE_ELEMENT_STRUCT; expected++) {
            wire_open_flat(&message, WIRE_PRIVATE, matrix[row].words, matrix[row].bytes);
            struct wire_list list = wire_any_list(wire_root_any(&message), (enum wire_element)expected);
            bool good = matrix[row].good[expected] == 'y';
            TAP_EQ(list.state, good ? WIRE_PRESENT : WIRE_BROKEN);
            TAP_EQ(message.error, good ? WIRE_OK : WIRE_ERR_WRONG_ELEMENT);
            if (good)
                check_values(row, expected, list);
            TAP_STOP_IF_FAILED();
        }
        wire_open_flat(&message, WIRE_PRIVATE, matrix[row].words, matrix[row].bytes);
        TAP_EQ(wire_any_list(wire_root_any(&message), WIRE_ELEMENT_ANY).state, WIRE_PRESENT);
        TAP_EQ(wire_verify(&message), WIRE_OK);
    }
}

/* A short Data read with the accessors of a longer fixed array. */
TAP_TEST(read_short_list_with_wide_accessors)
{
    static const uint64_t words[] = {LIST(0, 2, 3), 0x030201};
    OPEN(&message, words);
    struct wire_list list = wire_any_list(wire_root_any(&message), WIRE_ELEMENT_1_BYTE);
    TAP_EQ(wire_list_u8(list, 2), 3);
    TAP_EQ(wire_list_u16(list, 0), 0);
    TAP_EQ(wire_list_u64(list, 0), 0);
    TAP_EQ(wire_list_u8(list, 3), 0);
    TAP_CHECK(!wire_list_bool(list, 0));
}
