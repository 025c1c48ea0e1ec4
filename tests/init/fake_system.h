/*
 * A kernel made of variables for init: services live as long as a test says,
 * in a time of its own, and what init does is written down.
 */
#ifndef CAPOS_TESTS_FAKE_SYSTEM_H
#define CAPOS_TESTS_FAKE_SYSTEM_H

#include "init/system.h"

enum { FAKE_LIVES_MAX = 8, FAKE_LOG_BYTES = 8192 };

/* One instance of a service. Zeroes: exits with 0 at once. */
struct fake_life {
    uint64_t ns; /* CAPOS_FOREVER: until it is killed */
    int64_t code;
    bool faulted;
    bool refused; /* it cannot be started */
};

struct fake_service {
    struct fake_life lives[FAKE_LIVES_MAX]; /* the last one is that of all later instances, too */
    uint32_t life_count;
    uint32_t starts;
    bool runs;
    uint64_t ends_ns;
    struct init_end end;
};

struct init_system {
    const struct init_graph *graph;
    uint64_t now_ns;
    struct fake_service services[INIT_SERVICES_MAX];
    bool owned[INIT_EXPORTS_MAX];
    uint64_t badges[INIT_EXPORTS_MAX]; /* the last one minted; 0: none */
    uint32_t endpoints_left;
    const char *broken; /* what init did that it must not; null if nothing */
    uint32_t log_bytes;
    char log[FAKE_LOG_BYTES]; /* "+kv(log=1)", a start with the upper halves of badges; "-kv", "!kv": ended,
                                 killed */
};

void fake_system_init(struct init_system *system, const struct init_graph *graph);

/* Appends a life. */
void fake_system_live(struct init_system *system, uint32_t service, struct fake_life life);

#endif
