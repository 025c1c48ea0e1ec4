/*
 * A mix of allocations and frees by one thread: so many places, a random one
 * at a time is filled if it is empty and emptied if it is not. Seven of eight
 * blocks have up to 256 bytes, the eighth up to 4 KiB. What is random is made
 * before. Kinds: calls; live, with POINT places; count, POINT rounds for
 * callgrind. A call is one allocation or one free.
 */
#ifndef CAPOS_BENCH_HEAP_MIX_H
#define CAPOS_BENCH_HEAP_MIX_H

#include "bench/peers/peer.h"

enum { MIX_STEPS = 1 << 16, MIX_PLACES = 1000, MIX_PLACES_MAX = 100000 };

typedef void *(*mix_take)(size_t bytes);
typedef void (*mix_give)(void *block);

struct mix_step {
    uint32_t place;
    uint32_t bytes;
};

static struct mix_step mix_steps[MIX_STEPS];
static uint64_t *mix_blocks[MIX_PLACES_MAX];

static void mix_make(uint32_t places)
{
    uint32_t x = 2463534242u;
    for (uint32_t i = 0; i < MIX_STEPS; i++) {
        uint32_t random[3];
        for (int r = 0; r < 3; r++) {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            random[r] = x;
        }
        mix_steps[i].place = random[0] % places;
        mix_steps[i].bytes = 16 + random[1] % (random[2] % 8 ? 241 : 4081);
    }
}

/* Inlined into each program with its own functions. */
static inline void mix_round(mix_take take, mix_give give)
{
    for (uint32_t i = 0; i < MIX_STEPS; i++) {
        uint64_t **block = &mix_blocks[mix_steps[i].place];
        if (*block) {
            give(*block);
            *block = NULL;
        } else {
            *block = (uint64_t *)take(mix_steps[i].bytes);
            if (!*block)
                peer_fail("no block");
            **block = i;
        }
    }
}

static inline int mix_main(int argc, char **argv, const char *name, mix_take take, mix_give give)
{
    struct peer_options options = peer_options_parse(argc, argv);
    uint32_t places = peer_is(&options, "live") ? options.point : MIX_PLACES;
    if (places > MIX_PLACES_MAX)
        peer_fail("too many places");
    mix_make(places);
    if (peer_is(&options, "count")) {
        for (uint32_t i = 0; i < options.point; i++)
            mix_round(take, give);
        return 0;
    }
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter))
        mix_round(take, give);
    peer_print(name, meter->last - meter->start, meter->turns * MIX_STEPS);
    return 0;
}

#endif
