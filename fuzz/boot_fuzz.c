/*
 * Boot packages, and with them the manifest's reader and the checks of ELF
 * files, on arbitrary bytes. Held by it: docs/security.md, 5.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/core/kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kernel_error error = {.text = ""};
    struct boot_package package;
    uint64_t *copy = malloc(size + 8);
    memcpy(copy, data, size);
    if (kernel_boot_open(copy, size, &package, &error)) {
        struct elf_symbol symbol;
        elf_find_symbol(&package.init.image, package.init.image.entry, &symbol);
    } else if (!error.text[0]) {
        abort();
    }
    free(copy);
    return 0;
}
