/*
 * Services of a boot package: their graph is checked whole, and they are started with init: docs/security.md,
 * clause 5.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/core/boot.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/kernel.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/kernel/sample_elf.h"
#include "tests/tap.h"

/* A good package in the making: init imports from two services, which import from each other. */
static struct {
    uint64_t words[4096];
    struct wire_build build;
    struct manifest_builder manifest;
    struct wire_list_builder services;
    struct program_builder init, kv;
    struct wire_list_builder init_grants, kv_grants, kv_exports;
    const void *bytes;
    uint64_t size;
    struct kernel_error error;
    struct boot_package package;
} p;

static struct wire_text text_of(const char *chars)
{
    return wire_text_make(chars, (uint32_t)strlen(chars));
}

static void set_import(struct wire_list_builder grants, uint32_t index, const char *name, const char *service,
                       const char *export)
{
    struct grant_builder grant = program_edit_grants_at(grants, index);
    grant_set_name(grant, text_of(name));
    struct grant_export_builder from = grant_init_export(grant);
    grant_export_set_service(from, text_of(service));
    grant_export_set_name(from, text_of(export));
}

static void set_export(uint32_t index, const char *name, uint64_t interface)
{
    struct export_builder export = service_edit_exports_at(p.kv_exports, index);
    export_set_name(export, text_of(name));
    export_set_interface_id(export, interface);
}

static void begin_services(void)
{
    p.services = manifest_init_services(p.manifest, 2);
    struct service_builder kv = manifest_edit_services_at(p.services, 0);
    service_set_name(kv, text_of("kv"));
    p.kv = service_init_program(kv);
    program_set_binary(p.kv, text_of("one"));
    p.kv_grants = program_init_grants(p.kv, 2);
    struct grant_builder grant = program_edit_grants_at(p.kv_grants, 0);
    grant_set_name(grant, text_of("console"));
    grant_set_kernel(grant, KERNEL_CAPABILITY_CONSOLE);
    set_import(p.kv_grants, 1, "log", "logger", "log");
    p.kv_exports = service_init_exports(kv, 2);
    set_export(0, "store", 0x11);
    set_export(1, "admin", 0x22);
    export_set_message_max(service_edit_exports_at(p.kv_exports, 1), 64);
    export_set_caps_max(service_edit_exports_at(p.kv_exports, 1), 2);

    struct service_builder logger = manifest_edit_services_at(p.services, 1);
    service_set_name(logger, text_of("logger"));
    struct program_builder program = service_init_program(logger);
    program_set_binary(program, text_of("one"));
    set_import(program_init_grants(program, 1), 0, "kv", "kv", "store");
    struct wire_list_builder exports = service_init_exports(logger, 1);
    export_set_name(service_edit_exports_at(exports, 0), text_of("log"));
    export_set_interface_id(service_edit_exports_at(exports, 0), 0x33);
}

static void begin(void)
{
    static struct sample_elf sample;
    sample_elf_init(&sample);
    wire_build_init(&p.build, p.words, sizeof p.words / 8);
    p.manifest = manifest_build_root(&p.build);
    manifest_set_schema_version(p.manifest, 1);
    struct binary_builder binary = manifest_edit_binaries_at(manifest_init_binaries(p.manifest, 1), 0);
    binary_set_name(binary, text_of("one"));
    binary_set_elf(binary, wire_data_make(&sample, sizeof sample));
    p.init = manifest_init_init(p.manifest);
    program_set_binary(p.init, text_of("one"));
    p.init_grants = program_init_grants(p.init, 3);
    set_import(p.init_grants, 0, "store", "kv", "store");
    set_import(p.init_grants, 1, "admin", "kv", "admin");
    set_import(p.init_grants, 2, "store again", "kv", "store");
    begin_services();
}

static bool open_package(void)
{
    p.error.text[0] = 0;
    p.bytes = wire_build_flat(&p.build, &p.size);
    return kernel_boot_open(p.bytes, p.size, &p.package, &p.error);
}

static struct service_builder kv_service(void)
{
    return manifest_edit_services_at(p.services, 0);
}

#define REFUSED(change, message)                                                                             \
    do {                                                                                                     \
        begin();                                                                                             \
        change;                                                                                              \
        TAP_CHECK(!open_package());                                                                          \
        TAP_STR_EQ(p.error.text, message);                                                                   \
    } while (0)

TAP_TEST(services_that_cannot_be_are_refused_before_anything_starts)
{
    begin();
    TAP_CHECK(open_package());
    REFUSED(manifest_init_services(p.manifest, KERNEL_SERVICES_MAX + 1), "services: more than 64 services");
    REFUSED(service_set_name(kv_service(), text_of("")),
            "services[0]: no name; 1 to 43 bytes of UTF-8 are needed");
    REFUSED(service_set_name(kv_service(), text_of("logger")),
            "services[1]: \"logger\": a second service of that name");
    REFUSED(program_set_binary(p.kv, text_of("two")),
            "services[0] \"kv\".binary: \"two\": no binary of that name; there are \"one\"");
    REFUSED(program_set_binary(p.kv, text_of("")),
            "services[0] \"kv\".binary: no name; a service names the binary that it runs");
    REFUSED(service_set_program(kv_service(), (struct program_reader){0}),
            "services[0] \"kv\": no program; it says which binary runs, and what it is granted");
    REFUSED(restart_policy_set_mode(service_init_restart(kv_service()), RESTART_MODE_ALWAYS),
            "services[0] \"kv\".restart: this version restarts no service; leave it out");
    REFUSED(resource_profile_set_calls(program_init_profile(p.kv), 1),
            "services[0] \"kv\".profile: this version has no resource profiles; leave it out");
    REFUSED(program_init_grants(p.kv, 31), "services[0] \"kv\".grants: more than 32 grants and exports");
    REFUSED(service_init_exports(kv_service(), 33), "services[0] \"kv\".exports: more than 32 exports");
    REFUSED(set_export(1, "store", 1),
            "services[0] \"kv\".exports[1]: \"store\": a second export of that name");
    REFUSED(set_export(1, "", 1),
            "services[0] \"kv\".exports[1]: no name; 1 to 43 bytes of UTF-8 are needed");
    REFUSED(set_export(1, "console", 1),
            "services[0] \"kv\".exports[1]: \"console\": a grant of the service has that name, too");
    REFUSED(set_export(1, "admin", 0), "services[0] \"kv\".exports[1]: \"admin\": no interfaceId; the @0x... "
                                       "number of the interface is needed");
    REFUSED(
        export_set_message_max(service_edit_exports_at(p.kv_exports, 0), 100),
        "services[0] \"kv\".exports[0]: \"store\": messageMax must be a multiple of 8, and at most 65536");
    REFUSED(
        export_set_message_max(service_edit_exports_at(p.kv_exports, 0), 65544),
        "services[0] \"kv\".exports[0]: \"store\": messageMax must be a multiple of 8, and at most 65536");
    REFUSED(export_set_caps_max(service_edit_exports_at(p.kv_exports, 0), 17),
            "services[0] \"kv\".exports[0]: \"store\": capsMax must be at most 16");
}

TAP_TEST(imports_that_nobody_exports_are_refused_with_what_there_is)
{
    REFUSED(set_import(p.kv_grants, 1, "log", "syslog", "log"),
            "services[0] \"kv\".grants[1]: \"log\": no service \"syslog\"; there are \"kv\", \"logger\"");
    REFUSED(set_import(p.init_grants, 1, "admin", "kv", "root"),
            "init.grants[1]: \"admin\": no export \"root\" of \"kv\"; it exports \"store\", \"admin\"");
    REFUSED((void)(set_import(p.init_grants, 0, "store", "logger", "x"),
                   service_init_exports(manifest_edit_services_at(p.services, 1), 0)),
            "services[0] \"kv\".grants[1]: \"log\": no export \"log\" of \"logger\"; it exports nothing");
    REFUSED(set_import(p.kv_grants, 1, "me", "kv", "store"),
            "services[0] \"kv\".grants[1]: \"me\": a service cannot import what it exports itself");
    REFUSED(set_import(p.kv_grants, 1, "console", "logger", "log"),
            "services[0] \"kv\".grants[1]: \"console\": a second grant of that name");
    REFUSED(set_import(p.init_grants, 1, "store", "kv", "admin"),
            "init.grants[1]: \"store\": a second grant of that name");
}

TAP_TEST(a_field_of_a_newer_service_is_refused)
{
    begin();
    struct wire_list_builder larger = wire_slot_init_struct_list(wire_slot_of(p.manifest.s, 2), 1, 1, 4);
    struct wire_struct_builder service = manifest_edit_services_at(larger, 0).s;
    wire_set_u64(service, 0, 1);
    TAP_CHECK(!open_package());
    TAP_STR_EQ(p.error.text,
               "services[0]: a field that this version does not know; it knows schemaVersion 1");
}

/* --- Starting -------------------------------------------------------------------- */

static struct fake_machine *started;

static bool boot(uint32_t creates)
{
    static _Alignas(16) uint8_t arena[1 << 20];
    started = calloc(1, sizeof *started);
    const struct kernel_boot how = {
        .arena = arena,
        .arena_bytes = sizeof arena,
        .package = p.bytes,
        .package_bytes = p.size,
        .port = &started->port,
    };
    started->port.creates_left = creates;
    started->port.starts_left = UINT32_MAX;
    return kernel_boot(&started->kernel, &how, &p.error);
}

static void stop(void)
{
    struct kernel *kernel = &started->kernel;
    struct list_node *node;
    kernel_shutdown(kernel);
    while ((node = list_first(&kernel->processes)))
        kernel_process_gone(kernel, LIST_ENTRY(node, struct process, in_kernel));
    uint64_t left = kernel->process_pool.taken + kernel->endpoint_pool.taken + kernel->facet_pool.taken +
                    kernel->objects[KERNEL_CAPABILITY_CONSOLE].references - 1;
    int processes = started->port.processes;
    free(started);
    TAP_EQ(left, 0);
    TAP_EQ(processes, 0);
}

static struct process *find(const char *name)
{
    for (struct list_node *node = list_first(&started->kernel.processes); node;
         node = list_next(&started->kernel.processes, node)) {
        struct process *of = LIST_ENTRY(node, struct process, in_kernel);
        if (strcmp(of->name, name) == 0)
            return of;
    }
    return NULL;
}

static const struct facet *facet_of(struct process *of, const char *name)
{
    return kernel_facet_of(kernel_caps_find(&of->caps, fake_cap(of, name)));
}

TAP_TEST(services_start_with_init_and_hold_the_ends_of_their_exports)
{
    begin();
    TAP_CHECK(open_package());
    TAP_CHECK(boot(UINT32_MAX));
    struct process *init = started->kernel.init, *kv = find("kv"), *logger = find("logger");
    TAP_CHECK(init && kv && logger);
    const struct endpoint *store = kernel_endpoint_of(kernel_caps_find(&kv->caps, fake_cap(kv, "store")));
    const struct endpoint *admin = kernel_endpoint_of(kernel_caps_find(&kv->caps, fake_cap(kv, "admin")));
    TAP_EQ(store->message_max, KERNEL_ENDPOINT_MESSAGE_DEFAULT);
    TAP_EQ(store->caps_max, KERNEL_ENDPOINT_CAPS_DEFAULT);
    TAP_EQ(admin->message_max, 64);
    TAP_EQ(admin->caps_max, 2);
    TAP_CHECK(facet_of(init, "store")->endpoint == store);
    TAP_CHECK(facet_of(init, "admin")->endpoint == admin);
    TAP_CHECK(facet_of(logger, "kv")->endpoint == store);
    TAP_EQ(facet_of(init, "store")->by_badge.key, UINT64_C(0) << 32 | 1);
    TAP_EQ(facet_of(init, "store again")->by_badge.key, UINT64_C(1) << 32 | 1);
    TAP_EQ(facet_of(logger, "kv")->by_badge.key, UINT64_C(2) << 32 | 1);
    const struct capos_capset_header *capset = kv->capset;
    const struct capos_capset_entry *entries = (const void *)(capset + 1);
    TAP_EQ(capset->count, 4);
    TAP_EQ(entries[0].interface_id, CONSOLE_INTERFACE_ID);
    TAP_EQ(entries[1].interface_id, 0x33);
    TAP_EQ(entries[2].interface_id, ENDPOINT_INTERFACE_ID);
    TAP_EQ(store->object.references, 1); /* the service's: its end is the endpoint's */

    kernel_exit(&started->kernel, logger, 0);
    struct kernel_end end;
    TAP_CHECK(!kernel_ended(&started->kernel, &end));
    TAP_CHECK(!facet_of(kv, "log")->endpoint);
    kernel_exit(&started->kernel, init, 4);
    TAP_CHECK(fake_process(kv)->killed);
    stop();
}

TAP_TEST(a_service_that_cannot_be_started_takes_all_with_it)
{
    begin();
    TAP_CHECK(open_package());
    for (uint32_t creates = 0; creates < 3; creates++) {
        static const char *const messages[] = {"not enough memory to start one",
                                               "not enough memory to start kv",
                                               "not enough memory to start logger"};
        TAP_CHECK(!boot(creates));
        TAP_STR_EQ(p.error.text, messages[creates]);
        for (struct list_node *node = list_first(&started->kernel.processes); node;
             node = list_next(&started->kernel.processes, node))
            TAP_CHECK(fake_process(LIST_ENTRY(node, struct process, in_kernel))->killed);
        stop();
        TAP_STOP_IF_FAILED();
    }
}
