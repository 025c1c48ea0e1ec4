/*
 * Writes a message that uses every kind of field, with the generated
 * accessors, to standard output. round_trip.t lets `capnp decode` read it.
 */
#include "check.h"
#include "zoo.capos.h"

static void build_scalars(struct scalars_builder b)
{
    scalars_set_bool(b, true);
    scalars_set_int8(b, -8);
    scalars_set_int16(b, -16);
    scalars_set_int32(b, -32);
    scalars_set_int64(b, -64);
    scalars_set_u_int8(b, 8);
    scalars_set_u_int16(b, 16);
    scalars_set_u_int32(b, 32);
    scalars_set_u_int64(b, 64);
    scalars_set_float32(b, 0.25f);
    scalars_set_float64(b, -0.125);
    scalars_set_color(b, COLOR_GREEN);
    scalars_set_bool_or(b, false);
    scalars_set_int8_or(b, 1);
    scalars_set_u_int64_or(b, 2);
    scalars_set_float32_or(b, 3);
    scalars_set_color_or(b, COLOR_RED);
    scalars_set_far_color(b, FAR_SHADE_LIGHT);
}

static void build_pointers(struct pointers_builder b)
{
    pointers_set_text(b, WIRE_TEXT("text"));
    struct wire_bytes bytes = pointers_init_data(b, 3);
    for (uint32_t i = 0; i < bytes.size; i++)
        bytes.bytes[i] = (uint8_t)(i + 1);
    scalars_set_int32(pointers_init_scalars(b), 1);
    scalars_set_int16(pointers_edit_scalars(b), 2);
    far_thing_set_name(pointers_init_other(b), WIRE_TEXT("other"));
    scalars_set_int8(pointers_edit_scalars_or(b), 7);
    struct wire_list_builder list = pointers_edit_list_or(b);
    pointers_set_list_or_at(list, 1, 20);
    pointers_set_text_or(b, WIRE_TEXT("not the default"));
    point_set_x(pointers_edit_structs_or_at(pointers_edit_structs_or(b), 1), 30);
    struct wire_slot any = pointers_edit_any(b);
    struct point_builder point = {wire_slot_init_struct(any, POINT_DATA_WORDS, POINT_POINTER_COUNT)};
    point_set_x(point, 1);
    pointers_clear_any(b);
    pointers_set_data_or(b, wire_data_make("", 0));
}

static void build_numbers(struct lists_builder b)
{
    struct wire_list_builder list = lists_init_bools(b, 10);
    for (uint32_t i = 0; i < list.count; i++)
        lists_set_bools_at(list, i, i % 3 == 0);
    lists_init_voids(b, 2);
    list = lists_init_int8s(b, 2);
    lists_set_int8s_at(list, 0, -1);
    list = lists_init_u_int16s(b, 2);
    lists_set_u_int16s_at(list, 1, 515);
    list = lists_init_int32s(b, 2);
    lists_set_int32s_at(list, 1, -70000);
    list = lists_init_float32s(b, 2);
    lists_set_float32s_at(list, 1, 0.5f);
    list = lists_init_u_int64s(b, 1);
    lists_set_u_int64s_at(list, 0, UINT64_MAX);
    list = lists_init_float64s(b, 1);
    lists_set_float64s_at(list, 0, 2.5);
    list = lists_init_colors(b, 2);
    lists_set_colors_at(list, 1, COLOR_BLUE);
}

static void build_lists(struct lists_builder b)
{
    struct wire_list_builder list = lists_init_texts(b, 2);
    lists_set_texts_at(list, 1, WIRE_TEXT("second"));
    list = lists_init_datas(b, 1);
    lists_set_datas_at(list, 0, wire_data_make("\x7f", 1));
    list = lists_init_points(b, 2);
    point_set_y(lists_edit_points_at(list, 1), 5);
    list = lists_init_others(b, 1);
    unions_set_number(far_thing_init_unions(lists_edit_others_at(list, 0)), 6);
    list = lists_init_matrix(b, 2);
    struct wire_list_builder row = lists_init_matrix_at(list, 1, 2);
    wire_list_set_i32(row, 0, 7);
    list = lists_init_polygons(b, 1);
    row = lists_init_polygons_at(list, 0, 1);
    point_set_x((struct point_builder){wire_list_element(row, 0)}, 8);
    list = lists_init_cubes(b, 1);
    lists_init_cubes_at(list, 0, 2);
}

/* One after the other in one union: what was there before leaves nothing behind. */
static void build_unions(struct unions_builder b)
{
    unions_set_text(b, WIRE_TEXT("gone"));
    point_set_x(unions_init_point(b), 9);
    unions_set_number(b, -1);
    struct unions_box_builder box = unions_init_box(b);
    point_set_x(unions_box_init_low(box), 1);
    unions_box_inner_set_name(unions_box_init_inner(box), WIRE_TEXT("boxed"));
    unions_box_inner_set_weight(unions_box_edit_inner(unions_edit_box(b)), 12.5);
    unions_named_set_right(unions_init_named(b), WIRE_TEXT("right"));
    unions_named_set_left(unions_edit_named(b), -5);
    struct unions_plain_builder plain = unions_init_plain(b);
    unions_plain_set_a(plain, 1);
    unions_plain_set_b(plain, WIRE_TEXT("plain"));
    unions_plain_nested_set_c(unions_plain_edit_nested(plain), false);
    unions_set_before(b, 255);
}

/* A group that is made new has nothing of what was set before, also not in the groups and unions inside. */
static void check_new_groups(struct unions_builder b)
{
    struct unions_box_inner_builder inner = unions_box_edit_inner(unions_init_box(b));
    unions_box_inner_set_name(inner, WIRE_TEXT("gone"));
    unions_box_init_low(unions_edit_box(b));
    struct unions_box_reader box = unions_box_as_reader(unions_init_box(b));
    CHECK(!unions_box_has_low(box));
    CHECK(unions_box_inner_which(unions_box_get_inner(box)) == UNIONS_BOX_INNER_WHICH_WEIGHT);
    CHECK(unions_box_inner_get_weight(unions_box_get_inner(box)) == 0);

    struct unions_plain_builder plain = unions_init_plain(b);
    unions_plain_set_a(plain, 5);
    unions_plain_set_b(plain, WIRE_TEXT("gone"));
    unions_plain_nested_set_c(unions_plain_edit_nested(plain), false);
    struct unions_plain_reader new = unions_plain_as_reader(unions_init_plain(b));
    CHECK(unions_plain_get_a(new) == 0 && !unions_plain_has_b(new));
    CHECK(unions_plain_nested_get_c(unions_plain_get_nested(new)));
}

/* Editing a member that is not chosen chooses it, and shows nothing of the one before. */
static void check_edit_chooses(struct unions_builder b)
{
    point_set_x(unions_init_point(b), 5);
    CHECK(unions_edit_list(b).count == 0 && unions_is_list(unions_as_reader(b)));
    point_set_x(unions_edit_list_at(unions_init_list(b, 1), 0), 6);
    CHECK(unions_edit_list(b).count == 1);
    CHECK(point_get_x(point_as_reader(unions_edit_point(b))) == 0 && unions_is_point(unions_as_reader(b)));
    wire_slot_set_text(unions_edit_any(b), WIRE_TEXT("any"));
    CHECK(unions_is_any(unions_as_reader(b)) && !wire_slot_is_null(unions_edit_any(b)));
    unions_clear_text(b);
    CHECK(unions_is_text(unions_as_reader(b)) && !unions_has_text(unions_as_reader(b)));
    CHECK(point_get_x(point_as_reader(unions_edit_point_or(b))) == 9);
    unions_set_with_default(b, 7);
    CHECK(unions_get_with_default(unions_as_reader(b)) == 7);
    unions_set_animal(b, 3);
    CHECK(unions_get_animal(unions_as_reader(b)).index == 3);
}

static void build(struct all_builder root)
{
    build_scalars(all_init_scalars(root));
    build_pointers(all_init_pointers(root));
    build_numbers(all_init_lists(root));
    build_lists(all_edit_lists(root));
    struct wire_list_builder unions = all_init_unions(root, 3);
    build_unions(all_edit_unions_at(unions, 0));
    point_set_x(unions_edit_point(all_edit_unions_at(unions, 1)), 3);
    unions_edit_point_or(all_edit_unions_at(unions, 2));
    boxes_set_text(all_init_boxes(root), (struct box_reader){0});
    wire_slot_set_text(box_edit_value(boxes_init_text(all_edit_boxes(root))), WIRE_TEXT("boxed text"));
    all_set_thing(root, thing_const());
    all_set_primes(root, primes_const());
}

int main(void)
{
    static uint64_t words[4096];
    static uint8_t bytes[sizeof words + 64];
    struct wire_build message;
    uint64_t size;
    wire_build_init(&message, words, sizeof words / 8);
    check_new_groups(unions_build_root(&message));
    check_edit_chooses(unions_build_root(&message));
    CHECK(wire_build_error(&message) == WIRE_OK);
    wire_build_init(&message, words, sizeof words / 8);
    build(all_build_root(&message));
    enum wire_error error = wire_stream_write(&message, bytes, sizeof bytes, &size);
    if (error == WIRE_OK)
        return fwrite(bytes, 1, size, stdout) != size;
    fprintf(stderr, "%s\n", wire_error_text(error));
    return 1;
}
