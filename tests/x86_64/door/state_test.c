/*
 * The door on bare metal, by the state in which a program comes to it: flags,
 * stack pointers and segment selectors that no compiler would have there.
 * Holds docs/security.md, clause 20.
 */
#include "kernel/x86_64/x86_64.h"
#include "tests/x86_64/door/probe.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
    TRAP = 1 << 8,
    INTERRUPTS = 1 << 9,
    DIRECTION = 1 << 10,
    PRIVILEGE = 3 << 12,
    NESTED = 1 << 14,
    RESUME = 1 << 16,
    VIRTUAL = 1 << 17,
    ALIGNMENT = 1 << 18,
    VIRTUAL_INTERRUPTS = 3 << 19,
    IDENTIFICATION = 1 << 21,
    ALL = 0x3f7fd7,
    KEPT = DIRECTION | NESTED | ALIGNMENT | IDENTIFICATION,
};

/* --- Flags -------------------------------------------------------------------------------- */

static enum door_bare expected_way(uint64_t way)
{
    switch (way) {
    case DOOR_WAY_SYSCALL:
    case DOOR_WAY_SHADOW_SYSCALL:
        return BARE_CALL;
    case DOOR_WAY_INT3:
    case DOOR_WAY_SHADOW_INT3:
        return BARE_TRAP;
    case DOOR_WAY_UD2:
    case DOOR_WAY_SHADOW_UD2:
        return BARE_ILLEGAL;
    case DOOR_WAY_ICEBP:
    case DOOR_WAY_SHADOW_ICEBP:
        return BARE_FAULT;
    default:
        return BARE_OPEN;
    }
}

/* The trap comes behind an instruction, if that does not end the process itself. */
static enum door_bare expected_flags(uint64_t flags, uint64_t way)
{
    enum door_bare expected = expected_way(way);
    if (!(flags & TRAP))
        return expected;
    if (expected == BARE_OPEN)
        return BARE_TRAP;
    return expected == BARE_CALL ? BARE_FAULT : expected;
}

/* The kernel's own flags, whatever it runs for. */
static void check_own_flags(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags));
    TAP_EQ(flags & (TRAP | INTERRUPTS | DIRECTION | PRIVILEGE | NESTED | ALIGNMENT), 0);
}

static enum kernel_enter look_when_entered(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    check_own_flags();
    return KERNEL_ENTER_RETURNS;
}

static void look_at_end(struct mini_process *process)
{
    (void)process;
    check_own_flags();
}

static void try_flags(uint64_t flags, uint64_t way)
{
    if (way == DOOR_WAY_STEP) {
        flags &= ~(uint64_t)(VIRTUAL | VIRTUAL_INTERRUPTS); /* iret would look at them */
        door_try_far(expected_flags(flags, way), DOOR_FLAGS, flags, way);
    } else {
        door_try(expected_flags(flags, way), DOOR_FLAGS, flags, way);
    }
    TAP_STOP_IF_FAILED();
    if (door_last() == BARE_OPEN && (way == DOOR_WAY_ENTER || way == DOOR_WAY_STEP))
        TAP_EQ(door_last_code() & (KEPT | INTERRUPTS | PRIVILEGE), (flags & KEPT) | INTERRUPTS);
}

TAP_TEST(no_flag_reaches_the_kernel)
{
    static const uint32_t flags[] = {
        0,       TRAP,      INTERRUPTS,         DIRECTION,      PRIVILEGE,   NESTED, RESUME,
        VIRTUAL, ALIGNMENT, VIRTUAL_INTERRUPTS, IDENTIFICATION, ALL & ~TRAP, ALL};
    door_open();
    mini.on_enter = look_when_entered;
    mini.on_end = look_at_end;
    for (size_t i = 0; i < COUNT(flags); i++)
        for (uint64_t way = 0; way < DOOR_WAYS && !tap_stopped(); way++)
            try_flags(flags[i], way);
    door_row("13 sets of flags at 12 ways in");
    TAP_STOP_IF_FAILED();
    door_close();
}

/* --- Stack pointers -------------------------------------------------------------------------- */

static const uint64_t stacks[] = {
    0,
    8,
    1,
    UINT64_MAX,
    X86_KERNEL_VADDR + X86_LOAD_PADDR + 0x800,
    X86_DIRECT_VADDR + (UINT64_C(64) << 20),
    X86_DEVICE_VADDR + 0x800,
    UINT64_C(0x0000800000000000),
    UINT64_C(0x8000000000000000),
    UINT64_C(0xffff800000000000),
    CAPOS_ENTRY_VADDR + 0x800,
    CAPOS_CAPSET_VADDR + 0x800,
    CAPOS_IMAGE_VADDR + 0x800,
    CAPOS_RING_VADDR,
};

static enum door_bare expected_stack(uint64_t way)
{
    if (way == DOOR_WAY_ENTER || way == DOOR_WAY_PUSH)
        return BARE_FAULT; /* the way back cannot be read, or leads nowhere */
    return expected_way(way);
}

TAP_TEST(no_stack_pointer_is_followed)
{
    extern const uint8_t x86_stack_end[];
    const uint64_t own[] = {(uintptr_t)x86_stack_end, (uintptr_t)&x86_port.cpu, x86_port.cpu.frame_end};
    door_open();
    for (size_t i = 0; i < COUNT(stacks) + COUNT(own); i++)
        for (uint64_t way = 0; way < DOOR_WAY_STEP && !tap_stopped(); way++)
            door_try(expected_stack(way), DOOR_STACK, i < COUNT(stacks) ? stacks[i] : own[i - COUNT(stacks)],
                     way);
    door_row("17 stack pointers at 11 ways in");
    TAP_STOP_IF_FAILED();
    door_close();
}

/* --- Segments ----------------------------------------------------------------------------------- */

static const uint16_t selectors[] = {0,
                                     1,
                                     2,
                                     3,
                                     X86_KERNEL_CODE,
                                     X86_KERNEL_CODE | 3,
                                     X86_KERNEL_DATA,
                                     X86_KERNEL_DATA | 3,
                                     X86_USER_DATA & ~3,
                                     X86_USER_DATA,
                                     X86_USER_CODE & ~3,
                                     X86_USER_CODE,
                                     X86_TASK,
                                     X86_TASK | 3,
                                     X86_TASK + 8,
                                     X86_TASK + 16,
                                     4,
                                     7,
                                     0x1f,
                                     0x27,
                                     0x33,
                                     0xfffb,
                                     0xffff};

static enum door_bare expected_selector(uint16_t selector, uint64_t segment)
{
    bool data = selector == (X86_USER_DATA & ~3) || selector == X86_USER_DATA;
    bool code = selector == (X86_USER_CODE & ~3) || selector == X86_USER_CODE;
    if (segment == DOOR_SS || segment == DOOR_LSS)
        return selector == X86_USER_DATA ? BARE_OPEN : BARE_PRIVILEGED;
    return selector <= 3 || data || code ? BARE_OPEN : BARE_PRIVILEGED;
}

static enum door_bare expected_far(uint16_t selector, uint64_t how)
{
    switch (how) {
    case DOOR_FAR_CALL: /* QEMU's emulator keeps half of the stack pointer */
        return (selector & ~3) == (X86_USER_CODE & ~3) ? BARE_FAULT : BARE_PRIVILEGED;
    case DOOR_FAR_JUMP:
        return (selector & ~3) == (X86_USER_CODE & ~3) ? BARE_CALL : BARE_PRIVILEGED;
    case DOOR_IRET_STACK:
        return selector == X86_USER_DATA ? BARE_OPEN : BARE_PRIVILEGED;
    default:
        return selector == X86_USER_CODE ? BARE_OPEN : BARE_PRIVILEGED;
    }
}

TAP_TEST(no_segment_but_the_programs)
{
    door_open();
    for (size_t i = 0; i < COUNT(selectors); i++)
        for (uint64_t segment = 0; segment < DOOR_SEGMENTS && !tap_stopped(); segment++)
            door_try(expected_selector(selectors[i], segment), DOOR_SELECTOR, selectors[i], segment);
    door_row("23 selectors into ds, es, fs, gs, ss");
    TAP_STOP_IF_FAILED();
    for (size_t i = 0; i < COUNT(selectors); i++)
        for (uint64_t how = 0; how < DOOR_FARS && !tap_stopped(); how++)
            door_try_far(expected_far(selectors[i], how), DOOR_FAR, selectors[i], how);
    door_row("far calls, jumps, returns, irets to them");
    TAP_STOP_IF_FAILED();
    door_close();
}

/* --- Where it was interrupted ------------------------------------------------------------------------ */

/* As a processor might leave them that takes an interrupt before it looks at where a jump leads. */
TAP_TEST(no_instruction_pointer_is_believed)
{
    static const uint64_t places[] = {UINT64_C(0x0000800000000000), UINT64_C(0x8000000000000000),
                                      X86_KERNEL_VADDR + X86_LOAD_PADDR, UINT64_MAX, 0};
    door_open();
    for (size_t i = 0; i < COUNT(places); i++) {
        const struct program_command command = {DOOR_GOOD, 0, 0, 0};
        struct mini_process *process = mini_create(door_image(), &command);
        x86_process_of(&process->process)->frame.rip = places[i];
        port_process_start(mini.kernel, &process->process);
        mini.running++;
        mini_wait_gone(process);
        TAP_STOP_IF_FAILED();
        TAP_CHECK(process->faulted);
        mini_free(process);
    }
    door_row("interrupted at 5 places that cannot be");
    door_close();
}
