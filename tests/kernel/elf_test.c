/*
 * Program files: docs/security.md, clause 6.
 */
#include "kernel/core/elf.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/port.h"
#include "tests/kernel/sample_elf.h"
#include "tests/tap.h"

TAP_TEST(a_good_program_is_described)
{
    struct sample_elf sample;
    struct elf_image image;
    struct kernel_error error;
    sample_elf_init(&sample);
    TAP_CHECK(elf_open(&sample, sizeof sample, &image, &error));
    TAP_EQ(image.entry, sample.header.e_entry);
    TAP_EQ(image.stack_bytes, 0x5000);
    TAP_EQ(image.segment_count, 2);
    TAP_EQ(image.segments[0].address, 0x400000);
    TAP_EQ(image.segments[0].mapped_bytes, 0x1000);
    TAP_EQ(image.segments[0].access, ELF_READ | ELF_EXECUTE);
    TAP_EQ(image.segments[1].address, 0x401000);
    TAP_EQ(image.segments[1].mapped_bytes, 0x3000);
    TAP_EQ(image.segments[1].lead, offsetof(struct sample_elf, data));
    TAP_EQ(image.segments[1].file_bytes, sizeof sample.data);
    TAP_EQ(image.segments[1].access, ELF_READ | ELF_WRITE);
}

/* One row spoils one field; size is that of the field. */
static const struct spoil {
    size_t offset;
    size_t size;
    uint64_t value;
    const char *error;
} spoils[] = {
#define HEADER(field, value, error)                                                                          \
    {                                                                                                        \
        offsetof(struct sample_elf, header.field), sizeof(((Elf64_Ehdr *)0)->field), value, error            \
    }
#define PROGRAM(index, field, value, error)                                                                  \
    {                                                                                                        \
        offsetof(struct sample_elf, programs[index].field), sizeof(((Elf64_Phdr *)0)->field), value, error   \
    }
    HEADER(e_ident[0], 0, "not an ELF file; a static ELF64 program for x86-64 is needed"),
    HEADER(e_ident[EI_CLASS], ELFCLASS32,
           "an ELF file for another machine; ELF64 little-endian x86-64 is needed"),
    HEADER(e_machine, EM_AARCH64, "an ELF file for another machine; ELF64 little-endian x86-64 is needed"),
    HEADER(e_type, ET_DYN, "not a fixed-address executable (ET_EXEC); link it with -static -no-pie"),
    HEADER(e_phentsize, 32, "no program headers of 56 bytes"),
    HEADER(e_phnum, 0, "no program headers of 56 bytes"),
    HEADER(e_phnum, 1000, "the program headers lie outside the file"),
    HEADER(e_phoff, UINT64_MAX - 8, "the program headers lie outside the file"),
    HEADER(e_entry, 0x401000, "the entry point is not in an executable segment"),
    HEADER(e_entry, 0, "the entry point is not in an executable segment"),
    PROGRAM(0, p_flags, PF_R | PF_W | PF_X, "program header 0: writable and executable at once"),
    PROGRAM(0, p_flags, PF_X, "program header 0: not readable"),
    PROGRAM(0, p_flags, PF_R, "the entry point is not in an executable segment"),
    PROGRAM(0, p_filesz, 0x10000, "program header 0: more bytes in the file than in memory"),
    PROGRAM(1, p_filesz, 0x1fff, "program header 1: its bytes lie outside the file"),
    PROGRAM(1, p_offset, UINT64_MAX, "program header 1: its bytes lie outside the file"),
    PROGRAM(0, p_vaddr, 0x3ff000, "program header 0: its addresses lie outside [0x400000, 2^46)"),
    PROGRAM(1, p_vaddr, UINT64_C(1) << 46, "program header 1: its addresses lie outside [0x400000, 2^46)"),
    PROGRAM(1, p_vaddr, UINT64_MAX, "program header 1: its addresses lie outside [0x400000, 2^46)"),
    PROGRAM(1, p_memsz, UINT64_MAX, "program header 1: its addresses lie outside [0x400000, 2^46)"),
    PROGRAM(1, p_memsz, UINT64_C(1) << 31, "program header 1: the program is larger than 1 GiB"),
    PROGRAM(1, p_vaddr, 0x400ff0,
            "program header 1: shares a page with the segment before it, or is out of order"),
    PROGRAM(2, p_flags, PF_R | PF_W | PF_X,
            "program header 2: an executable stack; link it with -z noexecstack"),
    PROGRAM(2, p_memsz, 0x800001, "program header 2: a stack of more than 8 MiB"),
    PROGRAM(2, p_type, PT_INTERP, "program header 2: asks for an interpreter; link it with -static"),
    PROGRAM(2, p_type, PT_DYNAMIC, "program header 2: has dynamic relocations; link it with -static -no-pie"),
    PROGRAM(2, p_type, PT_TLS,
            "program header 2: thread-local storage of more than 4096 bytes, or badly aligned"),
    PROGRAM(3, p_offset, UINT64_MAX, "program header 3: its bytes lie outside the file"),
    PROGRAM(3, p_filesz, 16, "program header 3: a note that runs over its end"),
    PROGRAM(3, p_type, PT_NULL, "no capos ABI note; link it with the capos runtime"),
    {offsetof(struct sample_elf, note.name), 1, 'x', "no capos ABI note; link it with the capos runtime"},
    {offsetof(struct sample_elf, note.header.n_descsz), 4, 4,
     "program header 3: the capos note is not 8 bytes long"},
    {offsetof(struct sample_elf, note.header.n_namesz), 4, UINT32_MAX,
     "program header 3: a note that runs over its end"},
    {offsetof(struct sample_elf, note.note.abi_version), 4, 2,
     "program header 3: made for another ABI version; this kernel has version 1"},
    {offsetof(struct sample_elf, note.note.required_features), 4, 1,
     "program header 3: needs features that this kernel does not have"},
};

TAP_TEST(bad_programs_are_refused_with_the_reason)
{
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct sample_elf sample;
        struct elf_image image = {.entry = 99};
        struct kernel_error error;
        sample_elf_init(&sample);
        memcpy((char *)&sample + spoils[i].offset, &spoils[i].value, spoils[i].size);
        TAP_CHECK(!elf_open(&sample, sizeof sample, &image, &error));
        TAP_STR_EQ(error.text, spoils[i].error);
        TAP_EQ(image.entry, 99);
    }
}

TAP_TEST(a_file_cut_off_anywhere_is_safe_to_look_at)
{
    struct sample_elf sample;
    struct elf_image image;
    struct kernel_error error;
    sample_elf_init(&sample);
    for (size_t size = 0; size < sizeof sample; size++) {
        uint8_t *copy = malloc(size ? size : 1); /* so that a sanitizer sees the end */
        memcpy(copy, &sample, size);
        bool whole = size >= offsetof(struct sample_elf, data) + sizeof sample.data;
        TAP_EQ(elf_open(copy, size, &image, &error), whole);
        if (whole) {
            struct elf_symbol symbol;
            elf_find_symbol(&image, image.entry, &symbol);
        }
        free(copy);
    }
}

TAP_TEST(too_many_segments_are_refused)
{
    struct {
        struct sample_elf sample;
        Elf64_Phdr more[KERNEL_ELF_SEGMENTS_MAX + 1];
    } file;
    struct elf_image image;
    struct kernel_error error;
    sample_elf_init(&file.sample);
    file.sample.header.e_phoff = offsetof(__typeof__(file), more);
    file.sample.header.e_phnum = KERNEL_ELF_SEGMENTS_MAX + 1;
    for (uint64_t i = 0; i <= KERNEL_ELF_SEGMENTS_MAX; i++) {
        file.more[i] = file.sample.programs[SAMPLE_DATA];
        file.more[i].p_vaddr += i * 0x10000;
    }
    TAP_CHECK(!elf_open(&file, sizeof file, &image, &error));
    TAP_CHECK(strstr(error.text, "too many loaded segments"));
}

TAP_TEST(symbols_are_found_for_addresses_in_functions)
{
    struct sample_elf sample;
    struct elf_image image;
    struct kernel_error error;
    struct elf_symbol symbol;
    sample_elf_init(&sample);
    TAP_CHECK(elf_open(&sample, sizeof sample, &image, &error));
    TAP_CHECK(elf_find_symbol(&image, image.entry + 5, &symbol));
    TAP_EQ(symbol.name_bytes, 4);
    TAP_MEM_EQ(symbol.name, "main", 4);
    TAP_EQ(symbol.offset, 5);
    TAP_CHECK(elf_find_symbol(&image, image.entry + 47, &symbol));
    TAP_EQ(symbol.name_bytes, 6);
    TAP_CHECK(!elf_find_symbol(&image, image.entry + 48, &symbol));
    TAP_CHECK(!elf_find_symbol(&image, image.entry - 1, &symbol));
}

/* Every symbol covers the address, and the names have no end: a bounded look, not one for every symbol and
 * byte. */
TAP_TEST(a_hostile_symbol_table_takes_no_time)
{
    enum { SYMBOLS = 20000, NAMES = 1 << 20 };
    struct {
        struct sample_elf sample;
        Elf64_Sym symbols[SYMBOLS];
        char names[NAMES];
    } *file = malloc(sizeof *file);
    struct elf_image image;
    struct elf_symbol symbol;
    struct kernel_error error;
    sample_elf_init(&file->sample);
    memset(file->names, 'x', NAMES);
    file->sample.sections[0].sh_offset = offsetof(__typeof__(*file), symbols);
    file->sample.sections[0].sh_size = sizeof file->symbols;
    file->sample.sections[1].sh_offset = offsetof(__typeof__(*file), names);
    file->sample.sections[1].sh_size = NAMES;
    for (int i = 0; i < SYMBOLS; i++)
        file->symbols[i] = (Elf64_Sym){.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), .st_size = UINT64_MAX};
    TAP_CHECK(elf_open(file, sizeof *file, &image, &error));
    TAP_CHECK(!elf_find_symbol(&image, image.entry, &symbol));
    free(file);
}

/* Each note header names the whole file. */
TAP_TEST(notes_that_are_looked_at_again_and_again_are_refused)
{
    enum { HEADERS = 1000 };
    struct {
        struct sample_elf sample;
        Elf64_Phdr more[HEADERS];
    } *file = calloc(1, sizeof *file);
    struct elf_image image;
    struct kernel_error error;
    sample_elf_init(&file->sample);
    file->sample.header.e_phoff = offsetof(__typeof__(*file), more);
    file->sample.header.e_phnum = HEADERS;
    for (int i = 0; i < HEADERS; i++)
        file->more[i] = (Elf64_Phdr){.p_type = PT_NOTE,
                                     .p_offset = offsetof(__typeof__(*file), more),
                                     .p_filesz = sizeof file->more / 2};
    memcpy(file->more, file->sample.programs, sizeof file->sample.programs);
    TAP_CHECK(!elf_open(file, sizeof *file, &image, &error));
    TAP_CHECK(strstr(error.text, "note"));
    free(file);
}
