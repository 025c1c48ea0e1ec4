/*
 * Every two bits of a message with everything in it are flipped, and all
 * readers, the verifier and the copier go over the result. It is the
 * sanitizers that judge; beyond them, what verifies reads without an error,
 * and what can be copied is equal to its copy.
 */
#include "tests/tap.h"
#include "tests/wire/walk.h"

#include <stdlib.h>

enum { TRAVERSAL = 3000 };

static uint64_t arena[256], copy_arena[4096];
static struct wire_message message;
static struct wire_build build, copy;
static struct wire_segment segments[64];
static struct walk_memory memory;

static void read_everything(const uint8_t *bytes, size_t size)
{
    message.cap_count = 2;
    message.traversal_left = TRAVERSAL;
    enum wire_error verified = wire_verify(&message);
    message.error = WIRE_OK;
    wire_build_init(&copy, copy_arena, 4096);
    wire_slot_set_any(wire_build_root(&copy), wire_root_any(&message));
    TAP_EQ(message.error, verified);
    message.traversal_left = TRAVERSAL * 8;
    if (wire_build_error(&copy) == WIRE_OK)
        TAP_CHECK(walk_equal(wire_root_any(&message), wire_root_any(wire_build_reader(&copy))));
    message.error = WIRE_OK;
    message.mode = WIRE_SHARED;
    walk_any(wire_root_any(&message));
    TAP_CHECK(bytes != NULL && size > 0);
}

/* A block of its own, so that the sanitizer sees the first byte too far. */
static void flip_pairs(const void *original, size_t size, bool stream)
{
    uint8_t *bytes = (uint8_t *)malloc(size);
    TAP_CHECK(bytes != NULL);
    memcpy(bytes, original, size);
    for (size_t a = 0; a < size * 8; a++) {
        bytes[a / 8] ^= (uint8_t)(1u << a % 8);
        /* Near pairs all, distant pairs spread out: the whole square would take minutes. */
        for (size_t b = a + 1; b < size * 8; b += b < a + 128 ? 1 : 61) {
            bytes[b / 8] ^= (uint8_t)(1u << b % 8);
            enum wire_error error = stream
                                        ? wire_open_stream(&message, WIRE_PRIVATE, bytes, size, segments, 64)
                                        : wire_open_flat(&message, WIRE_PRIVATE, bytes, size);
            if (error == WIRE_OK)
                read_everything(bytes, size);
            bytes[b / 8] ^= (uint8_t)(1u << b % 8);
            if (tap_stopped())
                break;
        }
        bytes[a / 8] ^= (uint8_t)(1u << a % 8);
        if (tap_stopped())
            break;
    }
    free(bytes);
}

TAP_TEST(flip_two_bits_of_a_flat_message)
{
    wire_build_init(&build, arena, 256);
    walk_build(&build);
    uint64_t size = 0;
    const void *bytes = wire_build_flat(&build, &size);
    TAP_CHECK(bytes != NULL);
    flip_pairs(bytes, size, false);
}

TAP_TEST(flip_two_bits_of_a_message_with_far_pointers)
{
    static struct wire_segment building[64];
    static uint64_t out[512];
    uint64_t size = 0;
    memory.used = 0;
    wire_build_init_growing(&build, building, 64, arena, 1, walk_grow, &memory);
    struct wire_struct_builder root = wire_slot_init_struct(wire_build_root(&build), 1, 3);
    wire_slot_set_text(wire_slot_of(root, 0), WIRE_TEXT("far"));
    struct wire_list_builder list = wire_slot_init_struct_list(wire_slot_of(root, 1), 2, 1, 1);
    wire_slot_set_cap(wire_slot_of(wire_list_element(list, 1), 0), 1);
    wire_slot_init_list(wire_slot_of(root, 2), WIRE_ELEMENT_BIT, 9);
    TAP_EQ(wire_stream_write(&build, out, sizeof(out), &size), WIRE_OK);
    flip_pairs(out, size, true);
}
