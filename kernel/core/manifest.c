/*
 * Boot packages, checked to their last field: what this kernel would not act
 * on is refused, with the path of the field.
 */
#include <string.h>

#include "kernel/core/boot_check.h"
#include "kernel/core/kernel.h"
#include "schema/capos.capos.h"

enum { SCHEMA_VERSION = 1 };

/* A program: init, or a service by its index. */
enum { INIT = -1 };

static struct service_reader service_at(const struct boot_check *check, int32_t who)
{
    return manifest_get_services_at(manifest_get_services(check->manifest), (uint32_t)who);
}

/* A field of a program; "" is the program itself. */
static void at_program(struct boot_check *check, int32_t who, const char *field)
{
    if (who == INIT) {
        kernel_boot_at(check, "init");
    } else {
        struct wire_text name = service_get_name(service_at(check, who));
        kernel_boot_at_element(check, "services", (uint32_t)who);
        kernel_text_add(&check->path, " ");
        kernel_text_add_quoted(&check->path, name.chars, name.size);
    }
    if (field[0])
        kernel_text_add(&check->path, ".");
    kernel_text_add(&check->path, field);
}

static void at_program_element(struct boot_check *check, int32_t who, const char *list, uint32_t index)
{
    at_program(check, who, list);
    kernel_text_add(&check->path, "[");
    kernel_text_add_number(&check->path, index);
    kernel_text_add(&check->path, "]");
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
    SERVICE_DATA_BYTES = 0,
    EXPORT_DATA_BYTES = 16,
    RESOURCE_PROFILE_DATA_BYTES = 24,
};

#define SAYS_MORE(reader, TYPE) kernel_boot_says_more((reader).s, TYPE##_DATA_BYTES, TYPE##_POINTER_COUNT)
static const char newer_field[] = "a field that this version does not know; it knows schemaVersion 1";

static bool check_elf(struct boot_check *check, struct wire_text name, struct wire_data file,
                      struct elf_image *ret_image)
{
    struct kernel_error why, what;
    if (elf_open(file.bytes, file.size, ret_image, &why))
        return true;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&text, ": ");
    kernel_text_add(&text, why.text);
    return kernel_boot_refuse_named(check, name, what.text);
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
            return kernel_boot_refuse_named(check, name, ": a second binary of that name");
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

/* --- Services and what they export --------------------------------------------------- */

static bool check_export(struct boot_check *check, int32_t who, struct wire_list exports, uint32_t index)
{
    struct boot_package *package = check->package;
    struct export_reader export = service_get_exports_at(exports, index);
    struct wire_text name = export_get_name(export);
    uint32_t message_max = export_get_message_max(export), caps_max = export_get_caps_max(export);
    at_program_element(check, who, "exports", index);
    if (SAYS_MORE(export, EXPORT))
        return kernel_boot_refuse(check, newer_field);
    if (!kernel_boot_check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, export_get_name(service_get_exports_at(exports, i))))
            return kernel_boot_refuse_named(check, name, ": a second export of that name");
    if (export_get_interface_id(export) == 0)
        return kernel_boot_refuse_named(check, name,
                                        ": no interfaceId; the @0x... number of the interface is needed");
    if (message_max % 8 != 0 || message_max > KERNEL_MESSAGE_MAX)
        return kernel_boot_refuse_named(check, name,
                                        ": messageMax must be a multiple of 8, and at most 65536");
    if (caps_max > KERNEL_CAPS_MAX)
        return kernel_boot_refuse_named(check, name, ": capsMax must be at most 16");
    if (package->export_count == KERNEL_EXPORTS_MAX)
        return kernel_boot_refuse_named(check, name, ": more than 64 exports in all");
    package->exports[package->export_count++] = (struct boot_export){
        .service = (uint16_t)who,
        .caps_max = (uint16_t)(caps_max ? caps_max : KERNEL_ENDPOINT_CAPS_DEFAULT),
        .message_max = message_max ? message_max : KERNEL_ENDPOINT_MESSAGE_DEFAULT,
        .interface_id = export_get_interface_id(export),
    };
    return true;
}

static bool check_service(struct boot_check *check, struct wire_list services, uint32_t index)
{
    struct service_reader service = manifest_get_services_at(services, index);
    struct wire_list exports = service_get_exports(service);
    struct wire_text name = service_get_name(service);
    kernel_boot_at_element(check, "services", index);
    if (SAYS_MORE(service, SERVICE))
        return kernel_boot_refuse(check, newer_field);
    if (!kernel_boot_check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, service_get_name(manifest_get_services_at(services, i))))
            return kernel_boot_refuse_named(check, name, ": a second service of that name");
    at_program(check, (int32_t)index, "restart");
    if (kernel_boot_says_more(service_get_restart(service).s, 0, 0))
        return kernel_boot_refuse(check, "this version restarts no service; leave it out");
    at_program(check, (int32_t)index, "exports");
    if (exports.count > KERNEL_GRANTS_MAX)
        return kernel_boot_refuse(check, "more than 32 exports");
    for (uint32_t i = 0; i < exports.count; i++)
        if (!check_export(check, (int32_t)index, exports, i))
            return false;
    return true;
}

/* A first program that starts processes reads the services, and checks them, itself. */
static bool init_starts_them(const struct boot_check *check)
{
    struct wire_list grants = program_get_grants(manifest_get_init(check->manifest));
    for (uint32_t i = 0; i < grants.count; i++) {
        struct grant_reader grant = program_get_grants_at(grants, i);
        if (grant_which(grant) == GRANT_WHICH_KERNEL &&
            grant_get_kernel(grant) == KERNEL_CAPABILITY_PROCESS_SPAWNER)
            return true;
    }
    return false;
}

static bool check_services(struct boot_check *check)
{
    struct wire_list services = manifest_get_services(check->manifest);
    if (init_starts_them(check))
        return true;
    kernel_boot_at(check, "services");
    if (services.count > KERNEL_SERVICES_MAX)
        return kernel_boot_refuse(check, "more than 64 services");
    for (uint32_t i = 0; i < services.count; i++)
        if (!check_service(check, services, i))
            return false;
    check->package->service_count = services.count;
    return true;
}

/* --- Grants ---------------------------------------------------------------------- */

static bool refuse_service(struct boot_check *check, struct wire_text name, struct wire_text wanted)
{
    struct wire_list services = manifest_get_services(check->manifest);
    struct kernel_error what;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&text, ": no service ");
    kernel_text_add_quoted(&text, wanted.chars, wanted.size);
    kernel_text_add(&text, services.count > 0 ? "; there are" : "; there is none");
    for (uint32_t i = 0; i < services.count; i++)
        add_name(&text, i, service_get_name(manifest_get_services_at(services, i)));
    return kernel_boot_refuse_named(check, name, what.text);
}

static bool refuse_export(struct boot_check *check, struct wire_text name, struct wire_text wanted,
                          struct service_reader service)
{
    struct wire_list exports = service_get_exports(service);
    struct wire_text owner = service_get_name(service);
    struct kernel_error what;
    struct text text = KERNEL_TEXT_IN(what.text);
    kernel_text_add(&text, ": no export ");
    kernel_text_add_quoted(&text, wanted.chars, wanted.size);
    kernel_text_add(&text, " of ");
    kernel_text_add_quoted(&text, owner.chars, owner.size);
    kernel_text_add(&text, exports.count > 0 ? "; it exports" : "; it exports nothing");
    for (uint32_t i = 0; i < exports.count; i++)
        add_name(&text, i, export_get_name(service_get_exports_at(exports, i)));
    return kernel_boot_refuse_named(check, name, what.text);
}

/* Finds what a grant imports: its index among all exports. */
static bool check_import(struct boot_check *check, int32_t who, struct grant_reader grant,
                         uint16_t *ret_index)
{
    struct grant_export_reader wanted = grant_get_export(grant);
    struct wire_list services = manifest_get_services(check->manifest);
    struct wire_text name = grant_get_name(grant);
    uint16_t before = 0; /* exports of the services before this one */
    if (init_starts_them(check))
        return kernel_boot_refuse_named(
            check, name, ": the first program is to start the services, and cannot import from them");
    for (uint32_t i = 0; i < services.count; i++) {
        struct service_reader service = manifest_get_services_at(services, i);
        struct wire_list exports = service_get_exports(service);
        if (!wire_text_equal(grant_export_get_service(wanted), service_get_name(service))) {
            before = (uint16_t)(before + exports.count);
            continue;
        }
        if ((int32_t)i == who)
            return kernel_boot_refuse_named(check, name, ": a service cannot import what it exports itself");
        for (uint32_t j = 0; j < exports.count; j++) {
            struct wire_text export = export_get_name(service_get_exports_at(exports, j));
            if (!wire_text_equal(grant_export_get_name(wanted), export))
                continue;
            *ret_index = (uint16_t)(before + j);
            return true;
        }
        return refuse_export(check, name, grant_export_get_name(wanted), service);
    }
    return refuse_service(check, name, grant_export_get_service(wanted));
}

static bool check_kernel_grant(struct boot_check *check, struct grant_reader grant, uint16_t *ret_capability)
{
    struct wire_text name = grant_get_name(grant);
    uint16_t capability = grant_get_kernel(grant);
    if (wire_has_pointer(grant.s, 1) || wire_has_pointer(grant.s, 2))
        return kernel_boot_refuse_named(check, name, ": two sources, the kernel and a service's export");
    if (capability == 0 || capability >= KERNEL_OBJECTS)
        return kernel_boot_refuse_named(
            check, name,
            ": not a capability of this kernel; it has console, timer, entropySource, "
            "bootPackage, stats, memorySource and processSpawner");
    *ret_capability = capability;
    return true;
}

static void add_grant(struct boot_program *program, struct wire_text name, struct boot_grant grant)
{
    grant.name_bytes = (uint8_t)name.size;
    memcpy(grant.name, name.chars, name.size);
    program->grants[program->grant_count++] = grant;
}

static bool check_grant(struct boot_check *check, int32_t who, struct wire_list grants, uint32_t index,
                        struct boot_program *program)
{
    struct grant_reader grant = program_get_grants_at(grants, index);
    struct wire_text name = grant_get_name(grant);
    struct boot_grant got = {0};
    at_program_element(check, who, "grants", index);
    if (SAYS_MORE(grant, GRANT))
        return kernel_boot_refuse(check, newer_field);
    if (!kernel_boot_check_name(check, name))
        return false;
    for (uint32_t i = 0; i < index; i++)
        if (wire_text_equal(name, grant_get_name(program_get_grants_at(grants, i))))
            return kernel_boot_refuse_named(check, name, ": a second grant of that name");
    bool good;
    if (grant_which(grant) == GRANT_WHICH_KERNEL)
        good = check_kernel_grant(check, grant, &got.capability);
    else if (grant_which(grant) == GRANT_WHICH_EXPORT)
        good = check_import(check, who, grant, &got.export_index);
    else
        good = kernel_boot_refuse_named(
            check, name, ": a source that this version does not know; it knows kernel and export");
    if (good)
        add_grant(program, name, got);
    return good;
}

/* A service's exports follow its grants in the CapSet, so their names must differ. */
static bool add_own_exports(struct boot_check *check, int32_t who, struct wire_list grants,
                            struct boot_program *program)
{
    struct wire_list exports = service_get_exports(service_at(check, who));
    uint16_t first = 0;
    while (first < check->package->export_count && check->package->exports[first].service != who)
        first++;
    for (uint32_t i = 0; i < exports.count; i++) {
        struct wire_text name = export_get_name(service_get_exports_at(exports, i));
        at_program_element(check, who, "exports", i);
        for (uint32_t j = 0; j < grants.count; j++)
            if (wire_text_equal(name, grant_get_name(program_get_grants_at(grants, j))))
                return kernel_boot_refuse_named(check, name, ": a grant of the service has that name, too");
        add_grant(program, name, (struct boot_grant){.export_index = (uint16_t)(first + i), .owner = true});
    }
    return true;
}

/* --- Programs -------------------------------------------------------------------- */

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
    kernel_text_add(&text, ": no binary of that name; there are");
    for (uint32_t i = 0; i < binaries.count; i++)
        add_name(&text, i, binary_get_name(manifest_get_binaries_at(binaries, i)));
    return kernel_boot_refuse_named(check, wanted, what.text);
}

static bool check_program_binary(struct boot_check *check, int32_t who, struct wire_text wanted,
                                 struct boot_program *program)
{
    at_program(check, who, "binary");
    if (wanted.size == 0)
        return kernel_boot_refuse(check, who == INIT ? "no name; init names the binary that starts first"
                                                     : "no name; a service names the binary that it runs");
    return find_binary(check, check->manifest, wanted, &program->image);
}

/* Init's profile is what the system may use. */
static bool check_profile(struct boot_check *check, int32_t who, struct resource_profile_reader profile,
                          struct boot_program *program)
{
    at_program(check, who, "profile");
    program->budget = kernel_budget_first;
    if (who != INIT && kernel_boot_says_more(profile.s, 0, 0))
        return kernel_boot_refuse(check, "this version has no resource profiles; leave it out");
    if (SAYS_MORE(profile, RESOURCE_PROFILE))
        return kernel_boot_refuse(check, newer_field);
    program->budget = kernel_budget_of(profile, &kernel_budget_first);
    if (program->budget.of[BUDGET_MEMORY] < kernel_process_bytes(&program->image))
        return kernel_boot_refuse_amount(check, BUDGET_MEMORY, program->budget.of[BUDGET_MEMORY],
                                         "; the program and its stack take ",
                                         kernel_process_bytes(&program->image));
    for (enum budget_kind kind = 0; kind < BUDGET_KINDS; kind++) {
        if (program->budget.of[kind] <= kernel_budget_first.of[kind])
            continue;
        return kernel_boot_refuse_amount(check, kind, program->budget.of[kind], "; this kernel has at most ",
                                         kernel_budget_first.of[kind]);
    }
    return true;
}

/* Reads a program: init goes by its binary's name, a service by its own. */
static bool check_program(struct boot_check *check, int32_t who, struct boot_program *program)
{
    struct program_reader from =
        who == INIT ? manifest_get_init(check->manifest) : service_get_program(service_at(check, who));
    struct wire_text name = who == INIT ? program_get_binary(from) : service_get_name(service_at(check, who));
    struct wire_list grants = program_get_grants(from);
    uint32_t exports = who == INIT ? 0 : service_get_exports(service_at(check, who)).count;
    at_program(check, who, "");
    if (from.s.state != WIRE_PRESENT)
        return kernel_boot_refuse(
            check, who == INIT ? "missing; it says which binary starts first, and what it is granted"
                               : "no program; it says which binary runs, and what it is granted");
    if (SAYS_MORE(from, PROGRAM))
        return kernel_boot_refuse(check, newer_field);
    if (!check_program_binary(check, who, program_get_binary(from), program))
        return false;
    memcpy(program->name, name.chars, name.size);
    program->name[name.size] = 0;
    if (!check_profile(check, who, program_get_profile(from), program))
        return false;
    at_program(check, who, "grants");
    if (grants.count > KERNEL_GRANTS_MAX)
        return kernel_boot_refuse(check, "more than 32 grants");
    if (grants.count + exports > KERNEL_GRANTS_MAX)
        return kernel_boot_refuse(check, "more than 32 grants and exports");
    program->grant_count = 0;
    for (uint32_t i = 0; i < grants.count; i++)
        if (!check_grant(check, who, grants, i, program))
            return false;
    return who == INIT || add_own_exports(check, who, grants, program);
}

/* --- The whole ------------------------------------------------------------------- */

static bool check_manifest(struct boot_check *check)
{
    struct boot_package *package = check->package;
    kernel_boot_at(check, "manifest");
    if (check->manifest.s.state != WIRE_PRESENT)
        return kernel_boot_refuse(check, "empty; a Manifest of schema/capos.capnp is needed");
    if (SAYS_MORE(check->manifest, MANIFEST))
        return kernel_boot_refuse(check, newer_field);
    kernel_boot_at(check, "schemaVersion");
    if (manifest_get_schema_version(check->manifest) != SCHEMA_VERSION) {
        struct kernel_error what;
        struct text text = KERNEL_TEXT_IN(what.text);
        kernel_text_add_number(&text, manifest_get_schema_version(check->manifest));
        kernel_text_add(&text, "; this version reads schemaVersion 1");
        return kernel_boot_refuse(check, what.text);
    }
    if (!check_binaries(check, manifest_get_binaries(check->manifest)) || !check_services(check))
        return false;
    struct boot_program program;
    for (uint32_t i = 0; i < package->service_count; i++)
        if (!check_program(check, (int32_t)i, &program))
            return false;
    return check_program(check, INIT, &package->init);
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

/* What was good once is good again: the package does not change. */
void kernel_boot_service(const struct boot_package *package, uint32_t index, struct boot_program *ret_program)
{
    struct kernel_error error;
    struct boot_package unchanged = *package;
    struct boot_check check = {.package = &unchanged, .error = &error};
    if (open_message(&check, package->bytes, package->size))
        check_program(&check, (int32_t)index, ret_program);
}

bool kernel_check_package(const void *package, size_t package_bytes, struct kernel_error *error)
{
    struct boot_package opened;
    return kernel_boot_open(package, package_bytes, &opened, error);
}
