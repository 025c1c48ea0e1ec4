/*
 * Makes and unmakes the port as a whole.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kernel/core/kernel.h"
#include "kernel/linux/layout.h"

#ifndef AT_MINSIGSTKSZ
#    define AT_MINSIGSTKSZ 51
#endif

extern const uint8_t linux_entry_page[CAPOS_PAGE_BYTES]; /* entry.S */

struct linux_port *linux_port_of(struct kernel *kernel)
{
    return kernel->port;
}

struct linux_process *linux_process_of(struct process *process)
{
    return process->port;
}

bool linux_watch(struct linux_port *port, int fd, uint32_t events, struct linux_source *source)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    return epoll_ctl(port->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ||
           (errno == EEXIST && epoll_ctl(port->epoll, EPOLL_CTL_MOD, fd, &event) == 0);
}

/* Thousands of services, one pidfd each. */
static void raise_limits(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* Room for the largest signal frame of this processor, and for the handler. */
static size_t fault_stack_bytes(void)
{
    size_t frame = getauxval(AT_MINSIGSTKSZ);
    size_t bytes = ((frame ? frame : 2048) + 2 * CAPOS_PAGE_BYTES - 1) / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES;
    size_t room = CAPOS_RING_VADDR - CAPOS_PRIVATE_VADDR;
    return bytes < room ? bytes : room;
}

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A broken pipe and a file limit are errors of a write, not the end; children must not be reaped unseen. */
static void set_signals(sigset_t *ret_ends)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(ret_ends);
    sigaddset(ret_ends, SIGINT);
    sigaddset(ret_ends, SIGTERM);
    sigaddset(ret_ends, SIGHUP);
    sigprocmask(SIG_BLOCK, ret_ends, NULL);
}

bool linux_port_open(struct linux_port *port, const struct linux_options *options, struct kernel_error *error)
{
    sigset_t ends;
    memset(port, 0, sizeof *port);
    port->options = *options;
    linux_polling_open(port);
    port->fault_stack_bytes = fault_stack_bytes();
    set_signals(&ends);
    raise_limits();
    if (options->belts & LINUX_BELT_NO_DUMP)
        prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    port->epoll = epoll_create1(EPOLL_CLOEXEC);
    port->signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    port->entry_memfd = linux_memfd_sealed("capos-entry", linux_entry_page, CAPOS_PAGE_BYTES);
    port->signal_source.kind = LINUX_SOURCE_SIGNAL;
    if (port->epoll < 0 || port->signal_fd < 0 || port->entry_memfd < 0 ||
        !linux_watch(port, port->signal_fd, EPOLLIN, &port->signal_source)) {
        snprintf(
            error->text, sizeof error->text,
            "cannot make an executable memfd, an epoll instance and a signalfd: %s (vm.memfd_noexec, if this "
            "Linux has it, must not be 2)",
            strerror(errno));
        goto out_close;
    }
    linux_console_open(port);
    if (linux_zygote_get(port, error)) {
        linux_polling_ready(port);
        return true;
    }

out_close:
    linux_port_close(port);
    return false;
}

void linux_port_close(struct linux_port *port)
{
    linux_debug_close(port);
    linux_zygotes_close(port);
    linux_texts_close(port);
    close_if_open(&port->entry_memfd);
    close_if_open(&port->signal_fd);
    close_if_open(&port->epoll);
}
