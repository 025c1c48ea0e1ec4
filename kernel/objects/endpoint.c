/*
 * Endpoint: what an owner facet answers when it is called. Receiving and
 * minting are operations of their own, in kernel/core/.
 */
#include "kernel/core/endpoint.h"

#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
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
    struct endpoint_mint_params_reader from = {params};
    (void)kernel;
    call->argument.mint.badge = endpoint_mint_params_get_badge(from);
    call->argument.mint.interface_id = endpoint_mint_params_get_interface_id(from);
    return true;
}

static enum call_progress mint(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct endpoint *endpoint = kernel_endpoint_of(call->target);
    uint64_t badge = call->argument.mint.badge;
    if (!kernel_call_has_room(kernel, call, ONE_CAP_BYTES))
        return CALL_DONE;
    struct facet *facet = kernel_facet_find(endpoint, badge), *fresh = NULL;
    if (!facet)
        facet = fresh = kernel_facet_new(kernel, endpoint, badge, call->caller);
    if (!facet) {
        bool may = call->caller->left.of[BUDGET_BADGES] > 0;
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED,
                          may ? "there is no memory for another badge"
                              : "profile.badges: the caller has minted as many as it may");
        return CALL_DONE;
    }
    kernel_facet_mint(facet, fresh != NULL);
    uint32_t index = kernel_call_carry(kernel, &facet->object, call->argument.mint.interface_id);
    wire_slot_set_cap(wire_slot_of(results, 0), index);
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
