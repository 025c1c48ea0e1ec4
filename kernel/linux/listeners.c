/*
 * Waiting for doorbells. A listener in epoll costs nothing while it is silent,
 * but a wake-up through epoll loses the hint that the waker is about to sleep:
 * then another CPU is woken from its idle state, which can take three times as
 * long as the whole call. A listener that is polled itself keeps the hint, but
 * each poll looks at every service blocked on it. So the few listeners that
 * rang lately are polled ("direct"), all others are in epoll.
 */
#include "kernel/linux/linux.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

/* A listener becomes direct after so many rings, in place of one that was silent for so many. */
enum { RINGS_TO_MOVE = 16, RINGS_OF_SILENCE = 64 };

bool linux_listener_watch(struct linux_port *port, struct linux_zygote *zygote)
{
    if (port->direct_count == LINUX_DIRECT_LISTENERS)
        return linux_watch(port, zygote->listener, EPOLLIN, &zygote->source);
    port->direct[port->direct_count++] = zygote;
    return true;
}

void linux_listener_unwatch(struct linux_port *port, struct linux_zygote *zygote)
{
    struct epoll_event none = {0};
    for (unsigned i = 0; i < port->direct_count; i++) {
        if (port->direct[i] == zygote) {
            port->direct[i] = port->direct[--port->direct_count];
            return;
        }
    }
    epoll_ctl(port->epoll, EPOLL_CTL_DEL, zygote->listener, &none);
}

/* Makes a listener direct that has been ringing through epoll, if another one has gone silent. */
static void consider_moving(struct linux_port *port, struct linux_zygote *zygote)
{
    if (++zygote->rings_behind < RINGS_TO_MOVE)
        return;
    zygote->rings_behind = 0;
    struct linux_zygote *silent = port->direct[0];
    for (unsigned i = 1; i < port->direct_count; i++)
        if (port->direct[i]->last_ring < silent->last_ring)
            silent = port->direct[i];
    if (port->direct_count == LINUX_DIRECT_LISTENERS) {
        if (port->rings - silent->last_ring < RINGS_OF_SILENCE ||
            !linux_watch(port, silent->listener, EPOLLIN, &silent->source))
            return;
        linux_listener_unwatch(port, silent);
    }
    linux_listener_unwatch(port, zygote);
    port->direct[port->direct_count++] = zygote;
}

static bool is_direct(const struct linux_port *port, const struct linux_zygote *zygote)
{
    for (unsigned i = 0; i < port->direct_count; i++)
        if (port->direct[i] == zygote)
            return true;
    return false;
}

void linux_listener_ready(struct linux_port *port, struct linux_zygote *zygote, bool rings)
{
    if (!rings) {
        linux_zygote_hung_up(port, zygote);
        return;
    }
    zygote->last_ring = ++port->rings;
    if (!is_direct(port, zygote))
        consider_moving(port, zygote);
    linux_doorbell(port, zygote);
}

static int poll_until(struct linux_port *port, uint64_t until, struct pollfd *fds, unsigned count)
{
    if (until == CAPOS_FOREVER)
        return ppoll(fds, count, NULL, NULL);
    uint64_t now = until == 0 ? 0 : port_now(port->kernel);
    uint64_t wait = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
    return ppoll(fds, count, &time, NULL);
}

bool linux_listeners_wait(struct linux_port *port, uint64_t until)
{
    struct linux_zygote *direct[LINUX_DIRECT_LISTENERS];
    struct pollfd fds[LINUX_DIRECT_LISTENERS + 1];
    unsigned count = port->direct_count;
    memcpy(direct, port->direct, sizeof direct);
    for (unsigned i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = direct[i]->listener, .events = POLLIN};
    fds[count] = (struct pollfd){.fd = port->epoll, .events = POLLIN};
    if (poll_until(port, until, fds, count + 1) <= 0)
        return false;
    for (unsigned i = 0; i < count; i++)
        if (fds[i].revents)
            linux_listener_ready(port, direct[i], fds[i].revents & POLLIN);
    return fds[count].revents != 0;
}
