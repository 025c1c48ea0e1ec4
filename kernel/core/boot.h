/*
 * The boot package: a Cap'n Proto Manifest as one flat segment, checked in
 * full before anything runs.
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
    uint16_t capability;   /* enum kernel_capability of the system schema; 0: of an export */
    uint16_t export_index; /* among the package's exports */
    bool owner;            /* the owner facet, not a client's */
};

struct boot_program {
    char name[CAPOS_CAPSET_NAME_MAX + 1];
    struct elf_image image;
    struct budget budget;
    uint32_t grant_count;
    struct boot_grant grants[KERNEL_GRANTS_MAX]; /* a service's own exports are the last */
};

struct boot_export {
    uint16_t service;
    uint16_t caps_max;
    uint32_t message_max;
    uint64_t interface_id;
};

struct boot_package {
    const void *bytes; /* the flat message, 8-byte aligned; not the kernel's */
    size_t size;

    struct boot_program init;
    uint32_t service_count;
    uint32_t export_count;
    struct boot_export exports[KERNEL_EXPORTS_MAX];
};

/* False: error says what is wrong and where; *ret_package is then of no use. */
bool kernel_boot_open(const void *bytes, size_t size, struct boot_package *ret_package,
                      struct kernel_error *error);

/* Reads a service of a package that was opened. */
void kernel_boot_service(const struct boot_package *package, uint32_t index,
                         struct boot_program *ret_program);

#endif
