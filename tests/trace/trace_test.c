/*
 * Texts of calls: names, statuses, payloads of every shape, and payloads and
 * schemas that are not what they should be. Holds docs/security.md, 34.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capos/abi.h"
#include "kernel/trace/trace.h"
#include "tests/tap.h"

#define SHAPES  UINT64_C(0xa15c3e7d9b2f4068)
#define NESTED  UINT64_C(0xd2e4f60718293a4b)
#define CONSOLE UINT64_C(0xc20e47cf36e2fea5)
enum { ALL = 0, DEEP = 1, NOTHING = 2, INNER = 3, ROOM = 512, GUARD = 0x5a };

extern const uint8_t shapes_request[], shapes_sample[], shapes_defaults[], trace_system_schema[];
extern const uint64_t shapes_request_bytes, shapes_sample_bytes, shapes_defaults_bytes,
    trace_system_schema_bytes;

static struct trace_schema shapes, system_schema;
static struct trace_text text;
static char chars[4096];

static void begin(size_t room)
{
    memset(chars, GUARD, sizeof chars);
    trace_text_init(&text, chars, room);
    if (shapes.nodes)
        return;
    TAP_CHECK(trace_schema_open(&shapes, shapes_request, shapes_request_bytes) == NULL);
    TAP_CHECK(trace_schema_open(&system_schema, trace_system_schema, trace_system_schema_bytes) == NULL);
    shapes.next = &system_schema;
}

/* The text so far; nothing has been written beyond its room. */
static const char *said(void)
{
    static char copy[sizeof chars + 1];
    memcpy(copy, chars, text.size);
    copy[text.size] = 0;
    for (size_t i = text.room; i < sizeof chars; i++)
        if (chars[i] != GUARD)
            return "(out of bounds)";
    return copy;
}

static const char *payload(uint64_t interface_id, uint16_t ordinal, const void *bytes, size_t size)
{
    begin(ROOM);
    trace_put_payload(&text, &shapes, interface_id, ordinal, TRACE_PARAMS, bytes, size);
    return said();
}

static const char *method(uint64_t interface_id, uint16_t ordinal)
{
    begin(ROOM);
    trace_put_method(&text, &shapes, interface_id, ordinal);
    return said();
}

static const char *status(int32_t result, uint32_t type)
{
    begin(ROOM);
    trace_put_status(&text, result, type);
    return said();
}

/* --- Names ------------------------------------------------------------------------- */

TAP_TEST(methods_have_names_of_all_schemas)
{
    TAP_STR_EQ(method(SHAPES, DEEP), "Shapes.deep");
    TAP_STR_EQ(method(NESTED, 0), "Shapes.Nested.touch");
    TAP_STR_EQ(method(CONSOLE, 1), "Console.writeLine");
}

TAP_TEST(what_no_schema_tells_is_a_number)
{
    TAP_STR_EQ(method(SHAPES, 4), "Shapes.4");
    TAP_STR_EQ(method(UINT64_C(0x12), 65535), "0x0000000000000012.65535");
    /* A struct, by the id of its node, is no interface. */
    TAP_STR_EQ(method(UINT64_C(0xd9fcec74de26b297), 0), "0xd9fcec74de26b297.0");
}

TAP_TEST(statuses_are_words)
{
    TAP_STR_EQ(status(0, 0), "ok");
    TAP_STR_EQ(status(40, 3), "ok");
    TAP_STR_EQ(status(CAP_ERR_APPLICATION_EXCEPTION, 2), "disconnected");
    TAP_STR_EQ(status(CAP_ERR_APPLICATION_EXCEPTION, 77), "exception-77");
    TAP_STR_EQ(status(CAP_ERR_STALE_CAP, 0), "STALE_CAP");
    TAP_STR_EQ(status(CAP_ERR_TIMED_OUT, 0), "TIMED_OUT");
    TAP_STR_EQ(status(-9, 0), "-9");
    TAP_STR_EQ(status(INT32_MIN, 0), "-2147483648");
}

TAP_TEST(a_name_is_one_word_whatever_is_in_it)
{
    begin(ROOM);
    trace_put_name(&text, "a b\n\x1b[2J\\\x80", 10);
    TAP_STR_EQ(said(), "a\\x20b\\x0a\\x1b[2J\\x5c\\x80");
}

/* --- Payloads ---------------------------------------------------------------------------- */

TAP_TEST(payloads_of_every_shape_are_text)
{
    begin(2000);
    trace_put_payload(&text, &shapes, SHAPES, ALL, TRACE_RESULTS, shapes_sample, shapes_sample_bytes);
    TAP_STR_EQ(said(),
               "(void = void, yes = true, no = true, i8 = -128, i16 = 7, i32 = -2147483648, "
               "i64 = -9223372036854775808, u8 = 0, u16 = 65535, u32 = 4294967295, "
               "u64 = 18446744073709551615, f32 = 0.5, f64 = -1.0000000000000001e+300, colour = green, "
               "text = \"a \\\"b\\\" \\\\ \\n\\x09\\x1b\\xc3\\xa9\", data = \"\\x00\\x7fA\", "
               "bools = [true, false], signed = [-1, 2], colours = [red, green], texts = [\"x\", \"\"], "
               "lists = [[1, 2], []], parts = [(name = \"p\", count = 1), (count = 3)], "
               "group = (left = -5, right = \"r\"))");
}

TAP_TEST(defaults_and_absent_fields)
{
    static const char zeros[] =
        "(void = void, yes = false, no = true, i8 = 0, i16 = -300, i32 = 0, i64 = 0, u8 = 200, u16 = 0, "
        "u32 = 0, u64 = 0, f32 = 0, f64 = 2.5, colour = red, number = ";
    TAP_CHECK(strncmp(payload(SHAPES, ALL, shapes_defaults, shapes_defaults_bytes), zeros, strlen(zeros)) ==
              0);
    TAP_STR_EQ(said() + strlen(zeros), "3)");
    /* A null root, or one of an older schema, has them too. */
    TAP_CHECK(strncmp(payload(SHAPES, ALL, NULL, 0), zeros, strlen(zeros)) == 0);
    TAP_STR_EQ(said() + strlen(zeros), "0)");
    TAP_STR_EQ(payload(SHAPES, NOTHING, NULL, 0), "()");
}

TAP_TEST(capabilities_and_pointers_of_any_type)
{
    static const uint64_t words[] = {UINT64_C(0x0003000000000000), UINT64_C(0x0000000200000003),
                                     UINT64_C(0x0000000000000004), 0};
    TAP_STR_EQ(payload(SHAPES, INNER, words, sizeof words), "(shapes = <capability 2>, any = <any>)");
}

TAP_TEST(an_exception_is_decoded)
{
    static const uint64_t words[] = {UINT64_C(0x0001000100000000), 2, UINT64_C(0x0000001a00000001),
                                     UINT64_C(0x0000000000006f6e)};
    begin(ROOM);
    trace_put_payload(&text, &shapes, UINT64_C(0x99), 0, TRACE_EXCEPTION, words, sizeof words);
    TAP_STR_EQ(said(), "(type = disconnected, message = \"no\")");
}

TAP_TEST(what_is_unknown_is_said_so)
{
    TAP_STR_EQ(payload(UINT64_C(0x99), 0, NULL, 0), "<unknown>");
    TAP_STR_EQ(payload(SHAPES, 9, NULL, 0), "<unknown>");
}

/* --- Hostile ------------------------------------------------------------------------------- */

TAP_TEST(a_message_in_a_circle_ends)
{
    /* Its struct's first pointer leads to the struct. */
    static const uint64_t words[] = {UINT64_C(0x0001000000000000), UINT64_C(0x00010000fffffffc)};
    const char *got = payload(SHAPES, DEEP, words, sizeof words);
    TAP_CHECK(strncmp(got, "(next = (next = (", 17) == 0);
    TAP_CHECK(strstr(got, "next = ...)))") != NULL);
    int depth = 0;
    for (const char *c = got; *c; c++)
        depth += *c == '(';
    TAP_EQ(depth, TRACE_DEPTH_MAX);
}

TAP_TEST(a_list_of_a_million_nothings_is_cut)
{
    /* Voids take no room in a message. */
    static const uint64_t words[] = {UINT64_C(0x0003000000000000), 0, 0, UINT64_C(0x007a120000000001)};
    const char *got = payload(SHAPES, DEEP, words, sizeof words);
    TAP_EQ(strlen(got), ROOM);
    TAP_CHECK(strncmp(got, "(nothings = [void, void, ", 25) == 0);
    TAP_STR_EQ(got + ROOM - 3, "...");
}

TAP_TEST(broken_pointers_are_said_so)
{
    static const uint64_t beyond[] = {UINT64_C(0x0003000000000000), UINT64_C(0x0001000000000400), 0, 0};
    static const uint64_t kind[] = {UINT64_C(0x0003000000000000), UINT64_C(0x0000000000000003), 0, 0};
    static const uint64_t root[] = {UINT64_C(0x0003000000000400)};
    TAP_STR_EQ(payload(SHAPES, DEEP, beyond, sizeof beyond), "(next = <broken>)");
    TAP_STR_EQ(payload(SHAPES, DEEP, kind, sizeof kind), "(next = <broken>)");
    TAP_STR_EQ(payload(SHAPES, DEEP, root, sizeof root), "<broken>");
}

TAP_TEST(a_text_of_any_room_stays_in_it)
{
    begin(sizeof chars);
    trace_put_payload(&text, &shapes, SHAPES, ALL, TRACE_PARAMS, shapes_sample, shapes_sample_bytes);
    const size_t whole = text.size;
    for (size_t room = 3; room < whole + 3; room++) {
        begin(room);
        trace_put_payload(&text, &shapes, SHAPES, ALL, TRACE_PARAMS, shapes_sample, shapes_sample_bytes);
        TAP_EQ(text.size, room);
        TAP_STR_EQ(said() + room - 3, "...");
    }
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

TAP_TEST(no_payload_makes_a_text_that_is_not_printable)
{
    static uint64_t words[64];
    for (int round = 0; round < 20000; round++) {
        size_t count = next_random() % 64;
        memcpy(words, shapes_sample, sizeof words < shapes_sample_bytes ? sizeof words : shapes_sample_bytes);
        for (int i = 0; i < 6; i++)
            words[next_random() % 64] ^= UINT64_C(0x0101010101010101) << next_random() % 64;
        const char *got = payload(SHAPES, (uint16_t)(round % 4), words, count * 8);
        TAP_CHECK(strcmp(got, "(out of bounds)") != 0);
        for (; *got; got++)
            TAP_CHECK(*got >= ' ' && *got < 0x7f);
    }
}

TAP_TEST(a_schema_that_is_damaged_is_refused_or_read)
{
    uint64_t *copy = malloc(shapes_request_bytes);
    struct trace_schema schema;
    TAP_CHECK(copy != NULL);
    for (size_t size = 0; size < shapes_request_bytes; size += 8) {
        memcpy(copy, shapes_request, size);
        TAP_CHECK(trace_schema_open(&schema, copy, size) != NULL);
    }
    for (int round = 0; round < 2000; round++) {
        memcpy(copy, shapes_request, shapes_request_bytes);
        copy[next_random() % (shapes_request_bytes / 8)] ^= UINT64_C(1) << next_random() % 64;
        if (trace_schema_open(&schema, copy, shapes_request_bytes) != NULL)
            continue;
        begin(ROOM);
        trace_put_payload(&text, &schema, SHAPES, (uint16_t)(round % 4), TRACE_PARAMS, shapes_sample,
                          shapes_sample_bytes);
        trace_put_method(&text, &schema, SHAPES, (uint16_t)(round % 4));
        TAP_CHECK(strcmp(said(), "(out of bounds)") != 0);
        trace_schema_close(&schema);
    }
    free(copy);
}

TAP_TEST(what_is_no_schema_is_refused)
{
    static const uint64_t manifest_like[8] = {UINT64_C(0x0000000700000000), UINT64_C(0x0001000000000000)};
    /* A list of 2^28 - 1 nodes of no size. */
    static const uint64_t crowd[] = {UINT64_C(0x0000000300000000), UINT64_C(0x0001000000000000),
                                     UINT64_C(0x0000000700000001), UINT64_C(0x000000003ffffffc)};
    struct trace_schema schema;
    TAP_CHECK(trace_schema_open(&schema, "", 0) != NULL);
    TAP_STR_EQ(trace_schema_open(&schema, crowd, sizeof crowd), wire_error_text(WIRE_ERR_TRAVERSAL));
    TAP_STR_EQ(trace_schema_open(&schema, manifest_like, sizeof manifest_like), "It has no nodes.");
}
