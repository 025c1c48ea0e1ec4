/*
 * A hostile program: tries one thing, as the command in its CapSet page says.
 * Who gets through says so with its exit code.
 */
#include "tests/x86_64/door/door.h"

#include <stdbool.h>

#include "capos/abi.h"
#include "tests/port/program.h"

int64_t program_main(const volatile struct program_command *command);

/* registers.S */
_Noreturn void door_hold(uint64_t canary);
_Noreturn void door_fill(uint64_t canary, uint64_t end);
void door_look(uint64_t min_complete);

uint8_t door_room[DOOR_ROOM_PAGES * CAPOS_PAGE_BYTES];
static _Thread_local uint64_t thread_value = 0x1122334455667788;

/* Of schema/capos.capnp. */
#define TIMER_ID UINT64_C(0x90699771782c4d3e)
enum { TIMER_SLEEP = 1 };

static const capos_cap_enter_fn cap_enter = (capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER);

/* --- Instructions ------------------------------------------------------------------- */

#define DOOR_FUNCTION(name, code)                                                                            \
    __attribute__((naked)) static void do_##name(void)                                                       \
    {                                                                                                        \
        __asm__(code "\n\tret");                                                                             \
    }
#define DOOR_COMMON_FUNCTION(name, code, verdict, bare) DOOR_FUNCTION(common_##name, code)
#define DOOR_OWN_FUNCTION(name, code, bare)             DOOR_FUNCTION(own_##name, code)
DOOR_INSTRUCTIONS(DOOR_COMMON_FUNCTION)
DOOR_OWN_INSTRUCTIONS(DOOR_OWN_FUNCTION)

#define DOOR_COMMON_ENTRY(name, code, verdict, bare) [DOOR_COMMON_##name] = do_common_##name,
#define DOOR_OWN_ENTRY(name, code, bare)             [DOOR_OWN_##name] = do_own_##name,
static void (*const common[])(void) = {DOOR_INSTRUCTIONS(DOOR_COMMON_ENTRY)};
static void (*const own[])(void) = {DOOR_OWN_INSTRUCTIONS(DOOR_OWN_ENTRY)};

/* int 0, int 1, ... four bytes apart; int 3 is the long form, too. */
extern const uint8_t door_ints[256][4];
__asm__("        .text\n"
        "        .balign 4\n"
        "door_ints:\n"
        "        vector = 0\n"
        "        .rept 256\n"
        "        .byte 0xcd, vector, 0xc3, 0xcc\n"
        "        vector = vector + 1\n"
        "        .endr\n");

__attribute__((naked)) static void own_syscall(void)
{
    __asm__("syscall\n\tret");
}

static void use_port(uint16_t port, enum door_port way)
{
    uint32_t value = 0;
    switch (way) {
    case DOOR_IN8:
        __asm__ volatile("inb %%dx, %%al" : "+a"(value) : "d"(port));
        break;
    case DOOR_IN16:
        __asm__ volatile("inw %%dx, %%ax" : "+a"(value) : "d"(port));
        break;
    case DOOR_IN32:
        __asm__ volatile("inl %%dx, %%eax" : "+a"(value) : "d"(port));
        break;
    case DOOR_OUT8:
        __asm__ volatile("outb %%al, %%dx" : : "a"(value), "d"(port));
        break;
    case DOOR_OUT16:
        __asm__ volatile("outw %%ax, %%dx" : : "a"(value), "d"(port));
        break;
    case DOOR_OUT32:
        __asm__ volatile("outl %%eax, %%dx" : : "a"(value), "d"(port));
        break;
    case DOOR_INS:
        __asm__ volatile("insb" : : "D"(door_room), "d"(port) : "memory");
        break;
    default:
        __asm__ volatile("outsb" : : "S"(door_room), "d"(port) : "memory");
        break;
    }
}

/* Writes what is there where it can be guessed: a kernel that let it through would go on. */
static void use_msr(uint32_t number, bool write)
{
    uint32_t low = number == 0xc0000080 ? 0xd01 : 0, high = 0;
    if (write)
        __asm__ volatile("wrmsr" : : "c"(number), "a"(low), "d"(high));
    else
        __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
}

/* --- Places and segments ----------------------------------------------------------------- */

/* As the Linux door test's: the top words of the stack are the way back. */
__attribute__((noinline)) static int64_t jump(uint64_t place)
{
    register uint64_t rbx __asm__("rbx") = place;
    uint64_t rax = 39;
    __asm__ volatile("mov %%rsp, 0x180a18\n\tmov %%rbp, 0x180a20\n\t"
                     "lea 1f(%%rip), %%rcx\n\t"
                     "push %%rcx\n\tpush %%rcx\n\tpush %%rcx\n\tpush %%rcx\n\t"
                     "xor %%edi, %%edi\n\txor %%esi, %%esi\n\t"
                     "jmp *%%rbx\n"
                     "1:\tmov 0x180a18, %%rsp\n\tmov 0x180a20, %%rbp"
                     : "+a"(rax), "+r"(rbx)
                     :
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "memory", "cc");
    return (int64_t)rax;
}

static void load_selector(uint16_t selector, enum door_segment segment)
{
    const struct {
        uint32_t offset;
        uint16_t selector;
    } pointer = {0, selector};
    switch (segment) {
    case DOOR_DS:
        __asm__ volatile("mov %0, %%ds" : : "r"((uint32_t)selector));
        break;
    case DOOR_ES:
        __asm__ volatile("mov %0, %%es" : : "r"((uint32_t)selector));
        break;
    case DOOR_FS:
        __asm__ volatile("mov %0, %%fs" : : "r"((uint32_t)selector));
        break;
    case DOOR_GS:
        __asm__ volatile("mov %0, %%gs" : : "r"((uint32_t)selector));
        break;
    case DOOR_SS:
        __asm__ volatile("mov %0, %%ss" : : "r"((uint32_t)selector));
        break;
    case DOOR_LSS:
        __asm__ volatile("lss %0, %%eax" : : "m"(pointer) : "rax");
        break;
    default:
        __asm__ volatile("lfs %0, %%eax" : : "m"(pointer) : "rax");
        break;
    }
    cap_enter(0, 0);
    cap_enter(1, 0);
}

/* Goes on behind the jump if the selector is the program's own code. */
static void go_far(uint64_t selector, enum door_far how)
{
    uint64_t frame[5] = {0, selector, 0x202, 0, 0x1b};
    const struct {
        uint32_t offset;
        uint16_t selector;
    } pointer = {(uint32_t)(uintptr_t)own_syscall, (uint16_t)selector};
    switch (how) {
    case DOOR_FAR_CALL:
        __asm__ volatile("lcall *%0" : : "m"(pointer) : "memory");
        break;
    case DOOR_FAR_JUMP:
        __asm__ volatile("ljmp *%0" : : "m"(pointer) : "memory");
        break;
    case DOOR_FAR_RETURN:
        __asm__ volatile("push %0\n\tlea 1f(%%rip), %%rax\n\tpush %%rax\n\tlretq\n1:"
                         :
                         : "r"(selector)
                         : "rax");
        break;
    case DOOR_IRET_STACK:
        frame[4] = selector;
        frame[1] = 0x23;
        /* fall through */
    default:
        __asm__ volatile("mov %%rsp, 24(%0)\n\tlea 1f(%%rip), %%rax\n\tmov %%rax, (%0)\n\t"
                         "mov %0, %%rsp\n\tiretq\n1:"
                         :
                         : "r"(frame)
                         : "rax", "memory");
        break;
    }
}

/* --- Flags and stacks ------------------------------------------------------------------------- */

#define SPIN   "mov $100000, %ecx\n2:\tdec %ecx\n\tjnz 2b"
#define SHADOW "mov %eax, %ss\n\t"
#define DOOR_WAY_CODES(X)                                                                                    \
    X(DOOR_WAY_SYSCALL, "syscall")                                                                           \
    X(DOOR_WAY_INT3, "int3")                                                                                 \
    X(DOOR_WAY_UD2, "ud2")                                                                                   \
    X(DOOR_WAY_ICEBP, ".byte 0xf1")                                                                          \
    X(DOOR_WAY_PUSH, "push %rax\n\tpop %rax")                                                                \
    X(DOOR_WAY_SPIN, SPIN)                                                                                   \
    X(DOOR_WAY_SHADOW_SYSCALL, SHADOW "syscall")                                                             \
    X(DOOR_WAY_SHADOW_INT3, SHADOW "int3")                                                                   \
    X(DOOR_WAY_SHADOW_UD2, SHADOW "ud2")                                                                     \
    X(DOOR_WAY_SHADOW_ICEBP, SHADOW ".byte 0xf1")
#define DOOR_FLAGS_CODES(X)                                                                                  \
    X(DOOR_WAY_ENTER, "mov $0x100000, %eax\n\tcall *%rax")                                                   \
    DOOR_WAY_CODES(X)
#define DOOR_STACK_CODES(X)                                                                                  \
    X(DOOR_WAY_ENTER, "mov $0x100000, %eax\n\tjmp *%rax")                                                    \
    DOOR_WAY_CODES(X)

/* The flags are in force from the way's first instruction on; the result is what they are behind it. */
#define DOOR_FLAGS_FUNCTION(way, code)                                                                       \
    __attribute__((naked)) static uint64_t flags_##way(__attribute__((unused)) uint64_t flags)               \
    {                                                                                                        \
        __asm__("push %rdi\n\txor %edi, %edi\n\txor %esi, %esi\n\t"                                          \
                "mov $0x1b, %eax\n\tpopfq\n\t" code "\n\tpushfq\n\tpop %rax\n\tpush $2\n\tpopfq\n\tret");    \
    }
DOOR_FLAGS_CODES(DOOR_FLAGS_FUNCTION)

/* By iret, so that they are in force at the first instruction of cap_enter itself. */
__attribute__((naked)) static uint64_t flags_step(__attribute__((unused)) uint64_t flags)
{
    __asm__("mov %rdi, %rdx\n\txor %edi, %edi\n\txor %esi, %esi\n\t"
            "lea 1f(%rip), %rax\n\tpush %rax\n\tmov %rsp, %rcx\n\t"
            "push $0x1b\n\tpush %rcx\n\tpush %rdx\n\tpush $0x23\n\tpush $0x100000\n\tiretq\n"
            "1:\tpushfq\n\tpop %rax\n\tpush $2\n\tpopfq\n\tret");
}

#define DOOR_STACK_FUNCTION(way, code)                                                                       \
    __attribute__((naked)) static uint64_t stack_##way(__attribute__((unused)) uint64_t rsp)                 \
    {                                                                                                        \
        __asm__("mov %rsp, 0x180a18\n\tmov %rdi, %rsp\n\txor %edi, %edi\n\txor %esi, %esi\n\t"               \
                "mov $0x1b, %eax\n\t" code "\n\tmov 0x180a18, %rsp\n\txor %eax, %eax\n\tret");               \
    }
DOOR_STACK_CODES(DOOR_STACK_FUNCTION)

#define DOOR_FLAGS_ENTRY(way, code) [way] = flags_##way,
#define DOOR_STACK_ENTRY(way, code) [way] = stack_##way,
static uint64_t (*const with_flags[])(uint64_t) = {
    DOOR_FLAGS_CODES(DOOR_FLAGS_ENTRY)[DOOR_WAY_STEP] = flags_step};
static uint64_t (*const with_stack[])(uint64_t) = {DOOR_STACK_CODES(DOOR_STACK_ENTRY)};

/* --- Well-behaved --------------------------------------------------------------------------- */

static int64_t behave(void)
{
    volatile uint64_t *value = &thread_value;
    if (cap_enter(0, 0) != 0 || cap_enter(7, 9) != 0 || *value != 0x1122334455667788)
        return DOOR_ILL;
    for (size_t i = 0; i < sizeof door_room; i += 512)
        if (((volatile uint8_t *)door_room)[i] != 0)
            return DOOR_ILL;
    return DOOR_WELL;
}

static _Noreturn void spin(void)
{
    volatile uint64_t *count = (uint64_t *)DOOR_RING(DOOR_RING_COUNT);
    for (;;)
        ++*count;
}

/* One call at a time, by hand: a struct of one word for params, none for results. */
static int64_t sleep(uint64_t timer, uint64_t ns, uint64_t times)
{
    static uint64_t params[2];
    struct capos_ring_page *ring = (struct capos_ring_page *)CAPOS_RING_VADDR;
    params[0] = UINT64_C(1) << 32;
    params[1] = ns;
    for (uint64_t i = 0; i < times; i++) {
        ring->sq[ring->header.sq_tail % CAPOS_SQ_ENTRIES] = (struct cap_sqe){
            .op = CAP_OP_CALL,
            .method_id = TIMER_SLEEP,
            .user_data = i,
            .params_addr = (uint64_t)params,
            .params_len = sizeof params,
            .interface_id = TIMER_ID,
            .cap_id = timer,
        };
        ring->header.sq_tail++;
        if (cap_enter(1, CAPOS_FOREVER) != 1 ||
            ring->cq[ring->header.cq_head % CAPOS_CQ_ENTRIES].result != CAP_OK)
            return DOOR_ILL;
        ring->header.cq_head++;
        ++*(volatile uint64_t *)DOOR_RING(DOOR_RING_COUNT);
    }
    return DOOR_WELL;
}

static int64_t try_one(uint64_t operation, uint64_t a, uint64_t b)
{
    switch (operation) {
    case DOOR_COMMON:
        common[a]();
        return 0;
    case DOOR_OWN:
        own[a]();
        return 0;
    case DOOR_INT:
        ((void (*)(void))(uintptr_t)door_ints[a])();
        return 0;
    case DOOR_PORT:
        use_port((uint16_t)a, (enum door_port)b);
        return 0;
    case DOOR_READ_MSR:
    case DOOR_WRITE_MSR:
        use_msr((uint32_t)a, operation == DOOR_WRITE_MSR);
        return 0;
    case DOOR_JUMP:
        return jump(a ? a : (uint64_t)own_syscall) & 0xffff;
    case DOOR_READ:
        return *(volatile uint8_t *)a & 0;
    case DOOR_WRITE:
        *(volatile uint8_t *)a = 0;
        return 0;
    case DOOR_SELECTOR:
        load_selector((uint16_t)a, (enum door_segment)b);
        return 0;
    case DOOR_FAR:
        go_far(a, (enum door_far)b);
        return 0;
    case DOOR_FLAGS:
        return (int64_t)with_flags[b](a);
    default:
        return (int64_t)with_stack[b](a);
    }
}

int64_t program_main(const volatile struct program_command *command)
{
    uint64_t a = command->a, b = command->b;
    switch (command->operation) {
    case DOOR_GOOD:
        return behave();
    case DOOR_HOLD:
        door_hold(a);
    case DOOR_FILL:
        door_fill(a, b);
    case DOOR_LOOK:
        door_look(a);
        return DOOR_WELL;
    case DOOR_SPIN:
        spin();
    case DOOR_SLEEP:
        return sleep(a, b, command->c);
    default:
        return DOOR_PASSED | try_one(command->operation, a, b);
    }
}
