/* mimalloc. */
#include <mimalloc.h>

#include "bench/heap/mix.h"

int main(int argc, char **argv)
{
    return mix_main(argc, argv, "heap-mimalloc", mi_malloc, mi_free);
}
