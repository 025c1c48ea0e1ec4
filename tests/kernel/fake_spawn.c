#include "tests/kernel/fake_spawn.h"

#include <string.h>

#include "kernel/core/cap_table.h"
#include "schema/capos.capos.h"
#include "tests/kernel/sample_elf.h"
#include "tests/tap.h"

enum { SPAWN_PARAMS = FAKE_MEMORY + 0x30000, WORDS = 1024, RESULT_BYTES = 4096, NUMBER = 63 };

static struct wire_text text_of(const char *chars)
{
    return wire_text_make(chars, (uint32_t)strlen(chars));
}

uint64_t spawn_begin(struct process *of)
{
    static const char *const names[] = {"good", "bad"};
    static uint64_t words[WORDS];
    static struct sample_elf sample;
    struct kernel *kernel = of->kernel;
    struct wire_build build;
    uint64_t cap = CAPOS_CAP_NULL;
    sample_elf_init(&sample);
    wire_build_init(&build, words, WORDS);
    struct manifest_builder manifest = manifest_build_root(&build);
    manifest_set_schema_version(manifest, 1);
    struct wire_list_builder binaries = manifest_init_binaries(manifest, 2);
    for (uint32_t i = 0; i < 2; i++) {
        struct binary_builder binary = manifest_edit_binaries_at(binaries, i);
        binary_set_name(binary, text_of(names[i]));
        binary_set_elf(binary, i == 0 ? wire_data_make(&sample, sizeof sample) : wire_data_make("#!", 2));
    }
    kernel->package.bytes = wire_build_flat(&build, &kernel->package.size);
    kernel_caps_insert(&of->caps, &kernel->objects[KERNEL_CAPABILITY_PROCESS_SPAWNER],
                       PROCESS_SPAWNER_INTERFACE_ID, &cap);
    return cap;
}

static struct cap_sqe call_of(uint64_t cap, uint64_t interface, uint16_t method)
{
    return (struct cap_sqe){
        .op = CAP_OP_CALL,
        .method_id = method,
        .user_data = NUMBER,
        .params_addr = SPAWN_PARAMS,
        .result_addr = SPAWN_RESULTS,
        .result_len = RESULT_BYTES,
        .interface_id = interface,
        .cap_id = cap,
        .result_cap_max = 1,
    };
}

struct cap_sqe spawn_call(struct process *from, uint64_t spawner, const struct spawn_request *request)
{
    struct cap_sqe sqe = call_of(spawner, PROCESS_SPAWNER_INTERFACE_ID, PROCESS_SPAWNER_METHOD_SPAWN);
    struct wire_build build;
    uint64_t bytes = 0;
    wire_build_init(&build, fake_memory(from, SPAWN_PARAMS), WORDS);
    struct process_spawner_spawn_params_builder params = process_spawner_spawn_params_build_root(&build);
    process_spawner_spawn_params_set_name(params, text_of(request->name ? request->name : "child"));
    process_spawner_spawn_params_set_binary(params, text_of(request->binary ? request->binary : "good"));
    struct wire_list_builder grants = process_spawner_spawn_params_init_grants(params, request->grant_count);
    for (uint32_t i = 0; i < request->grant_count; i++) {
        struct spawn_grant_builder grant = process_spawner_spawn_params_edit_grants_at(grants, i);
        spawn_grant_set_name(grant, text_of(request->grants[i].name));
        wire_slot_set_cap(wire_slot_of(grant.s, 1), i);
    }
    struct resource_profile_builder profile = process_spawner_spawn_params_init_profile(params);
    resource_profile_set_cap_slots(profile, (uint32_t)request->profile.of[BUDGET_SLOTS]);
    resource_profile_set_calls(profile, (uint32_t)request->profile.of[BUDGET_CALLS]);
    resource_profile_set_memory_bytes(profile, request->profile.of[BUDGET_MEMORY]);
    resource_profile_set_processes(profile, (uint32_t)request->profile.of[BUDGET_PROCESSES]);
    resource_profile_set_endpoints(profile, (uint32_t)request->profile.of[BUDGET_ENDPOINTS]);
    resource_profile_set_badges(profile, (uint32_t)request->profile.of[BUDGET_BADGES]);
    wire_build_flat(&build, &bytes);
    sqe.params_len = (uint32_t)bytes;
    sqe.xfer_cap_count = (uint16_t)request->grant_count;
    for (uint32_t i = 0; i < request->grant_count; i++)
        memcpy(fake_memory(from, SPAWN_PARAMS + bytes + i * sizeof(struct cap_transfer)),
               &request->grants[i].transfer, sizeof(struct cap_transfer));
    return sqe;
}

struct cap_sqe handle_call(uint64_t handle, uint16_t method)
{
    return call_of(handle, PROCESS_HANDLE_INTERFACE_ID, method);
}

struct cap_sqe endpoint_call(struct process *from, uint64_t spawner, uint32_t message_max, uint32_t caps_max)
{
    struct cap_sqe sqe = call_of(spawner, PROCESS_SPAWNER_INTERFACE_ID, PROCESS_SPAWNER_METHOD_ENDPOINT);
    struct wire_build build;
    uint64_t bytes = 0;
    wire_build_init(&build, fake_memory(from, SPAWN_PARAMS), WORDS);
    struct process_spawner_endpoint_params_builder params =
        process_spawner_endpoint_params_build_root(&build);
    process_spawner_endpoint_params_set_message_max(params, message_max);
    process_spawner_endpoint_params_set_caps_max(params, caps_max);
    wire_build_flat(&build, &bytes);
    sqe.params_len = (uint32_t)bytes;
    return sqe;
}

uint64_t spawn_cap(struct process *from, struct cap_sqe sqe)
{
    struct cap_transfer_result record;
    ipc_do(from, sqe);
    struct cap_cqe cqe = ipc_reap(from);
    if (cqe.result <= 0 || cqe.cap_count != 1) {
        tap_fail(__FILE__, __LINE__, "a capability in the results");
        return CAPOS_CAP_NULL;
    }
    memcpy(&record, fake_memory(from, SPAWN_RESULTS + (uint64_t)cqe.result), sizeof record);
    return record.cap_id;
}

void spawn_refused(struct process *from, struct cap_sqe sqe, uint16_t type, const char *message)
{
    struct wire_message results;
    char said[400] = "";
    ipc_do(from, sqe);
    struct cap_cqe cqe = ipc_reap(from);
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.aux, type);
    wire_open_flat(&results, WIRE_PRIVATE, fake_memory(from, SPAWN_RESULTS), RESULT_BYTES);
    struct wire_text text = cap_exception_get_message(cap_exception_read_root(&results));
    memcpy(said, text.chars, text.size < sizeof said ? text.size : 0);
    TAP_STR_EQ(said, message);
}
