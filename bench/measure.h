/*
 * What the benchmarks on the host share, in C and C++: a clock, and medians.
 */
#ifndef CAPOS_BENCH_MEASURE_H
#define CAPOS_BENCH_MEASURE_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t measure_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static inline int measure_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorts the values; not for none. */
static inline uint64_t measure_median(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, measure_compare);
    return values[count / 2];
}

#endif
