/*
 * A program's start for processes.c: it reads the time stamp counter at once and
 * before it exits, with the first reading as its code and the second in rsi.
 */
        .section .text.bench_start, "ax", @progbits
        .globl  bench_start
bench_start:
        rdtsc
        shl     $32, %rdx
        lea     (%rax,%rdx), %rdi
        mov     $0x100020, %ecx         /* CAPOS_ENTRY_VADDR + CAPOS_ENTRY_EXIT */
        rdtsc
        shl     $32, %rdx
        lea     (%rax,%rdx), %rsi
        call    *%rcx

        .section .note.GNU-stack, "", @progbits
