/*
 * What the programs of growth.capnp agree on.
 */
#ifndef CAPOS_BENCH_GROWTH_H
#define CAPOS_BENCH_GROWTH_H

enum {
    DEPOT_NUMBER = 1,
    DATA_BYTES = 48,   /* of a put of 64 bytes */
    ANSWER_BYTES = 40, /* of an answer of 64 bytes */
    SMALL_BYTES = 64,  /* what a service takes in one message */
    LARGE_BYTES = 65536,
    AT_ONCE = 16, /* calls of one client that may wait at an endpoint */
};

#endif
