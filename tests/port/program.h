/*
 * What a test says to its program: a command in the CapSet page. The program
 * answers by its exit code, its calls, or its death.
 */
#ifndef CAPOS_TESTS_PORT_PROGRAM_H
#define CAPOS_TESTS_PORT_PROGRAM_H

#include <stdint.h>

enum program_operation {
    PROGRAM_EXIT,     /* with code a */
    PROGRAM_ENTER,    /* cap_enter(a, b), c times; exits with the last result */
    PROGRAM_READ,     /* the byte at a; exits with it */
    PROGRAM_WRITE,    /* b to the byte at a; exits with 0 */
    PROGRAM_CALL,     /* jumps to a */
    PROGRAM_SPIN,     /* never ends */
    PROGRAM_OVERFLOW, /* uses up the stack */
    PROGRAM_DIVIDE,
    PROGRAM_UD2,
    PROGRAM_INT3,
    PROGRAM_HLT,
    PROGRAM_SYSCALL,  /* number a, by an instruction of its own */
    PROGRAM_SECTIONS, /* exits with 0 when data, bss and thread-local data are as they should be */
    PROGRAM_PRESERVE, /* exits with 0 when cap_enter keeps what a function must keep */
    PROGRAM_TABLE,    /* exits with the address of its table of struct program_places */

    /* These call cap_enter(1, forever) first, c times (at least once). */
    PROGRAM_LOOK,  /* exits with the byte at a */
    PROGRAM_PUT,   /* b to the byte at a, then cap_enter once more; exits with the byte */
    PROGRAM_SUM,   /* exits with the sum of the 64-bit words in [a, a + b), which become 7 */
    PROGRAM_VISIT, /* jumps to a */
};

struct program_command {
    uint64_t operation;
    uint64_t a, b, c;
};

/* At 0x900 of the ring page. */
struct program_registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, flags;
};

/* Where things are in the program. */
struct program_places {
    uint64_t code;
    uint64_t constant; /* the byte 0x5a */
    uint64_t data;     /* 64 bytes, 0 to 63 */
    uint64_t zeroes;   /* 8192 bytes */
};

#endif
