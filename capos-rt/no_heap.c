/*
 * The heap of a program that declares none: linked only then.
 */
#include <capos/heap.h>

uint64_t capos_heap_region[2];
const size_t capos_heap_region_bytes = 0;
