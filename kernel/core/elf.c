/*
 * Checks of program files. Everything is read by copy at a checked offset, so a
 * file of any length and alignment is safe to look at.
 */
#include "kernel/core/elf.h"

#include <elf.h>
#include <string.h>

#include "capos/abi.h"
#include "kernel/core/port.h"
#include "kernel/core/text.h"

/* A longer name of a function is none. */
enum { NAME_BYTES_MAX = 256 };

#define PAGE_MASK ((uint64_t)CAPOS_PAGE_BYTES - 1)

/* A check in progress: the file, what is known of it, and where to complain. */
struct elf_check {
    const uint8_t *file;
    size_t file_bytes;
    Elf64_Ehdr header;
    uint32_t at; /* the program header at hand */
    struct elf_image image;
    uint64_t previous_end; /* of the segments so far */
    uint64_t total;
    uint64_t notes_total;
    bool note_found;
    struct kernel_error *error;
};

static bool refuse(struct elf_check *check, const char *what)
{
    struct text text = KERNEL_TEXT_IN(check->error->text);
    kernel_text_add(&text, what);
    return false;
}

/* As refuse(), for the program header at hand. */
static bool refuse_header(struct elf_check *check, const char *what)
{
    struct text text = KERNEL_TEXT_IN(check->error->text);
    kernel_text_add(&text, "program header ");
    kernel_text_add_number(&text, check->at);
    kernel_text_add(&text, ": ");
    kernel_text_add(&text, what);
    return false;
}

static bool read_file(const struct elf_check *check, uint64_t offset, void *to, size_t count)
{
    if (offset > check->file_bytes || count > check->file_bytes - offset)
        return false;
    memcpy(to, check->file + offset, count);
    return true;
}

static bool check_file_header(struct elf_check *check)
{
    const Elf64_Ehdr *header = &check->header;
    if (!read_file(check, 0, &check->header, sizeof check->header) ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(check, "not an ELF file; a static ELF64 program for x86-64 is needed");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_X86_64)
        return refuse(check, "an ELF file for another machine; ELF64 little-endian x86-64 is needed");
    if (header->e_type != ET_EXEC)
        return refuse(check, "not a fixed-address executable (ET_EXEC); link it with -static -no-pie");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum == 0)
        return refuse(check, "no program headers of 56 bytes");
    if (header->e_phoff > check->file_bytes ||
        (uint64_t)header->e_phnum * sizeof(Elf64_Phdr) > check->file_bytes - header->e_phoff)
        return refuse(check, "the program headers lie outside the file");
    return true;
}

static bool check_load(struct elf_check *check, const Elf64_Phdr *load)
{
    if (load->p_memsz == 0)
        return true;
    if (check->image.segment_count == KERNEL_ELF_SEGMENTS_MAX)
        return refuse_header(check, "too many loaded segments");
    if (load->p_filesz > load->p_memsz)
        return refuse_header(check, "more bytes in the file than in memory");
    if (load->p_offset > check->file_bytes || load->p_filesz > check->file_bytes - load->p_offset)
        return refuse_header(check, "its bytes lie outside the file");
    if (load->p_vaddr < CAPOS_IMAGE_VADDR || load->p_vaddr >= KERNEL_PROGRAM_END ||
        load->p_memsz > KERNEL_PROGRAM_END - load->p_vaddr)
        return refuse_header(check, "its addresses lie outside [0x400000, 2^46)");
    if ((load->p_flags & PF_W) && (load->p_flags & PF_X))
        return refuse_header(check, "writable and executable at once");
    if (!(load->p_flags & PF_R))
        return refuse_header(check, "not readable");

    uint64_t first = load->p_vaddr & ~PAGE_MASK;
    uint64_t end = (load->p_vaddr + load->p_memsz + PAGE_MASK) & ~PAGE_MASK;
    if (first < check->previous_end)
        return refuse_header(check, "shares a page with the segment before it, or is out of order");
    check->previous_end = end;
    check->total += end - first;
    if (check->total > KERNEL_IMAGE_BYTES_MAX)
        return refuse_header(check, "the program is larger than 1 GiB");
    check->image.segments[check->image.segment_count++] = (struct elf_segment){
        .address = first,
        .mapped_bytes = end - first,
        .lead = load->p_vaddr - first,
        .file_offset = load->p_offset,
        .file_bytes = load->p_filesz,
        .access = load->p_flags & (PF_R | PF_W | PF_X),
    };
    return true;
}

static bool check_stack(struct elf_check *check, const Elf64_Phdr *stack)
{
    if (stack->p_flags & PF_X)
        return refuse_header(check, "an executable stack; link it with -z noexecstack");
    if (stack->p_memsz > KERNEL_STACK_BYTES_MAX)
        return refuse_header(check, "a stack of more than 8 MiB");
    if (stack->p_memsz > 0)
        check->image.stack_bytes = (stack->p_memsz + PAGE_MASK) & ~PAGE_MASK;
    return true;
}

static bool check_tls(struct elf_check *check, const Elf64_Phdr *tls)
{
    bool aligned = tls->p_align == 0 || (tls->p_align & (tls->p_align - 1)) == 0;
    if (tls->p_memsz > CAPOS_PAGE_BYTES || tls->p_filesz > tls->p_memsz || !aligned ||
        tls->p_align > CAPOS_PAGE_BYTES)
        return refuse_header(check, "thread-local storage of more than 4096 bytes, or badly aligned");
    if (tls->p_offset > check->file_bytes || tls->p_filesz > check->file_bytes - tls->p_offset)
        return refuse_header(check, "its bytes lie outside the file");
    check->image.tls_file_offset = tls->p_offset;
    check->image.tls_file_bytes = tls->p_filesz;
    check->image.tls_bytes = tls->p_memsz;
    check->image.tls_align = tls->p_align ? tls->p_align : 1;
    return true;
}

static uint64_t padded(uint32_t count)
{
    return ((uint64_t)count + 3) & ~UINT64_C(3);
}

static bool check_capos_note(struct elf_check *check, uint64_t offset, uint32_t bytes)
{
    struct capos_note note;
    if (bytes != sizeof note || !read_file(check, offset, &note, sizeof note))
        return refuse_header(check, "the capos note is not 8 bytes long");
    if (note.abi_version != CAPOS_ABI_VERSION)
        return refuse_header(check, "made for another ABI version; this kernel has version 1");
    if (note.required_features != 0)
        return refuse_header(check, "needs features that this kernel does not have");
    check->note_found = true;
    return true;
}

/* Walks the notes of one PT_NOTE; each takes at least 12 bytes, so the loop is bounded by the file. */
static bool check_notes(struct elf_check *check, const Elf64_Phdr *notes)
{
    if (notes->p_offset > check->file_bytes || notes->p_filesz > check->file_bytes - notes->p_offset)
        return refuse_header(check, "its bytes lie outside the file");
    check->notes_total += notes->p_filesz;
    if (check->notes_total > check->file_bytes)
        return refuse_header(check, "notes that overlap");
    uint64_t at = notes->p_offset, end = notes->p_offset + notes->p_filesz;
    while (end - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note = {0};
        char name[sizeof CAPOS_NOTE_NAME];
        read_file(check, at, &note, sizeof note);
        at += sizeof note;
        if (padded(note.n_namesz) > end - at || padded(note.n_descsz) > end - at - padded(note.n_namesz))
            return refuse_header(check, "a note that runs over its end");
        bool ours = note.n_type == CAPOS_NOTE_TYPE_ABI && note.n_namesz == sizeof name &&
                    read_file(check, at, name, sizeof name) &&
                    memcmp(name, CAPOS_NOTE_NAME, sizeof name) == 0;
        at += padded(note.n_namesz);
        if (ours && !check_capos_note(check, at, note.n_descsz))
            return false;
        at += padded(note.n_descsz);
    }
    return true;
}

static bool check_program_header(struct elf_check *check, const Elf64_Phdr *header)
{
    switch (header->p_type) {
    case PT_LOAD:
        return check_load(check, header);
    case PT_GNU_STACK:
        return check_stack(check, header);
    case PT_TLS:
        return check_tls(check, header);
    case PT_NOTE:
        return check_notes(check, header);
    case PT_INTERP:
        return refuse_header(check, "asks for an interpreter; link it with -static");
    case PT_DYNAMIC:
        return refuse_header(check, "has dynamic relocations; link it with -static -no-pie");
    default:
        return true;
    }
}

static bool entry_is_executable(const struct elf_image *image)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if ((segment->access & ELF_EXECUTE) && image->entry - segment->address < segment->mapped_bytes)
            return true;
    }
    return false;
}

bool elf_open(const void *file, size_t file_bytes, struct elf_image *ret_image, struct kernel_error *error)
{
    struct elf_check check = {
        .file = file,
        .file_bytes = file_bytes,
        .image = {.file = file, .file_bytes = file_bytes, .stack_bytes = KERNEL_STACK_BYTES_DEFAULT},
        .error = error,
    };
    if (!check_file_header(&check))
        return false;
    for (check.at = 0; check.at < check.header.e_phnum; check.at++) {
        Elf64_Phdr header = {0};
        read_file(&check, check.header.e_phoff + check.at * sizeof header, &header, sizeof header);
        if (!check_program_header(&check, &header))
            return false;
    }
    check.image.entry = check.header.e_entry;
    if (!entry_is_executable(&check.image))
        return refuse(&check, "the entry point is not in an executable segment");
    if (!check.note_found)
        return refuse(&check, "no capos ABI note; link it with the capos runtime");
    *ret_image = check.image;
    return true;
}

/* --- Symbols, for reports of faults -------------------------------------------- */

static bool find_symbol_table(const struct elf_check *check, Elf64_Shdr *ret_symbols, Elf64_Shdr *ret_names)
{
    const Elf64_Ehdr *header = &check->header;
    if (header->e_shentsize != sizeof(Elf64_Shdr))
        return false;
    for (uint32_t i = 0; i < header->e_shnum; i++) {
        if (!read_file(check, header->e_shoff + i * sizeof *ret_symbols, ret_symbols, sizeof *ret_symbols))
            return false;
        if (ret_symbols->sh_type == SHT_SYMTAB)
            return ret_symbols->sh_link < header->e_shnum &&
                   read_file(check, header->e_shoff + ret_symbols->sh_link * sizeof *ret_names, ret_names,
                             sizeof *ret_names);
    }
    return false;
}

static bool read_name(const struct elf_check *check, const Elf64_Shdr *names, uint32_t offset,
                      struct elf_symbol *symbol)
{
    if (names->sh_offset > check->file_bytes || names->sh_size > check->file_bytes - names->sh_offset ||
        offset >= names->sh_size)
        return false;
    const char *name = (const char *)check->file + names->sh_offset + offset;
    size_t room = names->sh_size - offset, length = 0;
    if (room > NAME_BYTES_MAX)
        room = NAME_BYTES_MAX;
    while (length < room && name[length])
        length++;
    symbol->name = name;
    symbol->name_bytes = length;
    return length > 0 && length < room;
}

bool elf_find_symbol(const struct elf_image *image, uint64_t address, struct elf_symbol *ret_symbol)
{
    struct elf_check check = {.file = image->file, .file_bytes = image->file_bytes};
    Elf64_Shdr symbols, names;
    if (!read_file(&check, 0, &check.header, sizeof check.header) ||
        !find_symbol_table(&check, &symbols, &names))
        return false;
    for (uint64_t i = 0; i < symbols.sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        if (!read_file(&check, symbols.sh_offset + i * sizeof symbol, &symbol, sizeof symbol))
            return false;
        bool covers = address == symbol.st_value || address - symbol.st_value < symbol.st_size;
        if (ELF64_ST_TYPE(symbol.st_info) == STT_NOTYPE && symbol.st_size == 0)
            covers = false;
        struct elf_symbol found = {.offset = address - symbol.st_value};
        if (covers && ELF64_ST_TYPE(symbol.st_info) <= STT_FUNC &&
            read_name(&check, &names, symbol.st_name, &found)) {
            *ret_symbol = found;
            return true;
        }
    }
    return false;
}
