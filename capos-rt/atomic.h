/*
 * The memory that the program shares with the kernel is read and written
 * through these alone.
 */
#ifndef CAPOS_RT_ATOMIC_H
#define CAPOS_RT_ATOMIC_H

#include <stdint.h>

/* What the kernel wrote before it published this value can be read after it. */
static inline uint32_t rt_load_acquire(const uint32_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* What was written before this can be read by the kernel once it sees the value. */
static inline void rt_store_release(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
