/*
 * Randomness: the processor's own generator, or else the host's through a
 * virtio device. Without either there is none, and the core is told so.
 */
#include <string.h>

#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

enum { FEATURES = 1, C_RDRAND = 1 << 30, TRIES = 10 };

static bool read_processor(void *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        uint64_t word;
        int tries = 0;
        while (!x86_read_random(&word))
            if (++tries == TRIES)
                return false;
        size_t part = count - done < sizeof word ? count - done : sizeof word;
        memcpy((uint8_t *)bytes + done, &word, part);
        done += part;
    }
    return true;
}

static bool read_nothing(void *bytes, size_t count)
{
    (void)bytes;
    return count == 0;
}

static bool (*source)(void *bytes, size_t count) = read_nothing;

void x86_entropy_open(void)
{
    if (x86_cpuid(FEATURES).c & C_RDRAND) {
        source = read_processor;
        port_log(x86_port.kernel, "random numbers from the processor (RDRAND)");
    } else if (x86_virtio_rng_open()) {
        source = x86_virtio_rng_read;
        port_log(x86_port.kernel, "random numbers from the host (virtio-rng)");
    } else {
        port_log(x86_port.kernel,
                 "no random numbers: this machine has neither RDRAND nor a virtio-rng device");
    }
}

bool port_random(struct kernel *kernel, void *bytes, size_t count)
{
    (void)kernel;
    return source(bytes, count);
}
