/*
 * The graph of a manifest's services: checked whole before anything starts,
 * and put into an order in which each comes after what it imports from.
 *
 * Pure: no capabilities, no heap; everything lies in the struct. Names are
 * views of the message that the manifest is in, which must stay.
 */
#ifndef CAPOS_INIT_GRAPH_H
#define CAPOS_INIT_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/capos.capos.h"

enum {
    INIT_BINARIES_MAX = 64,
    INIT_SERVICES_MAX = 60,       /* init waits for each, and has 4 of its 64 calls left */
    INIT_EXPORTS_MAX = 64,        /* of all services together */
    INIT_GRANTS_MAX = 512,        /* of all programs together */
    INIT_PROGRAM_GRANTS_MAX = 32, /* of init */
    INIT_SERVICE_GRANTS_MAX = 16, /* of a service, its own exports included: what one spawn carries */
    INIT_MESSAGE_BYTES_MAX = 65536,
    INIT_MESSAGE_CAPS_MAX = 16,
    INIT_ERROR_BYTES = 400,
};

/* The longest pause before a restart: an hour. */
#define INIT_BACKOFF_MAX_NS (UINT64_C(3600) * 1000 * 1000 * 1000)

/* The bounds of a ResourceProfile, in the schema's order. */
enum init_limit {
    INIT_LIMIT_CAP_SLOTS,
    INIT_LIMIT_CALLS,
    INIT_LIMIT_MEMORY_BYTES,
    INIT_LIMIT_PROCESSES,
    INIT_LIMIT_ENDPOINTS,
    INIT_LIMIT_BADGES,
    INIT_LIMITS,
};

struct init_grant {
    struct wire_text name;
    uint16_t kernel;       /* enum kernel_capability; 0: of an export */
    uint16_t export_index; /* among the graph's exports */
    struct wire_text from_service, from_export;
    uint64_t interface_id; /* 0: any */
};

struct init_export {
    struct wire_text name;
    uint16_t service;
    uint64_t interface_id;
    uint32_t message_max; /* 0: the kernel's default; so is caps_max */
    uint32_t caps_max;
};

struct init_program {
    struct wire_text binary;
    uint32_t first_grant;
    uint32_t grant_count;
    uint64_t limits[INIT_LIMITS]; /* 0: the kernel's default */
};

struct init_service {
    struct wire_text name;
    struct init_program program;
    uint32_t first_export;
    uint32_t export_count;
    uint16_t mode; /* enum restart_mode */
    uint32_t restarts_max;
    uint64_t backoff_ns;
    uint64_t needs; /* the services that it imports from, a bit each */
};

struct init_graph {
    uint32_t binary_count;
    uint32_t service_count;
    uint32_t export_count;
    uint32_t grant_count;
    struct wire_text binaries[INIT_BINARIES_MAX];
    struct init_program init;
    struct init_service services[INIT_SERVICES_MAX];
    struct init_export exports[INIT_EXPORTS_MAX];
    struct init_grant grants[INIT_GRANTS_MAX];
    uint16_t order[INIT_SERVICES_MAX]; /* to start in; backwards: to stop in */
};

/* Why a manifest is refused, with the path of what is wrong; one line. */
struct init_error {
    char text[INIT_ERROR_BYTES];
};

/* What init itself must be granted, as a manifest names it, in an order that tells the console first. */
struct init_need {
    uint16_t kernel; /* enum kernel_capability */
    const char *name;
};
enum { INIT_NEEDS = 4 };
extern const struct init_need init_needs[INIT_NEEDS];

/* A service could not be started, and why: into *ret_error. */
void init_graph_say_unstarted(const struct init_graph *graph, uint32_t service, struct wire_text why,
                              struct init_error *ret_error);

/*
 * Reads a manifest, and checks all of it. False: error says what is wrong,
 * and *ret_graph is of no use.
 */
bool init_graph_read(struct wire_message *message, struct manifest_reader manifest,
                     struct init_graph *ret_graph, struct init_error *error);

#endif
