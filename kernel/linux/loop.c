/*
 * The main loop: one wait for everything that can happen on the host, then
 * reports to the core.
 */
#include "kernel/linux/linux.h"
#include "kernel/linux/trace.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kernel/core/fault.h"

enum { EVENTS_MAX = 64 };

/* The first signal ends the system in order, the next one without waiting for anything. */
static void take_signal(struct linux_port *port)
{
    struct signalfd_siginfo info;
    while (read(port->signal_fd, &info, sizeof info) == sizeof info) {
        if (port->signal) {
            linux_debug_close(port);
            _exit(LINUX_EXIT_SIGNAL + port->signal);
        }
        port->signal = (int)info.ssi_signo;
        kernel_shutdown(port->kernel);
    }
}

static void dispatch(struct linux_port *port, const struct epoll_event *event)
{
    struct linux_source *source = event->data.ptr;
    switch (source->kind) {
    case LINUX_SOURCE_LISTENER:
        linux_listener_ready(port, (struct linux_zygote *)source, event->events & EPOLLIN);
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

static void take_events(struct linux_port *port)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(port->epoll, events, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++)
        dispatch(port, &events[i]);
}

void linux_loop_step(struct linux_port *port, uint64_t until)
{
    linux_console_flush(port);
    port_trace_flush(port);
    bool polls = linux_polling_step(port);
    uint64_t deadline = kernel_deadline(port->kernel);
    uint64_t wait = polls ? 0 : deadline < until ? deadline : until;
    if ((!polls || linux_polling_listens(port)) && linux_listeners_wait(port, wait))
        take_events(port);
    if (deadline != CAPOS_FOREVER && port_now(port->kernel) >= deadline)
        kernel_tick(port->kernel);
}

static int exit_code(const struct linux_port *port, const struct kernel_end *end)
{
    if (port->failed)
        return LINUX_EXIT_OWN_ERROR;
    if (port->signal)
        return LINUX_EXIT_SIGNAL + port->signal;
    return kernel_end_code(end);
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
