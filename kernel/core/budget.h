/*
 * What a process and all that it starts may use together. It is carved out of
 * its spawner's, and goes back when its record is gone: nothing is made from
 * nothing.
 */
#ifndef CAPOS_KERNEL_BUDGET_H
#define CAPOS_KERNEL_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/capos.capos.h"

/* In the order of the fields of the schema's ResourceProfile. */
enum budget_kind {
    BUDGET_SLOTS,
    BUDGET_CALLS,
    BUDGET_MEMORY, /* bytes */
    BUDGET_PROCESSES,
    BUDGET_ENDPOINTS,
    BUDGET_BADGES,
    BUDGET_KINDS,
};

struct budget {
    uint64_t of[BUDGET_KINDS];
};

/* The names of the fields. */
extern const char *const kernel_budget_names[BUDGET_KINDS];

/* For a first program: as much as the kernel keeps records for. For a program that is spawned. */
extern const struct budget kernel_budget_first, kernel_budget_default;

/* What a profile says; where it says 0, the default. */
struct budget kernel_budget_of(struct resource_profile_reader profile, const struct budget *otherwise);

/* Takes all of it or nothing. False: *ret_lacking is of what there is too little. */
bool kernel_budget_take(struct budget *from, const struct budget *what, enum budget_kind *ret_lacking);
void kernel_budget_give_back(struct budget *to, const struct budget *what);

/*
 * Takes what the process itself can use out of what it was given, and says how
 * much that is: at most `most`. The rest is for those that it starts.
 */
uint32_t kernel_budget_keep(struct budget *from, enum budget_kind kind, uint32_t most);

#endif
