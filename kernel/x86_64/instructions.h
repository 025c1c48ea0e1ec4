/*
 * Instructions that C has no words for.
 */
#ifndef CAPOS_KERNEL_X86_64_INSTRUCTIONS_H
#define CAPOS_KERNEL_X86_64_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>

static inline void x86_out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void x86_out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t x86_in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t x86_read_msr(uint32_t number)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
    return (uint64_t)high << 32 | low;
}

static inline void x86_write_msr(uint32_t number, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

#define X86_CONTROL_REGISTER(number)                                                                         \
    static inline uint64_t x86_read_cr##number(void)                                                         \
    {                                                                                                        \
        uint64_t value;                                                                                      \
        __asm__ volatile("mov %%cr" #number ", %0" : "=r"(value));                                           \
        return value;                                                                                        \
    }                                                                                                        \
    static inline void x86_write_cr##number(uint64_t value)                                                  \
    {                                                                                                        \
        __asm__ volatile("mov %0, %%cr" #number : : "r"(value) : "memory");                                  \
    }

X86_CONTROL_REGISTER(0)
X86_CONTROL_REGISTER(2)
X86_CONTROL_REGISTER(3)
X86_CONTROL_REGISTER(4)

struct x86_cpuid {
    uint32_t a, b, c, d;
};

static inline struct x86_cpuid x86_cpuid(uint32_t leaf)
{
    struct x86_cpuid got;
    __asm__ volatile("cpuid" : "=a"(got.a), "=b"(got.b), "=c"(got.c), "=d"(got.d) : "a"(leaf), "c"(0));
    return got;
}

static inline uint64_t x86_read_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* False: the processor had none ready. */
static inline bool x86_read_random(uint64_t *ret_value)
{
    bool ready;
    __asm__ volatile("rdrand %0" : "=r"(*ret_value), "=@ccc"(ready));
    return ready;
}

#endif
