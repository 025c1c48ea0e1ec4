/*
 * Budgets: sums that never go below nothing.
 */
#include "kernel/core/budget.h"

#include "kernel/core/limits.h"

const char *const kernel_budget_names[BUDGET_KINDS] = {
    [BUDGET_SLOTS] = "capSlots",      [BUDGET_CALLS] = "calls",         [BUDGET_MEMORY] = "memoryBytes",
    [BUDGET_PROCESSES] = "processes", [BUDGET_ENDPOINTS] = "endpoints", [BUDGET_BADGES] = "badges",
};

const struct budget kernel_budget_first = {{
    [BUDGET_SLOTS] = (uint64_t)KERNEL_PROCESSES_MAX * KERNEL_CAP_SLOTS_MAX,
    [BUDGET_CALLS] = (uint64_t)KERNEL_PROCESSES_MAX * KERNEL_CALLS_MAX,
    [BUDGET_MEMORY] = KERNEL_PROCESSES_MAX * KERNEL_MEMORY_CHARGE_MAX,
    [BUDGET_PROCESSES] = KERNEL_PROCESSES_MAX - 1,
    [BUDGET_ENDPOINTS] = KERNEL_ENDPOINTS_MAX,
    [BUDGET_BADGES] = KERNEL_BADGES_MAX,
}};

const struct budget kernel_budget_default = {{
    [BUDGET_SLOTS] = KERNEL_CAP_SLOTS_MAX,
    [BUDGET_CALLS] = KERNEL_CALLS_MAX,
    [BUDGET_MEMORY] = KERNEL_MEMORY_CHARGE_MAX,
    [BUDGET_BADGES] = KERNEL_BADGES_DEFAULT,
}};

struct budget kernel_budget_of(struct resource_profile_reader profile, const struct budget *otherwise)
{
    struct budget budget = {{
        [BUDGET_SLOTS] = resource_profile_get_cap_slots(profile),
        [BUDGET_CALLS] = resource_profile_get_calls(profile),
        [BUDGET_MEMORY] = resource_profile_get_memory_bytes(profile),
        [BUDGET_PROCESSES] = resource_profile_get_processes(profile),
        [BUDGET_ENDPOINTS] = resource_profile_get_endpoints(profile),
        [BUDGET_BADGES] = resource_profile_get_badges(profile),
    }};
    for (enum budget_kind kind = 0; kind < BUDGET_KINDS; kind++)
        if (budget.of[kind] == 0)
            budget.of[kind] = otherwise->of[kind];
    return budget;
}

bool kernel_budget_take(struct budget *from, const struct budget *what, enum budget_kind *ret_lacking)
{
    for (enum budget_kind kind = 0; kind < BUDGET_KINDS; kind++) {
        *ret_lacking = kind;
        if (from->of[kind] < what->of[kind])
            return false;
    }
    for (enum budget_kind kind = 0; kind < BUDGET_KINDS; kind++)
        from->of[kind] -= what->of[kind];
    return true;
}

void kernel_budget_give_back(struct budget *to, const struct budget *what)
{
    for (enum budget_kind kind = 0; kind < BUDGET_KINDS; kind++)
        to->of[kind] += what->of[kind];
}

uint32_t kernel_budget_keep(struct budget *from, enum budget_kind kind, uint32_t most)
{
    uint32_t kept = from->of[kind] < most ? (uint32_t)from->of[kind] : most;
    from->of[kind] -= kept;
    return kept;
}
