/*
 * Reads the message of zoo.txt from standard input with the generated
 * accessors: every value, and that it is good to the last word.
 */
#include "check.h"
#include "zoo.capos.h"

#include <math.h>

static void check_scalars(struct scalars_reader r)
{
    CHECK(scalars_get_bool(r) && scalars_get_int8(r) == -8 && scalars_get_int16(r) == -16);
    CHECK(scalars_get_int32(r) == -32 && scalars_get_int64(r) == -64 && scalars_get_u_int8(r) == 8);
    CHECK(scalars_get_u_int16(r) == 16 && scalars_get_u_int32(r) == 32 && scalars_get_u_int64(r) == 64);
    CHECK(scalars_get_float32(r) == 0.25f && scalars_get_float64(r) == -0.125);
    CHECK(scalars_get_color(r) == COLOR_GREEN && scalars_get_far_color(r) == FAR_SHADE_LIGHT);
    CHECK(!scalars_get_bool_or(r) && scalars_get_int8_or(r) == 1 && scalars_get_u_int64_or(r) == 2);
    CHECK(scalars_get_float32_or(r) == 3 && scalars_get_color_or(r) == COLOR_RED);
}

/* What a struct says that nobody has set, and one that is not there at all. */
static void check_defaults(struct scalars_reader r)
{
    CHECK(scalars_get_bool_or(r) && scalars_get_int8_or(r) == INT8_MIN);
    CHECK(scalars_get_int16_or(r) == INT16_MIN && scalars_get_int32_or(r) == INT32_MIN);
    CHECK(scalars_get_int64_or(r) == INT64_MIN && scalars_get_u_int8_or(r) == UINT8_MAX);
    CHECK(scalars_get_u_int16_or(r) == UINT16_MAX && scalars_get_u_int32_or(r) == UINT32_MAX);
    CHECK(scalars_get_u_int64_or(r) == UINT64_MAX && scalars_get_float32_or(r) == 1.5f);
    CHECK(scalars_get_float64_or(r) == -INFINITY && scalars_get_color_or(r) == COLOR_BLUE);
    CHECK(scalars_get_far_color(r) == FAR_SHADE_DARK && scalars_get_int64(r) == 0);
}

static void check_pointers(struct pointers_reader r)
{
    struct wire_data data = pointers_get_data(r);
    CHECK_TEXT(pointers_get_text(r), "text");
    CHECK(data.size == 3 && data.bytes[2] == 3);
    CHECK(scalars_get_int32(pointers_get_scalars(r)) == 1 && scalars_get_int16(pointers_get_scalars(r)) == 2);
    CHECK_TEXT(far_thing_get_name(pointers_get_other(r)), "other");
    CHECK(!pointers_has_any(r) && !pointers_has_any_list(r) && !pointers_has_animal(r));
    CHECK(pointers_get_capability(r).state == WIRE_ABSENT && pointers_get_any_struct(r).state == WIRE_ABSENT);
    CHECK_TEXT(pointers_get_text_or(r), "not the default");
    CHECK(scalars_get_int8(pointers_get_scalars_or(r)) == 7);
    CHECK(pointers_get_data_or(r).size == 0 && pointers_has_data_or(r));
    CHECK(pointers_get_list_or_at(pointers_get_list_or(r), 1) == 20);
    CHECK(point_get_x(pointers_get_structs_or_at(pointers_get_structs_or(r), 1)) == 30);
}

static void check_pointer_defaults(struct pointers_reader r)
{
    struct wire_data data = pointers_get_data_or(r);
    CHECK(!pointers_has_text_or(r) && pointers_get_text_or(r).state == WIRE_PRESENT);
    CHECK_TEXT(pointers_get_text_or(r), "say \"what?\?/\"\\\n\303\251");
    CHECK(data.size == 3 && data.bytes[0] == 0 && data.bytes[1] == 0xff && data.bytes[2] == 0x7f);
    CHECK(scalars_get_int32(pointers_get_scalars_or(r)) == 5);
    CHECK(scalars_get_color_or(pointers_get_scalars_or(r)) == COLOR_GREEN);
    CHECK(pointers_get_list_or(r).count == 3 && pointers_get_list_or_at(pointers_get_list_or(r), 1) == -2);
    CHECK(point_get_x(pointers_get_structs_or_at(pointers_get_structs_or(r), 1)) == 3);
    CHECK_TEXT(pointers_get_data_or2_at(pointers_get_data_or2(r), 1), "bc");
}

static void check_numbers(struct lists_reader r)
{
    struct wire_list bools = lists_get_bools(r);
    CHECK(lists_get_voids(r).count == 2 && bools.count == 10);
    for (uint32_t i = 0; i < bools.count; i++)
        CHECK(lists_get_bools_at(bools, i) == (i % 3 == 0));
    CHECK(lists_get_int8s_at(lists_get_int8s(r), 0) == -1);
    CHECK(lists_get_u_int16s_at(lists_get_u_int16s(r), 1) == 515);
    CHECK(lists_get_int32s_at(lists_get_int32s(r), 1) == -70000);
    CHECK(lists_get_float32s_at(lists_get_float32s(r), 1) == 0.5f);
    CHECK(lists_get_u_int64s_at(lists_get_u_int64s(r), 0) == UINT64_MAX);
    CHECK(lists_get_float64s_at(lists_get_float64s(r), 0) == 2.5);
    CHECK(lists_get_colors_at(lists_get_colors(r), 1) == COLOR_BLUE);
    CHECK(!lists_has_animals(r) && lists_get_animals(r).count == 0);
}

static void check_lists(struct lists_reader r)
{
    CHECK_TEXT(lists_get_texts_at(lists_get_texts(r), 1), "second");
    CHECK(lists_get_datas_at(lists_get_datas(r), 0).bytes[0] == 0x7f);
    CHECK(point_get_y(lists_get_points_at(lists_get_points(r), 1)) == 5);
    struct far_thing_reader other = lists_get_others_at(lists_get_others(r), 0);
    CHECK(unions_get_number(far_thing_get_unions(other)) == 6);
    struct wire_list matrix = lists_get_matrix(r);
    CHECK(matrix.count == 2 && lists_get_matrix_at(matrix, 0).count == 0);
    CHECK(wire_list_i32(lists_get_matrix_at(matrix, 1), 0) == 7);
    struct point_reader corner = {wire_list_struct(lists_get_polygons_at(lists_get_polygons(r), 0), 0)};
    CHECK(point_get_x(corner) == 8);
    CHECK(lists_get_cubes_at(lists_get_cubes(r), 0).count == 2);
}

static void check_unions(struct unions_reader r)
{
    CHECK(unions_which(r) == UNIONS_WHICH_BOX && unions_is_box(r) && !unions_is_text(r));
    CHECK(!unions_has_text(r) && unions_get_before(r) == 255);
    struct unions_box_reader box = unions_get_box(r);
    CHECK(point_get_x(unions_box_get_low(box)) == 1 && !unions_box_has_high(box));
    CHECK(unions_box_inner_which(unions_box_get_inner(box)) == UNIONS_BOX_INNER_WHICH_WEIGHT);
    CHECK(unions_box_inner_get_weight(unions_box_get_inner(box)) == 12.5);
    CHECK(unions_named_is_left(unions_get_named(r)) && unions_named_get_left(unions_get_named(r)) == -5);
    struct unions_plain_reader plain = unions_get_plain(r);
    CHECK(unions_plain_get_a(plain) == 1 && !unions_plain_nested_get_c(unions_plain_get_nested(plain)));
    CHECK_TEXT(unions_plain_get_b(plain), "plain");
}

static void check_all(struct all_reader r)
{
    check_scalars(all_get_scalars(r));
    check_defaults(pointers_get_scalars(all_get_pointers(r)));
    check_defaults((struct scalars_reader){0});
    check_pointers(all_get_pointers(r));
    check_pointer_defaults((struct pointers_reader){0});
    check_numbers(all_get_lists(r));
    check_lists(all_get_lists(r));
    struct wire_list unions = all_get_unions(r);
    CHECK(unions.count == 3);
    check_unions(all_get_unions_at(unions, 0));
    CHECK(point_get_x(unions_get_point(all_get_unions_at(unions, 1))) == 3);
    CHECK(point_get_y(unions_get_point_or(all_get_unions_at(unions, 2))) == 8);
    CHECK_TEXT(wire_any_text(box_get_value(boxes_get_text(all_get_boxes(r)))), "boxed text");
    CHECK_TEXT(unions_get_text(far_thing_get_unions(all_get_thing(r))), "away");
    CHECK(all_get_primes_at(all_get_primes(r), 4) == 11);
    CHECK(!all_has_shark(r) && schema_wire_shark_get_u8(all_get_shark(r)) == 0);
}

static void check_constants(void)
{
    CHECK(A_BOOL && AN_INT8 == INT8_MIN && AN_INT64 == INT64_MIN && A_U_INT64 == UINT64_MAX);
    CHECK(A_FLOAT == 0.1f && A_DOUBLE == -1e300 && INFINITY_TOO && isnan(NOT_A_NUMBER));
    CHECK(MINUS_ZERO == 0 && signbit(MINUS_ZERO) && A_COLOR == COLOR_GREEN && INT32_MAX_ == 1);
    CHECK(NESTED_LIMIT == 100 && sizeof(NESTED_LIMIT) == 4);
    CHECK_TEXT(a_text_const(), "quote \" question ?\?= and \342\202\254");
    CHECK(some_data_const().size == 4 && some_data_const().bytes[3] == 0xef);
    CHECK(point_get_y(origin_const()) == -1);
    CHECK(primes_const().count == 5 && wire_list_u16(primes_const(), 2) == 5);
    CHECK(point_get_y((struct point_reader){wire_list_struct(polygon_const(), 1)}) == 2);
    CHECK_TEXT(far_thing_get_name(thing_const()), "far");
}

int main(void)
{
    struct wire_message message;
    open_input(&message);
    CHECK(wire_verify(&message) == WIRE_OK);
    check_all(all_read_root(&message));
    check_constants();
    CHECK(message.error == WIRE_OK);
    return 0;
}
