/*
 * A peer that rewrites a message while it is read. What comes out is
 * anybody's guess; the sanitizers say whether the reader, or the copier,
 * was led astray.
 */
#include "tests/tap.h"
#include "tests/wire/walk.h"

#include <pthread.h>
#include <stdlib.h>

enum { ROUNDS = 3000 };

struct peer {
    uint64_t *words;
    uint32_t count;
    int stop;
};

/* Swaps pointers, flips sizes, offsets and kinds, and puts everything back. */
static void *run_peer(void *context)
{
    struct peer *peer = (struct peer *)context;
    uint64_t seed = 1;
    while (!__atomic_load_n(&peer->stop, __ATOMIC_RELAXED)) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint64_t *word = &peer->words[(seed >> 33) % peer->count];
        uint64_t before = __atomic_load_n(word, __ATOMIC_RELAXED);
        __atomic_store_n(word, before ^ UINT64_C(1) << (seed >> 27 & 63), __ATOMIC_RELAXED);
        __atomic_store_n(word, UINT64_MAX, __ATOMIC_RELAXED);
        __atomic_store_n(word, before, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void read_while_written(uint64_t *words, uint32_t count)
{
    static uint64_t arena[8192];
    static struct wire_message message;
    static struct wire_build build;
    struct peer peer = {words, count, 0};
    uint64_t good = 0;
    pthread_t thread;
    TAP_EQ(pthread_create(&thread, NULL, run_peer, &peer), 0);
    for (int i = 0; i < ROUNDS; i++) {
        wire_open_flat(&message, WIRE_SHARED, words, (uint64_t)count * 8);
        message.traversal_left = 10000;
        message.cap_count = 2;
        walk_any(wire_root_any(&message));
        wire_build_init(&build, arena, 8192);
        wire_slot_set_any(wire_build_root(&build), wire_root_any(&message));
        if (wire_build_error(&build) != WIRE_OK)
            continue;
        /* The copy is private: whatever it is, it is a good message. */
        good += wire_verify(wire_build_reader(&build)) == WIRE_OK;
        good += 1u << 16;
    }
    __atomic_store_n(&peer.stop, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    TAP_EQ(good >> 16, good & 0xffff);
}

TAP_TEST(shared_message_rewritten_while_it_is_read)
{
    static uint64_t arena[1024];
    static struct wire_build build;
    wire_build_init(&build, arena, 1024);
    walk_build(&build);
    uint32_t count = build.message.first.word_count;
    uint64_t *words = (uint64_t *)malloc((size_t)count * 8);
    TAP_CHECK(words != NULL);
    memcpy(words, arena, (size_t)count * 8);
    read_while_written(words, count);
    free(words);
}
