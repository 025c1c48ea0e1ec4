/*
 * A program that serves one object, from its start to its end.
 */
#include <capos/capset.h>
#include <capos/server.h>

#include "schema/capos.capos.h"

static capos_status serve(struct capos_server *server, struct capos_object *object)
{
    capos_status status = capos_server_add(server, object, 1);
    if (status == CAP_OK)
        status = capos_server_run(server);
    capos_server_fini(server);
    return status;
}

capos_status capos_server_export(struct capos_runtime *runtime, const char *name, struct capos_server *server,
                                 struct capos_object *object, uint32_t requests, uint64_t *memory)
{
    const struct capos_server_limits limits = {
        .requests = requests,
        .message_bytes = CAPOS_ENDPOINT_MESSAGE_DEFAULT,
        .caps = CAPOS_ENDPOINT_CAPS_DEFAULT,
    };
    struct capos_ring *ring = NULL;
    capos_cap endpoint = CAPOS_CAP_NULL;
    capos_status status = capos_capset_find(runtime, name, ENDPOINT_INTERFACE_ID, &endpoint);
    if (status == CAP_OK)
        status = capos_runtime_lend_ring(runtime, &ring);
    if (status < 0)
        return status;
    status = capos_server_init(server, ring, endpoint, &limits, memory, CAPOS_EXPORT_WORDS(requests));
    if (status == CAP_OK)
        status = serve(server, object);
    capos_runtime_return_ring(runtime, ring);
    return status;
}
