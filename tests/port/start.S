/*
 * The start of a test program: leaves the registers that it was given in the
 * ring page's unused part (struct program_registers, FPU state, selectors), then calls
 * program_main(command); the command is what the test wrote to the CapSet page.
 */
        .text
        .globl  _start
_start:
        mov     %rax, 0x180900
        mov     %rbx, 0x180908
        mov     %rcx, 0x180910
        mov     %rdx, 0x180918
        mov     %rsi, 0x180920
        mov     %rdi, 0x180928
        mov     %rbp, 0x180930
        mov     %rsp, 0x180938
        mov     %r8, 0x180940
        mov     %r9, 0x180948
        mov     %r10, 0x180950
        mov     %r11, 0x180958
        mov     %r12, 0x180960
        mov     %r13, 0x180968
        mov     %r14, 0x180970
        mov     %r15, 0x180978
        pushfq
        pop     %rax
        mov     %rax, 0x180980
        fxsave64 0x180b00
        mov     %ds, 0x180d00
        mov     %es, 0x180d02
        mov     %fs, 0x180d04
        mov     %gs, 0x180d06
        mov     %ss, 0x180d08
        mov     $0x120000, %edi
        call    program_main
        mov     %rax, %rdi
        mov     $0x100020, %eax
        call    *%rax
        ud2

        .section .note.capos, "a", @note
        .balign 4
        .long   6, 8, 1
        .asciz  "capos"
        .balign 4
        .long   1, 0

        .section .note.GNU-stack, "", @progbits
