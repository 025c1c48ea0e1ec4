/*
 * Fuzzer: one flat message (first byte even) or stream framing (odd), read in
 * both modes, verified, copied into a builder with plenty, little or
 * piecewise memory, compared with its copy, edited, erased.
 *
 * Clauses: no read or write out of bounds; no undefined behaviour; work in
 * proportion to the traversal limit; what verifies copies; a copy equals its
 * source, and verifies; erasing leaves zeros. Held by it: docs/security.md, 7.
 */
#include "tests/wire/walk.h"

#include <stdlib.h>

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            abort();                                                                                         \
    } while (0)

enum { TRAVERSAL = 4096, ARENA = 1 << 16 };

static uint64_t arena[ARENA];
static struct wire_segment segments[WIRE_SEGMENTS_MAX], built[WIRE_SEGMENTS_MAX];
static struct walk_memory memory;
static struct wire_message message;
static struct wire_build build;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool open_message(const void *bytes, size_t size, bool stream, enum wire_mode mode)
{
    enum wire_error error = stream
                                ? wire_open_stream(&message, mode, bytes, size, segments, WIRE_SEGMENTS_MAX)
                                : wire_open_flat(&message, mode, bytes, size);
    message.cap_count = 3;
    message.traversal_left = TRAVERSAL;
    return error == WIRE_OK;
}

static void check_stream_size(const void *bytes, size_t size, bool opens)
{
    uint64_t need = 0;
    enum wire_error error = wire_stream_size(bytes, size, &need);
    REQUIRE(!opens || (error == WIRE_OK && need <= size));
    REQUIRE(opens || error != WIRE_OK || need > size);
}

static void start_build(unsigned how)
{
    memory.used = 0;
    if (how == 0)
        wire_build_init(&build, arena, ARENA);
    else if (how == 1)
        wire_build_init(&build, arena, 20);
    else
        wire_build_init_growing(&build, built, WIRE_SEGMENTS_MAX, arena, how, walk_grow, &memory);
}

/* Asks for larger structs than there are. Lists of other things than structs may not be enlarged. */
static void enlarge(void)
{
    struct wire_slot root = wire_build_root(&build);
    enum wire_kind kind = wire_any_kind(wire_slot_as_any(root));
    if (kind == WIRE_KIND_LIST)
        wire_slot_get_struct_list(root, 2, 2);
    if (kind != WIRE_KIND_STRUCT)
        return;
    struct wire_struct_builder view = wire_slot_get_struct(root, 3, 3);
    struct wire_slot slot = wire_slot_of(view, 0);
    if (wire_any_kind(wire_slot_as_any(slot)) == WIRE_KIND_LIST)
        wire_slot_get_struct_list(slot, 2, 2);
    wire_struct_copy(view, wire_struct_as_reader(view));
}

/* What was enlarged still verifies; what is cleared is gone. */
static void edit_and_erase(void)
{
    enlarge();
    if (wire_build_error(&build) != WIRE_OK)
        return;
    struct wire_message *built_message = wire_build_reader(&build);
    REQUIRE(wire_verify(built_message) == WIRE_OK);
    wire_slot_clear(wire_build_root(&build));
    REQUIRE(wire_build_error(&build) == WIRE_OK);
    for (uint32_t i = 0; i < built_message->segment_count; i++)
        for (uint32_t k = 0; k < built_message->segments[i].word_count; k++)
            REQUIRE(built_message->segments[i].words[k] == 0);
}

static void copy_message(const void *bytes, size_t size, bool stream, unsigned how, enum wire_error verified)
{
    open_message(bytes, size, stream, WIRE_PRIVATE);
    start_build(how);
    struct wire_any root = wire_root_any(&message);
    wire_slot_set_any(wire_build_root(&build), root);
    REQUIRE(message.error == WIRE_OK || message.error == verified);
    if (wire_build_error(&build) != WIRE_OK)
        return;
    REQUIRE(verified == WIRE_OK);
    message.traversal_left = TRAVERSAL * 8;
    struct wire_message *copied = wire_build_reader(&build);
    REQUIRE(walk_equal(root, wire_root_any(copied)));
    REQUIRE(wire_verify(copied) == WIRE_OK);
    edit_and_erase();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 8192)
        return 0;
    bool stream = (data[0] & 1) != 0;
    unsigned how = data[0] >> 1 & 3;
    size = stream ? size - 1 : (size - 1) / 8 * 8;
    void *bytes = malloc(size);
    REQUIRE(bytes != NULL || size == 0);
    if (size > 0)
        memcpy(bytes, data + 1, size);
    bool opens = open_message(bytes, size, stream, WIRE_SHARED);
    if (stream)
        check_stream_size(bytes, size, opens);
    walk_any(wire_root_any(&message));
    open_message(bytes, size, stream, WIRE_PRIVATE);
    enum wire_error verified = wire_verify(&message);
    walk_any(wire_root_any(&message));
    if (opens)
        copy_message(bytes, size, stream, how, verified);
    free(bytes);
    return 0;
}
