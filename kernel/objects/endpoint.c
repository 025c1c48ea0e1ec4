/*
 * Endpoint: what an owner facet answers when it is called. Receiving and
 * minting are operations of their own, in kernel/core/.
 */
#include "kernel/core/endpoint.h"

#include "kernel/core/kernel.h"
#include "schema/capos.capos.h"

static bool decode_revoke(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    call->argument.number = endpoint_revoke_params_get_badge((struct endpoint_revoke_params_reader){params});
    return true;
}

static enum call_progress revoke(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)results;
    kernel_endpoint_revoke(kernel, kernel_endpoint_of(call->target), call->argument.number);
    return CALL_DONE;
}

static enum call_progress limits(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)kernel;
    const struct endpoint *endpoint = kernel_endpoint_of(call->target);
    struct endpoint_limits_results_builder to = {results};
    endpoint_limits_results_set_message_max(to, endpoint->message_max);
    endpoint_limits_results_set_caps_max(to, endpoint->caps_max);
    return CALL_DONE;
}

static const struct object_method methods[] = {
    [ENDPOINT_METHOD_REVOKE] = {.decode = decode_revoke, .perform = revoke},
    [ENDPOINT_METHOD_LIMITS] = {.perform = limits},
};

const struct object_type object_endpoint = {
    .interface = &endpoint_interface,
    .methods = methods,
    .destroy = kernel_endpoint_destroy,
};
