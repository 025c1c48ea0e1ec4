/*
 * What the kernel accepts as a program: a static, non-PIE ELF64 file for
 * x86-64, checked in full before anything is mapped. Ports map what this
 * describes and check nothing again.
 */
#ifndef CAPOS_KERNEL_ELF_H
#define CAPOS_KERNEL_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/limits.h"

struct kernel_error;

enum elf_access {
    ELF_EXECUTE = 1,
    ELF_WRITE = 2,
    ELF_READ = 4,
};

/*
 * One loaded segment. Its pages are [address, address + mapped_bytes): address is a
 * page boundary, mapped_bytes a multiple of the page size; the file's bytes start at
 * lead bytes into the first page, all else is zero. Segments are in ascending order,
 * share no page, and are never writable and executable at once.
 */
struct elf_segment {
    uint64_t address;
    uint64_t mapped_bytes;
    uint64_t lead;        /* bytes before the file's content */
    uint64_t file_offset; /* of the content */
    uint64_t file_bytes;
    uint32_t access; /* enum elf_access */
};

struct elf_image {
    const uint8_t *file;
    size_t file_bytes;
    uint64_t entry;
    uint64_t stack_bytes;     /* a multiple of the page size, never 0 */
    uint64_t tls_file_offset; /* the PT_TLS template; tls_bytes 0: none */
    uint64_t tls_file_bytes;
    uint64_t tls_bytes;
    uint64_t tls_align;
    uint32_t segment_count;
    struct elf_segment segments[KERNEL_ELF_SEGMENTS_MAX];
};

/*
 * Checks a file and describes it. False: error names the fault and what would
 * be accepted; *ret_image is then untouched. The image refers to file.
 */
bool elf_open(const void *file, size_t file_bytes, struct elf_image *ret_image, struct kernel_error *error);

/*
 * The function that covers an address, from the file's symbol table: its name
 * (not terminated; name_bytes long) and offset. False: none, or no good table.
 */
struct elf_symbol {
    const char *name;
    size_t name_bytes;
    uint64_t offset;
};

bool elf_find_symbol(const struct elf_image *image, uint64_t address, struct elf_symbol *ret_symbol);

#endif
