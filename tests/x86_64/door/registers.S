/*
 * The parts of the hostile program that need every register.
 */
#include "tests/x86_64/door/layout.h"

        .text

/* Fills all registers but the stack pointer with what is in rdi. */
        .macro  FILL_GENERAL
        mov     %rdi, %rax
        mov     %rdi, %rbx
        mov     %rdi, %rcx
        mov     %rdi, %rdx
        mov     %rdi, %rsi
        mov     %rdi, %rbp
        mov     %rdi, %r8
        mov     %rdi, %r9
        mov     %rdi, %r10
        mov     %rdi, %r11
        mov     %rdi, %r12
        mov     %rdi, %r13
        mov     %rdi, %r14
        mov     %rdi, %r15
        .endm

/* Unusual control words, and the value in every vector and x87 register. */
        .macro  FILL_FPU
        movw    $0x077f, DOOR_RING(DOOR_RING_SAVED)
        fldcw   DOOR_RING(DOOR_RING_SAVED)
        movl    $0x3f80, DOOR_RING(DOOR_RING_SAVED)
        ldmxcsr DOOR_RING(DOOR_RING_SAVED)
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movq    %rdi, %xmm\number
        punpcklqdq %xmm\number, %xmm\number
        .endr
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7
        movq    %rdi, %mm\number
        .endr
        .endm

/* _Noreturn void door_hold(uint64_t canary) */
        .globl  door_hold
door_hold:
        mov     %rdi, canary(%rip)
        mov     %fs:0, %rax
        mov     %rax, thread(%rip)
        FILL_FPU
        fxsave64 before(%rip)
        FILL_GENERAL
1:      .irp    register, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
        cmp     canary(%rip), %\register
        jne     .Lill
        .endr
2:      fxsave64 after(%rip)
        lea     before(%rip), %rsi
        lea     after(%rip), %rdi
        mov     $64, %ecx
        repe    cmpsq
        jne     .Lill
        mov     %fs:0, %rax
        cmp     thread(%rip), %rax
        jne     .Lill
        incq    DOOR_RING(DOOR_RING_COUNT)
        cmpq    $0, DOOR_RING(DOOR_RING_STOP)
        jne     .Lwell
        cmpq    $0, DOOR_RING(DOOR_RING_WAITS)
        jne     3f
        mov     canary(%rip), %rdi
        mov     %rdi, %rax
        mov     %rdi, %rsi
        mov     %rdi, %rcx
        jmp     1b

/* With a wait in between: what a function keeps is kept, and so is what it need not, where nothing is said of it. */
3:      mov     $1, %edi
        mov     $-1, %rsi
        mov     $0x100000, %eax
        call    *%rax
        .irp    register, rbx, rbp, r12, r13, r14, r15
        cmp     canary(%rip), %\register
        jne     .Lill
        .endr
        mov     canary(%rip), %rdi
        FILL_GENERAL
        jmp     2b

.Lwell: mov     $DOOR_WELL, %edi
        mov     $0x100020, %eax
        jmp     *%rax
.Lill:  mov     $DOOR_ILL, %edi
        mov     $0x100020, %eax
        jmp     *%rax

/* _Noreturn void door_fill(uint64_t canary, uint64_t end) */
        .globl  door_fill
door_fill:
        mov     %rdi, %rax
        mov     %rsi, %rdx
        mov     %rdi, %rbx
        lea     door_room(%rip), %rdi
        mov     $DOOR_ROOM_PAGES * 512, %ecx
        rep     stosq
        lea     -DOOR_STACK_FILLED(%rsp), %rdi
        mov     $DOOR_STACK_FILLED / 8, %ecx
        rep     stosq
        mov     $DOOR_RING(DOOR_RING_AFTER), %edi
        mov     $64, %ecx
        rep     stosq
        mov     %rbx, %rdi
        FILL_FPU
        mov     $0x1b, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %gs
        mov     $3, %eax
        mov     %eax, %fs
        cmp     $DOOR_END_FAULT, %edx
        je      1f
        cmp     $DOOR_END_SPIN, %edx
        je      2f
        cmp     $DOOR_END_WAIT, %edx
        je      4f
        FILL_GENERAL
        push    $0x100020
        ret
1:      FILL_GENERAL
        ud2
2:      FILL_GENERAL
3:      incq    DOOR_RING(DOOR_RING_COUNT)
        jmp     3b
4:      FILL_GENERAL
        mov     $-1, %rsi
        push    $0x100000
        ret

/* void door_look(uint64_t min_complete) */
        .globl  door_look
door_look:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        movabs  $DOOR_LOOK_VALUE, %rax
        .irp    register, rcx, rdx, r8, r9, r10, r11
        mov     %rax, %\register
        .endr
        mov     $-1, %rsi
        lea     1(%rax), %rbx
        lea     2(%rax), %rbp
        lea     3(%rax), %r12
        lea     4(%rax), %r13
        lea     5(%rax), %r14
        lea     6(%rax), %r15
        mov     $0x100000, %eax
        call    *%rax
        at = DOOR_RING(DOOR_RING_AFTER)
        .irp    register, rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15
        mov     %\register, at
        at = at + 8
        .endr
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        .bss
        .balign 16
before: .skip   512
after:  .skip   512
canary: .skip   8
thread: .skip   8

        .section .note.GNU-stack, "", @progbits
