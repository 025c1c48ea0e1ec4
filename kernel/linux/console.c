/*
 * The console: standard output and input of the kernel process, and log lines
 * on standard error.
 *
 * Nothing here blocks, and O_NONBLOCK is never set: the descriptions are
 * shared with the shell and with others. So a write follows a poll that found
 * room, and is no longer than what that room is sure to hold; a read follows
 * a poll that found input, and happens only when the core asks for input.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a descriptor takes without waiting when poll says that it is writable. */
enum { PIPE_CHUNK = 4096, TERMINAL_CHUNK = 256, FLUSH_AT = LINUX_CONSOLE_BYTES / 2 };

static bool ready(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, 0) > 0;
}

void linux_console_open(struct linux_port *port)
{
    struct linux_console *console = &port->console;
    struct stat status;
    console->input.kind = LINUX_SOURCE_INPUT;
    console->output.kind = LINUX_SOURCE_OUTPUT;
    console->in = port->options.in;
    console->out = port->options.out;
    bool terminal = fstat(console->out, &status) == 0 && S_ISCHR(status.st_mode);
    console->out_chunk = terminal ? TERMINAL_CHUNK : PIPE_CHUNK;
    /* No events: EPOLLERR and EPOLLHUP come all the same, when nobody can read any more. */
    console->out_pollable = linux_watch(port, console->out, 0, &console->output);
}

/* --- Output --------------------------------------------------------------------- */

static void watch_output(struct linux_port *port, bool watched)
{
    struct linux_console *console = &port->console;
    if (console->out_watched == watched || !console->out_pollable)
        return;
    console->out_watched = watched;
    linux_watch(port, console->out, watched ? EPOLLOUT : 0, &console->output);
}

static void output_failed(struct linux_port *port, int error)
{
    char line[120];
    struct epoll_event none = {0};
    port->console.out_error = error;
    port->console.count = 0;
    port->failed = true;
    if (port->console.out_pollable)
        epoll_ctl(port->epoll, EPOLL_CTL_DEL, port->console.out, &none);
    port->console.out_pollable = false;
    snprintf(line, sizeof line, "cannot write console output: %s", strerror(error));
    port_log(port->kernel, line);
}

/* One write of what lies in one piece. False: not now, or never again. */
static bool write_chunk(struct linux_port *port)
{
    struct linux_console *console = &port->console;
    size_t piece = LINUX_CONSOLE_BYTES - console->first;
    piece = console->count < piece ? console->count : piece;
    if (console->out_pollable) {
        piece = piece < console->out_chunk ? piece : console->out_chunk;
        if (!ready(console->out, POLLOUT)) {
            watch_output(port, true);
            return false;
        }
    }
    ssize_t written = write(console->out, console->bytes + console->first, piece);
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) {
        watch_output(port, errno == EAGAIN);
        return errno == EINTR;
    }
    if (written < 0) {
        output_failed(port, errno);
        return false;
    }
    console->first = (console->first + (size_t)written) % LINUX_CONSOLE_BYTES;
    console->count -= (size_t)written;
    return true;
}

static void write_out(struct linux_port *port)
{
    if (port->console.out_watched || port->console.out_error)
        return;
    while (port->console.count > 0 && write_chunk(port))
        continue;
}

size_t port_console_write(struct kernel *kernel, const void *data, size_t count)
{
    struct linux_port *port = linux_port_of(kernel);
    struct linux_console *console = &port->console;
    if (console->out_error)
        return count; /* the system is about to end */
    if (console->count + count > FLUSH_AT)
        write_out(port);
    size_t room = LINUX_CONSOLE_BYTES - console->count;
    size_t taken = count < room ? count : room;
    for (size_t done = 0; done < taken;) {
        size_t at = (console->first + console->count) % LINUX_CONSOLE_BYTES;
        size_t part = LINUX_CONSOLE_BYTES - at;
        part = taken - done < part ? taken - done : part;
        memcpy(console->bytes + at, (const uint8_t *)data + done, part);
        console->count += part;
        done += part;
    }
    console->core_waits_for_room |= taken < count;
    return taken;
}

void linux_console_flush(struct linux_port *port)
{
    struct linux_console *console = &port->console;
    if (console->count > 0)
        write_out(port);
    if (console->core_waits_for_room && console->count < FLUSH_AT) {
        console->core_waits_for_room = false;
        kernel_console_output(port->kernel);
    }
    if (console->out_error && !console->end_told) {
        console->end_told = true;
        kernel_shutdown(port->kernel);
    }
}

void linux_console_output_ready(struct linux_port *port, uint32_t events)
{
    bool broken = (events & (EPOLLERR | EPOLLHUP)) && !port->console.out_error;
    watch_output(port, false);
    if (broken)
        output_failed(port, EPIPE);
    linux_console_flush(port);
}

/* --- Input ------------------------------------------------------------------------ */

int64_t port_console_read(struct kernel *kernel, void *data, size_t count)
{
    struct linux_port *port = linux_port_of(kernel);
    struct linux_console *console = &port->console;
    ssize_t got;
    if (!ready(console->in, POLLIN)) {
        console->in_watched = linux_watch(port, console->in, EPOLLIN | EPOLLONESHOT, &console->input);
        if (console->in_watched)
            return PORT_CONSOLE_LATER;
    }
    do {
        got = read(console->in, data, count);
    } while (got < 0 && errno == EINTR);
    return got < 0 ? 0 : got;
}

void linux_console_input_ready(struct linux_port *port)
{
    struct epoll_event none = {0};
    epoll_ctl(port->epoll, EPOLL_CTL_DEL, port->console.in, &none);
    port->console.in_watched = false;
    kernel_console_input(port->kernel);
}

/* --- Log -------------------------------------------------------------------------- */

/* What the console has said so far comes first. */
void port_log(struct kernel *kernel, const char *line)
{
    struct linux_port *port = linux_port_of(kernel);
    char text[600];
    write_out(port);
    int length = snprintf(text, sizeof text, "capos: %s\n", line);
    size_t count = length < (int)sizeof text ? (size_t)length : sizeof text - 1;
    if (write(port->options.log, text, count) < 0)
        return; /* there is nobody left to tell */
}
