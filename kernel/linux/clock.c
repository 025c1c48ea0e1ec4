/*
 * Time and randomness of the host.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

uint64_t port_now(struct kernel *kernel)
{
    (void)kernel;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

bool port_random(struct kernel *kernel, void *bytes, size_t count)
{
    (void)kernel;
    for (size_t done = 0; done < count;) {
        ssize_t got = getrandom((uint8_t *)bytes + done, count - done, 0);
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            done += (size_t)got;
    }
    return true;
}
