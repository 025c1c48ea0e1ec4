/*
 * Schemas as they lie in a request, by id.
 */
#ifndef CAPOS_KERNEL_TRACE_SCHEMA_H
#define CAPOS_KERNEL_TRACE_SCHEMA_H

#include "capnpc-capos/stage0/schema.h"
#include "kernel/trace/trace.h"

struct trace_node {
    uint64_t id;
    struct node_reader reader;
};

/* NULL: no schema of the chain has it, or what it has is not of that kind. */
const struct node_reader *trace_find(const struct trace_schema *schemas, uint64_t id, uint16_t kind);

#endif
