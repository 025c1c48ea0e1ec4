/*
 * The hostile program, as a file in memory.
 */
        .section .rodata.door_program, "a", @progbits
        .balign 16
        .globl  door_program, door_program_end
door_program:
        .incbin DOOR_PROGRAM_ELF
door_program_end:
        .section .note.GNU-stack, "", @progbits
