/*
 * The processor's tables and modes: segments, the task state, exceptions, the
 * system call; what protects the kernel; and which process's memory and
 * registers the processor has.
 */
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

enum { MSR_EFER = 0xc0000080, MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK };
enum { MSR_FS_BASE = 0xc0000100, MSR_GS_BASE, MSR_KERNEL_GS_BASE };
enum { MSR_SYSENTER_CS = 0x174 };

enum { EFER_SYSCALL = 1 << 0 };
#define CR0_SET UINT64_C(0x10022) /* WP, NE, MP */
#define CR0_OFF UINT64_C(0x0000c) /* TS, EM */
enum {
    CR4_TSD = 1 << 2,
    CR4_PGE = 1 << 7,
    CR4_OSFXSR = 1 << 9,
    CR4_OSXMMEXCPT = 1 << 10,
    CR4_UMIP = 1 << 11,
    CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21,
};

/* What a program may not bring into the kernel: TF, IF, DF, NT, AC. */
#define SYSTEM_CALL_CLEARS UINT64_C(0x44700)

enum { GATES = 256, STUB_BYTES = 16 };

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t stack;
    uint8_t type;
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t zero;
};

struct task_state {
    uint32_t zero0;
    uint64_t kernel_rsp; /* where the processor pushes when a process traps */
    uint64_t unused[2];
    uint64_t zero1;
    uint64_t stacks[7];
    uint64_t zero2;
    uint16_t zero3;
    uint16_t io_map; /* beyond the end: no port is open */
} __attribute__((packed));

struct table_pointer {
    uint16_t limit;
    uint64_t address;
} __attribute__((packed));

extern const uint8_t x86_trap_stubs[GATES][STUB_BYTES];
extern const uint8_t x86_debug_stack_end[], x86_nmi_stack_end[], x86_fault_stack_end[];
extern const uint8_t x86_system_call[];

static struct gate gates[GATES] __attribute__((aligned(16)));
static struct task_state task;

/* In the order of layout.h; the last two are the task's. */
static uint64_t segments[] = {
    0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff, 0x00affb000000ffff, 0, 0};

static void set_gate(unsigned vector, unsigned stack, bool from_user)
{
    enum { INTERRUPT_GATE = 0x8e, FROM_USER = 0x60 };
    uint64_t offset = (uintptr_t)x86_trap_stubs[vector];
    gates[vector] = (struct gate){
        .offset_low = (uint16_t)offset,
        .selector = X86_KERNEL_CODE,
        .stack = (uint8_t)stack,
        .type = (uint8_t)(INTERRUPT_GATE | (from_user ? FROM_USER : 0)),
        .offset_middle = (uint16_t)(offset >> 16),
        .offset_high = (uint32_t)(offset >> 32),
    };
}

static void set_gates(void)
{
    enum { VECTOR_BREAKPOINT = 3 };
    for (unsigned vector = 0; vector < GATES; vector++)
        set_gate(vector, 0, vector == VECTOR_BREAKPOINT);
    set_gate(X86_VECTOR_DEBUG, 1, false);
    set_gate(X86_VECTOR_NMI, 2, false);
    set_gate(X86_VECTOR_DOUBLE, 3, false);
    set_gate(X86_VECTOR_MACHINE, 3, false);
    task.stacks[0] = (uintptr_t)x86_debug_stack_end;
    task.stacks[1] = (uintptr_t)x86_nmi_stack_end;
    task.stacks[2] = (uintptr_t)x86_fault_stack_end;
    task.io_map = sizeof task;
}

static void load_tables(void)
{
    uint64_t base = (uintptr_t)&task;
    segments[X86_TASK / 8] =
        (sizeof task - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
    segments[X86_TASK / 8 + 1] = base >> 32;
    const struct table_pointer gdt = {sizeof segments - 1, (uintptr_t)segments};
    const struct table_pointer idt = {sizeof gates - 1, (uintptr_t)gates};
    /* At a processor's start there is a table of local segments, 64 KiB at address 0. */
    __asm__ volatile("lgdt %0\n\tlidt %1\n\tltr %w2\n\tlldt %w3"
                     :
                     : "m"(gdt), "m"(idt), "r"(X86_TASK), "r"(0)
                     : "memory");
}

void x86_processor_open(void)
{
    set_gates();
    load_tables();
    x86_write_msr(MSR_GS_BASE, (uintptr_t)&x86_port.cpu);
    x86_write_msr(MSR_KERNEL_GS_BASE, 0);
    x86_write_msr(MSR_STAR, (uint64_t)(X86_KERNEL_DATA | 3) << 48 | (uint64_t)X86_KERNEL_CODE << 32);
    x86_write_msr(MSR_LSTAR, (uintptr_t)x86_system_call);
    x86_write_msr(MSR_SFMASK, SYSTEM_CALL_CLEARS);
    x86_write_msr(MSR_SYSENTER_CS, 0);
    x86_write_msr(MSR_EFER, x86_read_msr(MSR_EFER) | EFER_SYSCALL);
}

void x86_processor_protect(bool hide_cpu)
{
    enum { EXTENDED = 7, B_SMEP = 1 << 7, B_SMAP = 1 << 20, C_UMIP = 1 << 2 };
    struct x86_cpuid extended = {0};
    if (x86_cpuid(0).a >= EXTENDED)
        extended = x86_cpuid(EXTENDED);
    uint64_t cr4 = x86_read_cr4() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    cr4 |= extended.b & B_SMEP ? CR4_SMEP : 0;
    cr4 |= extended.b & B_SMAP ? CR4_SMAP : 0;
    cr4 |= extended.c & C_UMIP ? CR4_UMIP : 0;
    cr4 |= hide_cpu ? CR4_TSD : 0;
    x86_write_cr4(cr4);
    x86_write_cr0((x86_read_cr0() | CR0_SET) & ~CR0_OFF);
}

/* --- Whose it is ------------------------------------------------------------------------- */

/* Some processors leave the last x87 instruction's addresses of the process before: these three replace them.
 */
static void load_fpu(const struct x86_process *process)
{
    static const uint32_t zero;
    __asm__ volatile("fnclex\n\temms\n\tfildl %1\n\tfxrstor64 %0" : : "m"(process->fpu), "m"(zero));
}

static void unload_segments(void)
{
    __asm__ volatile("mov %0, %%ds\n\tmov %0, %%es\n\tmov %0, %%fs\n\tswapgs\n\tmov %0, %%gs\n\tswapgs"
                     :
                     : "r"(0)
                     : "memory");
}

void x86_processor_load(struct x86_process *process)
{
    struct x86_process *before = x86_port.loaded;
    if (before == process)
        return;
    if (before)
        __asm__ volatile("fxsave64 %0" : "=m"(before->fpu));
    x86_port.loaded = process;
    x86_port.cpu.frame_end = (uintptr_t)(&process->frame + 1);
    task.kernel_rsp = x86_port.cpu.frame_end;
    x86_write_cr3(process->tables);
    unload_segments();
    x86_write_msr(MSR_FS_BASE, process->fs_base);
    load_fpu(process);
}

void x86_processor_unload(void)
{
    x86_port.loaded = NULL;
    x86_write_cr3(x86_kernel_tables());
}

void x86_processor_forget(const struct x86_process *process)
{
    if (process == x86_port.loaded)
        x86_write_cr3(process->tables);
}
