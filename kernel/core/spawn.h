/*
 * What a program asks for when it spawns another: checked in full, with what
 * is wrong in words, before anything is made of it.
 */
#ifndef CAPOS_KERNEL_SPAWN_H
#define CAPOS_KERNEL_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/budget.h"
#include "kernel/core/elf.h"
#include "kernel/core/limits.h"
#include "kernel/core/port.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"

struct spawn {
    char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct elf_image image;
    struct budget budget;
    uint32_t grant_count;
    struct process_grant grants[KERNEL_CAPS_MAX]; /* names are in kernel->message.params */
    bool lacks;                                   /* it is wrong only because there is too little left */
    struct kernel_error error;
};

/*
 * Checks a request of the caller's, whose capabilities are in kernel->carried, and fills in
 * kernel->spawn. False: nothing has changed, and error says what, where, and what would be accepted.
 */
bool kernel_spawn_check(struct kernel *kernel, const struct process *caller,
                        struct process_spawner_spawn_params_reader params);

/*
 * Does what was checked. CAP_OK, and a handle with a reference that is the caller's; else
 * CAP_ERR_NO_MEMORY, and nothing is left behind: the caller holds what it held, and nobody learns of a badge.
 */
int32_t kernel_spawn_perform(struct kernel *kernel, struct process *caller,
                             struct process_handle **ret_handle);

#endif
