/*
 * Two ways for a kernel process to be called by programs that sleep meanwhile, three processes, no bytes:
 * `sleep-trap`, a system call that seccomp hands over; `sleep-bell`, a byte in a pipe to the kernel process,
 * and a futex each to be woken by.
 */
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench/peers/peer.h"

enum { NR_ENTER = 0xcab0, CLIENT = 0, SERVER = 1 };

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#    define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#    define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* A process with our descriptors, also those that we open later; it ends with us. */
static bool fork_sharing_files(void)
{
    pid_t parent = getpid();
    long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child < 0)
        peer_fail("clone");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
    }
    return child == 0;
}

static void measure(const struct peer_options *options, const char *row, void (*call)(uint32_t who))
{
    struct peer_meter *meter = peer_meter_start(options->slice_ns / 2);
    while (peer_meter_goes_on(meter))
        call(CLIENT);
    peer_meter_print(meter, row, 1);
}

/* --- Pipe and futex --------------------------------------------------------------------------------- */

static uint32_t *words;
static int bell[2];

static void wait_for(uint32_t who, uint32_t old)
{
    while (__atomic_load_n(&words[who * 16], __ATOMIC_ACQUIRE) == old)
        syscall(SYS_futex, &words[who * 16], FUTEX_WAIT, old, NULL, NULL, 0);
}

static void wake(uint32_t who)
{
    __atomic_fetch_add(&words[who * 16], 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &words[who * 16], FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void ring(uint32_t who)
{
    uint32_t old = words[who * 16];
    uint8_t byte = (uint8_t)who;
    if (!peer_write(bell[1], &byte, 1))
        peer_fail("write");
    wait_for(who, old);
}

static void bell_kernel(void)
{
    uint8_t byte;
    while (peer_read(bell[0], &byte, 1))
        wake(byte == CLIENT ? SERVER : CLIENT);
    _exit(0);
}

static void run_bell(const struct peer_options *options)
{
    words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED || pipe(bell) < 0)
        peer_fail("pipe");
    if (fork_sharing_files())
        bell_kernel();
    if (fork_sharing_files()) {
        wait_for(SERVER, 0);
        for (;;)
            ring(SERVER);
    }
    measure(options, "sleep-bell", ring);
}

/* --- Trap ------------------------------------------------------------------------------------------- */

static void trap(uint32_t who)
{
    if (syscall(NR_ENTER, who) != 0)
        peer_fail("trap");
}

/* Each answers the other; who comes first waits. */
static void trap_kernel(const int *listener)
{
    uint64_t waiting[2] = {0, 0};
    while (__atomic_load_n(listener, __ATOMIC_ACQUIRE) < 0)
        ;
    ioctl(*listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, 1); /* synchronous wake-up, where there is such */
    for (;;) {
        struct seccomp_notif call = {0};
        if (ioctl(*listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
            continue;
        uint32_t other = call.data.args[0] == CLIENT ? SERVER : CLIENT;
        waiting[call.data.args[0] == CLIENT ? CLIENT : SERVER] = call.id;
        struct seccomp_notif_resp response = {.id = waiting[other]};
        waiting[other] = 0;
        if (response.id != 0)
            ioctl(*listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
    }
}

static int listen_to_us(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NR_ENTER, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    long listener =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
    if (listener < 0)
        peer_fail("seccomp");
    return (int)listener;
}

static void run_trap(const struct peer_options *options)
{
    int *listener = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (listener == MAP_FAILED)
        peer_fail("mmap");
    *listener = -1;
    if (fork_sharing_files())
        trap_kernel(listener);
    int mine = listen_to_us();
    if (fork_sharing_files())
        for (;;)
            trap(SERVER);
    __atomic_store_n(listener, mine, __ATOMIC_RELEASE);
    measure(options, "sleep-trap", trap);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    run_bell(&options);
    run_trap(&options);
    return 0;
}
