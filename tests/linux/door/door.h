/*
 * What a confined program may try at the door, and what has to come of it:
 * shared by the program (door.c) and the test that runs it (door_test.c).
 */
#ifndef CAPOS_TESTS_LINUX_DOOR_H
#define CAPOS_TESTS_LINUX_DOOR_H

enum door_operation {
    DOOR_SYSTEM_CALL, /* rax = a, at the place b, with arguments c */
    DOOR_INSTRUCTION, /* number a of DOOR_INSTRUCTIONS */
};

/* Places other than addresses to jump to. */
enum door_place {
    DOOR_OWN_SYSCALL, /* a syscall instruction of the program's text */
    DOOR_OWN_INT80,
    DOOR_OWN_STACK, /* a syscall instruction written to the stack */
};

enum door_arguments { DOOR_ZEROES, DOOR_SEAL /* what the seal slot's munmap has */ };

/* The exit code of a program that got through; the low 16 bits are the call's result. */
#define DOOR_PASSED 0x7a55ed0000

/*
 * X(name, code, verdict). The verdicts: STOPPED: it must not get through. OPEN: it always does, there is
 * nothing to stop it with. DEPENDS: on the processor and on Linux; it gives nothing but what it names.
 */
#define DOOR_INSTRUCTIONS(X)                                                                                 \
    X(rdtsc, "rdtsc", STOPPED)                                                                               \
    X(rdtscp, "rdtscp", STOPPED)                                                                             \
    X(rdpmc, "xor %ecx, %ecx\n\trdpmc", STOPPED)                                                             \
    X(cpuid, "push %rbx\n\txor %eax, %eax\n\tcpuid\n\tpop %rbx", DEPENDS)                                    \
    X(sgdt, "sub $24, %rsp\n\tsgdt (%rsp)\n\tadd $24, %rsp", DEPENDS)                                        \
    X(sidt, "sub $24, %rsp\n\tsidt (%rsp)\n\tadd $24, %rsp", DEPENDS)                                        \
    X(sldt, "sldt %eax", DEPENDS)                                                                            \
    X(str, "str %eax", DEPENDS)                                                                              \
    X(smsw, "smsw %eax", DEPENDS)                                                                            \
    X(lsl, "mov $0x7b, %eax\n\tlsl %eax, %eax", OPEN)                                                        \
    X(rdpid, ".byte 0xf3, 0x0f, 0xc7, 0xf8", DEPENDS)                                                        \
    X(rdfsbase, ".byte 0xf3, 0x48, 0x0f, 0xae, 0xc0", DEPENDS)                                               \
    X(wrfsbase, "xor %eax, %eax\n\t.byte 0xf3, 0x48, 0x0f, 0xae, 0xd0", DEPENDS)                             \
    X(wrgsbase, "xor %eax, %eax\n\t.byte 0xf3, 0x48, 0x0f, 0xae, 0xd8", DEPENDS)                             \
    X(swapgs, "swapgs", STOPPED)                                                                             \
    X(rdrand, "rdrand %rax", DEPENDS)                                                                        \
    X(xgetbv, "xor %ecx, %ecx\n\txgetbv", DEPENDS)                                                           \
    X(rdpkru, "xor %ecx, %ecx\n\t.byte 0x0f, 0x01, 0xee", DEPENDS)                                           \
    X(tpause, "xor %eax, %eax\n\txor %edx, %edx\n\t.byte 0x66, 0x0f, 0xae, 0xf0", DEPENDS)                   \
    X(mwait, "xor %eax, %eax\n\txor %ecx, %ecx\n\tmwait", STOPPED)                                           \
    X(hlt, "hlt", STOPPED)                                                                                   \
    X(cli, "cli", STOPPED)                                                                                   \
    X(in_, "in $0x80, %al", STOPPED)                                                                         \
    X(out_, "out %al, $0x80", STOPPED)                                                                       \
    X(rdmsr, "mov $0xc0000080, %ecx\n\trdmsr", STOPPED)                                                      \
    X(wrmsr, "mov $0xc0000080, %ecx\n\twrmsr", STOPPED)                                                      \
    X(read_cr0, "mov %cr0, %rax", STOPPED)                                                                   \
    X(read_cr3, "mov %cr3, %rax", STOPPED)                                                                   \
    X(lgdt, "lgdt (%rsp)", STOPPED)                                                                          \
    X(invlpg, "invlpg (%rsp)", STOPPED)                                                                      \
    X(sysret, "sysretq", STOPPED)                                                                            \
    X(sysenter, "mov $20, %eax\n\tmov %rsp, %rbp\n\tsysenter", STOPPED)                                      \
    X(int_20, "int $0x20", STOPPED)                                                                          \
    X(int_2, "int $2", STOPPED)                                                                              \
    X(icebp, ".byte 0xf1", STOPPED)                                                                          \
    X(ud2, "ud2", STOPPED)                                                                                   \
    X(single_step, "pushfq\n\torq $0x100, (%rsp)\n\tpopfq\n\tnop", STOPPED)                                  \
    X(misaligned, "pushfq\n\torq $0x40000, (%rsp)\n\tpopfq\n\tmov 1(%rsp), %rax", DEPENDS)                   \
    X(compat_int80,                                                                                          \
      "sub $16, %rsp\n\tmovl $1f, (%rsp)\n\tmovl $0x23, 4(%rsp)\n\tlretl\n\t"                                \
      ".code32\n1:\tmov $20, %eax\n\tint $0x80\n\tljmp $0x33, $2f\n\t.code64\n2:",                           \
      STOPPED)                                                                                               \
    X(compat_syscall,                                                                                        \
      "sub $16, %rsp\n\tmovl $1f, (%rsp)\n\tmovl $0x23, 4(%rsp)\n\tlretl\n\t"                                \
      ".code32\n1:\tmov $20, %eax\n\tsyscall\n\tljmp $0x33, $2f\n\t.code64\n2:",                             \
      STOPPED)                                                                                               \
    X(vsyscall_gettimeofday,                                                                                 \
      "xor %edi, %edi\n\txor %esi, %esi\n\tmov $0xffffffffff600000, %rax\n\tcall *%rax", STOPPED)            \
    X(vsyscall_time, "xor %edi, %edi\n\tmov $0xffffffffff600400, %rax\n\tcall *%rax", STOPPED)               \
    X(vsyscall_getcpu, "xor %edi, %edi\n\txor %esi, %esi\n\tmov $0xffffffffff600800, %rax\n\tcall *%rax",    \
      STOPPED)                                                                                               \
    X(vsyscall_read, "mov $0xffffffffff600000, %rax\n\tmov (%rax), %rax", STOPPED)                           \
    X(no_stack_fault, "xor %esp, %esp\n\tpush %rax", STOPPED)                                                \
    X(no_stack_syscall, "xor %esp, %esp\n\tmov $39, %eax\n\tsyscall", STOPPED)                               \
    X(fault_stack_abuse, "mov $0x160040, %esp\n\tud2", STOPPED)                                              \
    X(non_canonical_jump, "mov $0x8000000000000000, %rax\n\tjmp *%rax", STOPPED)                             \
    X(non_canonical_read, "mov $0x8000000000000000, %rax\n\tmov (%rax), %rax", STOPPED)                      \
    X(kernel_read, "mov $0xffffffff81000000, %rax\n\tmov (%rax), %rax", STOPPED)                             \
    X(loader_jump, "mov $0x600000000000, %rax\n\tjmp *%rax", STOPPED)                                        \
    X(handler_return, "mov $15, %eax\n\tsyscall", STOPPED)

enum door_instruction {
#define DOOR_NAME(name, code, verdict) DOOR_##name,
    DOOR_INSTRUCTIONS(DOOR_NAME)
#undef DOOR_NAME
        DOOR_INSTRUCTION_COUNT
};

#endif
