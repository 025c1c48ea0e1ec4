/*
 * A server of schema/demo.capnp for tests: a directory of files, a store that
 * can be watched. It does what the test tells it, and says what it has seen.
 */
#ifndef CAPOS_TESTS_RT_DEMO_SERVER_H
#define CAPOS_TESTS_RT_DEMO_SERVER_H

#include "schema/demo.server.capos.h"
#include "tests/rt/fake_endpoint.h"

enum { DEMO_FILES = 20, DEMO_WATCHERS = 8, DEMO_ROOT = 1, DEMO_STORE = 2, DEMO_SINK = 3 };

struct demo_file {
    struct capos_object object;
    uint64_t size;
    uint32_t released;
};

struct demo_watcher {
    struct store_watch_reply reply;
    bool waits;
    bool cancelled;
};

extern struct demo {
    struct capos_ring *ring;
    capos_cap endpoint;
    struct capos_server server;
    struct capos_object root, store, sink_object;
    struct demo_file files[DEMO_FILES];
    struct directory directory; /* what clients were granted */
    struct store client;

    /* What it is to do. */
    capos_status (*on_link)(struct capos_request *request, struct directory_link_params_reader params);
    struct file answer;                 /* open answers with a copy of it, not with a file of its own */
    struct directory_open_reply *later; /* open is deferred, when its results were begun */
    struct node_size_reply *size_later; /* so is size */
    struct directory parent;            /* self answers with itself and this */
    bool swap;                          /* self's payload says the records the other way round */
    bool give_answer;                   /* and moves it */
    uint16_t refuse;                    /* get raises this exception */
    capos_status fail;                  /* get returns this */
    bool answers_cancelled;             /* a watcher that is cancelled is refused at once */
    uint32_t refuse_call;               /* the sink refuses the call that is so many-eth */
    struct sink_put_reply *hold_put;    /* the sink answers later */
    uint32_t text_bytes;                /* read returns so many */

    /* What it has seen. */
    uint32_t calls;
    uint64_t value, version;
    struct file linked; /* what link adopted */
    struct demo_watcher watchers[DEMO_WATCHERS];
    uint32_t root_released;
    uint64_t taken; /* bytes that the sink took */
    bool in_order;  /* each was one more than the one before */
} demo;

/* Starts everything: ring, endpoint, server of so many requests, grants. */
void demo_start(uint32_t requests);

/* From now on the server has its turn whenever the kernel is entered and has nothing to give. */
void demo_turns(void);

/* Posts the server's receives; there is nothing to serve yet. */
void demo_serve_all(void);

/* Serves until there is nothing more: notices come after the releases. */
void demo_settle(void);

/* A capability to the sink. */
struct sink demo_sink(void);

/* One round of the server; it must have something to do. */
void demo_serve(void);

#endif
