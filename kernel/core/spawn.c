/*
 * Requests to spawn.
 */
#include "kernel/core/spawn.h"

#include <string.h>

#include "kernel/core/boot_check.h"
#include "kernel/core/kernel.h"

/* --- Checked --------------------------------------------------------------------- */

static bool is_second(const struct spawn *spawn, uint32_t count, struct wire_text name)
{
    for (uint32_t i = 0; i < count; i++)
        if (wire_text_equal(name, wire_text_make(spawn->grants[i].name, spawn->grants[i].name_bytes)))
            return true;
    return false;
}

/* *granted has a bit for each capability that an earlier grant has. */
static bool check_grant(struct kernel *kernel, struct boot_check *check, struct wire_list grants,
                        uint32_t index, uint64_t *granted)
{
    struct spawn_grant_reader grant = process_spawner_spawn_params_get_grants_at(grants, index);
    struct wire_text name = spawn_grant_get_name(grant);
    struct wire_any pointer = spawn_grant_get_capability(grant);
    kernel_boot_at_element(check, "grants", index);
    if (!kernel_boot_check_name(check, name))
        return false;
    if (is_second(&kernel->spawn, index, name))
        return kernel_boot_refuse_named(check, name, "a second grant of that name");
    struct wire_cap cap = wire_any_cap(pointer);
    const struct carried *carried = &kernel->carried.caps[cap.index];
    if (cap.state != WIRE_PRESENT || !carried->object)
        return kernel_boot_refuse_named(check, name, "no capability, or the null capability");
    if (*granted >> cap.index & 1)
        return kernel_boot_refuse_named(check, name, "the same capability as an earlier grant");
    *granted |= UINT64_C(1) << cap.index;
    kernel->spawn.grants[index] = (struct process_grant){
        .name = name.chars,
        .name_bytes = (uint8_t)name.size,
        .object = carried->object,
        .interface_id = carried->interface_id,
    };
    return true;
}

static bool check_grants(struct kernel *kernel, struct boot_check *check, struct wire_list grants)
{
    CAPOS_STATIC_ASSERT(KERNEL_CAPS_MAX < 64);
    uint64_t granted = 0;
    kernel_boot_at(check, "grants");
    if (grants.count > KERNEL_CAPS_MAX)
        return kernel_boot_refuse(check, "more than 16");
    if (grants.count < kernel->carried.count)
        return kernel_boot_refuse(check, "fewer than the capabilities that came with the call");
    for (uint32_t i = 0; i < grants.count; i++)
        if (!check_grant(kernel, check, grants, i, &granted))
            return false;
    kernel->spawn.grant_count = grants.count;
    return true;
}

static bool check_budget(struct boot_check *check, struct spawn *spawn, const struct process *caller)
{
    const struct budget *wanted = &spawn->budget;
    struct budget left = caller->left;
    uint64_t bytes = kernel_process_bytes(&spawn->image);
    enum budget_kind kind;
    kernel_boot_at(check, "profile");
    if (wanted->of[BUDGET_MEMORY] < bytes)
        return kernel_boot_refuse_amount(check, BUDGET_MEMORY, wanted->of[BUDGET_MEMORY],
                                         ", and the program and its stack take ", bytes);
    if (wanted->of[BUDGET_SLOTS] < spawn->grant_count)
        return kernel_boot_refuse_amount(check, BUDGET_SLOTS, wanted->of[BUDGET_SLOTS],
                                         ", and there are grants: ", spawn->grant_count);
    spawn->lacks = true;
    if (left.of[BUDGET_PROCESSES] == 0)
        return kernel_boot_refuse_amount(check, BUDGET_PROCESSES, 1,
                                         " wanted for the program itself; left: ", 0);
    left.of[BUDGET_PROCESSES]--;
    if (!kernel_budget_take(&left, wanted, &kind))
        return kernel_boot_refuse_amount(check, kind, wanted->of[kind], " wanted; left: ", left.of[kind]);
    return true;
}

bool kernel_spawn_check(struct kernel *kernel, const struct process *caller,
                        struct process_spawner_spawn_params_reader params)
{
    struct spawn *spawn = &kernel->spawn;
    struct boot_check check = {.error = &spawn->error};
    struct wire_text name = process_spawner_spawn_params_get_name(params);
    spawn->lacks = false;
    kernel_boot_at(&check, "name");
    if (!kernel_boot_check_name(&check, name))
        return false;
    memcpy(spawn->name, name.chars, name.size);
    spawn->name[name.size] = 0;
    kernel_boot_at(&check, "binary");
    if (!kernel_boot_binary(&check, &kernel->package, process_spawner_spawn_params_get_binary(params),
                            &spawn->image) ||
        !check_grants(kernel, &check, process_spawner_spawn_params_get_grants(params)))
        return false;
    spawn->budget =
        kernel_budget_of(process_spawner_spawn_params_get_profile(params), &kernel_budget_default);
    return check_budget(&check, spawn, caller);
}

/* --- Performed ------------------------------------------------------------------- */

/* The budget was checked to be there. */
static void take_budget(struct process *caller, const struct budget *budget)
{
    enum budget_kind lacking;
    kernel_budget_take(&caller->left, budget, &lacking);
    caller->left.of[BUDGET_PROCESSES]--;
}

int32_t kernel_spawn_perform(struct kernel *kernel, struct process *caller,
                             struct process_handle **ret_handle)
{
    const struct spawn *spawn = &kernel->spawn;
    struct process *process;
    int32_t status = CAP_ERR_NO_MEMORY;
    *ret_handle = kernel_handle_new(kernel);
    if (*ret_handle)
        status = kernel_process_spawn(kernel,
                                      &(struct process_start){.name = spawn->name,
                                                              .image = &spawn->image,
                                                              .grants = spawn->grants,
                                                              .grant_count = spawn->grant_count,
                                                              .spawner = caller,
                                                              .budget = spawn->budget},
                                      &process);
    if (status != CAP_OK) {
        kernel_transfer_discard(kernel, &kernel->carried);
        if (*ret_handle)
            kernel_object_release(kernel, &(*ret_handle)->object);
        return CAP_ERR_NO_MEMORY;
    }
    kernel_transfer_commit(kernel, &kernel->carried);
    kernel_transfer_lose(kernel, &kernel->carried); /* the process has it */
    take_budget(caller, &spawn->budget);
    kernel_handle_attach(*ret_handle, process);
    return CAP_OK;
}
