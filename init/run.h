/*
 * The life of a system: services start in their order, are started again as
 * their policies say, and are stopped in the reverse order when the last job
 * is done. schema/capos.capnp has the rules.
 */
#ifndef CAPOS_INIT_RUN_H
#define CAPOS_INIT_RUN_H

#include "init/system.h"

enum init_service_state {
    INIT_SERVICE_NEW, /* not started yet */
    INIT_SERVICE_RUNS,
    INIT_SERVICE_PAUSES, /* until it is started again */
    INIT_SERVICE_ENDED,  /* for good */
};

struct init_run_service {
    enum init_service_state state;
    uint32_t restarts;
    uint64_t pause_ns; /* before the next restart */
    uint64_t due_ns;   /* when it is, for one that pauses */
};

struct init_run {
    const struct init_graph *graph;
    struct init_system *system;
    struct init_run_service services[INIT_SERVICES_MAX];
    bool owned[INIT_SERVICES_MAX];      /* init holds owner facets of its exports */
    uint64_t clients[INIT_EXPORTS_MAX]; /* client facets minted so far */
    int64_t code;                       /* of the first failure; 0: none so far */
};

/* Runs a system to its end, and returns its exit code. `run` is memory for it. */
int64_t init_run(struct init_run *run, const struct init_graph *graph, struct init_system *system);

#endif
