/*
 * The end of a program's address space.
 */
#include "kernel/core/stack.h"

#include "capos/abi.h"
#include "kernel/core/elf.h"

/* The words that fs:0 is the first of: the pointer to itself, and room that compilers expect. */
enum { THREAD_WORDS_BYTES = 64, STACK_ALIGNMENT = 16 };

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

struct stack_layout kernel_stack_layout(const struct elf_image *image, uint64_t limit)
{
    struct stack_layout layout = {
        .bytes = round_up(image->stack_bytes, CAPOS_PAGE_BYTES),
        .stack_pointer = limit,
    };
    if (image->tls_bytes == 0)
        return layout;
    layout.bytes = round_up(image->stack_bytes + image->tls_bytes + image->tls_align + THREAD_WORDS_BYTES,
                            CAPOS_PAGE_BYTES);
    layout.thread_pointer = (limit - THREAD_WORDS_BYTES) / image->tls_align * image->tls_align;
    layout.tls_block = layout.thread_pointer - round_up(image->tls_bytes, image->tls_align);
    layout.stack_pointer = layout.tls_block / STACK_ALIGNMENT * STACK_ALIGNMENT;
    return layout;
}
