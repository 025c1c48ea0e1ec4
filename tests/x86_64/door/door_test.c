/*
 * The door on bare metal: a hostile program tries every way out that the
 * processor has. What gets through must be named here; the table of outcomes
 * is printed. Holds docs/security.md, clause 20.
 */
#include <string.h>

#include "kernel/core/text.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/x86_64/door/probe.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct door_row {
    const char *name;
    enum door_bare expected;
};

/* --- Instructions --------------------------------------------------------------------------- */

#define COMMON_ROW(name, code, verdict, bare) {#name, bare},
#define OWN_ROW(name, code, bare)             {#name, bare},
static const struct door_row common[] = {DOOR_INSTRUCTIONS(COMMON_ROW)};
static const struct door_row own[] = {DOOR_OWN_INSTRUCTIONS(OWN_ROW)};

/* The names of those that got through, for the table. */
static void try_rows(const char *what, uint64_t operation, const struct door_row *rows, size_t count)
{
    char line[400];
    struct text passed = KERNEL_TEXT_IN(line);
    kernel_text_add(&passed, "|   passed:");
    for (size_t i = 0; i < count; i++) {
        door_try(rows[i].expected, operation, i, 0);
        if (tap_stopped())
            tap_note(rows[i].name);
        TAP_STOP_IF_FAILED();
        if (door_last() != BARE_OPEN)
            continue;
        kernel_text_add(&passed, " ");
        kernel_text_add(&passed, rows[i].name);
    }
    door_row(what);
    tap_note(line);
}

TAP_TEST(no_instruction_but_those_named)
{
    door_open();
    try_rows("instructions of the common list", DOOR_COMMON, common, COUNT(common));
    TAP_STOP_IF_FAILED();
    try_rows("privileged and odd instructions", DOOR_OWN, own, COUNT(own));
    TAP_STOP_IF_FAILED();
    door_close();
}

TAP_TEST(no_interrupt_but_the_breakpoint)
{
    enum { BREAKPOINT = 3 };
    door_open();
    for (uint64_t vector = 0; vector < 256 && !tap_stopped(); vector++)
        door_try(vector == BREAKPOINT ? BARE_TRAP : BARE_PRIVILEGED, DOOR_INT, vector, 0);
    door_row("int 0 to 255");
    TAP_STOP_IF_FAILED();
    door_close();
}

TAP_TEST(no_port)
{
    /* Interrupt controllers, timer, keyboard and reset, exit device, serial, power, PCI, and both ends. */
    static const uint16_t ports[] = {0x00,  0x20,  0x21,  0x40,  0x43,  0x60,  0x61,  0x64,  0x70,   0x71,
                                     0x80,  0x92,  0xa0,  0xa1,  0xb2,  0xf4,  0x1f0, 0x3c0, 0x3f8,  0x3fd,
                                     0x402, 0x510, 0x511, 0x600, 0x604, 0xcf8, 0xcf9, 0xcfc, 0xb004, 0xffff};
    door_open();
    for (size_t i = 0; i < COUNT(ports); i++)
        for (uint64_t way = 0; way < DOOR_PORT_WAYS && !tap_stopped(); way++)
            door_try(BARE_PRIVILEGED, DOOR_PORT, ports[i], way);
    door_row("in, out, ins, outs on 30 ports");
    TAP_STOP_IF_FAILED();
    door_close();
}

TAP_TEST(no_model_specific_register)
{
    /* Clock, APIC base, speculation control, sysenter, debug, PAT, page attributes, x2APIC, and syscall's
     * own. */
    static const uint32_t registers[] = {
        0x0,        0x10,       0x1b,       0x3a,       0x48,       0x49,       0x8b,
        0xfe,       0x10a,      0x174,      0x175,      0x176,      0x1d9,      0x277,
        0x2ff,      0x38f,      0x6e0,      0x800,      0x808,      0xda0,      0xc0000080,
        0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102,
        0xc0000103, 0xc0010015, 0xc0010114, 0xc0010117, 0xffffffff};
    door_open();
    for (size_t i = 0; i < COUNT(registers) && !tap_stopped(); i++) {
        door_try(BARE_PRIVILEGED, DOOR_READ_MSR, registers[i], 0);
        TAP_STOP_IF_FAILED();
        door_try(BARE_PRIVILEGED, DOOR_WRITE_MSR, registers[i], 0);
    }
    door_row("rdmsr and wrmsr of 33 registers");
    TAP_STOP_IF_FAILED();
    door_close();
}

/* --- Places ---------------------------------------------------------------------------------- */

/* Each byte of the entry page as a place to jump to: only the slots do anything. */
static enum door_bare expected_at(uint64_t byte)
{
    enum { CAP_ENTER = 0, RETURN = 2, EXIT = 0x20, HALT = 0x22 };
    switch (byte) {
    case CAP_ENTER:
    case RETURN: /* nothing has happened */
        return BARE_OPEN;
    case HALT:
        return BARE_PRIVILEGED;
    default: /* 1 and 0x21: the second half of a system call is an addition; then the filling */
        return BARE_TRAP;
    }
}

TAP_TEST(no_way_through_the_middle_of_a_slot)
{
    enum { EXIT = 0x20 };
    door_open();
    for (uint64_t byte = 0; byte < CAPOS_PAGE_BYTES && !tap_stopped(); byte++)
        if (byte != EXIT)
            door_try(expected_at(byte), DOOR_JUMP, CAPOS_ENTRY_VADDR + byte, 0);
    door_row("jump to each byte of the entry page but exit");
    TAP_STOP_IF_FAILED();
    struct mini_process *left = door_start(DOOR_JUMP, CAPOS_ENTRY_VADDR + EXIT, 0);
    mini_wait_gone(left);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(left->exited);
    TAP_EQ(left->code, 0);
    mini_free(left);
    door_close();
}

TAP_TEST(no_system_call_from_its_own_memory)
{
    door_open();
    door_try(BARE_CALL, DOOR_JUMP, 0, 0);
    door_row("syscall in its text");
    TAP_STOP_IF_FAILED();
    door_close();
}

/* Kernel image, its data and stacks, direct map (page tables, the entry page's frame), devices, holes, ends.
 */
static const uint64_t kernel_places[] = {
    X86_KERNEL_VADDR,
    X86_KERNEL_VADDR + X86_LOAD_PADDR,
    X86_KERNEL_VADDR + X86_LOAD_PADDR + 0x1000,
    X86_KERNEL_VADDR + 0x40000000 - 8,
    X86_DIRECT_VADDR,
    X86_DIRECT_VADDR + X86_LOAD_PADDR,
    X86_DIRECT_VADDR + (UINT64_C(64) << 20),
    X86_DEVICE_VADDR,
    X86_DEVICE_VADDR + 0x1000,
    UINT64_C(0xfee00000),
    UINT64_C(0xfffffffffffffff8),
    UINT64_C(0xffff7ffffffffff8),
    UINT64_C(0x0000800000000000),
    UINT64_C(0x8000000000000000),
    UINT64_C(0x00007ffffffffff8),
    X86_LIMIT,
    0,
    8,
    CAPOS_ENTRY_VADDR - 8,
    CAPOS_ENTRY_VADDR + CAPOS_PAGE_BYTES,
    CAPOS_CAPSET_VADDR + CAPOS_PAGE_BYTES,
    CAPOS_RING_VADDR + CAPOS_PAGE_BYTES,
};

static bool is_canonical(uint64_t address)
{
    return address < UINT64_C(1) << 47 || address >= X86_DIRECT_VADDR;
}

static void try_places(const char *what, uint64_t operation)
{
    extern const uint8_t x86_system_call[];
    const uint64_t others[] = {
        (uintptr_t)&x86_port,
        (uintptr_t)x86_system_call,
        (uintptr_t)x86_entry_page,
        X86_DIRECT_VADDR + ((uintptr_t)x86_entry_page - X86_KERNEL_VADDR),
        x86_kernel_tables() + X86_DIRECT_VADDR,
    };
    for (size_t i = 0; i < COUNT(kernel_places) + COUNT(others) && !tap_stopped(); i++) {
        uint64_t place = i < COUNT(kernel_places) ? kernel_places[i] : others[i - COUNT(kernel_places)];
        door_try(is_canonical(place) ? BARE_MEMORY : BARE_FAULT, operation, place ? place : 1, 0);
    }
    door_row(what);
}

TAP_TEST(no_memory_but_its_own)
{
    door_open();
    try_places("reads of kernel, devices, holes, null", DOOR_READ);
    TAP_STOP_IF_FAILED();
    try_places("writes to them", DOOR_WRITE);
    TAP_STOP_IF_FAILED();
    try_places("jumps to them", DOOR_JUMP);
    TAP_STOP_IF_FAILED();
    door_try(BARE_MEMORY, DOOR_WRITE, CAPOS_ENTRY_VADDR, 0);
    door_try(BARE_MEMORY, DOOR_WRITE, CAPOS_CAPSET_VADDR, 0);
    door_try(BARE_MEMORY, DOOR_WRITE, CAPOS_IMAGE_VADDR, 0);
    door_try(BARE_MEMORY, DOOR_JUMP, CAPOS_RING_VADDR, 0);
    door_try(BARE_MEMORY, DOOR_JUMP, CAPOS_CAPSET_VADDR, 0);
    door_try(BARE_MEMORY, DOOR_JUMP, X86_LIMIT - 64, 0);
    door_try(BARE_MEMORY, DOOR_JUMP, door_image()->segments[2].address, 0);
    door_row("writes to what is read only, jumps into data");
    TAP_STOP_IF_FAILED();
    door_close();
}
