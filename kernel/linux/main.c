/*
 * The capos command: runs a system, checks a boot package, or says what it
 * finds of this Linux. What it does with Linux is in the other files.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "kernel/core/kernel.h"

/* For the core's records of processes and what else it keeps; pages are taken when they are touched. */
#define ARENA_BYTES (KERNEL_PROCESSES_MAX * (sizeof(struct process) + 4096) + ((size_t)16 << 20))

#ifndef CAPOS_VERSION
#    define CAPOS_VERSION "0.1"
#endif

static int complain(const char *what)
{
    fprintf(stderr, "capos: %s\n", what);
    return LINUX_EXIT_OWN_ERROR;
}

/* The numbers 0 to 2 must not be taken by what is opened later. A closed one stays unusable, as it was. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

static int complain_of(const char *path, const struct kernel_error *error)
{
    fprintf(stderr, "capos: %s: %s\n", path, error->text);
    return LINUX_EXIT_OWN_ERROR;
}

static int run_kernel(const char *path, const struct linux_boot_file *file, struct linux_port *port,
                      struct kernel *kernel, void *arena)
{
    struct kernel_error error = {""};
    const struct kernel_boot boot = {
        .arena = arena,
        .arena_bytes = ARENA_BYTES,
        .package = file->data,
        .package_bytes = file->bytes,
        .port = port,
    };
    port->kernel = kernel;
    if (!kernel_boot(kernel, &boot, &error))
        return complain_of(path, &error);
    return linux_loop_run(port);
}

/* Leak checkers attach to the process that they check. */
static void allow_leak_check(void)
{
#if defined(__SANITIZE_ADDRESS__)
    prctl(PR_SET_DUMPABLE, 1);
#endif
}

static uint32_t belts_for(const struct linux_command *command)
{
    uint32_t belts = LINUX_BELTS_DEFAULT;
    if (command->hide_cpu)
        belts |= LINUX_BELTS_CPU;
    if (command->debug)
        belts &= ~(uint32_t)LINUX_BELT_NO_DUMP;
    return belts;
}

static int run(const struct linux_boot_file *file, const struct linux_command *command)
{
    struct kernel_error error = {""};
    const struct linux_options options = {
        .belts = belts_for(command),
        .in = STDIN_FILENO,
        .out = STDOUT_FILENO,
        .log = STDERR_FILENO,
        .polling = !command->polling_off,
    };
    struct linux_port *port = malloc(sizeof *port);
    struct kernel *kernel = malloc(sizeof *kernel);
    void *arena =
        mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int code = LINUX_EXIT_OWN_ERROR;
    if (!port || !kernel || arena == MAP_FAILED) {
        complain("out of memory");
    } else if (!linux_port_open(port, &options, &error)) {
        complain(error.text);
    } else {
        code = run_kernel(command->file, file, port, kernel, arena);
        linux_port_close(port);
    }
    if (arena != MAP_FAILED)
        munmap(arena, ARENA_BYTES);
    free(kernel);
    free(port);
    return code;
}

static int check(const struct linux_boot_file *file, const char *path)
{
    struct kernel_error error = {""};
    if (kernel_check_package(file->data, file->bytes, &error))
        return 0;
    return complain_of(path, &error);
}

static int version(void)
{
    struct kernel_error error = {""};
    printf("capos %s, ABI version %d\n", CAPOS_VERSION, CAPOS_ABI_VERSION);
    fflush(stdout);
    return linux_probe_print(&error) ? 0 : complain(error.text);
}

static int with_file(const struct linux_command *command)
{
    struct linux_boot_file file;
    struct kernel_error error = {""};
    if (!linux_boot_file_read(command->file, &file, &error))
        return complain(error.text);
    int code = command->verb == LINUX_RUN ? run(&file, command) : check(&file, command->file);
    free(file.data);
    return code;
}

int main(int argc, char **argv)
{
    struct linux_command command;
    int code;
    keep_standard_descriptors();
    if (linux_options_parse(argc, argv, &command, &code))
        code = command.verb == LINUX_VERSION ? version() : with_file(&command);
    if (fflush(stdout) != 0 && code == 0)
        code = complain("cannot write to standard output");
    allow_leak_check();
    return code;
}
