/* How a sanitizer's kernel ends: in a panic that says what, and where. Compiled without sanitizers. */
#ifndef CAPOS_TESTS_X86_64_SANITIZER_REPORT_H
#define CAPOS_TESTS_X86_64_SANITIZER_REPORT_H

#include "kernel/core/text.h"
#include "kernel/x86_64/x86_64.h"

/* A function that only compilers call, and that they declare themselves. */
#define SANITIZER_ENTRY(type, name, arguments)                                                               \
    type name arguments;                                                                                     \
    type name arguments

#endif
