/*
 * What Linux itself takes, for comparison: a futex ping-pong between two
 * processes, and a system call. Prints "name ns", medians.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"

enum { ROUNDS = 51, CALLS = 400 };

static void futex_wait(uint32_t *word, uint32_t value)
{
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
        syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void futex_set(uint32_t *word, uint32_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

__attribute__((noreturn)) static void answer_futex(uint32_t *turn)
{
    for (;;) {
        futex_wait(turn, 0);
        futex_set(turn, 0);
    }
}

static uint64_t futex_pingpong(void)
{
    uint64_t times[ROUNDS];
    uint32_t *turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0)
        answer_futex(turn);
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = measure_now();
        for (int c = 0; c < CALLS; c++) {
            futex_set(turn, 1);
            futex_wait(turn, 1);
        }
        times[i] = (measure_now() - start) / CALLS;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return measure_median(times, ROUNDS);
}

static uint64_t system_call(void)
{
    uint64_t times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = measure_now();
        for (int c = 0; c < CALLS; c++)
            syscall(SYS_getppid);
        times[i] = (measure_now() - start) / CALLS;
    }
    return measure_median(times, ROUNDS);
}

int main(void)
{
    printf("futex-pingpong %lu\ngetppid %lu\n", futex_pingpong(), system_call());
    return 0;
}
