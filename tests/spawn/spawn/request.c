#include "tests/spawn/spawn/spawn.h"

char said[TEXT_BYTES + 1];
uint16_t said_type;

static void keep(struct wire_text text)
{
    uint32_t size = text.size < TEXT_BYTES ? text.size : TEXT_BYTES;
    for (uint32_t i = 0; i < size; i++)
        said[i] = text.chars[i];
    said[size] = 0;
}

void keep_exception(const struct capos_call *call)
{
    struct capos_exception exception = capos_call_exception(call);
    said_type = exception.type;
    keep(exception.message);
}

static void fill_grant(struct spawn_grant_builder to, const struct grant *from)
{
    spawn_grant_set_name(to, capos_text_of(from->name));
    if (from->place > 0)
        wire_slot_set_cap(spawn_grant_edit_capability(to), from->place - 1);
    else if (!from->none)
        capos_caps_pass(spawn_grant_edit_capability(to), NULL, 0, from->transfer);
}

static void fill(struct process_spawner_spawn_params_builder params, const struct request *request)
{
    process_spawner_spawn_params_set_name(params, capos_text_of(request->name ? request->name : "child"));
    process_spawner_spawn_params_set_binary(params,
                                            capos_text_of(request->binary ? request->binary : "child"));
    struct wire_list_builder grants = process_spawner_spawn_params_init_grants(params, request->count);
    for (uint32_t i = 0; i < request->count; i++)
        fill_grant(process_spawner_spawn_params_edit_grants_at(grants, i), &request->grants[i]);
    struct resource_profile_builder profile = process_spawner_spawn_params_init_profile(params);
    resource_profile_set_cap_slots(profile, request->slots);
    resource_profile_set_calls(profile, request->calls);
    resource_profile_set_memory_bytes(profile, request->memory);
    resource_profile_set_processes(profile, request->processes);
    resource_profile_set_endpoints(profile, request->endpoints);
    resource_profile_set_badges(profile, request->badges);
}

capos_status start(const struct request *request, struct process_handle *ret_process)
{
    enum { ROOM_WORDS = 512 };
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    said[0] = 0;
    if (process_spawner_spawn_begin(ring, spawner, ROOM_WORDS, &call, &params) == CAP_OK)
        fill(params, request);
    process_spawner_spawn_submit(ring, &call);
    capos_status status = process_spawner_spawn_wait(ring, &call, &results);
    if (status == CAP_OK)
        status = process_spawner_spawn_results_adopt_process(results, ret_process);
    else
        keep_exception(&call.call);
    process_spawner_spawn_finish(ring, &call);
    return status;
}

static enum process_status_which read(struct process_status_reader status, int64_t *ret_code)
{
    enum process_status_which which = (enum process_status_which)process_status_which(status);
    if (which == PROCESS_STATUS_WHICH_EXITED)
        *ret_code = process_status_get_exited(status);
    if (which == PROCESS_STATUS_WHICH_FAULTED)
        keep(process_status_get_faulted(status));
    return which;
}

enum process_status_which wait_for(struct process_handle process, int64_t *ret_code)
{
    struct process_handle_wait_call call;
    struct process_handle_wait_results_reader results;
    enum process_status_which which = PROCESS_STATUS_WHICH_RUNNING;
    if (process_handle_wait(ring, process, &call, &results) == CAP_OK)
        which = read(process_handle_wait_results_get_status(results), ret_code);
    process_handle_wait_finish(ring, &call);
    return which;
}

enum process_status_which ask(struct process_handle process)
{
    struct process_handle_status_call call;
    struct process_handle_status_results_reader results;
    enum process_status_which which = PROCESS_STATUS_WHICH_RUNNING;
    int64_t code;
    if (process_handle_status(ring, process, &call, &results) == CAP_OK)
        which = read(process_handle_status_results_get_status(results), &code);
    process_handle_status_finish(ring, &call);
    return which;
}

enum process_status_which run(const struct request *request, int64_t *ret_code)
{
    struct process_handle process;
    if (start(request, &process) != CAP_OK)
        return PROCESS_STATUS_WHICH_RUNNING;
    enum process_status_which which = wait_for(process, ret_code);
    capos_handle_release(runtime, process.cap);
    return which;
}
