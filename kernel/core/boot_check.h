/*
 * A check of a boot package in progress: the field at hand, and the one line
 * that says why it is refused. manifest.c says what is checked.
 */
#ifndef CAPOS_KERNEL_BOOT_CHECK_H
#define CAPOS_KERNEL_BOOT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/core/boot.h"
#include "kernel/core/port.h"
#include "kernel/core/text.h"
#include "schema/capos.capos.h"

/* The path names the field at hand, as the manifest's author wrote it. */
struct boot_check {
    struct wire_message message;
    struct manifest_reader manifest;
    struct boot_package *package;
    struct kernel_error *error;
    struct text path;
    char path_bytes[200];
};

/* Always false. A damaged message comes before what it seems to lack. */
bool kernel_boot_refuse(struct boot_check *check, const char *what);

/* As kernel_boot_refuse(), of what has that name: grants[1] "console": what. */
bool kernel_boot_refuse_named(struct boot_check *check, struct wire_text name, const char *what);

/* Of a field of the profile at hand: "profile.calls: 64, and there are 10". Always false. */
bool kernel_boot_refuse_amount(struct boot_check *check, enum budget_kind kind, uint64_t said,
                               const char *and, uint64_t there);

/* Goes to a field, or to an element of a list. */
void kernel_boot_at(struct boot_check *check, const char *field);
void kernel_boot_at_element(struct boot_check *check, const char *list, uint32_t index);

/* Finds a binary of the package, and checks it. */
bool kernel_boot_binary(struct boot_check *check, const struct boot_package *package, struct wire_text wanted,
                        struct elf_image *ret_image);

/* Whether a struct says anything beyond the fields that this kernel knows. */
bool kernel_boot_says_more(struct wire_struct s, uint32_t data_bytes, uint16_t pointers);

/* A name is 1 to 43 bytes, so that it fits a CapSet entry, and UTF-8 without control characters. */
bool kernel_boot_check_name(struct boot_check *check, struct wire_text name);

#endif
