/*
 * A program that ends in the way that the name of its first capability says;
 * for the tests of the capos command. It is linked with tests/port/start.S.
 */
#include "capos/abi.h"
#include "tests/port/program.h"

int64_t program_main(const volatile struct program_command *command);

static const capos_cap_enter_fn cap_enter = (capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER);

static int is(const struct capos_capset_entry *entry, const char *word)
{
    unsigned i = 0;
    while (i < entry->name_len && word[i] == entry->name[i])
        i++;
    return i == entry->name_len && word[i] == 0;
}

__attribute__((noinline)) static void read_null(void)
{
    volatile uint64_t address = 8;
    (void)*(volatile uint8_t *)address;
}

__attribute__((noinline)) static void make_system_call(void)
{
    __asm__ volatile("mov $39, %%eax\n\tsyscall" : : : "rax", "rcx", "r11", "memory");
}

int64_t program_main(const volatile struct program_command *command)
{
    const struct capos_capset_header *header = (const void *)(uintptr_t)command;
    const struct capos_capset_entry *first = (const void *)(header + 1);
    if (is(first, "exit7"))
        return 7;
    if (is(first, "exit256"))
        return 256;
    if (is(first, "exit-minus-1"))
        return -1;
    if (is(first, "null"))
        read_null();
    if (is(first, "syscall"))
        make_system_call();
    if (is(first, "divide"))
        __asm__ volatile("xor %%edx, %%edx\n\txor %%ecx, %%ecx\n\tdiv %%ecx" : : : "rax", "rcx", "rdx");
    while (is(first, "run"))
        cap_enter(0, 0);
    while (is(first, "spin"))
        __asm__ volatile("pause"); /* never enters the kernel */
    return 0;
}
