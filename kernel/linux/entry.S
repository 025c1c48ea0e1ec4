/*
 * The entry page: the one place from which a service may make system calls.
 * It is data here; memory.c copies it into the memfd that every service maps
 * executable. System call instructions stand at the places that
 * layout.h says and the filter and the kernel check. When the kernel process
 * is dead these calls answer -38 (ENOSYS): hlt then ends the process.
 */
#include "kernel/linux/layout.h"

        .section .rodata.linux_entry_page, "a", @progbits
        .balign 4096
        .globl  linux_entry_page
linux_entry_page:

/* cap_enter(edi: min_complete, rsi: timeout_ns) */
        jmp     .Lenter

/* exit(rdi: code) */
        .org    linux_entry_page + 0x20, 0xcc
        mov     $LINUX_NR_EXIT, %eax
        .org    linux_entry_page + LINUX_IP_EXIT - 2, 0x90
        syscall
        hlt

/*
 * Seal: rdi and rsi are the limit and all that lies above it, the loader included. rsp
 * points to rdi, rsi, rdx and rip of the program's start.
 */
        .org    linux_entry_page + LINUX_SLOT_SEAL, 0xcc
        mov     $LINUX_NR_MUNMAP, %eax
        .org    linux_entry_page + LINUX_IP_SEAL - 2, 0x90
        syscall
        test    %eax, %eax
        jnz     .Lseal_failed
        xor     %ebx, %ebx
        xor     %ecx, %ecx
        xor     %ebp, %ebp
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        xor     %r12d, %r12d
        xor     %r13d, %r13d
        xor     %r14d, %r14d
        xor     %r15d, %r15d
        pop     %rdi
        pop     %rsi
        pop     %rdx
        ret
        .org    linux_entry_page + LINUX_IP_SEAL_FAILED, 0xcc
.Lseal_failed:
        hlt

/*
 * Fault: the handler of SIGILL, SIGTRAP, SIGBUS, SIGFPE and SIGSEGV (edi: signal, rsi:
 * siginfo_t, rdx: ucontext_t). Tells the kernel signal, si_addr, rip and si_code; never returns.
 */
        .org    linux_entry_page + LINUX_SLOT_FAULT, 0xcc
        mov     8(%rsi), %r8d
        mov     16(%rsi), %rsi
        mov     168(%rdx), %r10
        mov     $LINUX_NR_FAULT, %eax
        .org    linux_entry_page + LINUX_IP_FAULT - 2, 0x90
        syscall
        hlt

/*
 * Orders: the kernel has written a system call, number and arguments, to
 * LINUX_ORDERS_VADDR; it lets pass just that one, and writes the next while this one
 * stops at the door. Number 0: there is no more, and beside it stands what cap_enter returns.
 */
        .org    linux_entry_page + LINUX_SLOT_ORDERS, 0xcc
.Lorders:
        mov     LINUX_ORDERS_VADDR, %eax
        test    %eax, %eax
        jz      .Lordered
        mov     LINUX_ORDERS_VADDR + 8, %rdi
        mov     LINUX_ORDERS_VADDR + 16, %rsi
        mov     LINUX_ORDERS_VADDR + 24, %rdx
        mov     LINUX_ORDERS_VADDR + 32, %r10
        mov     LINUX_ORDERS_VADDR + 40, %r8
        mov     LINUX_ORDERS_VADDR + 48, %r9
        .org    linux_entry_page + LINUX_IP_ORDER - 2, 0x90
        syscall
        cmp     $-4096, %rax
        ja      .Lorder_failed
        xor     %edi, %edi      /* the descriptor that an mmap was given */
        mov     $LINUX_NR_CLOSE, %eax
        .org    linux_entry_page + LINUX_IP_CLOSE - 2, 0x90
        syscall
        jmp     .Lorders
.Lordered:
        mov     LINUX_ORDERS_VADDR + LINUX_ORDERS_RESULT, %rax
        ret
        .org    linux_entry_page + LINUX_IP_ORDER_FAILED, 0xcc
.Lorder_failed:
        hlt

/*
 * cap_enter goes on: puts its arguments into the mailbox, and rings there by a number. If the
 * kernel looks (window is not 0), the answer is waited for by the rule in layout.h. Else, and when that takes
 * too long, the system call does what is left: it rings, or it waits for the answer to what the kernel
 * has already taken. xchg orders bell before window, as the kernel orders window before bell.
 */
#define MAILBOX(word) (LINUX_MAILBOX_VADDR + LINUX_MAILBOX_##word)
        .org    linux_entry_page + LINUX_SLOT_ENTER, 0xcc
.Lenter:
        mov     MAILBOX(BELL), %r8d
        mov     %edi, MAILBOX(MIN_COMPLETE)
        mov     %rsi, MAILBOX(TIMEOUT)
        inc     %r8d
        mov     %r8d, %eax
        xchg    %eax, MAILBOX(BELL)
        mov     MAILBOX(WINDOW), %r9d
        test    %r9d, %r9d
        jnz     .Lpoll
.Ltrap:
        mov     %r8d, %edx
        mov     $LINUX_NR_CAP_ENTER, %eax
        .org    linux_entry_page + LINUX_IP_CAP_ENTER - 2, 0x90
        syscall
.Lback: cmp     $-38, %rax
        je      1f
        cmp     $LINUX_ANSWER_ORDERS, %rax
        je      .Lorders
        ret
1:      hlt

/* r8d: the number; r9: the window; r10: when it began; ebx: switches left; rbp: when a yield began. */
.Lpoll:
        subl    $1, MAILBOX(CALM)
        jnc     .Ltrap
        movl    $0, MAILBOX(CALM)
        push    %rbx
        push    %rbp
        mov     $LINUX_POLL_SWITCHES, %ebx
        rdtscp
        shl     $32, %rdx
        lea     (%rdx, %rax), %r10
        cmp     %ecx, MAILBOX(PROCESSOR)
        mov     $1, %edx
        mov     $LINUX_POLL_LOOKS, %eax
        cmove   %edx, %eax
        mov     %eax, MAILBOX(LOOKS)
.Llook:
        mov     MAILBOX(LOOKS), %ecx
1:      cmp     %r8d, MAILBOX(ANSWERED)
        je      .Lanswered
        dec     %ecx
        jz      2f
        pause
        jmp     1b
2:      rdtsc
        shl     $32, %rdx
        lea     (%rdx, %rax), %rbp
        mov     %rbp, %rax
        sub     %r10, %rax
        cmp     %r9, %rax
        ja      .Ltired
        mov     $LINUX_NR_YIELD, %eax
        .org    linux_entry_page + LINUX_IP_YIELD - 2, 0x90
        syscall
        rdtsc
        shl     $32, %rdx
        add     %rdx, %rax
        sub     %rbp, %rax
        mov     %r9, %rdx
        shr     $LINUX_POLL_SHORT, %rdx
        cmp     %rdx, %rax
        jb      .Llook
        imul    $LINUX_POLL_HOGGED, %r9, %rdx
        cmp     %rdx, %rax
        ja      .Lhogged
        dec     %ebx
        jnz     .Llook
.Ltired:
        pop     %rbp
        pop     %rbx
        cmp     %r8d, MAILBOX(ANSWERED)
        jne     .Ltrap
        mov     MAILBOX(RESULT), %rax
        jmp     .Lback
.Lhogged:
        bsr     %r9d, %ecx      /* no division, which a stranger's r9 could make a fault */
        shr     %cl, %rax
        imul    $LINUX_CALM, %rax
        mov     MAILBOX(CALM_NEXT), %ecx
        cmp     %rcx, %rax
        cmovb   %rcx, %rax
        mov     $LINUX_CALM_MAX, %ecx
        cmp     %rcx, %rax
        cmova   %rcx, %rax
        mov     %eax, MAILBOX(CALM)
        shl     $2, %eax
        cmp     %ecx, %eax
        cmova   %ecx, %eax
        mov     %eax, MAILBOX(CALM_NEXT)
        jmp     .Ltired
.Lanswered: /* each that comes in time makes up for one of the calm ones */
        subl    $1, MAILBOX(CALM_NEXT)
        adcl    $0, MAILBOX(CALM_NEXT)
        jmp     .Ltired
        .org    linux_entry_page + LINUX_SLOT_ENTER_END, 0xcc

        .org    linux_entry_page + 4096, 0xcc

/* The zygote's ELF file, built by rules.mk. */
        .section .rodata.linux_zygote, "a", @progbits
        .globl  linux_zygote_file
        .globl  linux_zygote_bytes
linux_zygote_file:
        .incbin LINUX_ZYGOTE_ELF
.Lzygote_end:
        .balign 8
linux_zygote_bytes:
        .quad   .Lzygote_end - linux_zygote_file

        .section .note.GNU-stack, "", @progbits
