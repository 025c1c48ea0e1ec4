/*
 * Faults and ends in words and numbers.
 */
#include "kernel/core/fault.h"

#include "kernel/core/elf.h"
#include "tests/tap.h"

static const char *said(struct fault fault, const char *name)
{
    static char line[KERNEL_FAULT_TEXT_MAX];
    static const struct elf_image none;
    kernel_fault_text(line, "kv", &none, &fault, name);
    return line;
}

TAP_TEST(each_kind_of_fault_has_its_words)
{
    TAP_STR_EQ(
        said((struct fault){.kind = FAULT_MEMORY, .signal = 11, .address = 8, .instruction = 0x401234}, NULL),
        "service \"kv\": SIGSEGV: access to address 0x8 at 0x401234");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_MEMORY, .signal = 7}, NULL),
               "service \"kv\": SIGBUS: access to address 0x0");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_INSTRUCTION, .signal = 4}, NULL),
               "service \"kv\": SIGILL: illegal instruction");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_INSTRUCTION, .signal = 11}, NULL),
               "service \"kv\": SIGSEGV: instruction that it may not execute, or non-canonical address");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_ARITHMETIC, .signal = 8}, NULL),
               "service \"kv\": SIGFPE: division by zero or overflow");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_BREAKPOINT, .signal = 5}, NULL),
               "service \"kv\": SIGTRAP: breakpoint or single step");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_SYSCALL, .signal = 31, .number = 39}, "getpid"),
               "service \"kv\": forbidden system call 39 (getpid)");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_SYSCALL, .signal = 31, .number = 39}, NULL),
               "service \"kv\": forbidden system call 39");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_KILLED, .signal = 9}, NULL),
               "service \"kv\": killed from outside by SIGKILL");
    TAP_STR_EQ(said((struct fault){.kind = FAULT_KILLED, .signal = 77}, NULL),
               "service \"kv\": killed from outside by SIG?");
}

TAP_TEST(an_end_is_a_number_from_0_to_255)
{
    TAP_EQ(kernel_end_code(&(struct kernel_end){.code = 0}), 0);
    TAP_EQ(kernel_end_code(&(struct kernel_end){.code = 7}), 7);
    TAP_EQ(kernel_end_code(&(struct kernel_end){.code = -1}), 255);
    TAP_EQ(kernel_end_code(&(struct kernel_end){.code = 256}), 1); /* not 0: that would be success */
    TAP_EQ(kernel_end_code(&(struct kernel_end){.code = INT64_MIN}), 1);
    TAP_EQ(kernel_end_code(&(struct kernel_end){.faulted = true, .fault = {.signal = 11}}), 139);
}
