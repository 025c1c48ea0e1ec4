/*
 * What a confined program may try at the door, and what has to come of it:
 * shared by the program (door.c) and the test that runs it (door_test.c).
 */
#ifndef CAPOS_TESTS_LINUX_DOOR_H
#define CAPOS_TESTS_LINUX_DOOR_H

#include "tests/port/instructions.h"

enum door_operation {
    DOOR_SYSTEM_CALL, /* rax = a, at the place b, with arguments c */
    DOOR_INSTRUCTION, /* number a of DOOR_INSTRUCTIONS */
};

/* Places other than addresses to jump to. */
enum door_place {
    DOOR_OWN_SYSCALL, /* a syscall instruction of the program's text */
    DOOR_OWN_INT80,
    DOOR_OWN_STACK,  /* a syscall instruction written to the stack */
    DOOR_OWN_ORDERS, /* the orders slot, with orders of its own making */
};

enum door_arguments {
    DOOR_ZEROES,
    DOOR_SEAL,  /* what the seal slot's munmap has */
    DOOR_ORDER, /* what an mmap has that was ordered */
    DOOR_AGAIN, /* the same, after a cap_enter in which it was */
};

/* DOOR_ORDER: writable memory of one page at the first place. */
#define DOOR_ORDER_ADDRESS    0x410000000000
#define DOOR_ORDER_BYTES      4096
#define DOOR_ORDER_PROTECTION 3        /* PROT_READ | PROT_WRITE */
#define DOOR_ORDER_FLAGS      0x100001 /* MAP_FIXED_NOREPLACE | MAP_SHARED */

/* The exit code of a program that got through; the low 16 bits are the call's result. */
#define DOOR_PASSED 0x7a55ed0000

enum door_instruction {
#define DOOR_NAME(name, code, verdict, bare) DOOR_##name,
    DOOR_INSTRUCTIONS(DOOR_NAME)
#undef DOOR_NAME
        DOOR_INSTRUCTION_COUNT
};

#endif
