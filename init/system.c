/*
 * What init asks of the kernel, through what it was granted.
 */
#include "init/system.h"

#include <capos/capset.h>
#include <capos/handle.h>
#include <capos/text.h>

#include "init/kernel.h"

/* For a service that did not exit: as shells have it, for one that was killed. */
enum { CODE_FAULTED = 128, CODE_KILLED = 137 };

/* --- What was granted -------------------------------------------------------------------- */

static const uint64_t interface_ids[INIT_KERNEL_CAPABILITIES] = {
    [KERNEL_CAPABILITY_CONSOLE] = CONSOLE_INTERFACE_ID,
    [KERNEL_CAPABILITY_TIMER] = TIMER_INTERFACE_ID,
    [KERNEL_CAPABILITY_ENTROPY_SOURCE] = ENTROPY_SOURCE_INTERFACE_ID,
    [KERNEL_CAPABILITY_BOOT_PACKAGE] = BOOT_PACKAGE_INTERFACE_ID,
    [KERNEL_CAPABILITY_STATS] = STATS_INTERFACE_ID,
    [KERNEL_CAPABILITY_MEMORY_SOURCE] = MEMORY_SOURCE_INTERFACE_ID,
    [KERNEL_CAPABILITY_PROCESS_SPAWNER] = PROCESS_SPAWNER_INTERFACE_ID,
};

bool init_system_open(struct init_system *system, struct capos_runtime *runtime, struct capos_ring *ring,
                      const char **ret_missing)
{
    struct capos_capset_item item;
    system->runtime = runtime;
    system->ring = ring;
    for (uint32_t i = 0; capos_capset_get(runtime, i, &item) == CAP_OK; i++)
        for (uint32_t kind = 1; kind < INIT_KERNEL_CAPABILITIES; kind++)
            if (interface_ids[kind] == item.interface_id)
                system->granted[kind] = item.cap;
    system->console.cap = system->granted[KERNEL_CAPABILITY_CONSOLE];
    system->timer.cap = system->granted[KERNEL_CAPABILITY_TIMER];
    system->boot.cap = system->granted[KERNEL_CAPABILITY_BOOT_PACKAGE];
    system->spawner.cap = system->granted[KERNEL_CAPABILITY_PROCESS_SPAWNER];
    for (uint32_t i = 0; i < INIT_NEEDS; i++) {
        if (system->granted[init_needs[i].kernel] != CAPOS_CAP_NULL)
            continue;
        *ret_missing = init_needs[i].name;
        return false;
    }
    return true;
}

void init_system_say(struct init_system *system, struct wire_text line)
{
    console_write_line(system->ring, system->console, line);
}

uint64_t init_system_now(struct init_system *system)
{
    uint64_t ns = 0;
    timer_now(system->ring, system->timer, &ns);
    return ns;
}

/* --- Why something failed ---------------------------------------------------------------- */

static capos_status fail(struct init_system *system, const struct capos_call *call, capos_status status)
{
    struct wire_text message = capos_call_exception(call).message;
    struct capos_line line;
    capos_line_begin(&line, system->why, sizeof system->why);
    capos_line_bytes(&line, message.chars, message.size);
    system->why_bytes = line.size;
    return status;
}

struct wire_text init_system_why(struct init_system *system, capos_status status)
{
    if (status == CAP_ERR_APPLICATION_EXCEPTION && system->why_bytes > 0)
        return wire_text_make(system->why, system->why_bytes);
    return capos_text_of(capos_status_text(status));
}

/* --- Endpoints --------------------------------------------------------------------------- */

capos_status init_system_make_endpoint(struct init_system *system, uint32_t export_index)
{
    const struct init_export *export = &system->graph->exports[export_index];
    struct process_spawner_endpoint_call call;
    struct process_spawner_endpoint_results_reader results;
    process_spawner_endpoint_send(system->ring, system->spawner, export->message_max, export->caps_max,
                                  &call);
    capos_status status = process_spawner_endpoint_wait(system->ring, &call, &results);
    if (status == CAP_OK)
        status = process_spawner_endpoint_results_adopt_endpoint(results, &system->endpoints[export_index]);
    else
        fail(system, &call.call, status);
    process_spawner_endpoint_finish(system->ring, &call);
    return status;
}

/* The kernel is told at once: nobody else may enter it for a long time. */
static void drop(struct init_system *system, capos_cap cap CAPOS_RELEASES)
{
    capos_handle_release(system->runtime, cap);
    capos_runtime_flush_releases(system->runtime);
}

void init_system_disown(struct init_system *system, uint32_t export_index)
{
    drop(system, system->endpoints[export_index].cap);
    system->endpoints[export_index].cap = CAPOS_CAP_NULL;
}

static capos_status mint(struct init_system *system, const struct init_handout *handout, capos_cap *ret_cap)
{
    uint64_t interface_id = system->graph->exports[handout->export_index].interface_id;
    struct endpoint_mint_call call;
    struct endpoint_mint_results_reader results;
    capos_status status = endpoint_mint(system->ring, system->endpoints[handout->export_index],
                                        handout->badge, interface_id, &call, &results);
    if (status == CAP_OK)
        status = capos_caps_adopt(endpoint_mint_results_get_client(results), NULL, 0, interface_id, ret_cap);
    else
        fail(system, &call.call, status);
    endpoint_mint_finish(system->ring, &call);
    return status;
}

/* --- Starting ---------------------------------------------------------------------------- */

static capos_status mint_all(struct init_system *system, const struct init_handout *handouts, uint32_t count)
{
    capos_status status = CAP_OK;
    for (uint32_t i = 0; status == CAP_OK && i < count; i++) {
        if (handouts[i].kind != INIT_HANDOUT_CLIENT)
            continue;
        status = mint(system, &handouts[i], &system->minted[system->minted_count]);
        if (status == CAP_OK)
            system->minted_count++;
    }
    return status;
}

static void fill(const struct init_system *system, uint32_t service, const struct init_handout *handouts,
                 uint32_t count, struct process_spawner_spawn_params_builder params)
{
    const struct init_service *from = &system->graph->services[service];
    const uint64_t *limits = from->program.limits;
    uint32_t clients = 0;
    process_spawner_spawn_params_set_name(params, from->name);
    process_spawner_spawn_params_set_binary(params, from->program.binary);
    struct wire_list_builder grants = process_spawner_spawn_params_init_grants(params, count);
    for (uint32_t i = 0; i < count; i++) {
        struct spawn_grant_builder grant = process_spawner_spawn_params_edit_grants_at(grants, i);
        capos_cap cap = handouts[i].kind == INIT_HANDOUT_KERNEL ? system->granted[handouts[i].kernel]
                        : handouts[i].kind == INIT_HANDOUT_OWNER
                            ? system->endpoints[handouts[i].export_index].cap
                            : system->minted[clients++];
        spawn_grant_set_name(grant, handouts[i].name);
        capos_caps_pass(spawn_grant_edit_capability(grant), NULL, 0, capos_transfer_copy(cap));
    }
    struct resource_profile_builder profile = process_spawner_spawn_params_init_profile(params);
    resource_profile_set_cap_slots(profile, (uint32_t)limits[INIT_LIMIT_CAP_SLOTS]);
    resource_profile_set_calls(profile, (uint32_t)limits[INIT_LIMIT_CALLS]);
    resource_profile_set_memory_bytes(profile, limits[INIT_LIMIT_MEMORY_BYTES]);
    resource_profile_set_processes(profile, (uint32_t)limits[INIT_LIMIT_PROCESSES]);
    resource_profile_set_endpoints(profile, (uint32_t)limits[INIT_LIMIT_ENDPOINTS]);
    resource_profile_set_badges(profile, (uint32_t)limits[INIT_LIMIT_BADGES]);
}

static capos_status spawn(struct init_system *system, uint32_t service, const struct init_handout *handouts,
                          uint32_t count)
{
    enum { GRANT_WORDS = 16, ROOM_WORDS = 64 + INIT_SERVICE_GRANTS_MAX * GRANT_WORDS };
    struct init_instance *instance = &system->instances[service];
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    if (process_spawner_spawn_begin(system->ring, system->spawner, ROOM_WORDS, &call, &params) == CAP_OK)
        fill(system, service, handouts, count, params);
    process_spawner_spawn_submit(system->ring, &call);
    capos_status status = process_spawner_spawn_wait(system->ring, &call, &results);
    if (status == CAP_OK)
        status = process_spawner_spawn_results_adopt_process(results, &instance->process);
    else
        fail(system, &call.call, status);
    process_spawner_spawn_finish(system->ring, &call);
    return status;
}

capos_status init_system_start(struct init_system *system, uint32_t service,
                               const struct init_handout *handouts, uint32_t count)
{
    struct init_instance *instance = &system->instances[service];
    capos_status status = mint_all(system, handouts, count);
    if (status == CAP_OK)
        status = spawn(system, service, handouts, count);
    while (system->minted_count > 0)
        capos_handle_release(system->runtime, system->minted[--system->minted_count]);
    capos_runtime_flush_releases(system->runtime);
    if (status != CAP_OK)
        return status;
    process_handle_wait_send(system->ring, instance->process, &instance->wait);
    return capos_call_gather(system->ring, &instance->wait.call, &system->ends);
}

/* --- Ends -------------------------------------------------------------------------------- */

static struct init_end end_of(struct process_status_reader status)
{
    switch (process_status_which(status)) {
    case PROCESS_STATUS_WHICH_EXITED:
        return (struct init_end){.code = process_status_get_exited(status)};
    case PROCESS_STATUS_WHICH_KILLED:
        return (struct init_end){.faulted = true, .code = CODE_KILLED};
    default:
        return (struct init_end){.faulted = true, .code = CODE_FAULTED};
    }
}

/* An end that cannot be read is a fault's. */
static struct init_end conclude(struct init_system *system, struct init_instance *instance)
{
    struct process_handle_wait_results_reader results;
    struct init_end end = {.faulted = true, .code = CODE_FAULTED};
    if (process_handle_wait_wait(system->ring, &instance->wait, &results) == CAP_OK)
        end = end_of(process_handle_wait_results_get_status(results));
    process_handle_wait_finish(system->ring, &instance->wait);
    drop(system, instance->process.cap);
    return end;
}

capos_status init_system_wait(struct init_system *system, uint64_t until_ns, uint32_t *ret_service,
                              struct init_end *ret_end)
{
    struct capos_call *call;
    uint64_t timeout_ns = CAPOS_FOREVER;
    if (until_ns != CAPOS_FOREVER) {
        uint64_t now_ns = init_system_now(system);
        timeout_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    }
    capos_status status = capos_call_next(system->ring, &system->ends, timeout_ns, &call);
    if (status != CAP_OK)
        return status;
    uint32_t service = 0;
    while (&system->instances[service].wait.call != call)
        service++;
    *ret_service = service;
    *ret_end = conclude(system, &system->instances[service]);
    return CAP_OK;
}

void init_system_kill(struct init_system *system, uint32_t service)
{
    process_handle_kill(system->ring, system->instances[service].process);
}
