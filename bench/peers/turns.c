/* A client, a service and a third process between them, which wait for each other by nothing but
 * sched_yield(): what a call costs in switches alone where all three have one processor. The one between has
 * half a slice, so it comes after each of the others. */
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench/peers/peer.h"

enum { CLIENT, THERE, SERVICE, BACK };

static uint32_t *turn;

static uint32_t wait_for(uint32_t one, uint32_t other)
{
    uint32_t now;
    while (now = __atomic_load_n(turn, __ATOMIC_ACQUIRE), now != one && now != other)
        sched_yield();
    return now;
}

static void give(uint32_t to)
{
    __atomic_store_n(turn, to, __ATOMIC_RELEASE);
    sched_yield();
}

static void serve(int fd, const struct peer_options *options)
{
    (void)fd;
    (void)options;
    for (;;) {
        wait_for(SERVICE, SERVICE);
        give(BACK);
    }
}

static void pass_on(int fd, const struct peer_options *options)
{
    (void)fd;
    (void)options;
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t slice_ns, deadline_ns, period_ns;
    } own = {.size = sizeof own};
    if (syscall(SYS_sched_getattr, 0, &own, sizeof own, 0) == 0 && own.policy == SCHED_OTHER &&
        own.slice_ns) {
        own.slice_ns /= 2;
        syscall(SYS_sched_setattr, 0, &own, 0);
    }
    for (;;)
        give(wait_for(THERE, BACK) == THERE ? SERVICE : CLIENT);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (turn == MAP_FAILED)
        peer_fail("mmap");
    peer_fork(serve, &options);
    peer_fork(pass_on, &options);
    struct peer_meter *meter = peer_meter_start(options.slice_ns);
    while (peer_meter_goes_on(meter)) {
        give(THERE);
        wait_for(CLIENT, CLIENT);
    }
    peer_meter_print(meter, "turns", 1);
    return 0;
}
