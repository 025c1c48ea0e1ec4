/* The heap of capos-rt. */
#include <capos/heap.h>
#include <capos/runtime.h>

#include "bench/heap/mix.h"

CAPOS_HEAP_BYTES(128 << 20)

/* The runtime's archive refers to it. */
int64_t capos_rt_main(struct capos_runtime *runtime)
{
    (void)runtime;
    return 0;
}

int main(int argc, char **argv)
{
    return mix_main(argc, argv, "heap-capos", capos_alloc, capos_free);
}
