/*
 * The life of a process: prepared, started from a zygote, stopped, gone.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/core/kernel.h"
#include "kernel/linux/trace.h"

#ifndef P_PIDFD
#    define P_PIDFD 3
#endif

/* --- By pid: a pid is ours until it is reaped, and that is after its process is forgotten. ------- */

static struct linux_process **hash_place(struct linux_port *port, pid_t pid)
{
    struct linux_process **at = &port->hash[(unsigned)pid % LINUX_HASH_SIZE];
    while (*at && (*at)->pid != pid)
        at = &(*at)->next_in_hash;
    return at;
}

struct linux_process *linux_process_find(struct linux_port *port, pid_t pid)
{
    return *hash_place(port, pid);
}

/* --- Made and unmade ------------------------------------------------------------------------- */

/* What the kernel process has open beside a pidfd for each service, and how many host processes there are. */
enum {
    ZYGOTES_NEEDED = KERNEL_PROCESSES_MAX / LINUX_ZYGOTE_SERVICES + 1,
    FILES_NEEDED = KERNEL_PROCESSES_MAX + 2 * ZYGOTES_NEEDED + KERNEL_BINARIES_MAX + 32,
    PROCESSES_NEEDED = KERNEL_PROCESSES_MAX + ZYGOTES_NEEDED + 1,
};

/* Says which of the host's limits it was, and what it would have to be for all that a kernel has records for.
 */
static int no_memory(struct linux_port *port, const struct process *process)
{
    char line[300];
    struct rlimit files = {0};
    int begun =
        snprintf(line, sizeof line, "service \"%s\" does not fit: %s", process->name, strerror(errno));
    if (errno == EMFILE && getrlimit(RLIMIT_NOFILE, &files) == 0)
        snprintf(line + begun, sizeof line - (size_t)begun,
                 "; the limit is %llu (ulimit -Hn), and %d are enough for %d processes",
                 (unsigned long long)files.rlim_cur, FILES_NEEDED, KERNEL_PROCESSES_MAX);
    else if (errno == EAGAIN)
        snprintf(line + begun, sizeof line - (size_t)begun,
                 "; the limit of processes (ulimit -u, or pids.max of the control group) must leave %d for "
                 "%d processes",
                 PROCESSES_NEEDED, KERNEL_PROCESSES_MAX);
    port_log(port->kernel, line);
    return CAP_ERR_NO_MEMORY;
}

int port_process_create(struct kernel *kernel, struct process *process, const struct elf_image *image,
                        size_t capset_bytes)
{
    struct linux_port *port = linux_port_of(kernel);
    struct linux_process *made = calloc(1, sizeof *made);
    if (!made)
        return no_memory(port, process);
    made->source.kind = LINUX_SOURCE_PROCESS;
    made->port = port;
    made->process = process;
    made->arena_memfd = made->pidfd = -1;
    linux_layout(made, image, capset_bytes, port->fault_stack_bytes);
    made->text = linux_text_acquire(port, image);
    if (!made->text)
        goto out_free;
    if (!linux_arena_make(made))
        goto out_text;
    linux_fill_arena(made);
    process->port = made;
    return CAP_OK;

out_text:
    linux_text_release(port, made->text);
out_free:
    free(made);
    return no_memory(port, process);
}

void port_process_destroy(struct kernel *kernel, struct process *process)
{
    struct linux_port *port = linux_port_of(kernel);
    struct linux_process *old = linux_process_of(process);
    linux_polling_remove(port, old);
    linux_places_close(old);
    linux_arena_free(old);
    linux_text_release(port, old->text);
    if (old->pidfd >= 0) {
        siginfo_t info;
        *hash_place(port, old->pid) = old->next_in_hash;
        waitid(P_PIDFD, (id_t)old->pidfd, &info, WEXITED | __WALL);
        close(old->pidfd);
        linux_zygote_leave(port, old->zygote);
    }
    process->port = NULL;
    port_trace_forget(old);
    free(old);
}

/* --- Started and stopped ------------------------------------------------------------------------ */

/* A zygote may have been killed unnoticed: then another is tried, once. */
static pid_t spawn(struct linux_port *port, struct linux_process *process)
{
    struct kernel_error error = {""};
    pid_t pid = -ENOMEM;
    for (int tries = 0; tries < 2; tries++) {
        process->zygote = linux_zygote_get(port, &error);
        if (!process->zygote) {
            int why = errno;
            port_log(port->kernel, error.text);
            return why == EMFILE ? -EMFILE : -EAGAIN;
        }
        pid = linux_zygote_spawn(process->zygote, process);
        if (pid != -ESRCH)
            break;
    }
    return pid;
}

int port_process_start(struct kernel *kernel, struct process *process)
{
    struct linux_port *port = linux_port_of(kernel);
    struct linux_process *starting = linux_process_of(process);
    snprintf(starting->spawn.name, sizeof starting->spawn.name, "%.15s", process->name);
    linux_debug_prepare(port, starting);
    pid_t pid = spawn(port, starting);
    if (pid <= 0) {
        errno = (int)-pid;
        return no_memory(port, process);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0 || !linux_watch(port, pidfd, EPOLLIN, &starting->source)) {
        int error = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, __WALL);
        if (pidfd >= 0)
            close(pidfd);
        errno = error;
        return no_memory(port, process);
    }
    starting->pid = pid;
    starting->pidfd = pidfd;
    starting->zygote->services++;
    *hash_place(port, pid) = starting;
    close(starting->arena_memfd);
    starting->arena_memfd = -1;
    linux_debug_announce(port, starting);
    return CAP_OK;
}

void port_process_kill(struct kernel *kernel, struct process *process)
{
    struct linux_process *doomed = linux_process_of(process);
    doomed->ended = true;
    linux_polling_remove(linux_port_of(kernel), doomed);
    if (doomed->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, doomed->pidfd, SIGKILL, NULL, 0);
}

/* Nobody has told the core why it died: it could not be set up, or somebody else killed it. */
static void report_silent_death(struct linux_port *port, struct linux_process *process)
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED | WNOWAIT | __WALL) < 0)
        return;
    struct fault fault = {.kind = FAULT_KILLED, .signal = SIGKILL, .number = SIGKILL};
    if (info.si_code == CLD_EXITED) {
        char line[200];
        snprintf(line, sizeof line, "service \"%s\" could not be set up: %s", process->process->name,
                 strerror(info.si_status));
        port_log(port->kernel, line);
    } else {
        fault.signal = info.si_status;
        fault.number = (uint64_t)info.si_status;
    }
    linux_fault(port, process, &fault);
}

void linux_process_died(struct linux_port *port, struct linux_process *process)
{
    if (!process->ended)
        report_silent_death(port, process);
    kernel_process_gone(port->kernel, process->process);
}
