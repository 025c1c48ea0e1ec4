/*
 * Numbers that the assembler files, the linker script and C must agree on:
 * where the kernel lies, its segment selectors, and the offsets of what the
 * entry code touches. x86_64.h asserts the offsets.
 */
#ifndef CAPOS_KERNEL_X86_64_LAYOUT_H
#define CAPOS_KERNEL_X86_64_LAYOUT_H

/* Physical memory is loaded at X86_LOAD_PADDR and seen, kernel image apart, from X86_DIRECT_VADDR on. */
#define X86_LOAD_PADDR   0x100000
#define X86_DIRECT_VADDR 0xffff800000000000
#define X86_DEVICE_VADDR 0xffffff8000000000
#define X86_KERNEL_VADDR 0xffffffff80000000

/* Above the programs (KERNEL_PROGRAM_END, 2^46) lies the stack; its top is also the limit of the process. */
#define X86_LIMIT 0x400001000000

#ifndef X86_STACK_BYTES             /* a test image's is larger */
#    define X86_STACK_BYTES 0x10000 /* the kernel's one stack */
#endif
#define X86_IST_BYTES   0x1000 /* and each of three for what may come at any time */
#define X86_GUARD_BYTES 0x1000

/* Selectors, in the order that syscall and sysret ask for. */
#define X86_KERNEL_CODE 0x08
#define X86_KERNEL_DATA 0x10
#define X86_USER_DATA   0x1b
#define X86_USER_CODE   0x23
#define X86_TASK        0x28

/* The entry page's address, and where the one system call instruction of each slot ends. */
#define X86_ENTRY_VADDR       0x100000
#define X86_ENTERED_CAP_ENTER 0x100002
#define X86_ENTERED_EXIT      0x100022

/* Vectors: 0-31 are the processor's. */
#define X86_VECTOR_DEBUG    1
#define X86_VECTOR_NMI      2
#define X86_VECTOR_DOUBLE   8
#define X86_VECTOR_MACHINE  18
#define X86_VECTOR_DEVICES  32
#define X86_VECTOR_PIC      32 /* the old controllers' 16, all masked */
#define X86_VECTOR_TIMER    64
#define X86_VECTOR_SERIAL   65
#define X86_VECTOR_SPURIOUS 255
/* What struct x86_frame says of a process that came by syscall: from a wrong place or the exit slot, or done
 * with. */
#define X86_VECTOR_SYSCALL 256
#define X86_VECTOR_ENTERED 257

/* struct x86_cpu */
#define X86_CPU_USER_RSP   0
#define X86_CPU_KERNEL_RSP 8
#define X86_CPU_FRAME_END  16

/* struct x86_frame, from its end downwards; here from its start */
#define X86_FRAME_RAX    80
#define X86_FRAME_VECTOR 120
#define X86_FRAME_CS     144
#define X86_FRAME_RSP    160
#define X86_FRAME_BYTES  176

#endif
