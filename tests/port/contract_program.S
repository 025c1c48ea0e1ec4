/*
 * The contract test's confined program, as a file in memory.
 */
        .section .rodata.contract_program, "a", @progbits
        .balign 16
        .globl  contract_program, contract_program_end
contract_program:
        .incbin CONTRACT_PROGRAM_ELF
contract_program_end:
        .section .note.GNU-stack, "", @progbits
