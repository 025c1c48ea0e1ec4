/* Two processes, or one and many clients, and AF_UNIX stream sockets: bytes there, 64 back. */
#include <sys/epoll.h>

#include "bench/peers/peer.h"

enum { EVENTS = 64 };

static char bytes[1 << 20];

static void answer(int fd, const struct peer_options *options)
{
    size_t size = peer_is(options, "payload") ? options->point : PEER_BYTES;
    while (peer_read(fd, bytes, size) && peer_write(fd, bytes, PEER_BYTES))
        ;
}

static void ask(int fd, const struct peer_options *options)
{
    (void)options;
    while (peer_write(fd, bytes, PEER_BYTES) && peer_read(fd, bytes, PEER_BYTES))
        ;
}

static void ping(const struct peer_options *options)
{
    int fd = peer_fork(answer, options);
    bool payload = peer_is(options, "payload");
    uint32_t calls = payload ? 1 : options->point;
    size_t size = payload ? options->point : PEER_BYTES;
    struct peer_meter *meter = peer_meter_start(options->slice_ns);
    while (peer_meter_goes_on(meter)) {
        for (uint32_t i = 0; i < calls; i++)
            if (!peer_write(fd, bytes, size))
                peer_fail("write");
        if (!peer_read(fd, bytes, (size_t)calls * PEER_BYTES))
            peer_fail("read");
    }
    peer_meter_print(meter, "unix", calls);
}

static uint32_t serve_some(int epoll)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll, events, EVENTS, 1000);
    for (int i = 0; i < count; i++)
        if (!peer_read(events[i].data.fd, bytes, PEER_BYTES) ||
            !peer_write(events[i].data.fd, bytes, PEER_BYTES))
            peer_fail("a client");
    return count > 0 ? (uint32_t)count : 0;
}

static void serve_clients(const struct peer_options *options)
{
    int epoll = epoll_create1(0);
    for (uint32_t i = 0; i < options->point; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = peer_fork(ask, options)};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) < 0)
            peer_fail("epoll_ctl");
    }
    uint64_t calls = 0, start = 0, first = measure_now() + options->slice_ns / 5, now = 0;
    while (now < first + options->slice_ns) {
        calls += serve_some(epoll);
        now = measure_now();
        if (start == 0 && now >= first) {
            start = now;
            calls = 0;
        }
    }
    peer_print("unix", now - start, calls);
}

int main(int argc, char **argv)
{
    struct peer_options options = peer_options_parse(argc, argv);
    peer_allow_files();
    if (peer_is(&options, "clients"))
        serve_clients(&options);
    else
        ping(&options);
    return 0;
}
