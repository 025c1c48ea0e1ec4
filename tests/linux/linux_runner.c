/*
 * The Linux port under the mini core.
 */
#include "tests/linux/linux_runner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tap.h"

bool runner_hides_cpu;
struct linux_options runner_options = {.belts = LINUX_BELTS_ALL & ~LINUX_BELT_NO_DUMP, .in = -1, .out = -1};

void mini_port_open(struct kernel *kernel)
{
    struct kernel_error error = {""};
    struct linux_port *port = calloc(1, sizeof *port);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const char *polling = getenv("CAPOS_POLLING");
    if (polling && strcmp(polling, "auto") == 0) {
        runner_options.polling = true;
        if (!runner_hides_cpu)
            runner_options.belts &= ~(uint32_t)LINUX_BELT_TSC_OFF;
    }
    runner_options.log = null; /* the log of many deaths is not for reading */
    if (runner_options.in < 0)
        runner_options.in = null;
    if (runner_options.out < 0)
        runner_options.out = null;
    bool opened = linux_port_open(port, &runner_options, &error);
    if (!opened)
        tap_note(error.text);
    TAP_CHECK(opened);
    port->kernel = kernel;
    kernel->port = port;
}

void mini_port_close(struct kernel *kernel)
{
    linux_port_close(kernel->port);
    close(runner_options.log);
    if (runner_options.in == runner_options.log)
        runner_options.in = -1;
    if (runner_options.out == runner_options.log)
        runner_options.out = -1;
    free(kernel->port);
}

void mini_port_step(struct kernel *kernel, uint64_t wait_ns)
{
    uint64_t now = port_now(kernel);
    linux_loop_step(kernel->port, wait_ns > CAPOS_FOREVER - now ? CAPOS_FOREVER : now + wait_ns);
}
