/*
 * The main loop: one wait for everything that can happen on the host, then
 * reports to the core.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 64 };

/* The first signal ends the system in order, the next one without waiting for anything. */
static void take_signal(struct linux_port *port)
{
    struct signalfd_siginfo info;
    while (read(port->signal_fd, &info, sizeof info) == sizeof info) {
        if (port->signal)
            _exit(LINUX_EXIT_SIGNAL + port->signal);
        port->signal = (int)info.ssi_signo;
        kernel_shutdown(port->kernel);
    }
}

static void dispatch(struct linux_port *port, const struct epoll_event *event)
{
    struct linux_source *source = event->data.ptr;
    switch (source->kind) {
    case LINUX_SOURCE_LISTENER:
        if (event->events & EPOLLIN)
            linux_doorbell(port, (struct linux_zygote *)source);
        else
            linux_zygote_hung_up(port, (struct linux_zygote *)source);
        break;
    case LINUX_SOURCE_PROCESS:
        linux_process_died(port, (struct linux_process *)source);
        break;
    case LINUX_SOURCE_SIGNAL:
        take_signal(port);
        break;
    case LINUX_SOURCE_INPUT:
        linux_console_input_ready(port);
        break;
    case LINUX_SOURCE_OUTPUT:
        linux_console_output_ready(port, event->events);
        break;
    }
}

static int wait_for_events(struct linux_port *port, uint64_t until, struct epoll_event *events)
{
    if (until == CAPOS_FOREVER)
        return epoll_pwait2(port->epoll, events, EVENTS_MAX, NULL, NULL);
    uint64_t now = port_now(port->kernel);
    uint64_t wait = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
    return epoll_pwait2(port->epoll, events, EVENTS_MAX, &time, NULL);
}

void linux_loop_step(struct linux_port *port, uint64_t until)
{
    struct epoll_event events[EVENTS_MAX];
    linux_console_flush(port);
    uint64_t deadline = kernel_deadline(port->kernel);
    int count = wait_for_events(port, deadline < until ? deadline : until, events);
    for (int i = 0; i < count; i++)
        dispatch(port, &events[i]);
    if (deadline != CAPOS_FOREVER && port_now(port->kernel) >= deadline)
        kernel_tick(port->kernel);
}

static int exit_code(const struct linux_port *port, const struct kernel_end *end)
{
    if (port->failed)
        return LINUX_EXIT_OWN_ERROR;
    if (port->signal)
        return LINUX_EXIT_SIGNAL + port->signal;
    if (end->faulted)
        return LINUX_EXIT_SIGNAL + end->fault.signal;
    int code = (int)(end->code & 255);
    return code == 0 && end->code != 0 ? 1 : code;
}

int linux_loop_run(struct linux_port *port)
{
    struct kernel_end end = {0};
    for (;;) {
        linux_console_flush(port);
        bool drained = port->console.count == 0 || port->signal || port->failed;
        if (drained && kernel_ended(port->kernel, &end))
            return exit_code(port, &end);
        linux_loop_step(port, CAPOS_FOREVER);
    }
}
