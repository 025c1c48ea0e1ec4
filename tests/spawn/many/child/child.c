/*
 * One of many: tells its spawner that it runs, if it may, and serves one object.
 */
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/demo.client.capos.h"
#include "schema/demo.server.capos.h"

enum { ANSWER = 4711 };

static capos_status size(struct capos_request *request, struct node_size_results_builder results)
{
    (void)request;
    node_size_results_set_bytes(results, ANSWER);
    return CAP_OK;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static const struct node_ops ops = {.size = size};
    static uint64_t memory[CAPOS_EXPORT_WORDS(1)];
    static struct capos_server server;
    static struct capos_object object;
    struct node ready;
    struct capos_ring *ring;
    uint64_t bytes;
    if (node_from_capset(runtime, "ready", &ready) == CAP_OK &&
        capos_runtime_lend_ring(runtime, &ring) == CAP_OK) {
        capos_status status = node_size(ring, ready, &bytes);
        capos_runtime_return_ring(runtime, ring);
        return status != CAP_OK;
    }
    node_object_init(&object, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "node", &server, &object, 1, memory) != CAP_OK;
}
