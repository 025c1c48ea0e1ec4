/*
 * The stock `capnp` tool as oracle: we read what it encodes (in one segment
 * and with a far pointer at every step), it decodes what we build, and both
 * accept and refuse the same damaged messages.
 */
#define _GNU_SOURCE
#include "tests/tap.h"
#include "tests/wire/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char schema[] = "@0xbf5147cbbecf40c1;\n"
                             "struct S {\n"
                             "  a @0 :UInt16; b @1 :Text; c @2 :List(S); d @3 :List(Bool); e @4 :Data;\n"
                             "  f @5 :Int64 = -7; g @6 :List(Text);\n"
                             "  h :union { i @7 :Void; j @8 :Float64; }\n"
                             "}\n";

static const char text[] = "(a = 5, b = \"x\", c = [(a = 1, b = \"one\"), (a = 2, f = 3)], "
                           "d = [true, false, true], e = \"\\x01\\x02\", f = 9, "
                           "g = [\"p\", \"qq\"], h = (j = 2.5))";

static char folder[] = "/tmp/wire-oracle-XXXXXX";
static uint64_t bytes[1024], arena[1024];
static struct wire_segment segments[WIRE_SEGMENTS_MAX];
static struct wire_message message;
static struct wire_build build;
static struct walk_memory memory;

static void path_of(char *path, size_t room, const char *name)
{
    snprintf(path, room, "%s/%s", folder, name);
}

static void write_file(const char *name, const void *content, size_t size)
{
    char path[64];
    path_of(path, sizeof(path), name);
    FILE *file = fopen(path, "wb");
    TAP_CHECK(file != NULL);
    size_t written = fwrite(content, 1, size, file);
    fclose(file);
    TAP_EQ(written, size);
}

static size_t read_file(const char *name, void *content, size_t room)
{
    char path[64];
    path_of(path, sizeof(path), name);
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(content, 1, room, file) : 0;
    if (file != NULL)
        fclose(file);
    return size;
}

/* Runs `capnp` with these arguments in the folder, input from `in`, output to `out`; its exit code. */
static int capnp(const char *arguments)
{
    char command[256];
    snprintf(command, sizeof(command), "cd %s && capnp %s 2>err", folder, arguments);
    return system(command);
}

static void start(void)
{
    if (system("capnp --version >/dev/null 2>&1") != 0)
        TAP_SKIP("the capnp tool is not installed");
    TAP_CHECK(mkdtemp(folder) != NULL);
    write_file("s.capnp", schema, sizeof(schema) - 1);
    write_file("text", text, sizeof(text) - 1);
}

static void stop(void)
{
    static const char *const names[] = {"s.capnp", "text", "in", "out", "err"};
    char path[64];
    for (int i = 0; i < 5; i++) {
        path_of(path, sizeof(path), names[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* --- S by hand ------------------------------------------------------------- */

static void check_s(struct wire_struct s)
{
    TAP_EQ(wire_get_u16(s, 0), 5);
    TAP_STR_EQ(wire_get_text(s, 0).chars, "x");
    struct wire_list c = wire_get_list(s, 1, WIRE_ELEMENT_STRUCT);
    TAP_EQ(c.count, 2);
    TAP_STR_EQ(wire_get_text(wire_list_struct(c, 0), 0).chars, "one");
    TAP_EQ(wire_get_i64_or(wire_list_struct(c, 0), 8, -7), -7);
    TAP_EQ(wire_get_i64_or(wire_list_struct(c, 1), 8, -7), 3);
    TAP_EQ(wire_get_text(wire_list_struct(c, 1), 0).state, WIRE_ABSENT);
    struct wire_list d = wire_get_list(s, 2, WIRE_ELEMENT_BIT);
    TAP_EQ(d.count, 3);
    TAP_CHECK(wire_list_bool(d, 0) && !wire_list_bool(d, 1) && wire_list_bool(d, 2));
    TAP_CHECK(wire_data_equal(wire_get_data(s, 3), wire_data_make("\1\2", 2)));
    TAP_EQ(wire_get_i64_or(s, 8, -7), 9);
    TAP_STR_EQ(wire_list_text(wire_get_list(s, 4, WIRE_ELEMENT_POINTER), 1).chars, "qq");
    TAP_EQ(wire_get_u16(s, 2), 1);
    TAP_CHECK(wire_get_f64(s, 16) == 2.5);
}

static void build_s(void)
{
    struct wire_struct_builder s = wire_slot_init_struct(wire_build_root(&build), 3, 5);
    wire_set_u16(s, 0, 5);
    wire_slot_set_text(wire_slot_of(s, 0), WIRE_TEXT("x"));
    struct wire_list_builder c = wire_slot_init_struct_list(wire_slot_of(s, 1), 2, 3, 5);
    wire_set_u16(wire_list_element(c, 0), 0, 1);
    wire_slot_set_text(wire_slot_of(wire_list_element(c, 0), 0), WIRE_TEXT("one"));
    wire_set_u16(wire_list_element(c, 1), 0, 2);
    wire_set_i64_or(wire_list_element(c, 1), 8, 3, -7);
    struct wire_list_builder d = wire_slot_init_list(wire_slot_of(s, 2), WIRE_ELEMENT_BIT, 3);
    wire_list_set_bool(d, 0, true);
    wire_list_set_bool(d, 2, true);
    wire_slot_set_data(wire_slot_of(s, 3), wire_data_make("\1\2", 2));
    wire_set_i64_or(s, 8, 9, -7);
    struct wire_list_builder g = wire_slot_init_list(wire_slot_of(s, 4), WIRE_ELEMENT_POINTER, 2);
    wire_slot_set_text(wire_list_slot(g, 0), WIRE_TEXT("p"));
    wire_slot_set_text(wire_list_slot(g, 1), WIRE_TEXT("qq"));
    wire_set_u16(s, 2, 1);
    wire_set_f64(s, 16, 2.5);
}

static void start_build(bool far)
{
    memory.used = 0;
    if (far)
        wire_build_init_growing(&build, segments, WIRE_SEGMENTS_MAX, arena, 1, walk_grow, &memory);
    else
        wire_build_init(&build, arena, 1024);
}

/* --- Tests -------------------------------------------------------------------- */

static void read_what_capnp_encodes(const char *arguments, bool many)
{
    TAP_EQ(capnp(arguments), 0);
    size_t size = read_file("out", bytes, sizeof(bytes));
    TAP_EQ(wire_open_stream(&message, WIRE_PRIVATE, bytes, size, segments, WIRE_SEGMENTS_MAX), WIRE_OK);
    TAP_EQ(message.segment_count > 5, many);
    check_s(wire_root(&message));
    TAP_STOP_IF_FAILED();
    TAP_EQ(wire_verify(&message), WIRE_OK);
}

TAP_TEST(oracle_we_read_what_capnp_encodes)
{
    start();
    TAP_STOP_IF_FAILED();
    read_what_capnp_encodes("encode s.capnp S <text >out", false);
    read_what_capnp_encodes("encode --segment-size=1 s.capnp S <text >out", true);
    stop();
}

static void capnp_decodes_what_we_build(bool far)
{
    static char want[4096], got[4096];
    uint64_t size = 0;
    start_build(far);
    build_s();
    TAP_EQ(wire_stream_write(&build, bytes, sizeof(bytes), &size), WIRE_OK);
    write_file("in", bytes, size);
    TAP_EQ(capnp("encode s.capnp S <text | capnp decode s.capnp S >out"), 0);
    size_t want_size = read_file("out", want, sizeof(want));
    TAP_EQ(capnp("decode s.capnp S <in >out"), 0);
    size_t got_size = read_file("out", got, sizeof(got));
    TAP_CHECK(want_size > 100 && got_size == want_size);
    TAP_MEM_EQ(got, want, want_size);
    if (far)
        return;
    TAP_EQ(capnp("encode s.capnp S <text >out"), 0);
    uint8_t stock[1024];
    TAP_EQ(read_file("out", stock, sizeof(stock)), size);
}

TAP_TEST(oracle_capnp_decodes_what_we_build)
{
    start();
    TAP_STOP_IF_FAILED();
    capnp_decodes_what_we_build(false);
    capnp_decodes_what_we_build(true);
    stop();
}

/*
 * Damages one byte of each of many messages. The tool stops at the same
 * messages as the verifier; only capabilities, which it does not follow, and
 * the tool's own choices below are left out.
 */
static void compare_verdicts(bool far, uint32_t seed)
{
    uint64_t size = 0;
    int refused = 0;
    start_build(far);
    build_s();
    TAP_EQ(wire_stream_write(&build, bytes, sizeof(bytes), &size), WIRE_OK);
    for (int i = 0; i < 60; i++) {
        uint8_t *at = (uint8_t *)bytes;
        seed = seed * 1664525 + 1013904223;
        size_t place = (seed >> 8) % size;
        uint8_t mask = (uint8_t)(1u << (seed >> 5 & 7));
        at[place] ^= mask;
        write_file("in", bytes, size);
        bool accepted = capnp("convert binary:canonical <in >out") == 0;
        enum wire_error error =
            wire_open_stream(&message, WIRE_PRIVATE, bytes, size, segments, WIRE_SEGMENTS_MAX);
        message.cap_count = UINT32_MAX;
        if (error == WIRE_OK)
            error = wire_verify(&message);
        if (accepted != (error == WIRE_OK)) {
            char note[128];
            snprintf(note, sizeof(note), "byte %zu mask %u: capnp %s, wire: %s", place, mask,
                     accepted ? "accepts" : "refuses", wire_error_text(error));
            tap_note(note);
        }
        TAP_EQ(accepted, error == WIRE_OK);
        refused += !accepted;
        at[place] ^= mask;
    }
    TAP_CHECK(refused > 3 && refused < 57);
}

TAP_TEST(oracle_same_verdict_on_damaged_messages)
{
    start();
    TAP_STOP_IF_FAILED();
    compare_verdicts(false, 1);
    compare_verdicts(true, 2);
    stop();
}
