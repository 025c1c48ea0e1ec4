/*
 * A hostile program: tries one way out, as the command in its CapSet page
 * says. Who gets through says so with its exit code; all others die.
 */
#include "tests/linux/door/door.h"

#include "kernel/linux/layout.h"
#include "tests/port/program.h"

int64_t program_main(const volatile struct program_command *command);

#define DOOR_FUNCTION(name, code, verdict, bare)                                                             \
    __attribute__((naked)) static void do_##name(void)                                                       \
    {                                                                                                        \
        __asm__(code "\n\tret");                                                                             \
    }
DOOR_INSTRUCTIONS(DOOR_FUNCTION)

#define DOOR_ENTRY(name, code, verdict, bare) [DOOR_##name] = do_##name,
static void (*const instructions[])(void) = {DOOR_INSTRUCTIONS(DOOR_ENTRY)};

__attribute__((naked)) static void own_syscall(void)
{
    __asm__("syscall\n\tret");
}

__attribute__((naked)) static void own_int80(void)
{
    __asm__("int $0x80\n\tret");
}

/*
 * Jumps to place with these registers. The top words of the stack all are the way back, so that
 * `ret` and the pops of the seal slot find it; sp and bp are kept in the ring page's unused part.
 */
__attribute__((noinline)) static int64_t jump(uint64_t place, uint64_t rax, uint64_t rdi, uint64_t rsi)
{
    register uint64_t rbx __asm__("rbx") = place;
    __asm__ volatile("mov %%rsp, 0x180a00\n\tmov %%rbp, 0x180a08\n\t"
                     "lea 1f(%%rip), %%rcx\n\t"
                     "push %%rcx\n\tpush %%rcx\n\tpush %%rcx\n\tpush %%rcx\n\t"
                     "xor %%edx, %%edx\n\txor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\txor %%r10d, %%r10d\n\t"
                     "jmp *%%rbx\n"
                     "1:\tmov 0x180a00, %%rsp\n\tmov 0x180a08, %%rbp"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+r"(rbx)
                     :
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    return (int64_t)rax;
}

static int64_t system_call(const volatile struct program_command *command)
{
    uint8_t on_stack[16] = {0x0f, 0x05, 0xc3};
    uint64_t place = command->b;
    if (place == DOOR_OWN_SYSCALL)
        place = (uint64_t)own_syscall;
    else if (place == DOOR_OWN_INT80)
        place = (uint64_t)own_int80;
    else if (place == DOOR_OWN_STACK)
        place = (uint64_t)on_stack;
    __asm__ volatile("" : : "r"(on_stack) : "memory");
    if (command->c == DOOR_SEAL)
        return jump(place, command->a, LINUX_LIMIT, LINUX_TOP - LINUX_LIMIT);
    return jump(place, command->a, 0, 0);
}

int64_t program_main(const volatile struct program_command *command)
{
    if (command->operation == DOOR_SYSTEM_CALL)
        return DOOR_PASSED | (system_call(command) & 0xffff);
    instructions[command->a]();
    return DOOR_PASSED;
}
