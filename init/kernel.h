/*
 * What init was granted, and what it holds of the programs that it started.
 */
#ifndef CAPOS_INIT_KERNEL_H
#define CAPOS_INIT_KERNEL_H

#include <capos/runtime.h>

#include "init/system.h"
#include "schema/capos.client.capos.h"

enum { INIT_KERNEL_CAPABILITIES = KERNEL_CAPABILITY_PROCESS_SPAWNER + 1, INIT_WHY_BYTES = 256 };

/* One instance of a service, from its start until its end is told. */
struct init_instance {
    struct process_handle process;
    struct process_handle_wait_call wait;
};

struct init_system {
    struct capos_runtime *runtime;
    struct capos_ring *ring;
    const struct init_graph *graph;
    struct console console;
    struct timer timer;
    struct boot_package boot;
    struct process_spawner spawner;
    capos_cap granted[INIT_KERNEL_CAPABILITIES]; /* by kind; null: not granted */
    struct capos_arrivals ends;
    struct init_instance instances[INIT_SERVICES_MAX];
    struct endpoint endpoints[INIT_EXPORTS_MAX];
    capos_cap minted[INIT_SERVICE_GRANTS_MAX]; /* for a start: init's until the program has them */
    uint32_t minted_count;
    char why[INIT_WHY_BYTES]; /* the message of the exception that the last request ended with */
    uint32_t why_bytes;
};

/*
 * Finds what init was granted. False: *ret_missing, as a manifest names it,
 * is not there; without a console nobody hears of that.
 */
bool init_system_open(struct init_system *system, struct capos_runtime *runtime, struct capos_ring *ring,
                      const char **ret_missing);

#endif
