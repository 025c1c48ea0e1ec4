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
    DOOR_OWN_STACK, /* a syscall instruction written to the stack */
};

enum door_arguments { DOOR_ZEROES, DOOR_SEAL /* what the seal slot's munmap has */ };

/* The exit code of a program that got through; the low 16 bits are the call's result. */
#define DOOR_PASSED 0x7a55ed0000

enum door_instruction {
#define DOOR_NAME(name, code, verdict, bare) DOOR_##name,
    DOOR_INSTRUCTIONS(DOOR_NAME)
#undef DOOR_NAME
        DOOR_INSTRUCTION_COUNT
};

#endif
