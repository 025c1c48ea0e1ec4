/*
 * EntropySource: random bytes from the port.
 */
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

enum { FILL_BYTES_MAX = 4096 };

static bool decode_fill(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    call->argument.number =
        entropy_source_fill_params_get_count((struct entropy_source_fill_params_reader){params});
    if (call->argument.number >= 1 && call->argument.number <= FILL_BYTES_MAX)
        return true;
    kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "a count other than 1 to 4096");
    return false;
}

static enum call_progress fill(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct entropy_source_fill_results_builder to = {results};
    struct wire_bytes data = entropy_source_fill_results_init_data(to, (uint32_t)call->argument.number);
    if (data.bytes && port_random(kernel, data.bytes, data.size))
        return CALL_DONE;
    kernel_call_raise(call, EXCEPTION_TYPE_FAILED, "the source of randomness failed");
    return CALL_DONE;
}

static const struct object_method methods[] = {
    [ENTROPY_SOURCE_METHOD_FILL] = {.decode = decode_fill, .perform = fill},
};

const struct object_type object_entropy_source = {
    .interface = &entropy_source_interface,
    .methods = methods,
    .transferable = true,
};
