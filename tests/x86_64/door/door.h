/*
 * What a hostile program tries on bare metal: shared by the program (door.c)
 * and the tests that run it.
 */
#ifndef CAPOS_TESTS_X86_64_DOOR_H
#define CAPOS_TESTS_X86_64_DOOR_H

#include "tests/port/instructions.h"
#include "tests/x86_64/door/layout.h"

enum door_operation {
    DOOR_COMMON,    /* number a of DOOR_INSTRUCTIONS */
    DOOR_OWN,       /* number a of DOOR_OWN_INSTRUCTIONS */
    DOOR_INT,       /* int a */
    DOOR_PORT,      /* I/O port a, by enum door_port b */
    DOOR_READ_MSR,  /* number a */
    DOOR_WRITE_MSR, /* number a, what the processor may have there already */
    DOOR_JUMP,      /* to address a, with return addresses on the stack; 0: to a syscall of its own */
    DOOR_READ,      /* the byte at a */
    DOOR_WRITE,     /* to the byte at a */
    DOOR_SELECTOR,  /* selector a into enum door_segment b */
    DOOR_FAR,       /* to selector a, by enum door_far b */
    DOOR_FLAGS,     /* flags a, then enum door_way b */
    DOOR_STACK,     /* stack pointer a, then enum door_way b */

    DOOR_GOOD,  /* makes calls and ends well */
    DOOR_HOLD,  /* keeps a in all its registers, and looks */
    DOOR_FILL,  /* fills registers and memory with a, then ends by DOOR_END_* b */
    DOOR_LOOK,  /* shows what it finds in its registers */
    DOOR_SPIN,  /* counts, and never makes a call */
    DOOR_SLEEP, /* calls Timer.sleep on capability a, b ns, c times, counting */
};

enum door_port {
    DOOR_IN8,
    DOOR_IN16,
    DOOR_IN32,
    DOOR_OUT8,
    DOOR_OUT16,
    DOOR_OUT32,
    DOOR_INS,
    DOOR_OUTS,
    DOOR_PORT_WAYS
};
enum door_segment { DOOR_DS, DOOR_ES, DOOR_FS, DOOR_GS, DOOR_SS, DOOR_LSS, DOOR_LFS, DOOR_SEGMENTS };
enum door_far { DOOR_FAR_CALL, DOOR_FAR_JUMP, DOOR_FAR_RETURN, DOOR_IRET, DOOR_IRET_STACK, DOOR_FARS };
enum door_way {
    DOOR_WAY_ENTER,   /* cap_enter, then shows its flags */
    DOOR_WAY_SYSCALL, /* of its own */
    DOOR_WAY_INT3,
    DOOR_WAY_UD2,
    DOOR_WAY_ICEBP,
    DOOR_WAY_PUSH,           /* and pop */
    DOOR_WAY_SPIN,           /* until it has been interrupted some times */
    DOOR_WAY_SHADOW_SYSCALL, /* the same behind a load of ss, which holds off interrupts and traps */
    DOOR_WAY_SHADOW_INT3,
    DOOR_WAY_SHADOW_UD2,
    DOOR_WAY_SHADOW_ICEBP,
    DOOR_WAY_STEP, /* DOOR_FLAGS only: iret to cap_enter, so that the flags are in force at its first
                      instruction */
    DOOR_WAYS
};

/* X(name, code, what becomes of it) */
#define DOOR_OWN_INSTRUCTIONS(X)                                                                             \
    X(lidt, "lidt (%rsp)", BARE_PRIVILEGED)                                                                  \
    X(lldt, "mov $0x18, %eax\n\tlldt %ax", BARE_PRIVILEGED)                                                  \
    X(ltr, "mov $0x28, %eax\n\tltr %ax", BARE_PRIVILEGED)                                                    \
    X(read_cr2, "mov %cr2, %rax", BARE_PRIVILEGED)                                                           \
    X(read_cr4, "mov %cr4, %rax", BARE_PRIVILEGED)                                                           \
    X(read_cr8, "mov %cr8, %rax", BARE_PRIVILEGED)                                                           \
    X(write_cr0, "mov %rax, %cr0", BARE_PRIVILEGED)                                                          \
    X(write_cr2, "mov %rax, %cr2", BARE_PRIVILEGED)                                                          \
    X(write_cr3, "mov %rax, %cr3", BARE_PRIVILEGED)                                                          \
    X(write_cr4, "mov %rax, %cr4", BARE_PRIVILEGED)                                                          \
    X(write_cr8, "mov %rax, %cr8", BARE_PRIVILEGED)                                                          \
    X(read_dr0, "mov %dr0, %rax", BARE_PRIVILEGED)                                                           \
    X(read_dr7, "mov %dr7, %rax", BARE_PRIVILEGED)                                                           \
    X(write_dr0, "mov %rax, %dr0", BARE_PRIVILEGED)                                                          \
    X(write_dr7, "mov %rax, %dr7", BARE_PRIVILEGED)                                                          \
    X(clts, "clts", BARE_PRIVILEGED)                                                                         \
    X(lmsw, "xor %eax, %eax\n\tlmsw %ax", BARE_PRIVILEGED)                                                   \
    X(sti, "sti", BARE_PRIVILEGED)                                                                           \
    X(sti_behind_iopl, "pushfq\n\torq $0x3000, (%rsp)\n\tpopfq\n\tsti", BARE_PRIVILEGED)                     \
    X(popf_iopl,                                                                                             \
      "pushfq\n\torq $0x3000, (%rsp)\n\tpopfq\n\tpushfq\n\tpop %rax\n\ttest $0x3000, %eax\n\t"               \
      "jnz 1f\n\tret\n1:\tud2",                                                                              \
      BARE_OPEN)                                                                                             \
    X(popf_interrupts,                                                                                       \
      "pushfq\n\tandq $~0x200, (%rsp)\n\tpopfq\n\tpushfq\n\tpop %rax\n\t"                                    \
      "test $0x200, %eax\n\tjz 1f\n\tret\n1:\tud2",                                                          \
      BARE_OPEN)                                                                                             \
    X(wbinvd, "wbinvd", BARE_PRIVILEGED)                                                                     \
    X(invd, "invd", BARE_PRIVILEGED)                                                                         \
    X(invpcid, "sub $16, %rsp\n\txor %eax, %eax\n\tinvpcid (%rsp), %rax", BARE_FAULT)                        \
    X(monitor, "mov %rsp, %rax\n\txor %ecx, %ecx\n\txor %edx, %edx\n\tmonitor", BARE_FAULT)                  \
    X(xsetbv, "xor %ecx, %ecx\n\txor %edx, %edx\n\tmov $7, %eax\n\txsetbv", BARE_FAULT)                      \
    X(xsave, "mov $7, %eax\n\txor %edx, %edx\n\tmov $0x180b00, %edi\n\txsave (%rdi)", BARE_ILLEGAL)          \
    X(avx, "vxorps %ymm0, %ymm0, %ymm0", BARE_ILLEGAL)                                                       \
    X(stac, "stac", BARE_ILLEGAL)                                                                            \
    X(clac, "clac", BARE_ILLEGAL)                                                                            \
    X(sysret32, "sysretl", BARE_PRIVILEGED)                                                                  \
    X(sysexit, "sysexitl", BARE_FAULT)                                                                       \
    X(rsm, "rsm", BARE_ILLEGAL)                                                                              \
    X(vmcall, "vmcall", BARE_FAULT)                                                                          \
    X(vmmcall, "vmmcall", BARE_FAULT)                                                                        \
    X(vmrun, "xor %eax, %eax\n\tvmrun", BARE_FAULT)                                                          \
    X(vmload, "xor %eax, %eax\n\tvmload", BARE_FAULT)                                                        \
    X(vmsave, "xor %eax, %eax\n\tvmsave", BARE_FAULT)                                                        \
    X(stgi, "stgi", BARE_FAULT)                                                                              \
    X(clgi, "clgi", BARE_FAULT)                                                                              \
    X(skinit, "xor %eax, %eax\n\tskinit", BARE_FAULT)                                                        \
    X(invlpga, "xor %eax, %eax\n\txor %ecx, %ecx\n\tinvlpga", BARE_FAULT)                                    \
    X(getsec, "xor %eax, %eax\n\tgetsec", BARE_FAULT)                                                        \
    X(into, ".byte 0xce", BARE_ILLEGAL)                                                                      \
    X(push_cs, ".byte 0x0e", BARE_ILLEGAL)                                                                   \
    X(far_jump_direct, ".byte 0xea, 0, 0, 0, 0, 8, 0", BARE_ILLEGAL)                                         \
    X(ud0, ".byte 0x0f, 0xff, 0xc0", BARE_ILLEGAL)                                                           \
    X(ud1, ".byte 0x0f, 0xb9, 0xc0", BARE_ILLEGAL)                                                           \
    X(too_long, ".fill 15, 1, 0x66\n\tnop", BARE_FAULT)                                                      \
    X(lock_nop, ".byte 0xf0, 0x90", BARE_ILLEGAL)                                                            \
    X(lar, "mov $8, %eax\n\tlar %eax, %eax", BARE_OPEN)                                                      \
    X(verr_kernel, "mov $0x10, %eax\n\tverr %ax\n\tjz 1f\n\tret\n1:\tud2", BARE_OPEN)                        \
    X(verw_kernel, "mov $0x10, %eax\n\tverw %ax\n\tjz 1f\n\tret\n1:\tud2", BARE_OPEN)                        \
    X(prefetch_kernel, "mov $0xffffffff80100000, %rax\n\tprefetcht0 (%rax)", BARE_OPEN)                      \
    X(store_kernel, "mov $0xffffffff80100000, %rax\n\tmovnti %rax, (%rax)", BARE_MEMORY)                     \
    X(string_into_kernel, "mov $0xffff800000100000, %rdi\n\tmov $16, %ecx\n\trep stosb", BARE_MEMORY)        \
    X(string_from_kernel,                                                                                    \
      "mov $0xffff800000100000, %rsi\n\tmov $0x180b00, %edi\n\tmov $16, %ecx\n\t"                            \
      "rep movsb",                                                                                           \
      BARE_MEMORY)                                                                                           \
    X(fxsave_into_kernel, "mov $0xffff800000100000, %rax\n\tfxsave64 (%rax)", BARE_MEMORY)                   \
    X(fxrstor_from_kernel, "mov $0xffff800000100000, %rax\n\tfxrstor64 (%rax)", BARE_MEMORY)                 \
    X(call_through_kernel, "mov $0xffff800000100000, %rax\n\tcall *(%rax)", BARE_MEMORY)                     \
    X(return_non_canonical, "movabs $0x0000800000000000, %rax\n\tpush %rax\n\tret", BARE_FAULT)              \
    X(jump_canonical_end, "movabs $0x00007ffffffffffe, %rax\n\tjmp *%rax", BARE_MEMORY)                      \
    X(return_kernel, "movabs $0xffffffff80100000, %rax\n\tpush %rax\n\tret", BARE_MEMORY)                    \
    X(return_null, "xor %eax, %eax\n\tpush %rax\n\tret", BARE_MEMORY)                                        \
    X(read_null, "xor %eax, %eax\n\tmov (%rax), %rax", BARE_MEMORY)                                          \
    X(write_null, "xor %eax, %eax\n\tmov %rax, (%rax)", BARE_MEMORY)                                         \
    X(divide_zero, "xor %edx, %edx\n\txor %ecx, %ecx\n\tdiv %ecx", BARE_ARITHMETIC)                          \
    X(divide_overflow, "mov $0x80000000, %eax\n\tcltd\n\tmov $-1, %ecx\n\tidiv %ecx", BARE_ARITHMETIC)       \
    X(sse_unmasked,                                                                                          \
      "sub $8, %rsp\n\tmovl $0, (%rsp)\n\tldmxcsr (%rsp)\n\txorps %xmm0, %xmm0\n\tmov $1, %eax\n\t"          \
      "cvtsi2ss %eax, %xmm1\n\tdivss %xmm0, %xmm1\n\tadd $8, %rsp",                                          \
      BARE_HARDWARE)                                                                                         \
    X(mxcsr_reserved, "sub $8, %rsp\n\tmovl $0x80001f80, (%rsp)\n\tldmxcsr (%rsp)\n\tadd $8, %rsp",          \
      BARE_HARDWARE)                                                                                         \
    X(x87_unmasked,                                                                                          \
      "push $0x340\n\tfldcw (%rsp)\n\tfld1\n\tfldz\n\tfdivrp %st, %st(1)\n\tfwait\n\tpop %rax",              \
      BARE_ARITHMETIC)                                                                                       \
    X(x87_pending_at_the_end, /* which nobody looks at: it dies with the process */                          \
      "push $0x340\n\tfldcw (%rsp)\n\tfld1\n\tfldz\n\tfdivrp %st, %st(1)\n\tpop %rax", BARE_OPEN)            \
    X(x87_pending_across_cap_enter,                                                                          \
      "push $0x340\n\tfldcw (%rsp)\n\tfld1\n\tfldz\n\tfdivrp %st, %st(1)\n\tpop %rax\n\t"                    \
      "xor %edi, %edi\n\txor %esi, %esi\n\tmov $0x100000, %eax\n\tcall *%rax\n\tfwait",                      \
      BARE_ARITHMETIC)                                                                                       \
    X(x87_full, "fld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1\n\tfld1", BARE_OPEN)           \
    X(null_fs, "xor %eax, %eax\n\tmov %eax, %fs\n\tmov %fs:0, %rax", BARE_MEMORY)                            \
    X(read_behind_gs, "mov %gs:0, %rax", BARE_MEMORY)                                                        \
    X(gs_with_a_base, "mov $0x1b, %eax\n\tmov %eax, %gs\n\tmov %gs:0, %rax", BARE_MEMORY)

enum door_own_instruction {
#define DOOR_OWN_NAME(name, code, bare) DOOR_OWN_##name,
    DOOR_OWN_INSTRUCTIONS(DOOR_OWN_NAME)
#undef DOOR_OWN_NAME
        DOOR_OWN_COUNT
};

enum door_common_instruction {
#define DOOR_COMMON_NAME(name, code, verdict, bare) DOOR_COMMON_##name,
    DOOR_INSTRUCTIONS(DOOR_COMMON_NAME)
#undef DOOR_COMMON_NAME
        DOOR_COMMON_COUNT
};

#endif
