/*
 * Boot packages: the first program, and the binaries that others may be started
 * from, are checked to their last field; what the kernel would not act on is
 * refused, with the path of the field. Services are the first program's.
 */
#include <string.h>

#include "kernel/core/boot_check.h"
#include "kernel/core/kernel.h"
#include "schema/capos.capos.h"

enum { SCHEMA_VERSION = 1 };

static void at_init(struct boot_check *check, const char *field)
{
    kernel_boot_at(check, "init");
    kernel_text_add(&check->path, field);
}

/* Names of what would be accepted, as many as fit a line. */
enum { NAMES_SHOWN_MAX = 8 };

static void add_name(struct text *text, uint32_t index, struct wire_text name)
{
    if (index >= NAMES_SHOWN_MAX)
        return;
    kernel_text_add(text, index == 0 ? " " : ", ");
    kernel_text_add_quoted(text, name.chars, name.size);
}

/* The bytes of data that the schema's fields take up: a newer schema may use the rest of the last word. */
enum {
    MANIFEST_DATA_BYTES = 4,
    BINARY_DATA_BYTES = 0,
    PROGRAM_DATA_BYTES = 0,
    GRANT_DATA_BYTES = 16,
    RESOURCE_PROFILE_DATA_BYTES = 28,
};

#define SAYS_MORE(reader, TYPE) kernel_boot_says_more((reader).s, TYPE##_DATA_BYTES, TYPE##_POINTER_COUNT)
static const char newer_field[] = "a field that this version does not know; it knows schemaVersion 1";

static bool check_elf(struct boot_check *check, struct wire_text name, struct wire_data file,
                      struct elf_image *ret_image)
{
    struct kernel_error why;
    return elf_open(file.bytes, file.size, ret_image, &why) ||
           kernel_boot_refuse_named(check, name, why.text);
}

static bool check_binary(struct boot_check *check, struct wire_list binaries, uint32_t index)
{
    struct binary_reader binary = manifest_get_binaries_at(binaries, index);
    struct wire_text name = binary_get_name(binary);
    kernel_boot_at_element(check, "binaries", index);
    if (SAYS_MORE(binary, BINARY))
        return kernel_boot_refuse(check, newer_field);
    if (!kernel_boot_check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, binary_get_name(manifest_get_binaries_at(binaries, i))))
            return kernel_boot_refuse_named(check, name, "a second binary of that name");
    return true;
}

static bool check_binaries(struct boot_check *check, struct wire_list binaries)
{
    kernel_boot_at(check, "binaries");
    if (binaries.count == 0)
        return kernel_boot_refuse(check, "no binary; 1 to 64 are needed");
    if (binaries.count > KERNEL_BINARIES_MAX)
        return kernel_boot_refuse(check, "more than 64 binaries");
    for (uint32_t i = 0; i < binaries.count; i++)
        if (!check_binary(check, binaries, i))
            return false;
    return true;
}

/* --- Grants ---------------------------------------------------------------------- */

/* What is wrong with where a grant comes from, or NULL. */
static const char *wrong_source(struct grant_reader grant)
{
    if (grant_which(grant) == GRANT_WHICH_EXPORT)
        return "init starts before all services, and cannot import from them";
    if (grant_which(grant) != GRANT_WHICH_KERNEL)
        return "a source that this version does not know; it knows kernel and export";
    if (wire_has_pointer(grant.s, 1) || wire_has_pointer(grant.s, 2))
        return "two sources, the kernel and a service's export";
    if (grant_get_kernel(grant) == 0 || grant_get_kernel(grant) >= KERNEL_OBJECTS)
        return "not a capability of this kernel; it has console, timer, entropySource, "
               "bootPackage, stats, memorySource and processSpawner";
    return NULL;
}

static bool check_grant(struct boot_check *check, struct wire_list grants, uint32_t index)
{
    struct boot_program *init = &check->package->init;
    struct grant_reader grant = program_get_grants_at(grants, index);
    struct wire_text name = grant_get_name(grant);
    struct boot_grant *got = &init->grants[index];
    kernel_boot_at_element(check, "init.grants", index);
    if (SAYS_MORE(grant, GRANT))
        return kernel_boot_refuse(check, newer_field);
    if (!kernel_boot_check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, grant_get_name(program_get_grants_at(grants, i))))
            return kernel_boot_refuse_named(check, name, "a second grant of that name");
    const char *wrong = wrong_source(grant);
    if (wrong)
        return kernel_boot_refuse_named(check, name, wrong);
    got->capability = grant_get_kernel(grant);
    got->name_bytes = (uint8_t)name.size;
    memcpy(got->name, name.chars, name.size);
    init->grant_count++;
    return true;
}

/* --- The first program ------------------------------------------------------------ */

static bool find_binary(struct boot_check *check, struct manifest_reader manifest, struct wire_text wanted,
                        struct elf_image *ret_image)
{
    struct wire_list binaries = manifest_get_binaries(manifest);
    for (uint32_t i = 0; i < binaries.count; i++) {
        struct binary_reader binary = manifest_get_binaries_at(binaries, i);
        if (wire_text_equal(wanted, binary_get_name(binary)))
            return check_elf(check, wanted, binary_get_elf(binary), ret_image);
    }
    struct kernel_error what;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&text, "no binary of that name; there are");
    for (uint32_t i = 0; i < binaries.count; i++)
        add_name(&text, i, binary_get_name(manifest_get_binaries_at(binaries, i)));
    return kernel_boot_refuse_named(check, wanted, what.text);
}

static bool check_init_binary(struct boot_check *check, struct wire_text wanted)
{
    at_init(check, ".binary");
    if (wanted.size == 0)
        return kernel_boot_refuse(check, "no name; init names the binary that starts first");
    return find_binary(check, check->manifest, wanted, &check->package->init.image);
}

/* Init's profile is what the system may use. */
static bool check_profile(struct boot_check *check, struct resource_profile_reader profile, uint32_t grants)
{
    struct boot_program *init = &check->package->init;
    uint64_t needed = kernel_process_bytes(&init->image);
    at_init(check, ".profile");
    if (SAYS_MORE(profile, RESOURCE_PROFILE))
        return kernel_boot_refuse(check, newer_field);
    init->budget = kernel_budget_of(profile, &kernel_budget_first);
    if (init->budget.of[BUDGET_MEMORY] < needed)
        return kernel_boot_refuse_amount(check, BUDGET_MEMORY, init->budget.of[BUDGET_MEMORY],
                                         "; the program and its stack take ", needed);
    if (init->budget.of[BUDGET_SLOTS] < grants)
        return kernel_boot_refuse_amount(check, BUDGET_SLOTS, init->budget.of[BUDGET_SLOTS],
                                         "; its grants take ", grants);
    for (enum budget_kind kind = 0; kind < BUDGET_KINDS; kind++) {
        if (init->budget.of[kind] <= kernel_budget_first.of[kind])
            continue;
        return kernel_boot_refuse_amount(check, kind, init->budget.of[kind], "; this kernel has at most ",
                                         kernel_budget_first.of[kind]);
    }
    return true;
}

/* Goes by its binary's name. */
static bool check_init(struct boot_check *check, struct program_reader from)
{
    struct boot_program *init = &check->package->init;
    struct wire_text name = program_get_binary(from);
    struct wire_list grants = program_get_grants(from);
    at_init(check, "");
    if (from.s.state != WIRE_PRESENT)
        return kernel_boot_refuse(check,
                                  "missing; it says which binary starts first, and what it is granted");
    if (SAYS_MORE(from, PROGRAM))
        return kernel_boot_refuse(check, newer_field);
    if (!check_init_binary(check, name))
        return false;
    memcpy(init->name, name.chars, name.size);
    if (!check_profile(check, program_get_profile(from), grants.count))
        return false;
    at_init(check, ".grants");
    if (grants.count > KERNEL_GRANTS_MAX)
        return kernel_boot_refuse(check, "more than 32 grants");
    for (uint32_t i = 0; i < grants.count; i++)
        if (!check_grant(check, grants, i))
            return false;
    return true;
}

/* Whoever starts the services checks them; nobody can, without what starts processes. */
static bool check_services(struct boot_check *check, struct wire_list services)
{
    const struct boot_program *init = &check->package->init;
    for (uint32_t i = 0; i < init->grant_count; i++)
        if (init->grants[i].capability == KERNEL_CAPABILITY_PROCESS_SPAWNER)
            return true;
    kernel_boot_at(check, "services");
    return services.count == 0 ||
           kernel_boot_refuse(check, "nobody starts them; kernel = processSpawner is not in init.grants");
}

/* --- The whole ------------------------------------------------------------------- */

static bool check_version(struct boot_check *check)
{
    uint32_t version = manifest_get_schema_version(check->manifest);
    kernel_boot_at(check, "schemaVersion ");
    kernel_text_add_number(&check->path, version);
    return version == SCHEMA_VERSION || kernel_boot_refuse(check, "this version reads schemaVersion 1");
}

static bool check_manifest(struct boot_check *check)
{
    kernel_boot_at(check, "manifest");
    if (check->manifest.s.state != WIRE_PRESENT)
        return kernel_boot_refuse(check, "empty; a Manifest of schema/capos.capnp is needed");
    if (SAYS_MORE(check->manifest, MANIFEST))
        return kernel_boot_refuse(check, newer_field);
    return check_version(check) && check_binaries(check, manifest_get_binaries(check->manifest)) &&
           check_init(check, manifest_get_init(check->manifest)) &&
           check_services(check, manifest_get_services(check->manifest));
}

static bool open_message(struct boot_check *check, const void *bytes, size_t size)
{
    bool opened = wire_open_flat(&check->message, WIRE_PRIVATE, bytes, size) == WIRE_OK;
    /* Binaries are looked at once a name; a pointer that is followed twice must not end the reading. */
    check->message.traversal_left = UINT64_MAX;
    if (opened)
        check->manifest = (struct manifest_reader){wire_root(&check->message)};
    return opened;
}

bool kernel_boot_open(const void *bytes, size_t size, struct boot_package *ret_package,
                      struct kernel_error *error)
{
    struct boot_check check = {.package = ret_package, .error = error};
    *ret_package = (struct boot_package){.bytes = bytes, .size = size};
    kernel_boot_at(&check, "manifest");
    if (!open_message(&check, bytes, size))
        return kernel_boot_refuse(&check, "");
    return check_manifest(&check) && (check.message.error == WIRE_OK || kernel_boot_refuse(&check, ""));
}

bool kernel_boot_binary(struct boot_check *check, const struct boot_package *package, struct wire_text wanted,
                        struct elf_image *ret_image)
{
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, package->bytes, package->size);
    message.traversal_left = UINT64_MAX;
    return find_binary(check, (struct manifest_reader){wire_root(&message)}, wanted, ret_image);
}

bool kernel_check_package(const void *package, size_t package_bytes, struct kernel_error *error)
{
    struct boot_package opened;
    return kernel_boot_open(package, package_bytes, &opened, error);
}

bool kernel_check_binary(const void *package, size_t package_bytes, const char *name, size_t name_bytes,
                         struct kernel_error *error)
{
    const struct boot_package opened = {.bytes = package, .size = package_bytes};
    struct boot_check check = {.error = error};
    struct elf_image image;
    kernel_boot_at(&check, "binary");
    return kernel_boot_binary(&check, &opened, wire_text_make(name, (uint32_t)name_bytes), &image);
}
