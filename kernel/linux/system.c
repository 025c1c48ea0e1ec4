/*
 * Runs one system from its start to its end. Built twice: with KERNEL_TRACE
 * it is part of the kernel that tells of calls, linux_run_traced().
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/core/kernel.h"
#include "kernel/linux/linux.h"
#include "kernel/linux/trace.h"

static int complain(const char *what)
{
    fprintf(stderr, "capos: %s\n", what);
    return LINUX_EXIT_OWN_ERROR;
}

static int run_kernel(const char *path, const struct linux_boot_file *file, struct linux_port *port,
                      struct kernel *kernel, void *arena)
{
    struct kernel_error error = {""};
    const struct kernel_boot boot = {
        .arena = arena,
        .arena_bytes = KERNEL_ARENA_BYTES,
        .package = file->data,
        .package_bytes = file->bytes,
        .port = port,
    };
    port->kernel = kernel;
    if (!kernel_boot(kernel, &boot, &error)) {
        fprintf(stderr, "capos: %s: %s\n", path, error.text);
        return LINUX_EXIT_OWN_ERROR;
    }
    return linux_loop_run(port);
}

#ifdef KERNEL_TRACE
static int run_port(const struct linux_command *command, const struct linux_boot_file *file,
                    struct linux_port *port, struct kernel *kernel, void *arena)
{
    struct kernel_error error = {""};
    int code = LINUX_EXIT_OWN_ERROR;
    if (linux_trace_open(port, kernel, &command->trace, &error))
        code = run_kernel(command->file, file, port, kernel, arena);
    else
        complain(error.text);
    linux_trace_close(port);
    return code;
}
#    define linux_run linux_run_traced
#else
static int run_port(const struct linux_command *command, const struct linux_boot_file *file,
                    struct linux_port *port, struct kernel *kernel, void *arena)
{
    return run_kernel(command->file, file, port, kernel, arena);
}
#endif

static uint32_t belts_for(const struct linux_command *command)
{
    uint32_t belts = LINUX_BELTS_DEFAULT;
    if (command->hide_cpu)
        belts |= LINUX_BELTS_CPU;
    return belts;
}

int linux_run(const struct linux_boot_file *file, const struct linux_command *command)
{
    struct kernel_error error = {""};
    const struct linux_options options = {
        .belts = belts_for(command),
        .polling = !command->polling_off,
        .in = STDIN_FILENO,
        .out = STDOUT_FILENO,
        .log = STDERR_FILENO,
        .debug = command->debug,
    };
    struct linux_port *port = malloc(sizeof *port);
    struct kernel *kernel = malloc(sizeof *kernel);
    void *arena = /* whose pages are taken when they are touched */
        mmap(NULL, KERNEL_ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
             -1, 0);
    int code = LINUX_EXIT_OWN_ERROR;
    if (!port || !kernel || arena == MAP_FAILED) {
        complain("out of memory");
    } else if (!linux_port_open(port, &options, &error)) {
        complain(error.text);
    } else {
        code = run_port(command, file, port, kernel, arena);
        linux_port_close(port);
    }
    if (arena != MAP_FAILED)
        munmap(arena, KERNEL_ARENA_BYTES);
    free(kernel);
    free(port);
    return code;
}
