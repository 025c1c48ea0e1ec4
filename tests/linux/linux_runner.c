/*
 * The Linux port under the mini core.
 */
#include "tests/linux/linux_runner.h"

#include <stdlib.h>

#include "tests/tap.h"

struct linux_options runner_options = {.belts = LINUX_BELTS_ALL & ~LINUX_BELT_NO_DUMP, .in = 0, .out = 1};

void mini_port_open(struct kernel *kernel)
{
    struct kernel_error error = {""};
    struct linux_port *port = calloc(1, sizeof *port);
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
    free(kernel->port);
}

void mini_port_step(struct kernel *kernel, uint64_t wait_ns)
{
    uint64_t now = port_now(kernel);
    linux_loop_step(kernel->port, wait_ns > CAPOS_FOREVER - now ? CAPOS_FOREVER : now + wait_ns);
}
