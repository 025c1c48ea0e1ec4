/*
 * Endpoint: what an owner facet answers when it is called. Receiving,
 * and minting for others, are operations of their own, in kernel/core/.
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

static bool decode_mint(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    struct endpoint_mint_params_reader from = {params};
    call->argument.mint.badge = endpoint_mint_params_get_badge(from);
    call->argument.mint.interface_id = endpoint_mint_params_get_interface_id(from);
    return true;
}

static enum call_progress mint(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct endpoint *endpoint = kernel_endpoint_of(call->target);
    struct facet *known = kernel_facet_find(endpoint, call->argument.mint.badge);
    struct facet *facet = known ? known : kernel_facet_new(kernel, endpoint, call->argument.mint.badge);
    if (!facet) {
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED, "no more badges, or no memory for one");
        return CALL_DONE;
    }
    kernel_facet_mint(facet, !known);
    uint32_t index = kernel_call_carry(kernel, &facet->object, call->argument.mint.interface_id);
    wire_slot_set_cap(endpoint_mint_results_edit_client((struct endpoint_mint_results_builder){results}), index);
    return CALL_DONE;
}

static const struct object_method methods[] = {
    [ENDPOINT_METHOD_REVOKE] = {.decode = decode_revoke, .perform = revoke},
    [ENDPOINT_METHOD_LIMITS] = {.perform = limits},
    [ENDPOINT_METHOD_MINT] = {.decode = decode_mint, .perform = mint},
};

const struct object_type object_endpoint = {
    .interface = &endpoint_interface,
    .methods = methods,
    .destroy = kernel_endpoint_destroy,
};
