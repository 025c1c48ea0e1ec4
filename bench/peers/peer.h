/*
 * What the peers share. A peer is a program that is asked for one slice,
 *
 *     PEER KIND MILLISECONDS [POINT]
 *
 * and prints lines: `NAME NS`, the cost of a call, and `NAME cdf NS...`, the
 * 101 percentiles of what single calls took. KIND is calls, depth (POINT calls
 * in flight), clients (POINT client processes), payload (POINT bytes there,
 * 64 back) or chain (of POINT calls). Its other processes are its children, and end with it.
 *
 * C and C++.
 */
#ifndef CAPOS_BENCH_PEERS_PEER_H
#define CAPOS_BENCH_PEERS_PEER_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measure.h"

enum { PEER_SAMPLES_MAX = 1 << 16, PEER_CLIENTS_MAX = 1000, PEER_BYTES = 64 };

struct peer_options {
    const char *kind;
    uint64_t slice_ns;
    uint32_t point;
};

/* Ends the program with a sentence: the reason that its row then has. */
__attribute__((noreturn)) static inline void peer_fail(const char *why)
{
    fprintf(stderr, "%s: %s\n", why, strerror(errno));
    exit(1);
}

static inline bool peer_is(const struct peer_options *options, const char *kind)
{
    return strcmp(options->kind, kind) == 0;
}

static inline struct peer_options peer_options_parse(int argc, char **argv)
{
    struct peer_options options;
    if (argc < 3) {
        fprintf(stderr, "usage: %s KIND MILLISECONDS [POINT]\n", argv[0]);
        exit(2);
    }
    options.kind = argv[1];
    options.slice_ns = strtoull(argv[2], NULL, 10) * 1000000;
    options.point = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
    return options;
}

/* --- The meter ------------------------------------------------------------- */

/* A fifth of the slice warms up. One reading of the clock a turn, which counts as part of the turn. */
struct peer_meter {
    uint64_t start, end, last, turns;
    size_t samples;
    uint64_t took[PEER_SAMPLES_MAX];
};

static inline struct peer_meter *peer_meter_start(uint64_t slice_ns)
{
    static struct peer_meter meter;
    uint64_t now = measure_now();
    meter.start = now + slice_ns / 5;
    meter.end = now + slice_ns;
    meter.last = 0;
    meter.turns = 0;
    meter.samples = 0;
    return &meter;
}

/* Whether there is to be another turn; after each one. */
static inline bool peer_meter_goes_on(struct peer_meter *meter)
{
    uint64_t now = measure_now();
    if (meter->last != 0) {
        meter->turns++;
        if (meter->samples < PEER_SAMPLES_MAX)
            meter->took[meter->samples++] = now - meter->last;
        meter->last = now;
    } else if (now >= meter->start) {
        meter->start = meter->last = now;
    }
    return now < meter->end || meter->turns == 0;
}

static inline void peer_print(const char *name, uint64_t ns, uint64_t calls)
{
    printf("%s %.1f\n", name, calls ? (double)ns / (double)calls : 0.0);
}

/* Each turn was so many calls. */
static inline void peer_meter_print(struct peer_meter *meter, const char *name, uint32_t calls)
{
    peer_print(name, meter->last - meter->start, meter->turns * calls);
    measure_median(meter->took, meter->samples);
    printf("%s cdf", name);
    for (size_t i = 0; i <= 100; i++)
        printf(" %llu", (unsigned long long)(meter->took[i * (meter->samples - 1) / 100] / calls));
    printf("\n");
}

/* --- Processes and sockets --------------------------------------------------- */

typedef void (*peer_body)(int fd, const struct peer_options *options);

/* Starts a child that has one end of a stream socket, and ends when it returns or we do: our end. */
static inline int peer_fork(peer_body body, const struct peer_options *options)
{
    int pair[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        peer_fail("socketpair");
    pid_t child = fork();
    if (child < 0)
        peer_fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        close(pair[0]);
        body(pair[1], options);
        _exit(0);
    }
    close(pair[1]);
    return pair[0];
}

/* Room for the sockets of that many clients. */
static inline void peer_allow_files(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static inline bool peer_write(int fd, const void *from, size_t size)
{
    const char *at = (const char *)from;
    while (size > 0) {
        ssize_t written = write(fd, at, size);
        if (written <= 0)
            return false;
        at += written;
        size -= (size_t)written;
    }
    return true;
}

static inline bool peer_read(int fd, void *to, size_t size)
{
    char *at = (char *)to;
    while (size > 0) {
        ssize_t got = read(fd, at, size);
        if (got <= 0)
            return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

#endif
