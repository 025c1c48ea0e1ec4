/*
 * MemorySource makes memory; MemoryObject, in two types, is memory that may be
 * mapped for writing, and memory that may not.
 */
#include "kernel/core/memory.h"

#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

/* --- MemorySource ---------------------------------------------------------------- */

static bool decode_create(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    call->argument.number =
        memory_source_create_params_get_bytes((struct memory_source_create_params_reader){params});
    if (call->argument.number >= 1 && call->argument.number <= KERNEL_MEMORY_BYTES_MAX)
        return true;
    kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "bytes must be 1 to 67108864");
    return false;
}

static enum call_progress create(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    struct memory *memory;
    if (!kernel_call_has_room(kernel, call, ONE_CAP_BYTES))
        return CALL_DONE;
    memory = kernel_memory_new(kernel, call->caller, call->argument.number);
    if (!memory) {
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED, "there is not so much memory");
        return CALL_DONE;
    }
    uint32_t index = kernel_call_carry(kernel, &memory->object, MEMORY_OBJECT_INTERFACE_ID);
    memory_source_create_results_set_memory((struct memory_source_create_results_builder){results}, index);
    return CALL_DONE;
}

/* --- MemoryObject ------------------------------------------------------------------ */

static enum call_progress size(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)kernel;
    memory_object_size_results_set_bytes((struct memory_object_size_results_builder){results},
                                         kernel_memory_of(call->target)->pages.bytes);
    return CALL_DONE;
}

static bool decode_map(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    bool writable = memory_object_map_params_get_writable((struct memory_object_map_params_reader){params});
    call->argument.number = writable;
    if (!writable || call->target->type == &object_memory)
        return true;
    kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "this capability is for reading only");
    return false;
}

/* A caller that cannot be told the address gets no mapping: the call then ends with BUFFER_TOO_SMALL. */
static enum call_progress map(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    enum { RESULT_BYTES = 16 };
    if (call->sqe.result_len < RESULT_BYTES)
        return CALL_DONE;
    uint64_t address =
        kernel_memory_map(kernel, call->caller, kernel_memory_of(call->target), call->argument.number);
    if (address == 0)
        kernel_call_raise(call, EXCEPTION_TYPE_OVERLOADED, "no place is free, or there is no memory for it");
    memory_object_map_results_set_address((struct memory_object_map_results_builder){results}, address);
    return CALL_DONE;
}

static bool decode_unmap(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    call->argument.number =
        memory_object_unmap_params_get_address((struct memory_object_unmap_params_reader){params});
    if (kernel_memory_is_at(call->caller, kernel_memory_of(call->target), call->argument.number))
        return true;
    kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "this memory is not mapped there");
    return false;
}

static enum call_progress unmap(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)results;
    kernel_memory_unmap(kernel, call->caller, call->argument.number);
    return CALL_DONE;
}

static enum call_progress read_only(struct kernel *kernel, struct call *call,
                                    struct wire_struct_builder results)
{
    struct object *reader = kernel_memory_reader(kernel_memory_of(call->target));
    uint32_t index = kernel_call_carry(kernel, reader, MEMORY_OBJECT_INTERFACE_ID);
    memory_object_read_only_results_set_memory((struct memory_object_read_only_results_builder){results},
                                               index);
    return CALL_DONE;
}

static const struct object_method source_methods[] = {
    [MEMORY_SOURCE_METHOD_CREATE] = {.decode = decode_create, .perform = create},
};

static const struct object_method methods[] = {
    [MEMORY_OBJECT_METHOD_SIZE] = {.perform = size},
    [MEMORY_OBJECT_METHOD_MAP] = {.decode = decode_map, .perform = map},
    [MEMORY_OBJECT_METHOD_UNMAP] = {.decode = decode_unmap, .perform = unmap},
    [MEMORY_OBJECT_METHOD_READ_ONLY] = {.perform = read_only},
};

const struct object_type object_memory_source = {
    .interface = &memory_source_interface,
    .methods = source_methods,
    .transferable = true,
};

const struct object_type object_memory = {
    .interface = &memory_object_interface,
    .methods = methods,
    .transferable = true,
    .destroy = kernel_memory_destroy,
};

const struct object_type object_memory_reader = {
    .interface = &memory_object_interface,
    .methods = methods,
    .transferable = true,
    .destroy = kernel_memory_destroy_reader,
};
