/*
 * The capos command: runs a system, checks a boot package, or says what it
 * finds of this Linux. What it does with Linux is in the other files.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

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

/* Leak checkers attach to the process that they check. */
static void allow_leak_check(void)
{
#if defined(__SANITIZE_ADDRESS__)
    prctl(PR_SET_DUMPABLE, 1);
#endif
}

static int check(const struct linux_boot_file *file, const char *path)
{
    struct kernel_error error = {""};
    return linux_check(file, &error) ? 0 : complain_of(path, &error);
}

static int version(void)
{
    struct kernel_error error = {""};
    printf("capos %s, ABI version %d\n", CAPOS_VERSION, CAPOS_ABI_VERSION);
    fflush(stdout);
    return linux_probe_print(&error) ? 0 : complain(error.text);
}

/* Reads the schemas of a trace, and says what is wrong with one. */
static bool read_schemas(struct linux_trace_options *trace)
{
    struct kernel_error error = {""};
    for (size_t i = 0; i < trace->schema_count; i++) {
        if (!linux_schema_read(trace->schema_files[i], &trace->schemas[i], &error)) {
            complain(error.text);
            return false;
        }
    }
    return true;
}

/* The kernel that tells of calls is another one, so that this one need not ask whether it should. */
static int run(const struct linux_boot_file *file, struct linux_command *command)
{
    int code = LINUX_EXIT_OWN_ERROR;
    if (!command->trace.file)
        return linux_run(file, command);
    if (read_schemas(&command->trace))
        code = linux_run_traced(file, command);
    for (size_t i = 0; i < command->trace.schema_count; i++)
        free(command->trace.schemas[i].data);
    return code;
}

static int with_file(struct linux_command *command)
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
