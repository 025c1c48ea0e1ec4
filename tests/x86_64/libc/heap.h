/* The heap behind malloc(): memory that the runner gives. */
#ifndef CAPOS_TESTS_X86_64_LIBC_HEAP_H
#define CAPOS_TESTS_X86_64_LIBC_HEAP_H

#include <stddef.h>

void libc_heap_open(void *memory, size_t bytes);

#endif
