/*
 * The boot package: a Cap'n Proto Manifest as one flat segment. What the
 * kernel acts on is checked before anything runs: the binaries, and the first
 * program.
 */
#ifndef CAPOS_KERNEL_BOOT_H
#define CAPOS_KERNEL_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/budget.h"
#include "kernel/core/elf.h"
#include "kernel/core/limits.h"

struct kernel_error;

/* One capability under the name that the program knows it by. */
struct boot_grant {
    char name[CAPOS_CAPSET_NAME_MAX];
    uint8_t name_bytes;
    uint16_t capability; /* enum kernel_capability of the system schema */
};

struct boot_program {
    char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct elf_image image;
    struct budget budget;
    uint32_t grant_count;
    struct boot_grant grants[KERNEL_GRANTS_MAX];
};

struct boot_package {
    const void *bytes; /* the flat message, 8-byte aligned; not the kernel's */
    size_t size;
    struct boot_program init;
};

/* False: error says what is wrong and where; *ret_package is then of no use. */
bool kernel_boot_open(const void *bytes, size_t size, struct boot_package *ret_package,
                      struct kernel_error *error);

#endif
