/*
 * ProcessSpawner: starts programs, and makes endpoints for them.
 */
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

static enum call_progress spawn(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)kernel;
    (void)results;
    kernel_call_raise(call, EXCEPTION_TYPE_UNIMPLEMENTED, "this kernel does not start programs yet");
    return CALL_DONE;
}

static bool decode_endpoint(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    struct process_spawner_endpoint_params_reader from = {params};
    uint32_t message_max = process_spawner_endpoint_params_get_message_max(from);
    uint32_t caps_max = process_spawner_endpoint_params_get_caps_max(from);
    call->argument.endpoint.message_max = message_max ? message_max : KERNEL_ENDPOINT_MESSAGE_DEFAULT;
    call->argument.endpoint.caps_max = caps_max ? caps_max : KERNEL_ENDPOINT_CAPS_DEFAULT;
    if (message_max % 8 != 0 || message_max > KERNEL_MESSAGE_MAX)
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT,
                          "messageMax must be a multiple of 8, and at most 65536");
    else if (caps_max > KERNEL_CAPS_MAX)
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "capsMax must be at most 16");
    return !call->raised;
}

static enum call_progress endpoint(struct kernel *kernel, struct call *call,
                                   struct wire_struct_builder results)
{
    struct endpoint *made =
        kernel_endpoint_new(kernel, call->argument.endpoint.message_max, call->argument.endpoint.caps_max);
    if (!made) {
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED, "there is no memory for an endpoint");
        return CALL_DONE;
    }
    uint32_t index =
        kernel_call_carry(kernel, kernel_object_acquire(&made->object), ENDPOINT_INTERFACE_ID);
    process_spawner_endpoint_results_set_endpoint((struct process_spawner_endpoint_results_builder){results},
                                                  index);
    return CALL_DONE;
}

static const struct object_method methods[] = {
    [PROCESS_SPAWNER_METHOD_SPAWN] = {.perform = spawn},
    [PROCESS_SPAWNER_METHOD_ENDPOINT] = {.decode = decode_endpoint, .perform = endpoint},
};

const struct object_type object_process_spawner = {
    .interface = &process_spawner_interface,
    .methods = methods,
    .transferable = true,
};
