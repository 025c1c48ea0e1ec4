/* kernel/x86_64/entropy.c, on a processor with RDRAND. tests/x86_64/boot.t has the machines without. */
#include <string.h>

#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

TAP_TEST(random_bytes_fill_what_is_asked_for_and_no_more)
{
    enum { COUNT_MAX = 41, TRIES = 64 };
    for (size_t count = 0; count <= COUNT_MAX; count++) {
        uint8_t bytes[COUNT_MAX + 2] = {0}, any[COUNT_MAX + 2] = {0};
        for (int i = 0; i < TRIES; i++) {
            TAP_CHECK(port_random(NULL, bytes + 1, count));
            for (size_t at = 0; at < sizeof any; at++)
                any[at] |= bytes[at];
        }
        for (size_t at = 0; at < sizeof any; at++)
            TAP_EQ(any[at] != 0, at >= 1 && at < count + 1);
    }
}

TAP_TEST(random_bits_are_ones_half_of_the_time)
{
    static uint8_t bytes[8192];
    uint64_t ones = 0;
    TAP_CHECK(port_random(NULL, bytes, sizeof bytes));
    for (size_t i = 0; i < 8 * sizeof bytes; i++)
        ones += bytes[i / 8] >> i % 8 & 1;
    TAP_CHECK(ones > 4 * sizeof bytes - 2000 && ones < 4 * sizeof bytes + 2000); /* 15 deviations */
}

TAP_TEST(a_machine_without_the_hosts_device_says_so)
{
    TAP_CHECK(!x86_virtio_rng_open());
}
