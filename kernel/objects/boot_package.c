/*
 * BootPackage: the manifest, without the bytes of its binaries.
 */
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

static enum call_progress read_manifest(struct kernel *kernel, struct call *call,
                                        struct wire_struct_builder results)
{
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, kernel->package.bytes, kernel->package.size);
    message.traversal_left = UINT64_MAX;
    struct manifest_reader from = {wire_root(&message)};
    struct manifest_builder to = boot_package_read_manifest_results_init_manifest(
        (struct boot_package_read_manifest_results_builder){results});

    manifest_set_schema_version(to, manifest_get_schema_version(from));
    struct wire_list binaries = manifest_get_binaries(from);
    struct wire_list_builder copies = manifest_init_binaries(to, binaries.count);
    for (uint32_t i = 0; i < binaries.count; i++)
        binary_set_name(manifest_edit_binaries_at(copies, i),
                        binary_get_name(manifest_get_binaries_at(binaries, i)));
    manifest_set_init(to, manifest_get_init(from));
    manifest_set_services(to, manifest_get_services(from));
    if (wire_build_error(&kernel->build) == WIRE_ERR_NO_SPACE)
        kernel_call_raise(call, EXCEPTION_TYPE_FAILED, "the manifest without its binaries exceeds 64 KiB");
    else if (wire_build_error(&kernel->build) != WIRE_OK)
        kernel_call_raise(call, EXCEPTION_TYPE_FAILED, "the manifest does not decode");
    return CALL_DONE;
}

/* The size is that of the answer of readManifest: it is built to be measured. */
static enum call_progress manifest_size(struct kernel *kernel, struct call *call,
                                        struct wire_struct_builder results)
{
    (void)results;
    const struct capos_method *read = &boot_package_interface.methods[BOOT_PACKAGE_METHOD_READ_MANIFEST];
    struct wire_build *build = &kernel->build;
    uint64_t bytes = 0;
    wire_build_init(build, kernel->results, sizeof kernel->results / 8);
    read_manifest(
        kernel, call,
        wire_slot_init_struct(wire_build_root(build), read->results_data_words, read->results_pointers));
    wire_build_flat(build, &bytes);
    struct boot_package_manifest_size_results_builder size = {kernel_call_begin_results(kernel, call)};
    boot_package_manifest_size_results_set_bytes(size, bytes);
    return CALL_DONE;
}

static const struct object_method methods[] = {
    [BOOT_PACKAGE_METHOD_MANIFEST_SIZE] = {.perform = manifest_size},
    [BOOT_PACKAGE_METHOD_READ_MANIFEST] = {.perform = read_manifest},
};

const struct object_type object_boot_package = {
    .interface = &boot_package_interface,
    .methods = methods,
    .transferable = true,
};
