/*
 * Opens schemas, and finds what is in them.
 */
#include "kernel/trace/schema.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct trace_node *)a)->id, y = ((const struct trace_node *)b)->id;
    return x < y ? -1 : x > y;
}

/* A request has no reason to point to anything twice; elements without size count a word each. */
static const char *open_message(struct trace_schema *schema, const void *bytes, size_t size)
{
    enum wire_error error =
        wire_open_stream(&schema->message, WIRE_PRIVATE, bytes, size, schema->segments, WIRE_SEGMENTS_MAX);
    schema->message.traversal_left = size / 8 + 65536;
    if (error == WIRE_OK)
        error = wire_verify(&schema->message);
    schema->message.traversal_left = UINT64_MAX;
    return error == WIRE_OK ? NULL : wire_error_text(error);
}

static const char *index_nodes(struct trace_schema *schema)
{
    struct code_generator_request_reader request = code_generator_request_read_root(&schema->message);
    struct wire_list nodes = code_generator_request_get_nodes(request);
    if (nodes.count == 0)
        return "It has no nodes.";
    schema->nodes = calloc(nodes.count, sizeof *schema->nodes);
    if (!schema->nodes)
        return "There is no memory for it.";
    schema->node_count = nodes.count;
    for (uint32_t i = 0; i < nodes.count; i++) {
        struct node_reader node = code_generator_request_get_nodes_at(nodes, i);
        schema->nodes[i] = (struct trace_node){node_get_id(node), node};
    }
    qsort(schema->nodes, nodes.count, sizeof *schema->nodes, compare);
    return NULL;
}

const char *trace_schema_open(struct trace_schema *schema, const void *bytes, size_t size)
{
    *schema = (struct trace_schema){.segments = calloc(WIRE_SEGMENTS_MAX, sizeof(struct wire_segment))};
    const char *problem = schema->segments ? open_message(schema, bytes, size) : "There is no memory for it.";
    if (!problem)
        problem = index_nodes(schema);
    if (problem)
        trace_schema_close(schema);
    return problem;
}

void trace_schema_close(struct trace_schema *schema)
{
    free(schema->nodes);
    free(schema->segments);
    *schema = (struct trace_schema){.next = NULL};
}

const struct node_reader *trace_find(const struct trace_schema *schemas, uint64_t id, uint16_t kind)
{
    const struct trace_node key = {.id = id};
    for (; schemas; schemas = schemas->next) {
        const struct trace_node *found =
            bsearch(&key, schemas->nodes, schemas->node_count, sizeof key, compare);
        if (found && node_which(found->reader) == kind)
            return &found->reader;
    }
    return NULL;
}
