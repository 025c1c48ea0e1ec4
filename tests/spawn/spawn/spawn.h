/*
 * Starts programs through generated clients, and says what came of it.
 */
#ifndef CAPOS_TESTS_SPAWN_H
#define CAPOS_TESTS_SPAWN_H

#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { GRANTS_MAX = 20, TEXT_BYTES = 256 };

/* A grant. One that names no capability has its field left null; `place` n names that of grant n - 1 once
 * more. */
struct grant {
    const char *name;
    struct capos_transfer transfer;
    bool none;
    uint32_t place;
};

/* The profile's zeros are defaults. Names are "child" when they are not said. */
struct request {
    const char *name;
    const char *binary;
    uint32_t slots, calls, processes, endpoints;
    uint64_t memory;
    uint32_t count;
    struct grant grants[GRANTS_MAX];
};

extern struct capos_runtime *runtime;
extern struct capos_ring *ring;
extern struct timer timer;
extern struct process_spawner spawner;

/* What the last call that failed, or the last process that faulted, said. */
extern char said[TEXT_BYTES + 1];
extern uint16_t said_type;

void say(const char *text, struct wire_text detail);

/* One line; the system ends with 1 if any was not good. */
void check(bool good, const char *what);
void check_saying(bool good, const char *what);
extern bool all_good;

/* Keeps what a call that failed has said. */
void keep_exception(const struct capos_call *call);

/* Spawns; the handle is the caller's. */
capos_status start(const struct request *request, struct process_handle *ret_process);

/* Waits, or asks: what it says, with *ret_code of a process that exited; the fault is in `said`. */
enum process_status_which wait_for(struct process_handle process, int64_t *ret_code);
enum process_status_which ask(struct process_handle process);

/* Starts it, waits, and releases the handle. */
enum process_status_which run(const struct request *request, int64_t *ret_code);

/* How many processes, capabilities, and badges there are. */
struct counts {
    uint64_t processes, slots, endpoints, facets, memories, mappings;
};

struct counts count(void);

/* Waits until the counts are those, for some seconds at most: servers have yet to take note. */
bool settles(const struct counts *wanted);

/* A client facet of the endpoint: number 1 is the exported object, as in a manifest's exports. */
capos_status client_of(struct endpoint endpoint, struct directory *ret_docs);

void ask_for_what_must_not_be(void);
void mint_in_vain(void);

#endif
