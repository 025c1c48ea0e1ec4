/*
 * A small good program file, for tests that spoil it.
 */
#ifndef CAPOS_TESTS_KERNEL_SAMPLE_ELF_H
#define CAPOS_TESTS_KERNEL_SAMPLE_ELF_H

#include <elf.h>
#include <stdint.h>

#include "capos/abi.h"

enum { SAMPLE_TEXT, SAMPLE_DATA, SAMPLE_STACK, SAMPLE_NOTE, SAMPLE_HEADERS };

struct sample_elf {
    Elf64_Ehdr header;
    Elf64_Phdr programs[SAMPLE_HEADERS];
    struct {
        Elf64_Nhdr header;
        char name[8];
        struct capos_note note;
    } note;
    uint8_t text[64];
    uint8_t data[24];
    Elf64_Shdr sections[2];
    Elf64_Sym symbols[2];
    char names[16];
};

void sample_elf_init(struct sample_elf *sample);

#endif
