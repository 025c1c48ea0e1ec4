/*
 * What tests on target use of libc. No library of Debian fits: each makes
 * system calls and keeps state behind FS. So here is the little that tests
 * call: setjmp, the heap, random numbers, strings; declared, but for this
 * header, in the system's own headers. glibc's setjmp.h is replaced because
 * a freestanding clang does not know that its setjmp returns twice.
 */
#ifndef CAPOS_TESTS_X86_64_LIBC_SETJMP_H
#define CAPOS_TESTS_X86_64_LIBC_SETJMP_H

#include <stdint.h>

typedef uint64_t jmp_buf[8];

int setjmp(jmp_buf place) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf place, int value);

#endif
