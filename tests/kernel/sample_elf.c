#include "tests/kernel/sample_elf.h"

#include <string.h>

#define OFFSET(member) offsetof(struct sample_elf, member)

void sample_elf_init(struct sample_elf *sample)
{
    *sample = (struct sample_elf){
        .header =
            {
                .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                .e_type = ET_EXEC,
                .e_machine = EM_X86_64,
                .e_version = EV_CURRENT,
                .e_entry = 0x400000 + OFFSET(text),
                .e_phoff = OFFSET(programs),
                .e_phentsize = sizeof(Elf64_Phdr),
                .e_phnum = SAMPLE_HEADERS,
                .e_shoff = OFFSET(sections),
                .e_shentsize = sizeof(Elf64_Shdr),
                .e_shnum = 2,
            },
        .programs =
            {
                [SAMPLE_TEXT] = {.p_type = PT_LOAD,
                                 .p_flags = PF_R | PF_X,
                                 .p_vaddr = 0x400000,
                                 .p_filesz = OFFSET(data),
                                 .p_memsz = OFFSET(data)},
                [SAMPLE_DATA] = {.p_type = PT_LOAD,
                                 .p_flags = PF_R | PF_W,
                                 .p_offset = OFFSET(data),
                                 .p_vaddr = 0x401000 + OFFSET(data),
                                 .p_filesz = sizeof sample->data,
                                 .p_memsz = 0x2000},
                [SAMPLE_STACK] = {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_memsz = 0x4001},
                [SAMPLE_NOTE] = {.p_type = PT_NOTE,
                                 .p_flags = PF_R,
                                 .p_offset = OFFSET(note),
                                 .p_filesz = sizeof sample->note},
            },
        .note = {{6, sizeof(struct capos_note), CAPOS_NOTE_TYPE_ABI},
                 CAPOS_NOTE_NAME,
                 {CAPOS_ABI_VERSION, 0}},
        .sections =
            {
                {.sh_type = SHT_SYMTAB,
                 .sh_offset = OFFSET(symbols),
                 .sh_size = sizeof sample->symbols,
                 .sh_link = 1},
                {.sh_type = SHT_STRTAB, .sh_offset = OFFSET(names), .sh_size = sizeof sample->names},
            },
        .symbols = {{.st_name = 1,
                     .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                     .st_value = 0x400000 + OFFSET(text),
                     .st_size = 32},
                    {.st_name = 6,
                     .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC),
                     .st_value = 0x400000 + OFFSET(text) + 32,
                     .st_size = 16}},
        .names = "\0main\0helper",
    };
}
