/*
 * What a program leaves behind, on bare metal: nothing that it had in a register or a page reaches
 * another, and no address of the kernel's reaches any. Holds docs/security.md, clause 21.
 */
#include <string.h>

#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/x86_64/door/probe.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define CANARY UINT64_C(0xca9a12bd55aa7ee1)

enum { PTE_PRESENT = 1, PTE_WRITE = 2, PTE_USER = 4, PTE_LARGE = 0x80, ENTRIES = 512, WORDS = 512 };
#define PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define PTE_ADDRESS    UINT64_C(0x000ffffffffff000)

/* --- Pages ------------------------------------------------------------------------------- */

/* Visits all pages below a table; rights are those that every level gives. */
typedef void (*visit_fn)(uint64_t entry, uint64_t rights);

static void visit_pages(uint64_t table, unsigned level, unsigned from, uint64_t rights, visit_fn visit)
{
    const uint64_t *entries = x86_direct(table);
    for (unsigned i = from; i < (level == 3 && from == 0 ? ENTRIES / 2 : ENTRIES); i++) {
        uint64_t entry = entries[i];
        uint64_t left = (rights & entry & (PTE_WRITE | PTE_USER)) | ((rights | entry) & PTE_NO_EXECUTE);
        if (!(entry & PTE_PRESENT))
            continue;
        if (level == 0 || (entry & PTE_LARGE))
            visit(entry, left);
        else
            visit_pages(entry & PTE_ADDRESS, level - 1, 0, left, visit);
    }
}

static void visit_process(const struct mini_process *process, visit_fn visit)
{
    visit_pages(x86_process_of((struct process *)&process->process)->tables, 3, 0, PTE_WRITE | PTE_USER,
                visit);
}

static bool is_kernel_address(uint64_t word)
{
    const uint64_t gib = UINT64_C(1) << 30;
    return word - X86_DIRECT_VADDR < 1024 * gib || word - X86_DEVICE_VADDR < gib ||
           word - X86_KERNEL_VADDR < gib;
}

static struct {
    unsigned pages, with_canary, with_kernel_address;
    uint64_t frames[256]; /* with the canary */
    unsigned reused;      /* that had it when it was noted */
    bool note;
} found;

static void look_at(uint64_t entry, uint64_t rights)
{
    uint64_t frame = entry & PTE_ADDRESS;
    /* The entry page is a part of the kernel's image, which is mapped in one place only. */
    bool entry_page = frame == (uintptr_t)x86_entry_page - X86_KERNEL_VADDR;
    const uint64_t *words = entry_page ? (const void *)x86_entry_page : x86_direct(frame);
    bool canary = false, address = false;
    for (unsigned i = 0; i < WORDS; i++) {
        canary |= words[i] == CANARY;
        address |= is_kernel_address(words[i]);
    }
    for (unsigned i = 0; !found.note && i < COUNT(found.frames); i++)
        found.reused += found.frames[i] == frame;
    if (found.note && canary && found.with_canary < COUNT(found.frames))
        found.frames[found.with_canary] = frame;
    found.pages++;
    found.with_canary += canary;
    /* The program's own instructions have such numbers in them. */
    found.with_kernel_address += address && (rights & PTE_NO_EXECUTE);
}

static void look_through(const struct mini_process *process, bool note)
{
    if (note)
        memset(&found, 0, sizeof found);
    found.pages = found.with_canary = found.with_kernel_address = found.reused = 0;
    found.note = note;
    visit_process(process, look_at);
}

/* --- Registers --------------------------------------------------------------------------- */

struct fpu_image {
    uint16_t control, status;
    uint8_t tags, zero;
    uint16_t opcode;
    uint64_t instruction, data;
    uint32_t mxcsr, mxcsr_mask;
    uint64_t registers[2 * 8 + 2 * 16];
    uint64_t rest[12];
};

static void check_fpu(const struct mini_process *process)
{
    struct fpu_image fpu;
    uint16_t selectors[5];
    memcpy(&fpu, (const void *)door_ring(process, DOOR_RING_FPU), sizeof fpu);
    memcpy(selectors, (const void *)door_ring(process, DOOR_RING_SELECTORS), sizeof selectors);
    TAP_EQ(fpu.control, 0x37f);
    TAP_EQ(fpu.status | fpu.tags | fpu.opcode, 0);
    TAP_EQ(fpu.instruction | fpu.data, 0);
    TAP_EQ(fpu.mxcsr, 0x1f80);
    for (size_t i = 0; i < COUNT(fpu.registers); i++)
        TAP_EQ(fpu.registers[i], 0);
    TAP_EQ(selectors[0] | selectors[1] | selectors[2] | selectors[3], 0);
    TAP_EQ(selectors[4], X86_USER_DATA);
}

static void check_start(const struct mini_process *process)
{
    struct program_registers r;
    memcpy(&r, (const void *)door_ring(process, 0x900), sizeof r);
    TAP_EQ(r.rdi, CAPOS_RING_VADDR);
    TAP_EQ(r.rsi, process->process.id);
    TAP_EQ(r.rdx, CAPOS_CAPSET_VADDR);
    TAP_EQ(r.rax | r.rbx | r.rcx | r.rbp | r.r8 | r.r9 | r.r10 | r.r11, 0);
    TAP_EQ(r.r12 | r.r13 | r.r14 | r.r15, 0);
    TAP_CHECK(r.rsp <= X86_LIMIT && r.rsp > X86_LIMIT - 2 * CAPOS_PAGE_BYTES);
    check_fpu(process);
}

/* In the order of registers.S. */
enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, REGISTERS };

static void check_after(const struct mini_process *process, int64_t result, bool waited)
{
    enum { ARITHMETIC = 0x8d5 };
    uint64_t r[REGISTERS];
    memcpy(r, (const void *)door_ring(process, DOOR_RING_AFTER), sizeof r);
    TAP_EQ(r[RAX], result);
    TAP_EQ(r[RDX] | r[RSI] | r[RDI] | r[R8] | r[R9] | r[R10], 0);
    TAP_EQ(r[RCX], waited ? 0 : X86_ENTERED_CAP_ENTER);
    TAP_EQ(r[R11] & ~(uint64_t)ARITHMETIC, waited ? 0 : 0x202);
    static const uint8_t kept[] = {RBX, RBP, R12, R13, R14, R15};
    for (size_t i = 0; i < COUNT(kept); i++)
        TAP_EQ(r[kept[i]], DOOR_LOOK_VALUE + 1 + i);
}

/* --- One after the other ---------------------------------------------------------------------- */

static void note_at_end(struct mini_process *process)
{
    look_through(process, true);
}

static void nothing_found(void)
{
    TAP_EQ(found.with_canary, 0);
    TAP_EQ(found.with_kernel_address, 0);
}

static void look_at_end(struct mini_process *process)
{
    look_through(process, false);
    nothing_found();
    TAP_STOP_IF_FAILED();
    check_start(process);
    TAP_STOP_IF_FAILED();
    check_after(process, 0, false);
}

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

static void wait_for_count(const struct mini_process *process, uint64_t count)
{
    uint64_t limit = port_now(mini.kernel) + UINT64_C(5000000000);
    while (*door_ring(process, DOOR_RING_COUNT) < count && !process->gone && port_now(mini.kernel) < limit)
        mini_port_step(mini.kernel, 1000000);
    TAP_CHECK(!process->gone && *door_ring(process, DOOR_RING_COUNT) >= count);
}

/* Fills registers and pages, and ends so, or is ended while it runs or waits. */
static void fill_and_end(uint64_t end)
{
    mini.on_end = note_at_end;
    mini.on_enter = wait_always;
    struct mini_process *filler = door_start(DOOR_FILL, CANARY, end);
    if (end == DOOR_END_SPIN)
        wait_for_count(filler, 1);
    if (end == DOOR_END_WAIT)
        mini_wait(&filler->waits);
    TAP_STOP_IF_FAILED();
    if (end == DOOR_END_SPIN || end == DOOR_END_WAIT) {
        look_through(filler, true);
        port_process_kill(mini.kernel, &filler->process);
    }
    mini_wait_gone(filler);
    TAP_STOP_IF_FAILED();
    mini_free(filler);
    TAP_CHECK(found.with_canary >= DOOR_ROOM_PAGES + DOOR_STACK_FILLED / CAPOS_PAGE_BYTES);
}

TAP_TEST(what_a_process_had_reaches_no_later_one)
{
    mini_open();
    for (uint64_t end = DOOR_END_EXIT; end <= DOOR_END_WAIT; end++) {
        fill_and_end(end);
        TAP_STOP_IF_FAILED();
        mini.on_end = look_at_end;
        mini.on_enter = NULL;
        const struct program_command command = {DOOR_LOOK, 0, 0, 0};
        struct mini_process *looker = mini_create(door_image(), &command);
        look_through(looker, false);
        TAP_CHECK(found.reused >= DOOR_ROOM_PAGES);
        nothing_found();
        TAP_STOP_IF_FAILED();
        TAP_EQ(port_process_start(mini.kernel, &looker->process), CAP_OK);
        mini.running++;
        mini_wait_gone(looker);
        TAP_STOP_IF_FAILED();
        TAP_EQ(looker->code, DOOR_WELL);
        mini_free(looker);
    }
    mini_close();
}

/* --- In turn ------------------------------------------------------------------------------------ */

TAP_TEST(what_a_process_has_reaches_none_that_runs_in_turn)
{
    enum { TURNS = 20 };
    mini_open();
    x86_port.options.quantum_ns = 5000;
    mini.on_enter = wait_always;
    struct mini_process *filler = door_start(DOOR_FILL, CANARY, DOOR_END_SPIN);
    wait_for_count(filler, 1);
    for (int i = 0; i < TURNS && !tap_stopped(); i++) {
        struct mini_process *looker = door_start(DOOR_LOOK, 1, 0);
        mini_wait(&looker->waits);
        TAP_STOP_IF_FAILED();
        check_start(looker);
        wait_for_count(filler, *door_ring(filler, DOOR_RING_COUNT) + 100);
        look_through(looker, false);
        nothing_found();
        TAP_STOP_IF_FAILED();
        port_wake(mini.kernel, &looker->process, 1000 + i);
        mini.on_end = NULL;
        while (!looker->exited && !looker->faulted)
            mini_port_step(mini.kernel, 1000000);
        check_after(looker, 1000 + i, true);
        mini_wait_gone(looker);
        TAP_STOP_IF_FAILED();
        TAP_EQ(looker->code, DOOR_WELL);
        mini_free(looker);
    }
    port_process_kill(mini.kernel, &filler->process);
    mini_wait_gone(filler);
    TAP_STOP_IF_FAILED();
    mini_free(filler);
    mini_close();
}

TAP_TEST(registers_survive_turns_and_waits)
{
    enum { HOLDERS = 3, LOOKS = 100, WAITS = 50 };
    struct mini_process *holders[HOLDERS];
    mini_open();
    x86_port.options.quantum_ns = 5000;
    mini.on_enter = wait_always;
    for (uint64_t i = 0; i < HOLDERS; i++)
        holders[i] = door_start(DOOR_HOLD, CANARY + i, 0);
    for (int i = 0; i < HOLDERS && !tap_stopped(); i++)
        wait_for_count(holders[i], LOOKS);
    TAP_STOP_IF_FAILED();
    *door_ring(holders[0], DOOR_RING_WAITS) = *door_ring(holders[1], DOOR_RING_WAITS) = 1;
    for (int i = 0; i < 2 * WAITS && !tap_stopped(); i++) {
        struct mini_process *waiter = holders[i % 2];
        mini_wait(&waiter->waits);
        waiter->waits = false;
        wait_for_count(holders[2], *door_ring(holders[2], DOOR_RING_COUNT) + 1);
        port_wake(mini.kernel, &waiter->process, (int64_t)CANARY);
    }
    for (int i = 0; i < HOLDERS && !tap_stopped(); i++) {
        *door_ring(holders[i], DOOR_RING_WAITS) = 0;
        *door_ring(holders[i], DOOR_RING_STOP) = 1;
        if (i < 2 && holders[i]->waits)
            port_wake(mini.kernel, &holders[i]->process, 0);
        mini_wait_gone(holders[i]);
        TAP_STOP_IF_FAILED();
        TAP_EQ(holders[i]->code, DOOR_WELL);
        mini_free(holders[i]);
    }
    mini_close();
}

/* --- The kernel's own pages --------------------------------------------------------------------- */

static unsigned kernel_pages, bad_pages;

static void check_kernel_page(uint64_t entry, uint64_t rights)
{
    (void)entry;
    kernel_pages++;
    bad_pages += (rights & PTE_USER) || ((rights & PTE_WRITE) && !(rights & PTE_NO_EXECUTE));
}

static void check_user_page(uint64_t entry, uint64_t rights)
{
    (void)entry;
    bad_pages += !(rights & PTE_USER) || ((rights & PTE_WRITE) && !(rights & PTE_NO_EXECUTE));
}

TAP_TEST(no_page_is_writable_and_executable_or_the_programs_and_the_kernels)
{
    enum { UPPER_HALF = 256 };
    mini_open();
    const struct program_command command = {DOOR_GOOD, 0, 0, 0};
    struct mini_process *process = mini_create(door_image(), &command);
    uint64_t tables = x86_process_of(&process->process)->tables;
    visit_pages(tables, 3, UPPER_HALF, PTE_WRITE | PTE_USER, check_kernel_page);
    visit_process(process, check_user_page);
    TAP_CHECK(kernel_pages > 100);
    TAP_EQ(bad_pages, 0);
    mini_free(process);
    mini_close();
}

TAP_TEST(the_processors_protection_is_on)
{
    enum { WRITE_PROTECT = 1 << 16, SMEP = 1 << 20, SMAP = 1 << 21, UMIP = 1 << 11, NO_EXECUTE = 1 << 11 };
    enum { MSR_EFER = 0xc0000080, LEAF = 7, LEAF_SMEP = 1 << 7, LEAF_SMAP = 1 << 20, LEAF_UMIP = 1 << 2 };
    struct x86_cpuid has = x86_cpuid(0).a >= LEAF ? x86_cpuid(LEAF) : (struct x86_cpuid){0};
    uint64_t cr4 = x86_read_cr4();
    TAP_CHECK(x86_read_cr0() & WRITE_PROTECT);
    TAP_CHECK(x86_read_msr(MSR_EFER) & NO_EXECUTE);
    TAP_EQ((cr4 & SMEP) != 0, (has.b & LEAF_SMEP) != 0);
    TAP_EQ((cr4 & SMAP) != 0, (has.b & LEAF_SMAP) != 0);
    TAP_EQ((cr4 & UMIP) != 0, (has.c & LEAF_UMIP) != 0);
}

TAP_TEST(hide_cpu_stops_the_clock_instruction)
{
    uint64_t before = x86_read_cr4();
    x86_processor_protect(true);
    door_open();
    door_try(BARE_PRIVILEGED, DOOR_COMMON, DOOR_COMMON_rdtsc, 0);
    door_try(BARE_FAULT, DOOR_COMMON, DOOR_COMMON_rdtscp, 0);
    door_row("rdtsc and rdtscp with hide-cpu");
    x86_write_cr4(before);
    TAP_STOP_IF_FAILED();
    door_close();
}
