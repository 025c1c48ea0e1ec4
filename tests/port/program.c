/*
 * The confined program of the port contract test. It uses no runtime: its
 * start is in start.S.
 */
#include "tests/port/program.h"

#include "capos/abi.h"

static const capos_cap_enter_fn cap_enter = (capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER);

static const uint8_t constant = 0x5a;
static uint8_t data[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                           16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                           32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                           48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
static uint8_t zeroes[8192];
static _Thread_local uint64_t thread_value = 0x1122334455667788;
static _Thread_local uint64_t thread_zero;

int64_t program_main(const volatile struct program_command *command);

static int64_t enter(uint32_t min, uint64_t timeout, uint64_t count)
{
    int64_t result = 0;
    for (uint64_t i = 0; i < count; i++)
        result = cap_enter(min, timeout);
    return result;
}

static int64_t check_sections(void)
{
    volatile uint8_t *bytes = data;
    for (int i = 0; i < 64; i++)
        if (bytes[i] != i)
            return 1;
    bytes = zeroes;
    for (int i = 0; i < 8192; i++)
        if (bytes[i] != 0)
            return 2;
    volatile uint64_t *value = &thread_value, *zero = &thread_zero;
    if (*value != 0x1122334455667788)
        return 3;
    if (*zero != 0)
        return 4;
    bytes[5] = 1; /* another process must not see it */
    *zero = 1;
    return 0;
}

/* Callee-saved registers, MXCSR and the x87 control word. */
static int64_t check_preserved(void)
{
    int64_t wrong;
    __asm__ volatile("push %%rbp\n\t"
                     "sub $16, %%rsp\n\t"
                     "movl $0x3f80, (%%rsp)\n\t" /* MXCSR: round down */
                     "ldmxcsr (%%rsp)\n\t"
                     "movw $0x077f, 4(%%rsp)\n\t" /* x87: round down */
                     "fldcw 4(%%rsp)\n\t"
                     "mov $0x1111, %%ebx\n\tmov $0x2222, %%ebp\n\tmov $0x3333, %%r12d\n\t"
                     "mov $0x4444, %%r13d\n\tmov $0x5555, %%r14d\n\tmov $0x6666, %%r15d\n\t"
                     "xor %%edi, %%edi\n\txor %%esi, %%esi\n\tcall *%%rax\n\t"
                     "xor %%eax, %%eax\n\t"
                     "xor $0x1111, %%rbx\n\tor %%rbx, %%rax\n\txor $0x2222, %%rbp\n\tor %%rbp, %%rax\n\t"
                     "xor $0x3333, %%r12\n\tor %%r12, %%rax\n\txor $0x4444, %%r13\n\tor %%r13, %%rax\n\t"
                     "xor $0x5555, %%r14\n\tor %%r14, %%rax\n\txor $0x6666, %%r15\n\tor %%r15, %%rax\n\t"
                     "stmxcsr (%%rsp)\n\tmov (%%rsp), %%ecx\n\tand $0xffc0, %%ecx\n\txor $0x3f80, %%ecx\n\t"
                     "or %%rcx, %%rax\n\t"
                     "fnstcw 4(%%rsp)\n\tmovzwl 4(%%rsp), %%ecx\n\txor $0x077f, %%ecx\n\tor %%rcx, %%rax\n\t"
                     "pushfq\n\tpop %%rcx\n\tand $0x400, %%ecx\n\tor %%rcx, %%rax\n\t"
                     "add $16, %%rsp\n\tpop %%rbp"
                     : "=a"(wrong)
                     : "a"(cap_enter)
                     : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "memory", "cc");
    return wrong;
}

__attribute__((noinline)) static int64_t overflow(volatile uint8_t *outer)
{
    volatile uint8_t frame[512];
    frame[0] = outer[0];
    if (outer[0] == 255)
        return 0;
    return overflow(frame) + frame[0];
}

static int64_t fault(uint64_t operation)
{
    volatile uint8_t byte = 0;
    switch (operation) {
    case PROGRAM_OVERFLOW:
        return overflow(&byte);
    case PROGRAM_DIVIDE:
        __asm__ volatile("xor %%edx, %%edx\n\txor %%ecx, %%ecx\n\tdiv %%ecx" ::: "rax", "rcx", "rdx");
        break;
    case PROGRAM_UD2:
        __asm__ volatile("ud2");
        break;
    case PROGRAM_INT3:
        __asm__ volatile("int3");
        break;
    case PROGRAM_HLT:
        __asm__ volatile("hlt");
        break;
    }
    return -1;
}

static int64_t make_system_call(int64_t number)
{
    __asm__ volatile("syscall" : "+a"(number) : : "rcx", "r11", "memory");
    return number;
}

static int64_t sum(volatile uint64_t *words, uint64_t count)
{
    uint64_t result = 0;
    for (uint64_t i = 0; i < count; i++) {
        result += words[i];
        words[i] = 7;
    }
    return (int64_t)result;
}

/* What concerns memory that is mapped while it enters. */
static int64_t use_memory(uint64_t operation, uint64_t a, uint64_t b, uint64_t enters)
{
    enter(1, CAPOS_FOREVER, enters ? enters : 1);
    switch (operation) {
    case PROGRAM_LOOK:
        return *(volatile uint8_t *)a;
    case PROGRAM_PUT:
        *(volatile uint8_t *)a = (uint8_t)b;
        enter(1, CAPOS_FOREVER, 1);
        return *(volatile uint8_t *)a;
    case PROGRAM_SUM:
        return sum((volatile uint64_t *)a, b / 8);
    default:
        ((void (*)(void))a)();
        return 0;
    }
}

int64_t program_main(const volatile struct program_command *command)
{
    static struct program_places places;
    switch (command->operation) {
    case PROGRAM_EXIT:
        return (int64_t)command->a;
    case PROGRAM_ENTER:
        return enter((uint32_t)command->a, command->b, command->c);
    case PROGRAM_READ:
        return *(volatile uint8_t *)command->a;
    case PROGRAM_WRITE:
        *(volatile uint8_t *)command->a = (uint8_t)command->b;
        return 0;
    case PROGRAM_CALL:
        ((void (*)(void))command->a)();
        return 0;
    case PROGRAM_SPIN:
        for (;;)
            __asm__ volatile("pause");
    case PROGRAM_SYSCALL:
        return make_system_call((int64_t)command->a);
    case PROGRAM_SECTIONS:
        return check_sections();
    case PROGRAM_PRESERVE:
        return check_preserved();
    case PROGRAM_TABLE:
        places.code = (uint64_t)&program_main;
        places.constant = (uint64_t)&constant;
        places.data = (uint64_t)data;
        places.zeroes = (uint64_t)zeroes;
        return (int64_t)&places;
    case PROGRAM_LOOK:
    case PROGRAM_PUT:
    case PROGRAM_SUM:
    case PROGRAM_VISIT:
        return use_memory(command->operation, command->a, command->b, command->c);
    default:
        return fault(command->operation);
    }
}
