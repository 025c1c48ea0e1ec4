/*
 * The confined program of the contract test, as an image.
 */
#include "tests/port/contract.h"

extern const uint8_t contract_program[], contract_program_end[];

const struct elf_image *contract_image(void)
{
    static struct elf_image image;
    struct kernel_error error = {""};
    size_t bytes = (uintptr_t)contract_program_end - (uintptr_t)contract_program;
    if (image.file_bytes == 0 && !elf_open(contract_program, bytes, &image, &error))
        tap_fail(__FILE__, __LINE__, error.text);
    return &image;
}
