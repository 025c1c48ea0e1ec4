/*
 * Boot packages: docs/security.md, clauses 5 and 14.
 */
#include "kernel/core/boot.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/kernel.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_port.h"
#include "tests/kernel/sample_elf.h"
#include "tests/tap.h"

/* A good package in the making: a test changes one thing in it. */
static struct {
    uint64_t words[4096];
    struct wire_build build;
    struct manifest_builder manifest;
    struct wire_list_builder binaries;
    struct program_builder init;
    struct wire_list_builder grants;
    const void *bytes;
    uint64_t size;
    struct kernel_error error;
    struct boot_package package;
} p;

static struct wire_text text_of(const char *chars)
{
    return wire_text_make(chars, (uint32_t)strlen(chars));
}

static void set_grant(uint32_t index, const char *name, uint16_t capability)
{
    struct grant_builder grant = program_edit_grants_at(p.grants, index);
    grant_set_name(grant, text_of(name));
    grant_set_kernel(grant, capability);
}

static void begin(void)
{
    static struct sample_elf sample;
    sample_elf_init(&sample);
    wire_build_init(&p.build, p.words, sizeof p.words / 8);
    p.manifest = manifest_build_root(&p.build);
    manifest_set_schema_version(p.manifest, 1);
    p.binaries = manifest_init_binaries(p.manifest, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct binary_builder binary = manifest_edit_binaries_at(p.binaries, i);
        binary_set_name(binary, text_of(i == 0 ? "one" : "two"));
        binary_set_elf(binary, wire_data_make(&sample, sizeof sample));
    }
    p.init = manifest_init_init(p.manifest);
    program_set_binary(p.init, text_of("two"));
    p.grants = program_init_grants(p.init, 2);
    set_grant(0, "console", KERNEL_CAPABILITY_CONSOLE);
    set_grant(1, "clock", KERNEL_CAPABILITY_TIMER);
}

static bool open_package(void)
{
    p.bytes = wire_build_flat(&p.build, &p.size);
    return kernel_boot_open(p.bytes, p.size, &p.package, &p.error);
}

static void check_refused(const char *error)
{
    p.error.text[0] = 0;
    open_package();
    TAP_STR_EQ(p.error.text, error);
}

TAP_TEST(a_good_package_is_opened)
{
    begin();
    TAP_CHECK(open_package());
    TAP_STR_EQ(p.package.init.name, "two");
    TAP_EQ(p.package.init.grant_count, 2);
    TAP_EQ(p.package.init.grants[1].capability, KERNEL_CAPABILITY_TIMER);
    TAP_MEM_EQ(p.package.init.grants[1].name, "clock", 5);
    TAP_EQ(p.package.init.image.segment_count, 2);
}

TAP_TEST(manifests_that_ask_for_what_there_is_not_are_refused)
{
#define REFUSED(change, message)                                                                             \
    do {                                                                                                     \
        begin();                                                                                             \
        change;                                                                                              \
        check_refused(message);                                                                              \
        TAP_STOP_IF_FAILED();                                                                                \
    } while (0)
    REFUSED(manifest_set_schema_version(p.manifest, 0),
            "schemaVersion 0: this version reads schemaVersion 1");
    REFUSED(manifest_set_schema_version(p.manifest, 2),
            "schemaVersion 2: this version reads schemaVersion 1");
    REFUSED(manifest_init_binaries(p.manifest, 0), "binaries: no binary; 1 to 64 are needed");
    REFUSED(manifest_init_binaries(p.manifest, 65), "binaries: more than 64 binaries");
    REFUSED(binary_set_name(manifest_edit_binaries_at(p.binaries, 1), text_of("")),
            "binaries[1]: no name; 1 to 43 bytes of UTF-8 are needed");
    REFUSED(binary_set_name(manifest_edit_binaries_at(p.binaries, 1), text_of("one")),
            "binaries[1] \"one\": a second binary of that name");
    REFUSED(binary_set_name(manifest_edit_binaries_at(p.binaries, 0),
                            text_of("12345678901234567890123456789012345678901234")),
            "binaries[0] \"12345678901234567890123456789012345678901234\": a name longer than 43 bytes");
    REFUSED(binary_set_name(manifest_edit_binaries_at(p.binaries, 0), text_of("a\nb")),
            "binaries[0] \"a?b\": a name that is not printable UTF-8");
    REFUSED(binary_set_elf(manifest_edit_binaries_at(p.binaries, 1), wire_data_make("#!/bin/sh", 9)),
            "init.binary \"two\": not an ELF file; a static ELF64 program for x86-64 is needed");
    REFUSED(manifest_set_init(p.manifest, (struct program_reader){0}),
            "init: missing; it says which binary starts first, and what it is granted");
    REFUSED(program_set_binary(p.init, text_of("")),
            "init.binary: no name; init names the binary that starts first");
    REFUSED(program_set_binary(p.init, text_of("three")),
            "init.binary \"three\": no binary of that name; there are \"one\", \"two\"");
    REFUSED(program_init_grants(p.init, 33), "init.grants: more than 32 grants");
    REFUSED(set_grant(1, "console", KERNEL_CAPABILITY_TIMER),
            "init.grants[1] \"console\": a second grant of that name");
    REFUSED(set_grant(1, "", KERNEL_CAPABILITY_TIMER),
            "init.grants[1]: no name; 1 to 43 bytes of UTF-8 are needed");
    REFUSED(set_grant(1, "x", 0),
            "init.grants[1] \"x\": not a capability of this kernel; it has console, "
            "timer, entropySource, bootPackage, stats, memorySource and processSpawner");
    REFUSED(set_grant(1, "x", 99),
            "init.grants[1] \"x\": not a capability of this kernel; it has console, "
            "timer, entropySource, bootPackage, stats, memorySource and processSpawner");
    REFUSED(wire_set_u16(program_edit_grants_at(p.grants, 0).s, 2, GRANT_WHICH_EXPORT),
            "init.grants[0] \"console\": init starts before all services, and cannot import from them");
    REFUSED(wire_set_u16(program_edit_grants_at(p.grants, 0).s, 2, 7),
            "init.grants[0] \"console\": a source that this version does not know; it knows kernel and "
            "export");
    REFUSED(wire_slot_set_text(wire_slot_of(program_edit_grants_at(p.grants, 0).s, 1), text_of("kv")),
            "init.grants[0] \"console\": two sources, the kernel and a service's export");
    REFUSED(wire_set_u32(wire_slot_init_struct(wire_slot_of(p.init.s, 2), 4, 0), 28, 1),
            "init.profile: a field that this version does not know; it knows schemaVersion 1");
    if (KERNEL_PROCESSES_MAX == 1024)
        REFUSED(wire_set_u32(wire_slot_init_struct(wire_slot_of(p.init.s, 2), 3, 0), 16, 1024),
                "init.profile.processes: 1024; this kernel has at most 1023");
    REFUSED(wire_set_u64(wire_slot_init_struct(wire_slot_of(p.init.s, 2), 3, 0), 8, 4096),
            "init.profile.memoryBytes: 4096; the program and its stack take 36864");
    REFUSED(wire_set_u32(wire_slot_init_struct(wire_slot_of(p.init.s, 2), 3, 0), 0, 1),
            "init.profile.capSlots: 1; its grants take 2");
    REFUSED(wire_set_u32(p.manifest.s, 4, 1),
            "manifest: a field that this version does not know; it knows schemaVersion 1");
}

/* Such as init: it reads services as it likes, and says what is wrong with them. */
TAP_TEST(services_are_left_to_a_first_program_that_starts_processes)
{
    begin();
    set_grant(1, "spawner", KERNEL_CAPABILITY_PROCESS_SPAWNER);
    struct service_builder service = manifest_edit_services_at(manifest_init_services(p.manifest, 1), 0);
    restart_policy_set_mode(service_init_restart(service), 99);
    TAP_CHECK(open_package());
    set_grant(1, "clock", KERNEL_CAPABILITY_TIMER);
    check_refused("services: nobody starts them; kernel = processSpawner is not in init.grants");
}

TAP_TEST(a_field_of_a_newer_schema_is_refused)
{
    begin();
    struct wire_struct_builder larger = wire_slot_init_struct(wire_slot_of(p.manifest.s, 1), 1, 4);
    wire_slot_set_text(wire_slot_of(larger, 0), text_of("two"));
    TAP_CHECK(open_package()); /* all zero: says nothing */
    wire_set_u64(larger, 0, 1);
    check_refused("init: a field that this version does not know; it knows schemaVersion 1");
    TAP_STOP_IF_FAILED();
    wire_set_u64(larger, 0, 0);
    wire_slot_set_text(wire_slot_of(larger, 3), text_of("new"));
    check_refused("init: a field that this version does not know; it knows schemaVersion 1");
}

TAP_TEST(a_damaged_package_says_where)
{
    begin();
    p.words[2] = UINT64_C(0x0000ffff00000001); /* the pointer to the binaries */
    check_refused("the boot package is damaged at word 2: A pointer leads out of its segment.");
    TAP_STOP_IF_FAILED();
    TAP_CHECK(!kernel_boot_open(p.words, 0, &p.package, &p.error));
    TAP_CHECK(strstr(p.error.text, "damaged"));
    TAP_CHECK(!kernel_boot_open(p.words, 12, &p.package, &p.error));
    TAP_CHECK(strstr(p.error.text, "multiple of 8"));
    memset(p.words, 0, sizeof p.words);
    TAP_CHECK(!kernel_boot_open(p.words, 800, &p.package, &p.error));
    TAP_STR_EQ(p.error.text, "manifest: empty; a Manifest of schema/capos.capnp is needed");
}

/* Every single bit flipped: it opens or is refused with a message, and a sanitizer sees nothing. */
TAP_TEST(a_package_with_any_bit_flipped_is_opened_or_refused)
{
    begin();
    TAP_CHECK(open_package());
    uint64_t *copy = malloc(p.size);
    for (uint64_t bit = 0; bit < p.size * 8; bit++) {
        memcpy(copy, p.bytes, p.size);
        copy[bit / 64] ^= UINT64_C(1) << bit % 64;
        p.error.text[0] = 0;
        TAP_CHECK(kernel_boot_open(copy, p.size, &p.package, &p.error) || p.error.text[0]);
    }
    free(copy);
}

static struct fake_machine *new_machine(void)
{
    struct fake_machine *machine = calloc(1, sizeof *machine);
    machine->port.creates_left = machine->port.starts_left = UINT32_MAX;
    machine->port.output_room = SIZE_MAX;
    return machine;
}

static bool boot(struct fake_machine *machine, size_t arena_bytes)
{
    static _Alignas(16) uint8_t arena[1 << 20];
    struct kernel_boot how = {
        .arena = arena,
        .arena_bytes = arena_bytes,
        .package = p.bytes,
        .package_bytes = p.size,
        .port = &machine->port,
    };
    return kernel_boot(&machine->kernel, &how, &p.error);
}

TAP_TEST(boot_starts_init_with_its_grants_and_ends_with_it)
{
    struct fake_machine *machine = new_machine();
    struct kernel_end end;
    begin();
    TAP_CHECK(open_package());
    TAP_CHECK(boot(machine, 1 << 20));
    struct process *init = machine->kernel.init;
    TAP_STR_EQ(init->name, "two");
    TAP_CHECK(fake_process(init)->started);
    TAP_CHECK(fake_cap(init, "console") != 0);
    TAP_CHECK(fake_cap(init, "clock") != 0);
    TAP_EQ(fake_cap(init, "timer"), 0);
    const struct capos_capset_header *capset = init->capset;
    TAP_EQ(capset->magic, CAPOS_CAPSET_MAGIC);
    TAP_EQ(capset->total_bytes, 64 * 3);
    TAP_CHECK(!kernel_ended(&machine->kernel, &end));
    kernel_exit(&machine->kernel, init, -3);
    TAP_CHECK(!kernel_ended(&machine->kernel, &end));
    kernel_process_gone(&machine->kernel, init);
    TAP_CHECK(kernel_ended(&machine->kernel, &end));
    TAP_EQ(end.code, -3);
    TAP_CHECK(!end.faulted);
    TAP_EQ(machine->port.processes, 0);
    free(machine);
}

TAP_TEST(a_fault_of_init_ends_the_system_with_its_reason)
{
    struct fake_machine *machine = new_machine();
    struct kernel_end end;
    begin();
    TAP_CHECK(open_package());
    TAP_CHECK(boot(machine, 1 << 20));
    struct process *init = machine->kernel.init;
    kernel_fault(&machine->kernel, init, &(struct fault){.kind = FAULT_MEMORY, .signal = 11, .address = 8});
    kernel_exit(&machine->kernel, init, 5); /* too late: it is dead */
    kernel_process_gone(&machine->kernel, init);
    TAP_CHECK(kernel_ended(&machine->kernel, &end));
    TAP_CHECK(end.faulted);
    TAP_EQ(end.fault.signal, 11);
    TAP_EQ(end.fault.address, 8);
    free(machine);
}

static void check_no_memory(struct fake_machine *machine, size_t arena_bytes)
{
    TAP_CHECK(!boot(machine, arena_bytes));
    TAP_STR_EQ(p.error.text, "not enough memory to start two");
    TAP_EQ(machine->port.processes, 0);
    TAP_CHECK(list_empty(&machine->kernel.processes));
    for (uint32_t i = 0; i < KERNEL_OBJECTS; i++)
        TAP_EQ(machine->kernel.objects[i].references, 1);
}

/* Every size of the arena makes another allocation the first to fail. */
TAP_TEST(boot_says_so_whichever_allocation_fails)
{
    enum { STEP = 16, ARENA = 1 << 20 };
    struct fake_machine *machine = new_machine();
    size_t bytes = 0;
    begin();
    TAP_CHECK(open_package());
    machine->port.creates_left = 0;
    check_no_memory(machine, ARENA);
    machine->port.creates_left = 1;
    machine->port.starts_left = 0;
    check_no_memory(machine, ARENA);
    machine->port.creates_left = machine->port.starts_left = 1;
    for (; bytes < sizeof(struct process) / STEP * STEP; bytes += STEP) {
        check_no_memory(machine, bytes);
        TAP_STOP_IF_FAILED();
    }
    while (!boot(machine, bytes)) {
        check_no_memory(machine, bytes);
        TAP_STOP_IF_FAILED();
        bytes += STEP;
    }
    kernel_exit(&machine->kernel, machine->kernel.init, 0);
    kernel_process_gone(&machine->kernel, machine->kernel.init);
    TAP_EQ(machine->port.processes, 0);
    free(machine);
}
