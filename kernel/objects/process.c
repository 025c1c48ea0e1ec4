/*
 * ProcessSpawner starts processes and makes endpoints; ProcessHandle is what a
 * spawner holds of a process.
 */
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

/* --- ProcessSpawner -------------------------------------------------------------- */

static bool decode_spawn(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    if (kernel_spawn_check(kernel, call->caller, (struct process_spawner_spawn_params_reader){params}))
        return true;
    kernel_call_raise(call, kernel->spawn.lacks ? EXCEPTION_TYPE_OVERLOADED : EXCEPTION_TYPE_INVALID_ARGUMENT,
                      kernel->spawn.error.text);
    return false;
}

/* A caller that cannot be told of the process gets none: the call then ends with BUFFER_TOO_SMALL. */
static enum call_progress spawn(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct process_handle *handle;
    if (!kernel_call_has_room(kernel, call, ONE_CAP_BYTES)) {
        kernel_transfer_discard(kernel, &kernel->carried);
        return CALL_DONE;
    }
    if (kernel_spawn_perform(kernel, call->caller, &handle) < 0) {
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED, "there is no memory for another process");
        return CALL_DONE;
    }
    uint32_t index = kernel_call_carry(kernel, &handle->object, PROCESS_HANDLE_INTERFACE_ID);
    process_spawner_spawn_results_set_process((struct process_spawner_spawn_results_builder){results}, index);
    return CALL_DONE;
}

static bool decode_endpoint(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    struct process_spawner_endpoint_params_reader from = {params};
    uint32_t message_max = process_spawner_endpoint_params_get_message_max(from);
    uint32_t caps_max = process_spawner_endpoint_params_get_caps_max(from);
    (void)kernel;
    call->argument.endpoint.message_max = message_max ? message_max : KERNEL_ENDPOINT_MESSAGE_DEFAULT;
    call->argument.endpoint.caps_max = caps_max ? caps_max : KERNEL_ENDPOINT_CAPS_DEFAULT;
    if (message_max % 8 != 0 || message_max > KERNEL_MESSAGE_MAX)
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT,
                          "messageMax must be a multiple of 8, and at most 65536");
    else if (caps_max > KERNEL_CAPS_MAX)
        kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "capsMax must be at most 16");
    else if (call->caller->left.of[BUDGET_ENDPOINTS] == 0)
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED,
                          "profile.endpoints: the caller has as many as it may make");
    return !call->raised;
}

static enum call_progress endpoint(struct kernel *kernel, struct call *call,
                                   struct wire_struct_builder results)
{
    struct endpoint *made;
    if (!kernel_call_has_room(kernel, call, ONE_CAP_BYTES))
        return CALL_DONE;
    made = kernel_endpoint_new(kernel, call->argument.endpoint.message_max, call->argument.endpoint.caps_max);
    if (!made) {
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED, "there is no memory for another endpoint");
        return CALL_DONE;
    }
    made->charged = call->caller;
    made->charged->left.of[BUDGET_ENDPOINTS]--;
    uint32_t index = kernel_call_carry(kernel, kernel_object_acquire(&made->object), ENDPOINT_INTERFACE_ID);
    process_spawner_endpoint_results_set_endpoint((struct process_spawner_endpoint_results_builder){results},
                                                  index);
    return CALL_DONE;
}

/* --- ProcessHandle --------------------------------------------------------------- */

static void tell(const struct process_handle *handle, struct process_status_builder to)
{
    switch (handle->end) {
    case PROCESS_END_NONE:
        process_status_set_running(to);
        break;
    case PROCESS_END_EXITED:
        process_status_set_exited(to, handle->code);
        break;
    case PROCESS_END_FAULTED: {
        uint32_t length = 0;
        while (handle->fault[length])
            length++;
        process_status_set_faulted(to, wire_text_make(handle->fault, length));
        break;
    }
    case PROCESS_END_KILLED:
        process_status_set_killed(to);
        break;
    }
}

static enum call_progress wait(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct process_handle *handle = kernel_handle_of(call->target);
    (void)kernel;
    if (handle->process) {
        list_append(&handle->waiters, &call->in_object);
        return CALL_WAITS;
    }
    tell(handle,
         process_handle_wait_results_init_status((struct process_handle_wait_results_builder){results}));
    return CALL_DONE;
}

static enum call_progress kill(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct process_handle *handle = kernel_handle_of(call->target);
    (void)results;
    if (handle->process)
        kernel_process_doom(kernel, handle->process);
    return CALL_DONE;
}

static enum call_progress status(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)kernel;
    tell(kernel_handle_of(call->target),
         process_handle_status_results_init_status((struct process_handle_status_results_builder){results}));
    return CALL_DONE;
}

/* --- Types ----------------------------------------------------------------------- */

static const struct object_method spawner_methods[] = {
    [PROCESS_SPAWNER_METHOD_SPAWN] = {.takes_caps = true, .decode = decode_spawn, .perform = spawn},
    [PROCESS_SPAWNER_METHOD_ENDPOINT] = {.decode = decode_endpoint, .perform = endpoint},
};

static const struct object_method handle_methods[] = {
    [PROCESS_HANDLE_METHOD_WAIT] = {.perform = wait},
    [PROCESS_HANDLE_METHOD_KILL] = {.perform = kill},
    [PROCESS_HANDLE_METHOD_STATUS] = {.perform = status},
};

const struct object_type object_process_spawner = {
    .interface = &process_spawner_interface,
    .methods = spawner_methods,
    .transferable = true,
};

const struct object_type object_process_handle = {
    .interface = &process_handle_interface,
    .methods = handle_methods,
    .destroy = kernel_handle_destroy,
};
