/*
 * What it takes to start a confined process: from the request to its first
 * cap_enter, beside vfork, exec and wait of a tiny static program in the same
 * run. Takes the tiny program as its argument; prints "name ns", medians.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"
#include "tests/linux/linux_runner.h"
#include "tests/port/contract.h"
#include "tests/tap.h"

enum { ROUNDS = 101 };

void tap_write(const char *text, size_t length)
{
    fwrite(text, 1, length, stderr);
}

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

static uint64_t confined(void)
{
    const struct program_command command = {PROGRAM_ENTER, 1, CAPOS_FOREVER, 1};
    uint64_t start = measure_now();
    struct mini_process *process = mini_start(contract_image(), &command);
    if (!process)
        exit(1);
    mini_wait(&process->waits);
    uint64_t took = measure_now() - start;
    port_wake(mini.kernel, &process->process, 0);
    mini_wait_gone(process);
    mini_free(process);
    return took;
}

static uint64_t plain(const char *program)
{
    char *const arguments[] = {(char *)(uintptr_t)program, NULL};
    uint64_t start = measure_now();
    pid_t child = vfork();
    if (child == 0) {
        execv(program, arguments);
        _exit(127);
    }
    waitpid(child, NULL, 0);
    return measure_now() - start;
}

int main(int argc, char **argv)
{
    static uint64_t with_us[ROUNDS], without[ROUNDS];
    if (argc != 2) {
        fprintf(stderr, "usage: %s TINY-STATIC-PROGRAM\n", argv[0]);
        return 2;
    }
    mini_open();
    mini.on_enter = wait_always;
    for (int i = 0; i < ROUNDS; i++) {
        with_us[i] = confined();
        without[i] = plain(argv[1]);
    }
    mini_close();
    printf("spawn-confined %lu\n", measure_median(with_us, ROUNDS));
    printf("spawn-vfork-exec %lu\n", measure_median(without, ROUNDS));
    return 0;
}
