/* Two processes and one word of shared memory: the least that a wake-up of another process takes; no bytes.
 */
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench/peers/peer.h"

static uint32_t *turn;

static void wait_while(uint32_t value)
{
    while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) == value)
        syscall(SYS_futex, turn, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void set(uint32_t value)
{
    __atomic_store_n(turn, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void answer(int fd, const struct peer_options *options)
{
    (void)fd;
    (void)options;
    for (;;) {
        wait_while(0);
        set(0);
    }
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (turn == MAP_FAILED)
        peer_fail("mmap");
    peer_fork(answer, &options);
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        set(1);
        wait_while(1);
    }
    peer_meter_print(meter, "futex", 1);
    return 0;
}
