/*
 * Where the stack and the thread-local block of a program lie, given the end
 * of its address space: the same on every port.
 */
#ifndef CAPOS_KERNEL_STACK_H
#define CAPOS_KERNEL_STACK_H

#include <stdint.h>

struct elf_image;

/* All addresses in the program. The bytes below limit hold the stack, then the block, then what fs:0 is the
 * first of. */
struct stack_layout {
    uint64_t bytes;         /* whole pages that end at limit */
    uint64_t stack_pointer; /* at the start: a multiple of 16 */
    uint64_t
        thread_pointer; /* the word there holds this very address; 0: the program has no thread-local data */
    uint64_t tls_block; /* where the image's template goes */
};

struct stack_layout kernel_stack_layout(const struct elf_image *image, uint64_t limit);

#endif
