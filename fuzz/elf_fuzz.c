/*
 * Program files. What is accepted obeys the rules that ports rely on. Held by it:
 * docs/security.md, 6.
 */
#include <stdlib.h>
#include <string.h>

#include "capos/abi.h"
#include "kernel/core/elf.h"
#include "kernel/core/port.h"

static void check(const struct elf_image *image)
{
    uint64_t end = CAPOS_IMAGE_VADDR;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        bool good = segment->address >= end && segment->address % CAPOS_PAGE_BYTES == 0 &&
                    segment->mapped_bytes > 0 && segment->mapped_bytes % CAPOS_PAGE_BYTES == 0 &&
                    segment->mapped_bytes <= KERNEL_PROGRAM_END - segment->address &&
                    segment->lead < CAPOS_PAGE_BYTES &&
                    segment->lead + segment->file_bytes <= segment->mapped_bytes &&
                    segment->file_offset <= image->file_bytes &&
                    segment->file_bytes <= image->file_bytes - segment->file_offset &&
                    (segment->access & (ELF_WRITE | ELF_EXECUTE)) != (ELF_WRITE | ELF_EXECUTE);
        if (!good)
            abort();
        end = segment->address + segment->mapped_bytes;
    }
    if (image->stack_bytes == 0 || image->stack_bytes > KERNEL_STACK_BYTES_MAX ||
        image->tls_bytes > CAPOS_PAGE_BYTES || image->tls_file_bytes > image->tls_bytes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kernel_error error = {.text = ""};
    struct elf_image image;
    struct elf_symbol symbol;
    uint8_t *copy = malloc(size + 1);
    memcpy(copy, data, size);
    if (elf_open(copy, size, &image, &error)) {
        check(&image);
        elf_find_symbol(&image, image.entry, &symbol);
        elf_find_symbol(&image, 0, &symbol);
    } else if (!error.text[0]) {
        abort();
    }
    free(copy);
    return 0;
}
