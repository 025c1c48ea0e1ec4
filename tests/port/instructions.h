/*
 * Instructions that a hostile program tries on every port, and what has to come of each.
 *
 * X(name, code, on Linux, on bare metal). On Linux the verdict is STOPPED (it must not get through), OPEN (it
 * always does: there is nothing to stop it with) or DEPENDS (on the processor and on Linux; it gives nothing
 * but what it names). On bare metal it is an enum door_bare.
 */
#ifndef CAPOS_TESTS_PORT_INSTRUCTIONS_H
#define CAPOS_TESTS_PORT_INSTRUCTIONS_H

/* What becomes of the program. */
enum door_bare {
    BARE_OPEN,       /* it goes on */
    BARE_PRIVILEGED, /* ended: the instruction is the kernel's (a general protection fault) */
    BARE_ILLEGAL,    /* ended: there is no such instruction, or not for programs */
    BARE_MEMORY,     /* ended: a page that is not its own */
    BARE_STACK,      /* ended: a stack address that cannot be */
    BARE_ARITHMETIC,
    BARE_TRAP,     /* ended: a breakpoint or a single step */
    BARE_CALL,     /* ended: a system call from a wrong place */
    BARE_FAULT,    /* ended; processors differ in how they say why */
    BARE_UMIP,     /* PRIVILEGED where the processor has UMIP, else OPEN */
    BARE_HARDWARE, /* FAULT on a processor; QEMU's emulator does not look */
    BARE_NEWER,    /* OPEN, or ILLEGAL on a processor without it */
};

#define DOOR_INSTRUCTIONS(X)                                                                                 \
    X(rdtsc, "rdtsc", STOPPED, BARE_OPEN)                                                                    \
    X(rdtscp, "rdtscp", STOPPED, BARE_NEWER)                                                                 \
    X(rdpmc, "xor %ecx, %ecx\n\trdpmc", STOPPED, BARE_PRIVILEGED)                                            \
    X(cpuid, "push %rbx\n\txor %eax, %eax\n\tcpuid\n\tpop %rbx", DEPENDS, BARE_OPEN)                         \
    X(sgdt, "sub $24, %rsp\n\tsgdt (%rsp)\n\tadd $24, %rsp", DEPENDS, BARE_UMIP)                             \
    X(sidt, "sub $24, %rsp\n\tsidt (%rsp)\n\tadd $24, %rsp", DEPENDS, BARE_UMIP)                             \
    X(sldt, "sldt %eax", DEPENDS, BARE_UMIP)                                                                 \
    X(str, "str %eax", DEPENDS, BARE_UMIP)                                                                   \
    X(smsw, "smsw %eax", DEPENDS, BARE_UMIP)                                                                 \
    X(lsl, "mov $0x7b, %eax\n\tlsl %eax, %eax", OPEN, BARE_OPEN)                                             \
    X(rdpid, ".byte 0xf3, 0x0f, 0xc7, 0xf8", DEPENDS, BARE_NEWER)                                            \
    X(rdfsbase, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xc0", DEPENDS, BARE_ILLEGAL)                                 \
    X(wrfsbase, "xor %eax, %eax\n\t.byte 0xf3, 0x48, 0x0f, 0xae, 0xd0", DEPENDS, BARE_ILLEGAL)               \
    X(wrgsbase, "xor %eax, %eax\n\t.byte 0xf3, 0x48, 0x0f, 0xae, 0xd8", DEPENDS, BARE_ILLEGAL)               \
    X(swapgs, "swapgs", STOPPED, BARE_PRIVILEGED)                                                            \
    X(rdrand, "rdrand %rax", DEPENDS, BARE_NEWER)                                                            \
    X(xgetbv, "xor %ecx, %ecx\n\txgetbv", DEPENDS, BARE_ILLEGAL)                                             \
    X(rdpkru, "xor %ecx, %ecx\n\t.byte 0x0f, 0x01, 0xee", DEPENDS, BARE_ILLEGAL)                             \
    X(tpause, "xor %eax, %eax\n\txor %edx, %edx\n\t.byte 0x66, 0x0f, 0xae, 0xf0", DEPENDS, BARE_NEWER)       \
    X(mwait, "xor %eax, %eax\n\txor %ecx, %ecx\n\tmwait", STOPPED, BARE_FAULT)                               \
    X(hlt, "hlt", STOPPED, BARE_PRIVILEGED)                                                                  \
    X(cli, "cli", STOPPED, BARE_PRIVILEGED)                                                                  \
    X(in_, "in $0x80, %al", STOPPED, BARE_PRIVILEGED)                                                        \
    X(out_, "out %al, $0x80", STOPPED, BARE_PRIVILEGED)                                                      \
    X(rdmsr, "mov $0xc0000080, %ecx\n\trdmsr", STOPPED, BARE_PRIVILEGED)                                     \
    X(wrmsr, "mov $0xc0000080, %ecx\n\twrmsr", STOPPED, BARE_PRIVILEGED)                                     \
    X(read_cr0, "mov %cr0, %rax", STOPPED, BARE_PRIVILEGED)                                                  \
    X(read_cr3, "mov %cr3, %rax", STOPPED, BARE_PRIVILEGED)                                                  \
    X(lgdt, "lgdt (%rsp)", STOPPED, BARE_PRIVILEGED)                                                         \
    X(invlpg, "invlpg (%rsp)", STOPPED, BARE_PRIVILEGED)                                                     \
    X(sysret, "sysretq", STOPPED, BARE_PRIVILEGED)                                                           \
    X(sysenter, "mov $20, %eax\n\tmov %rsp, %rbp\n\tsysenter", STOPPED, BARE_FAULT)                          \
    X(int_20, "int $0x20", STOPPED, BARE_PRIVILEGED)                                                         \
    X(int_2, "int $2", STOPPED, BARE_PRIVILEGED)                                                             \
    X(icebp, ".byte 0xf1", STOPPED, BARE_FAULT)                                                              \
    X(ud2, "ud2", STOPPED, BARE_ILLEGAL)                                                                     \
    X(single_step, "pushfq\n\torq $0x100, (%rsp)\n\tpopfq\n\tnop", STOPPED, BARE_TRAP)                       \
    X(misaligned, "pushfq\n\torq $0x40000, (%rsp)\n\tpopfq\n\tmov 1(%rsp), %rax", DEPENDS, BARE_OPEN)        \
    X(compat_int80,                                                                                          \
      "sub $16, %rsp\n\tmovl $1f, (%rsp)\n\tmovl $0x23, 4(%rsp)\n\tlretl\n\t"                                \
      ".code32\n1:\tmov $20, %eax\n\tint $0x80\n\tljmp $0x33, $2f\n\t.code64\n2:",                           \
      STOPPED, BARE_FAULT)                                                                                   \
    X(compat_syscall,                                                                                        \
      "sub $16, %rsp\n\tmovl $1f, (%rsp)\n\tmovl $0x23, 4(%rsp)\n\tlretl\n\t"                                \
      ".code32\n1:\tmov $20, %eax\n\tsyscall\n\tljmp $0x33, $2f\n\t.code64\n2:",                             \
      STOPPED, BARE_FAULT)                                                                                   \
    X(vsyscall_gettimeofday,                                                                                 \
      "xor %edi, %edi\n\txor %esi, %esi\n\tmov $0xffffffffff600000, %rax\n\tcall *%rax", STOPPED,            \
      BARE_MEMORY)                                                                                           \
    X(vsyscall_time, "xor %edi, %edi\n\tmov $0xffffffffff600400, %rax\n\tcall *%rax", STOPPED, BARE_MEMORY)  \
    X(vsyscall_getcpu, "xor %edi, %edi\n\txor %esi, %esi\n\tmov $0xffffffffff600800, %rax\n\tcall *%rax",    \
      STOPPED, BARE_MEMORY)                                                                                  \
    X(vsyscall_read, "mov $0xffffffffff600000, %rax\n\tmov (%rax), %rax", STOPPED, BARE_MEMORY)              \
    X(no_stack_fault, "xor %esp, %esp\n\tpush %rax", STOPPED, BARE_MEMORY)                                   \
    X(no_stack_syscall, "xor %esp, %esp\n\tmov $39, %eax\n\tsyscall", STOPPED, BARE_CALL)                    \
    X(fault_stack_abuse, "mov $0x160040, %esp\n\tud2", STOPPED, BARE_ILLEGAL)                                \
    X(non_canonical_jump, "mov $0x8000000000000000, %rax\n\tjmp *%rax", STOPPED, BARE_FAULT)                 \
    X(non_canonical_read, "mov $0x8000000000000000, %rax\n\tmov (%rax), %rax", STOPPED, BARE_FAULT)          \
    X(kernel_read, "mov $0xffffffff81000000, %rax\n\tmov (%rax), %rax", STOPPED, BARE_MEMORY)                \
    X(loader_jump, "mov $0x600000000000, %rax\n\tjmp *%rax", STOPPED, BARE_MEMORY)                           \
    X(handler_return, "mov $15, %eax\n\tsyscall", STOPPED, BARE_CALL)

#endif
