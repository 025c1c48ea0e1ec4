/*
 * Faults and ends for people.
 */
#include "kernel/core/fault.h"

#include "kernel/core/elf.h"
#include "kernel/core/text.h"

enum { END_BY_SIGNAL = 128, SYMBOL_BYTES_MAX = 100 };

static const char *signal_name(unsigned number)
{
    static const char *const names[] = {
        [1] = "HUP",   [2] = "INT",   [3] = "QUIT",  [4] = "ILL",   [5] = "TRAP",  [6] = "ABRT",
        [7] = "BUS",   [8] = "FPE",   [9] = "KILL",  [11] = "SEGV", [13] = "PIPE", [14] = "ALRM",
        [15] = "TERM", [24] = "XCPU", [25] = "XFSZ", [31] = "SYS",
    };
    return number < sizeof names / sizeof names[0] && names[number] ? names[number] : "?";
}

/* " at 0x401234 (main+0x12)"; nothing when the place is not known. */
static void add_place(struct text *text, const struct elf_image *image, uint64_t instruction)
{
    struct elf_symbol symbol;
    if (instruction == 0)
        return;
    kernel_text_add(text, " at ");
    kernel_text_add_hex(text, instruction);
    if (!elf_find_symbol(image, instruction, &symbol))
        return;
    kernel_text_add(text, " (");
    size_t bytes = symbol.name_bytes < SYMBOL_BYTES_MAX ? symbol.name_bytes : SYMBOL_BYTES_MAX;
    for (size_t i = 0; i < bytes; i++)
        kernel_text_add(text, (const char[]){symbol.name[i], 0});
    kernel_text_add(text, "+");
    kernel_text_add_hex(text, symbol.offset);
    kernel_text_add(text, ")");
}

static void add_signal(struct text *text, const struct fault *fault, const char *what)
{
    kernel_text_add(text, "SIG");
    kernel_text_add(text, signal_name((unsigned)fault->signal));
    kernel_text_add(text, ": ");
    kernel_text_add(text, what);
}

static void add_system_call(struct text *text, const struct fault *fault, const char *name)
{
    kernel_text_add(text, "forbidden system call ");
    kernel_text_add_number(text, fault->number);
    if (!name)
        return;
    kernel_text_add(text, " (");
    kernel_text_add(text, name);
    kernel_text_add(text, ")");
}

static void add_what(struct text *text, const struct fault *fault, const char *system_call)
{
    enum { ILLEGAL = 4 };
    switch (fault->kind) {
    case FAULT_MEMORY:
        add_signal(text, fault, "access to address ");
        kernel_text_add_hex(text, fault->address);
        break;
    case FAULT_INSTRUCTION:
        add_signal(text, fault,
                   fault->signal == ILLEGAL
                       ? "illegal instruction"
                       : "instruction that it may not execute, or non-canonical address");
        break;
    case FAULT_ARITHMETIC:
        add_signal(text, fault, "division by zero or overflow");
        break;
    case FAULT_BREAKPOINT:
        add_signal(text, fault, "breakpoint or single step");
        break;
    case FAULT_SYSCALL:
        add_system_call(text, fault, system_call);
        break;
    case FAULT_KILLED:
        kernel_text_add(text, "killed from outside by SIG");
        kernel_text_add(text, signal_name((unsigned)fault->signal));
        break;
    }
}

void kernel_fault_text(char *line, const char *service, const struct elf_image *image,
                       const struct fault *fault, const char *system_call)
{
    struct text text = kernel_text_begin(line, KERNEL_FAULT_TEXT_MAX);
    kernel_text_add(&text, "service \"");
    kernel_text_add(&text, service);
    kernel_text_add(&text, "\": ");
    add_what(&text, fault, system_call);
    add_place(&text, image, fault->instruction);
}

void kernel_fault_reason(char *line, const struct elf_image *image, const struct fault *fault)
{
    struct text text = kernel_text_begin(line, KERNEL_FAULT_TEXT_MAX);
    add_what(&text, fault, NULL);
    add_place(&text, image, fault->instruction);
}

int kernel_end_code(const struct kernel_end *end)
{
    if (end->faulted)
        return END_BY_SIGNAL + end->fault.signal;
    int code = (int)(end->code & 255);
    return code == 0 && end->code != 0 ? 1 : code;
}
