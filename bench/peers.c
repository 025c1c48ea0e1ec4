/*
 * What Linux itself takes, for comparison: a futex ping-pong between two
 * processes, and a system call. Prints "name ns", medians.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 51, CALLS = 400 };

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t median(uint64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

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
        uint64_t start = now();
        for (int c = 0; c < CALLS; c++) {
            futex_set(turn, 1);
            futex_wait(turn, 1);
        }
        times[i] = (now() - start) / CALLS;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return median(times, ROUNDS);
}

static uint64_t system_call(void)
{
    uint64_t times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = now();
        for (int c = 0; c < CALLS; c++)
            syscall(SYS_getppid);
        times[i] = (now() - start) / CALLS;
    }
    return median(times, ROUNDS);
}

int main(void)
{
    printf("futex-pingpong %lu\ngetppid %lu\n", futex_pingpong(), system_call());
    return 0;
}
