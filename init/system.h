/*
 * What init asks of the kernel, and no more: system.c does it with what init
 * was granted, tests/init/fake_system.c with variables.
 */
#ifndef CAPOS_INIT_SYSTEM_H
#define CAPOS_INIT_SYSTEM_H

#include <capos/status.h>

#include "init/graph.h"

struct init_system;

enum init_handout_kind {
    INIT_HANDOUT_KERNEL, /* what init was granted of the kind */
    INIT_HANDOUT_OWNER,  /* the owner facet of an export's endpoint */
    INIT_HANDOUT_CLIENT, /* a new client facet of it */
};

/* One capability for a program that starts, under its name. */
struct init_handout {
    struct wire_text name;
    enum init_handout_kind kind;
    uint16_t kernel;
    uint16_t export_index;
    uint64_t badge;
};

/* How an instance of a service ended. */
struct init_end {
    bool faulted;
    int64_t code; /* what it exited with; of one that faulted what stands for the fault, never 0 */
};

/* Makes the endpoint of an export; init holds an owner facet until it disowns it. */
capos_status init_system_make_endpoint(struct init_system *system, uint32_t export_index);
void init_system_disown(struct init_system *system, uint32_t export_index);

/* In words, why the request that was made last ended with that status. */
struct wire_text init_system_why(struct init_system *system, capos_status status);

/* Starts an instance; its service has none. */
capos_status init_system_start(struct init_system *system, uint32_t service,
                               const struct init_handout *handouts, uint32_t count);

/*
 * Waits until an instance ends, which is told once, or until a time of
 * init_system_now(), CAPOS_FOREVER for never: TIMED_OUT.
 */
capos_status init_system_wait(struct init_system *system, uint64_t until_ns, uint32_t *ret_service,
                              struct init_end *ret_end);

/* Ends an instance; init_system_wait() tells when it has. */
void init_system_kill(struct init_system *system, uint32_t service);

uint64_t init_system_now(struct init_system *system);

/* A line for the person who runs the system. */
void init_system_say(struct init_system *system, struct wire_text line);

#endif
