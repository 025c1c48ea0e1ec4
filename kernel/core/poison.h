/*
 * What is free must not be touched until it is taken again. A kernel built
 * with an address sanitizer of its own (KERNEL_POISONS) is told, and ends at such a touch;
 * for all others this is nothing.
 */
#ifndef CAPOS_KERNEL_POISON_H
#define CAPOS_KERNEL_POISON_H

#include <stddef.h>

#ifdef KERNEL_POISONS
void kernel_poison(const void *memory, size_t bytes);
void kernel_unpoison(const void *memory, size_t bytes);
#else
static inline void kernel_poison(const void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
}

static inline void kernel_unpoison(const void *memory, size_t bytes)
{
    (void)memory, (void)bytes;
}
#endif

#endif
