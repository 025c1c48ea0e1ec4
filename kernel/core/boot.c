/*
 * From a boot package to a running first program. The package is checked to its
 * last field first: what this kernel would not act on is refused, with the
 * path of the field.
 */
#include "kernel/core/boot.h"

#include <string.h>

#include "kernel/core/kernel.h"
#include "kernel/core/process.h"
#include "kernel/core/text.h"
#include "schema/capos.capos.h"

enum { SCHEMA_VERSION = 1 };

/* A check in progress. The path names the field at hand, as the manifest's author wrote it. */
struct boot_check {
    struct wire_message message;
    struct kernel_error *error;
    struct text path;
    char path_bytes[200];
};

/* A damaged message comes before what it seems to lack. */
static bool refuse(struct boot_check *check, const char *what)
{
    struct text text = KERNEL_TEXT_IN(check->error->text);
    if (check->message.error != WIRE_OK) {
        kernel_text_add(&text, "the boot package is damaged at word ");
        kernel_text_add_number(&text, check->message.error_word);
        kernel_text_add(&text, ": ");
        kernel_text_add(&text, wire_error_text(check->message.error));
        return false;
    }
    kernel_text_add(&text, check->path_bytes);
    kernel_text_add(&text, ": ");
    kernel_text_add(&text, what);
    return false;
}

/* As refuse(), with a name in quotes before what. */
static bool refuse_named(struct boot_check *check, struct wire_text name, const char *what)
{
    char bytes[sizeof check->error->text];
    struct text text = KERNEL_TEXT_IN(bytes);
    kernel_text_add_quoted(&text, name.chars, name.size);
    kernel_text_add(&text, what);
    return refuse(check, bytes);
}

static void at(struct boot_check *check, const char *field)
{
    check->path = KERNEL_TEXT_IN(check->path_bytes);
    kernel_text_add(&check->path, field);
}

static void at_element(struct boot_check *check, const char *list, uint32_t index)
{
    at(check, list);
    kernel_text_add(&check->path, "[");
    kernel_text_add_number(&check->path, index);
    kernel_text_add(&check->path, "]");
}

/* Whether a struct says anything beyond the fields that this kernel knows. */
static bool says_more(struct wire_struct s, uint32_t data_bytes, uint16_t pointers)
{
    for (uint32_t byte = data_bytes; byte < s.data_bytes; byte++)
        if (wire_get_u8(s, byte) != 0)
            return true;
    for (uint16_t i = pointers; i < s.pointer_count; i++)
        if (wire_has_pointer(s, i))
            return true;
    return false;
}

/* The bytes of data that the schema's fields take up: a newer schema may use the rest of the last word. */
enum { MANIFEST_DATA_BYTES = 4, BINARY_DATA_BYTES = 0, PROGRAM_DATA_BYTES = 0, GRANT_DATA_BYTES = 4 };

#define SAYS_MORE(reader, TYPE) says_more((reader).s, TYPE##_DATA_BYTES, TYPE##_POINTER_COUNT)
static const char newer_field[] = "a field that this version does not know; it knows schemaVersion 1";

/* A name is 1 to 43 bytes, so that it fits a CapSet entry, and UTF-8 without control characters. */
static bool check_name(struct boot_check *check, struct wire_text name)
{
    if (name.size == 0)
        return refuse(check, "no name; 1 to 43 bytes of UTF-8 are needed");
    if (name.size > CAPOS_CAPSET_NAME_MAX)
        return refuse_named(check, name, ": a name longer than 43 bytes");
    if (!kernel_text_is_utf8(name.chars, name.size))
        return refuse_named(check, name, ": a name that is not printable UTF-8");
    return true;
}

static bool check_elf(struct boot_check *check, struct wire_text name, struct wire_data file,
                      struct elf_image *ret_image)
{
    struct kernel_error why, what;
    if (elf_open(file.bytes, file.size, ret_image, &why))
        return true;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&text, ": ");
    kernel_text_add(&text, why.text);
    return refuse_named(check, name, what.text);
}

static bool check_binary(struct boot_check *check, struct wire_list binaries, uint32_t index)
{
    struct binary_reader binary = manifest_get_binaries_at(binaries, index);
    struct wire_text name = binary_get_name(binary);
    struct elf_image image;
    at_element(check, "binaries", index);
    if (SAYS_MORE(binary, BINARY))
        return refuse(check, newer_field);
    if (!check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, binary_get_name(manifest_get_binaries_at(binaries, i))))
            return refuse_named(check, name, ": a second binary of that name");
    return check_elf(check, name, binary_get_elf(binary), &image);
}

static bool check_binaries(struct boot_check *check, struct wire_list binaries)
{
    at(check, "binaries");
    if (binaries.count == 0)
        return refuse(check, "no binary; 1 to 64 are needed");
    if (binaries.count > KERNEL_BINARIES_MAX)
        return refuse(check, "more than 64 binaries");
    for (uint32_t i = 0; i < binaries.count; i++)
        if (!check_binary(check, binaries, i))
            return false;
    return true;
}

static bool check_grant(struct boot_check *check, struct wire_list grants, uint32_t index,
                        struct boot_grant *ret_grant)
{
    struct grant_reader grant = program_get_grants_at(grants, index);
    struct wire_text name = grant_get_name(grant);
    at_element(check, "init.grants", index);
    if (SAYS_MORE(grant, GRANT))
        return refuse(check, newer_field);
    if (!check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, grant_get_name(program_get_grants_at(grants, i))))
            return refuse_named(check, name, ": a second grant of that name");
    if (grant_which(grant) == GRANT_WHICH_EXPORT)
        return refuse_named(check, name, ": init starts first, so no service can export to it");
    if (grant_which(grant) != GRANT_WHICH_KERNEL)
        return refuse_named(check, name, ": a source that this version does not know; it knows kernel");
    if (wire_has_pointer(grant.s, 1) || wire_has_pointer(grant.s, 2))
        return refuse_named(check, name, ": two sources, the kernel and a service's export");
    uint16_t capability = grant_get_kernel(grant);
    if (capability == 0 || capability >= KERNEL_OBJECTS)
        return refuse_named(check, name,
                            ": not a capability of this kernel; it has console, timer, entropySource, "
                            "bootPackage and stats");
    *ret_grant = (struct boot_grant){.name_bytes = (uint8_t)name.size, .capability = capability};
    memcpy(ret_grant->name, name.chars, name.size);
    return true;
}

static bool check_init_binary(struct boot_check *check, struct wire_list binaries, struct wire_text wanted,
                              struct boot_package *package)
{
    at(check, "init.binary");
    if (wanted.size == 0)
        return refuse(check, "no name; init names the binary that starts first");
    for (uint32_t i = 0; i < binaries.count; i++) {
        struct binary_reader binary = manifest_get_binaries_at(binaries, i);
        if (!wire_text_equal(wanted, binary_get_name(binary)))
            continue;
        memcpy(package->init_name, wanted.chars, wanted.size);
        package->init_name[wanted.size] = 0;
        return check_elf(check, wanted, binary_get_elf(binary), &package->init_image);
    }
    struct kernel_error what;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&text, ": no binary of that name; there are");
    for (uint32_t i = 0; i < binaries.count && i < 8; i++) {
        struct wire_text name = binary_get_name(manifest_get_binaries_at(binaries, i));
        kernel_text_add(&text, i == 0 ? " " : ", ");
        kernel_text_add_quoted(&text, name.chars, name.size);
    }
    return refuse_named(check, wanted, what.text);
}

static bool check_init(struct boot_check *check, struct manifest_reader manifest,
                       struct boot_package *package)
{
    struct program_reader init = manifest_get_init(manifest);
    struct wire_list grants = program_get_grants(init);
    at(check, "init");
    if (!manifest_has_init(manifest))
        return refuse(check, "missing; it says which binary starts first, and what it is granted");
    if (SAYS_MORE(init, PROGRAM))
        return refuse(check, newer_field);
    if (!check_init_binary(check, manifest_get_binaries(manifest), program_get_binary(init), package))
        return false;
    at(check, "init.profile");
    if (says_more(program_get_profile(init).s, 0, 0))
        return refuse(check, "this version has no resource profiles; leave it out");
    at(check, "init.grants");
    if (grants.count > KERNEL_GRANTS_MAX)
        return refuse(check, "more than 32 grants");
    for (uint32_t i = 0; i < grants.count; i++)
        if (!check_grant(check, grants, i, &package->init_grants[i]))
            return false;
    package->init_grant_count = grants.count;
    return true;
}

static bool check_manifest(struct boot_check *check, struct manifest_reader manifest,
                           struct boot_package *package)
{
    at(check, "manifest");
    if (manifest.s.state != WIRE_PRESENT)
        return refuse(check, "empty; a Manifest of schema/capos.capnp is needed");
    if (SAYS_MORE(manifest, MANIFEST))
        return refuse(check, newer_field);
    at(check, "schemaVersion");
    if (manifest_get_schema_version(manifest) != SCHEMA_VERSION) {
        struct kernel_error what;
        struct text text = KERNEL_TEXT_IN(what.text);
        kernel_text_add_number(&text, manifest_get_schema_version(manifest));
        kernel_text_add(&text, "; this version reads schemaVersion 1");
        return refuse(check, what.text);
    }
    if (!check_binaries(check, manifest_get_binaries(manifest)) || !check_init(check, manifest, package))
        return false;
    at(check, "services");
    if (manifest_get_services(manifest).count > 0)
        return refuse(check, "this version starts init alone; leave services out");
    return true;
}

bool kernel_boot_open(const void *bytes, size_t size, struct boot_package *ret_package,
                      struct kernel_error *error)
{
    struct boot_check check = {.error = error};
    *ret_package = (struct boot_package){.bytes = bytes, .size = size};
    at(&check, "manifest");
    if (wire_open_flat(&check.message, WIRE_PRIVATE, bytes, size) != WIRE_OK)
        return refuse(&check, "");
    /* Binaries are looked at once a name; a pointer that is followed twice must not end the reading. */
    check.message.traversal_left = UINT64_MAX;
    if (!check_manifest(&check, (struct manifest_reader){wire_root(&check.message)}, ret_package))
        return false;
    return check.message.error == WIRE_OK || refuse(&check, "");
}

bool kernel_check_package(const void *package, size_t package_bytes, struct kernel_error *error)
{
    struct boot_package opened;
    return kernel_boot_open(package, package_bytes, &opened, error);
}

/* --- Starting ------------------------------------------------------------------- */

void kernel_init(struct kernel *kernel, void *port, void *arena, size_t arena_bytes)
{
    memset(kernel, 0, sizeof *kernel);
    kernel->port = port;
    kernel_arena_init(&kernel->arena, arena, arena_bytes);
    kernel_pool_init(&kernel->process_pool, &kernel->arena, sizeof(struct process));
    kernel_pool_init(&kernel->endpoint_pool, &kernel->arena, sizeof(struct endpoint));
    kernel_pool_init(&kernel->facet_pool, &kernel->arena, sizeof(struct facet));
    kernel_pool_init(&kernel->queue_pool, &kernel->arena, sizeof(struct queue));
    kernel_pool_init(&kernel->bundle_pool, &kernel->arena, sizeof(struct bundle));
    list_init(&kernel->processes);
    list_init(&kernel->wakes);
    list_init(&kernel->dying);
    list_init(&kernel->ready);
    list_init(&kernel->console_readers);
    list_init(&kernel->console_writers);
    for (uint32_t i = 0; i < KERNEL_OBJECTS; i++)
        kernel->objects[i] = (struct object){.type = object_types[i], .references = 1};
}

static int32_t start_init(struct kernel *kernel)
{
    const struct boot_package *package = &kernel->package;
    struct process_grant grants[KERNEL_GRANTS_MAX];
    for (uint32_t i = 0; i < package->init_grant_count; i++) {
        const struct boot_grant *grant = &package->init_grants[i];
        grants[i] = (struct process_grant){
            .name = grant->name,
            .name_bytes = grant->name_bytes,
            .object = &kernel->objects[grant->capability],
            .interface_id = object_types[grant->capability]->interface->id,
        };
    }
    return kernel_process_spawn(kernel, package->init_name, &package->init_image, grants,
                                package->init_grant_count, &kernel->init);
}

bool kernel_boot(struct kernel *kernel, const struct kernel_boot *boot, struct kernel_error *error)
{
    kernel_init(kernel, boot->port, boot->arena, boot->arena_bytes);
    if (!kernel_boot_open(boot->package, boot->package_bytes, &kernel->package, error))
        return false;
    if (start_init(kernel) == CAP_OK)
        return true;
    struct text text = KERNEL_TEXT_IN(error->text);
    kernel_text_add(&text, "not enough memory to start ");
    kernel_text_add(&text, kernel->package.init_name);
    return false;
}
