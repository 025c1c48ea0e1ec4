/*
 * The ways between a process and the kernel: system calls, traps, the call
 * that lets a process run; and the entry page. Interrupts are off in all of
 * it. GS is the kernel's (x86_cpu) between two swapgs and in C, the
 * program's otherwise.
 */
#include "kernel/x86_64/layout.h"

        .text

/*
 * A process made a system call: rcx is where it goes on, r11 its flags; the
 * processor has masked TF, IF, DF, NT and AC. cap_enter, the common case,
 * goes through without the loop: C keeps the registers that a function keeps, all
 * others die, and what they held of the kernel is cleared.
 */
        .globl  x86_system_call
        .balign 16
x86_system_call:
        swapgs
        mov     %rsp, %gs:X86_CPU_USER_RSP
        mov     %gs:X86_CPU_KERNEL_RSP, %rsp
        push    %rcx
        push    %r11
        cmp     $X86_ENTERED_CAP_ENTER, %rcx
        jne     .Lsave_all
        call    x86_doorbell
        test    %edx, %edx
        jnz     .Lsave_kept
        pop     %r11
        pop     %rcx
        xor     %edi, %edi
        xor     %esi, %esi
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        mov     %gs:X86_CPU_USER_RSP, %rsp
        swapgs
        sysretq

/* It stops here. Only what a function keeps need be saved; rax of the frame is doorbell.c's. */
.Lsave_kept:
        pop     %r11
        pop     %rcx
        mov     %gs:X86_CPU_FRAME_END, %rsp
        push    $X86_USER_DATA
        push    %gs:X86_CPU_USER_RSP
        push    %r11
        push    $X86_USER_CODE
        push    %rcx
        push    $0
        push    $X86_VECTOR_ENTERED
        push    $0
        push    $0
        push    $0
        push    $0
        sub     $8, %rsp
        push    $0
        push    $0
        push    $0
        push    $0
        jmp     .Lsave_callee

.Lsave_all:
        mov     %gs:X86_CPU_FRAME_END, %rsp
        push    $X86_USER_DATA
        push    %gs:X86_CPU_USER_RSP
        push    %r11
        push    $X86_USER_CODE
        push    %rcx
        push    $0
        push    $X86_VECTOR_SYSCALL
        swapgs
        jmp     .Lsave

/* A trap from a process: rsp is in its frame, after the vector. */
.Ltrap:
        testb   $3, 24(%rsp)
        jz      .Lkernel_trap
.Lsave:
        swapgs
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
.Lsave_callee:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %gs:X86_CPU_KERNEL_RSP, %rsp
        push    $2              /* no flag of the program's reaches C */
        popfq
        add     $8, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

/* void x86_run_process(struct x86_frame *frame): the other end of .Lsave_callee. */
        .globl  x86_run_process
        .balign 16
x86_run_process:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        sub     $8, %rsp
        mov     %rsp, %gs:X86_CPU_KERNEL_RSP
        mov     %rdi, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rax
        pop     %rcx
        pop     %rdx
        pop     %rsi
        pop     %rdi
        add     $16, %rsp
        swapgs
        iretq

/* uint64_t x86_idle(void): an interrupt ends the hlt, and .Lkernel_trap the function. */
        .globl  x86_idle
x86_idle:
        sti
        hlt
        cli                     /* an NMI */
        jmp     x86_idle

/* In the kernel only the hlt above is ever interrupted. The rest is a fault of ours. */
.Lkernel_trap:
        cmpq    $X86_VECTOR_DEVICES, (%rsp)
        jb      .Lkernel_fault
        mov     (%rsp), %rax
        mov     40(%rsp), %rsp
        ret
.Lkernel_fault:
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, %rdi
        and     $-16, %rsp
        cld
        call    x86_kernel_fault
        hlt

/*
 * What may come between a system call and the change of stacks has stacks of
 * its own. A debug exception of a program goes on as any trap does; in the
 * kernel the flag that asked for it is dropped. An NMI is not for us. A double
 * fault or a machine check is the end.
 */
        .balign 16
.Ldebug:
        testb   $3, 8(%rsp)
        jz      1f
        swapgs
        push    %rax
        push    %rbx
        mov     %gs:X86_CPU_FRAME_END, %rax
        mov     16(%rsp), %rbx
        mov     %rbx, -40(%rax)
        mov     24(%rsp), %rbx
        mov     %rbx, -32(%rax)
        mov     32(%rsp), %rbx
        mov     %rbx, -24(%rax)
        mov     40(%rsp), %rbx
        mov     %rbx, -16(%rax)
        mov     48(%rsp), %rbx
        mov     %rbx, -8(%rax)
        movq    $0, -48(%rax)
        movq    $X86_VECTOR_DEBUG, -56(%rax)
        sub     $56, %rax
        pop     %rbx
        xchg    %rax, (%rsp)
        mov     (%rsp), %rsp
        swapgs
        jmp     .Lsave
1:      andl    $~0x100, 16(%rsp)
        iretq

.Lnmi:
        iretq

/* The stub of each vector, 16 bytes apart; those with an error code of the processor's push none. */
        .balign 16
        .globl  x86_trap_stubs
x86_trap_stubs:
        vector = 0
        .rept   256
        .balign 16
        .if     vector == X86_VECTOR_DEBUG
        jmp     .Ldebug
        .elseif vector == X86_VECTOR_NMI
        jmp     .Lnmi
        .elseif vector == X86_VECTOR_DOUBLE
        push    $vector
        jmp     .Lkernel_fault
        .elseif vector == X86_VECTOR_MACHINE
        push    $0
        push    $vector
        jmp     .Lkernel_fault
        .else
        .if     !((vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
        push    $0
        .endif
        push    $vector
        jmp     .Ltrap
        .endif
        vector = vector + 1
        .endr

/* --- The entry page: the one place from which a program may make a system call ----------- */

        .section .rodata.x86_entry_page, "a", @progbits
        .balign 4096
        .globl  x86_entry_page
x86_entry_page:

/* cap_enter(edi: min_complete, rsi: timeout_ns) */
        syscall
        ret

/* exit(rdi: code) */
        .org    x86_entry_page + 0x20, 0xcc
        syscall
        hlt

        .org    x86_entry_page + 4096, 0xcc

        .section .note.GNU-stack, "", @progbits
