/*
 * The first instruction of a program, and the note that says which contract it was
 * built for. The kernel has set rdi, rsi, rdx and an aligned stack.
 */
    .section .text._start, "ax"
    .globl _start
    .type _start, @function
_start:
    xor %ebp, %ebp
    call rt_start
    ud2
    .size _start, . - _start

    .section .note.capos, "a", @note
    .balign 4
    .long 6                 /* bytes of the name */
    .long 8                 /* bytes of struct capos_note */
    .long 1                 /* CAPOS_NOTE_TYPE_ABI */
    .asciz "capos"
    .balign 4
    .long 1                 /* CAPOS_ABI_VERSION */
    .long 0                 /* required features */

    .section .note.GNU-stack, "", @progbits
