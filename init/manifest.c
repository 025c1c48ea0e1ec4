/*
 * A manifest, read into a graph: each field by itself, and the names of each
 * list among each other. graph.c looks at how services hang together.
 */
#include <capos/wire.h>

#include "init/check.h"

enum { SCHEMA_VERSION = 1 };

/* The bytes of data that the schema's fields take up: a newer schema may use the rest of the last word. */
enum {
    MANIFEST_DATA_BYTES = 4,
    BINARY_DATA_BYTES = 0,
    PROGRAM_DATA_BYTES = 0,
    GRANT_DATA_BYTES = 16,
    SERVICE_DATA_BYTES = 0,
    EXPORT_DATA_BYTES = 16,
    RESTART_POLICY_DATA_BYTES = 16,
    RESOURCE_PROFILE_DATA_BYTES = 28,
};

#define SAYS_MORE(reader, TYPE) init_check_says_more((reader).s, TYPE##_DATA_BYTES, TYPE##_POINTER_COUNT)
static const char newer_field[] = "a field that this version does not know; it knows schemaVersion 1";

/* --- Grants -------------------------------------------------------------------------- */

static const char *wrong_grant(const struct init_graph *graph, const struct init_program *program,
                               struct grant_reader grant, struct wire_text name)
{
    const char *wrong = init_check_name(name);
    if (wrong)
        return wrong;
    if (SAYS_MORE(grant, GRANT))
        return newer_field;
    for (uint32_t i = program->first_grant; i < graph->grant_count; i++)
        if (wire_text_equal(name, graph->grants[i].name))
            return "a second grant of that name";
    if (grant_which(grant) == GRANT_WHICH_EXPORT)
        return NULL;
    if (grant_which(grant) != GRANT_WHICH_KERNEL)
        return "a source that this version does not know; it knows kernel and export";
    if (wire_has_pointer(grant.s, 1) || wire_has_pointer(grant.s, 2))
        return "two sources, the kernel and a service's export";
    return grant_get_kernel(grant) == KERNEL_CAPABILITY_NONE ? "no source; kernel or export is needed" : NULL;
}

static bool read_grants(struct init_check *check, int32_t who, struct wire_list grants,
                        struct init_program *program)
{
    struct init_graph *graph = check->graph;
    program->first_grant = graph->grant_count;
    program->grant_count = grants.count;
    init_check_at_program(check, who, "grants");
    if (grants.count > INIT_PROGRAM_GRANTS_MAX)
        return init_check_refuse(check, "more than 32 grants");
    if (who != INIT_ITSELF && grants.count > INIT_SERVICE_GRANTS_MAX)
        return init_check_refuse(check, "more than 16 grants");
    if (grants.count > INIT_GRANTS_MAX - graph->grant_count)
        return init_check_refuse(check, "more than 512 grants in all");
    for (uint32_t i = 0; i < grants.count; i++) {
        struct grant_reader grant = program_get_grants_at(grants, i);
        struct grant_export_reader from = grant_get_export(grant);
        struct wire_text name = grant_get_name(grant);
        const char *wrong = wrong_grant(graph, program, grant, name);
        if (wrong) {
            init_check_at_element(check, who, "grants", i, name);
            return init_check_refuse(check, wrong);
        }
        struct init_grant *got = &graph->grants[graph->grant_count++];
        *got = (struct init_grant){.name = name};
        if (grant_which(grant) == GRANT_WHICH_KERNEL) {
            got->kernel = grant_get_kernel(grant);
            continue;
        }
        got->from_service = grant_export_get_service(from);
        got->from_export = grant_export_get_name(from);
        got->interface_id = grant_export_get_interface_id(from);
    }
    return true;
}

/* --- Programs ------------------------------------------------------------------------- */

static void add_names(struct capos_line *line, const struct wire_text *names, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        capos_line_string(line, i == 0 ? "" : ", ");
        init_check_add_quoted(line, names[i]);
    }
}

static bool check_binary(struct init_check *check, int32_t who, struct wire_text binary)
{
    const struct init_graph *graph = check->graph;
    for (uint32_t i = 0; i < graph->binary_count; i++)
        if (wire_text_equal(binary, graph->binaries[i]))
            return true;
    struct capos_line *line = init_check_at_program(check, who, "binary");
    if (binary.size == 0)
        return init_check_refuse(check, "no name; it says which binary runs");
    capos_line_string(line, " ");
    init_check_add_quoted(line, binary);
    init_check_refuse(check, "no binary of that name; there are ");
    add_names(line, graph->binaries, graph->binary_count);
    return false;
}

static void read_profile(struct resource_profile_reader from, uint64_t *limits)
{
    limits[INIT_LIMIT_CAP_SLOTS] = resource_profile_get_cap_slots(from);
    limits[INIT_LIMIT_CALLS] = resource_profile_get_calls(from);
    limits[INIT_LIMIT_MEMORY_BYTES] = resource_profile_get_memory_bytes(from);
    limits[INIT_LIMIT_PROCESSES] = resource_profile_get_processes(from);
    limits[INIT_LIMIT_ENDPOINTS] = resource_profile_get_endpoints(from);
    limits[INIT_LIMIT_BADGES] = resource_profile_get_badges(from);
}

static bool read_program(struct init_check *check, int32_t who, struct program_reader from,
                         struct init_program *program)
{
    struct resource_profile_reader profile = program_get_profile(from);
    init_check_at_program(check, who, who == INIT_ITSELF ? "" : "program");
    if (from.s.state != WIRE_PRESENT)
        return init_check_refuse(check, "missing; it says which binary runs, and what it is granted");
    if (SAYS_MORE(from, PROGRAM))
        return init_check_refuse(check, newer_field);
    init_check_at_program(check, who, "profile");
    if (SAYS_MORE(profile, RESOURCE_PROFILE))
        return init_check_refuse(check, newer_field);
    program->binary = program_get_binary(from);
    read_profile(profile, program->limits);
    return check_binary(check, who, program->binary) &&
           read_grants(check, who, program_get_grants(from), program);
}

/* --- Services -------------------------------------------------------------------------- */

static const char *wrong_export(const struct init_graph *graph, const struct init_service *service,
                                struct export_reader export, struct wire_text name)
{
    const char *wrong = init_check_name(name);
    const struct init_grant *grants = &graph->grants[service->program.first_grant];
    if (wrong)
        return wrong;
    if (SAYS_MORE(export, EXPORT))
        return newer_field;
    for (uint32_t i = service->first_export; i < graph->export_count; i++)
        if (wire_text_equal(name, graph->exports[i].name))
            return "a second export of that name";
    for (uint32_t i = 0; i < service->program.grant_count; i++)
        if (wire_text_equal(name, grants[i].name))
            return "a grant of the service has that name, too";
    if (export_get_interface_id(export) == 0)
        return "no interfaceId; the @0x... number of the interface is needed";
    if (export_get_message_max(export) % 8 != 0 || export_get_message_max(export) > INIT_MESSAGE_BYTES_MAX)
        return "messageMax must be a multiple of 8, and at most 65536";
    return export_get_caps_max(export) > INIT_MESSAGE_CAPS_MAX ? "capsMax must be at most 16" : NULL;
}

static bool read_exports(struct init_check *check, uint32_t index, struct wire_list exports)
{
    struct init_graph *graph = check->graph;
    struct init_service *service = &graph->services[index];
    service->first_export = graph->export_count;
    service->export_count = exports.count;
    init_check_at_program(check, (int32_t)index, "exports");
    if (exports.count > INIT_SERVICE_GRANTS_MAX - service->program.grant_count)
        return init_check_refuse(check, "more than 16 grants and exports");
    if (exports.count > INIT_EXPORTS_MAX - graph->export_count)
        return init_check_refuse(check, "more than 64 exports in all");
    for (uint32_t i = 0; i < exports.count; i++) {
        struct export_reader export = service_get_exports_at(exports, i);
        struct wire_text name = export_get_name(export);
        const char *wrong = wrong_export(graph, service, export, name);
        if (wrong) {
            init_check_at_element(check, (int32_t)index, "exports", i, name);
            return init_check_refuse(check, wrong);
        }
        graph->exports[graph->export_count++] = (struct init_export){
            .name = name,
            .service = (uint16_t)index,
            .interface_id = export_get_interface_id(export),
            .message_max = export_get_message_max(export),
            .caps_max = export_get_caps_max(export),
        };
    }
    return true;
}

static bool read_restart(struct init_check *check, uint32_t index, struct restart_policy_reader restart)
{
    struct init_service *service = &check->graph->services[index];
    service->mode = restart_policy_get_mode(restart);
    service->restarts_max = restart_policy_get_limit(restart);
    service->backoff_ns = restart_policy_get_backoff_ns(restart);
    init_check_at_program(check, (int32_t)index, "restart");
    if (SAYS_MORE(restart, RESTART_POLICY))
        return init_check_refuse(check, newer_field);
    if (service->mode > RESTART_MODE_ALWAYS)
        return init_check_refuse(check, "a mode that this version does not know; "
                                        "it knows never, onFailure and always");
    if (service->mode == RESTART_MODE_NEVER && (service->restarts_max != 0 || service->backoff_ns != 0))
        return init_check_refuse(check, "mode is never, which has no limit and no backoffNs");
    if (service->backoff_ns > INIT_BACKOFF_MAX_NS)
        return init_check_refuse(check, "backoffNs is more than an hour, 3600000000000");
    if (service->mode != RESTART_MODE_NEVER && service->restarts_max == 0 && service->backoff_ns == 0)
        return init_check_refuse(check, "neither a limit nor a backoffNs; "
                                        "it would start again and again without a pause");
    return true;
}

static bool read_service(struct init_check *check, uint32_t index, struct service_reader from)
{
    struct init_graph *graph = check->graph;
    struct init_service *service = &graph->services[index];
    const char *wrong;
    *service = (struct init_service){.name = service_get_name(from)};
    wrong = init_check_name(service->name);
    for (uint32_t i = 0; !wrong && i < index; i++)
        if (wire_text_equal(service->name, graph->services[i].name))
            wrong = "a second service of that name";
    init_check_at_program(check, (int32_t)index, "");
    if (!wrong && SAYS_MORE(from, SERVICE))
        wrong = newer_field;
    if (wrong)
        return init_check_refuse(check, wrong);
    return read_program(check, (int32_t)index, service_get_program(from), &service->program) &&
           read_exports(check, index, service_get_exports(from)) &&
           read_restart(check, index, service_get_restart(from));
}

static bool read_services(struct init_check *check, struct wire_list services)
{
    if (services.count > INIT_SERVICES_MAX) {
        init_check_at(check, "services");
        return init_check_refuse(check, "more than 60 services");
    }
    check->graph->service_count = services.count;
    for (uint32_t i = 0; i < services.count; i++)
        if (!read_service(check, i, manifest_get_services_at(services, i)))
            return false;
    return true;
}

/* --- The whole ------------------------------------------------------------------------- */

static bool read_binaries(struct init_check *check, struct wire_list binaries)
{
    struct init_graph *graph = check->graph;
    if (binaries.count > INIT_BINARIES_MAX) {
        init_check_at(check, "binaries");
        return init_check_refuse(check, "more than 64 binaries");
    }
    for (uint32_t i = 0; i < binaries.count; i++) {
        struct binary_reader binary = manifest_get_binaries_at(binaries, i);
        struct wire_text name = binary_get_name(binary);
        const char *wrong = init_check_name(name);
        for (uint32_t j = 0; !wrong && j < i; j++)
            if (wire_text_equal(name, graph->binaries[j]))
                wrong = "a second binary of that name";
        if (!wrong && SAYS_MORE(binary, BINARY))
            wrong = newer_field;
        if (wrong) {
            struct capos_line *line = init_check_at_entry(check, "binaries", i);
            capos_line_string(line, " ");
            init_check_add_quoted(line, name);
            return init_check_refuse(check, wrong);
        }
        graph->binaries[graph->binary_count++] = name;
    }
    return true;
}

static bool read_head(struct init_check *check, struct manifest_reader manifest)
{
    uint32_t version = manifest_get_schema_version(manifest);
    init_check_at(check, "manifest");
    if (manifest.s.state != WIRE_PRESENT)
        return init_check_refuse(check, "empty; a Manifest of schema/capos.capnp is needed");
    if (SAYS_MORE(manifest, MANIFEST))
        return init_check_refuse(check, newer_field);
    if (version != SCHEMA_VERSION) {
        capos_line_u64(init_check_at(check, "schemaVersion "), version);
        return init_check_refuse(check, "this version reads schemaVersion 1");
    }
    return true;
}

bool init_graph_read(struct wire_message *message, struct manifest_reader manifest,
                     struct init_graph *ret_graph, struct init_error *error)
{
    struct init_check check = {.message = message, .graph = ret_graph};
    capos_line_begin(&check.line, error->text, sizeof error->text);
    ret_graph->binary_count = 0;
    ret_graph->export_count = 0;
    ret_graph->grant_count = 0;
    if (!read_head(&check, manifest) || !read_binaries(&check, manifest_get_binaries(manifest)) ||
        !read_program(&check, INIT_ITSELF, manifest_get_init(manifest), &ret_graph->init) ||
        !read_services(&check, manifest_get_services(manifest)))
        return false;
    if (message->error != WIRE_OK)
        return init_check_refuse(&check, "");
    return init_check_graph(&check);
}
