/*
 * Is started, and exits.
 */
#include <capos/runtime.h>

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    (void)runtime;
    return 0;
}
