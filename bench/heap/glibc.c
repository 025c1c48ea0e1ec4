/* glibc's malloc. */
#include "bench/heap/mix.h"

int main(int argc, char **argv)
{
    return mix_main(argc, argv, "heap-glibc", malloc, free);
}
