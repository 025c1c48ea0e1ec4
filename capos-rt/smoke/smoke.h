/*
 * The smoke program: what the system promises, proved from inside. Each test
 * is a function in a table of its file; the transcript is TAP, and the same on
 * every run and every kernel: no times, no ids.
 */
#ifndef CAPOS_RT_SMOKE_SMOKE_H
#define CAPOS_RT_SMOKE_SMOKE_H

#include <stdbool.h>

#include <capos/runtime.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

/* What the program was given; the ring is lent all along. */
struct smoke {
    struct capos_runtime *runtime;
    struct capos_ring *ring;
    struct console console;
    struct timer timer;
    struct entropy_source entropy;
    struct boot_package boot;
    struct directory peer; /* another program serves it */
};

struct smoke_test {
    const char *name;
    bool (*run)(struct smoke *smoke);
};

/* Tables that end in a null name. */
extern const struct smoke_test smoke_start_tests[];
extern const struct smoke_test smoke_call_tests[];
extern const struct smoke_test smoke_ring_tests[];
extern const struct smoke_test smoke_memory_tests[];
extern const struct smoke_test smoke_peer_tests[];

/* The completion of one operation as it stands. */
struct cap_cqe smoke_perform(struct smoke *smoke, struct cap_sqe sqe);

#endif
