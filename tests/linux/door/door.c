/*
 * A hostile program: tries one way out, as the command in its CapSet page
 * says. Who gets through says so with its exit code; all others die.
 */
#include "tests/linux/door/door.h"

#include "capos/abi.h"
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

struct registers {
    uint64_t rdi, rsi, rdx, r10;
};

static const struct registers arguments[] = {
    [DOOR_ZEROES] = {0},
    [DOOR_SEAL] = {LINUX_LIMIT, LINUX_TOP - LINUX_LIMIT, 0, 0},
    [DOOR_ORDER] = {DOOR_ORDER_ADDRESS, DOOR_ORDER_BYTES, DOOR_ORDER_PROTECTION, DOOR_ORDER_FLAGS},
    [DOOR_AGAIN] = {DOOR_ORDER_ADDRESS, DOOR_ORDER_BYTES, DOOR_ORDER_PROTECTION, DOOR_ORDER_FLAGS},
};

/*
 * Jumps to place with these registers. The top words of the stack all are the way back, so that
 * `ret` and the pops of the seal slot find it; sp and bp are kept in the ring page's unused part.
 */
__attribute__((noinline)) static int64_t jump(uint64_t place, uint64_t rax, const struct registers *with)
{
    register uint64_t rbx __asm__("rbx") = place;
    uint64_t rdi = with->rdi, rsi = with->rsi, rdx = with->rdx;
    register uint64_t r10 __asm__("r10") = with->r10;
    __asm__ volatile("mov %%rsp, 0x180a00\n\tmov %%rbp, 0x180a08\n\t"
                     "lea 1f(%%rip), %%rcx\n\t"
                     "push %%rcx\n\tpush %%rcx\n\tpush %%rcx\n\tpush %%rcx\n\t"
                     "xor %%r8d, %%r8d\n\txor %%r9d, %%r9d\n\t"
                     "jmp *%%rbx\n"
                     "1:\tmov 0x180a00, %%rsp\n\tmov 0x180a08, %%rbp"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(rbx), "+r"(r10)
                     :
                     : "rcx", "r8", "r9", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    return (int64_t)rax;
}

/* Where the kernel writes orders, and the program can write, too. */
static void write_orders(uint64_t number, const struct registers *with)
{
    volatile uint64_t *orders = (volatile uint64_t *)LINUX_ORDERS_VADDR;
    const uint64_t words[] = {number, with->rdi, with->rsi, with->rdx, with->r10, 0, 0, 0};
    for (int i = 0; i < 8; i++)
        orders[i] = words[i];
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
    const struct registers *with = &arguments[command->c];
    if (place == DOOR_OWN_ORDERS) {
        write_orders(command->a, with);
        place = LINUX_ENTRY_VADDR + LINUX_SLOT_ORDERS;
    }
    if (command->c == DOOR_AGAIN)
        ((capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER))(1, CAPOS_FOREVER);
    __asm__ volatile("" : : "r"(on_stack) : "memory");
    return jump(place, command->a, with);
}

int64_t program_main(const volatile struct program_command *command)
{
    if (command->operation == DOOR_SYSTEM_CALL)
        return DOOR_PASSED | (system_call(command) & 0xffff);
    instructions[command->a]();
    return DOOR_PASSED;
}
