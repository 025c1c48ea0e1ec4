/*
 * Between the files that generate clients.
 */
#ifndef CAPNPC_CAPOS_EMIT_CLIENT_H
#define CAPNPC_CAPOS_EMIT_CLIENT_H

#include "gen.h"

/* One method of one interface, be it inherited. */
struct client {
    struct gen_emit *e;
    struct gen_node *node;      /* the interface whose client this is */
    struct gen_node *method_of; /* the one that declares the method */
    const struct gen_method *method;
    const char *name;  /* "console_read" */
    const char *upper; /* "CONSOLE_READ" */
    const char *head;  /* "struct capos_ring *ring, struct console self, " */
};

/* An interface and all that it inherits, each once, nearest first. */
struct lineage {
    struct gen_node *nodes[GEN_INHERITED_MAX];
    uint32_t count;
};

/* emit_promise.c: whether the answer of a method has capabilities that can be promised; what there is for
 * them. */
bool gen_has_promises(const struct gen_method *method);
void gen_emit_promises(struct client *client);

/* emit_stream.c: a stream's type and its functions, but for the one that sends arguments. */
void gen_emit_stream(struct client *client);

void gen_find_lineage(struct gen *gen, struct gen_node *node, struct lineage *lineage);

#endif
