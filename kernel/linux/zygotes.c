/*
 * Zygotes, as the kernel process sees them: started when there is no room for
 * another service, asked to make services, closed. What they do is in zygote.c.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern const uint8_t linux_zygote_file[]; /* entry.S */
extern const uint64_t linux_zygote_bytes;

/* Room for the two descriptors of a message, suitably aligned. */
union control {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(2 * sizeof(int))];
};

static bool send_message(int socket, const void *message, size_t bytes, const int *descriptors, size_t count)
{
    union control control = {.header = {.cmsg_len = CMSG_LEN(count * sizeof(int)),
                                        .cmsg_level = SOL_SOCKET,
                                        .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), descriptors, count * sizeof(int));
    struct iovec part = {(void *)(uintptr_t)message, bytes};
    struct msghdr header = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = CMSG_SPACE(count * sizeof(int)),
    };
    ssize_t sent;
    do {
        sent = sendmsg(socket, &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)bytes;
}

/* *ret_descriptor is -1 when none came along. */
static bool receive_message(int socket, void *message, size_t bytes, int *ret_descriptor)
{
    union control control;
    struct iovec part = {message, bytes};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control};
    ssize_t got;
    do {
        got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    struct cmsghdr *first = got < 0 ? NULL : CMSG_FIRSTHDR(&header);
    *ret_descriptor = -1;
    if (first && first->cmsg_type == SCM_RIGHTS)
        memcpy(ret_descriptor, CMSG_DATA(first), sizeof *ret_descriptor);
    return got == (ssize_t)bytes;
}

/* The child shares our memory until it executes: it may do nothing but this. */
__attribute__((noinline)) static pid_t execute(int memfd, int socket)
{
    static char *const arguments[] = {(char *)"capos-zygote", NULL};
    static char *const environment[] = {NULL};
    pid_t pid = vfork();
    if (pid == 0) {
        if (dup2(socket, 0) == 0)
            syscall(SYS_execveat, memfd, "", arguments, environment, AT_EMPTY_PATH);
        _exit(127);
    }
    return pid;
}

static bool start_program(struct linux_zygote *zygote, struct kernel_error *error)
{
    int pair[2];
    int memfd = linux_memfd_sealed("capos-zygote", linux_zygote_file, linux_zygote_bytes);
    if (memfd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        snprintf(error->text, sizeof error->text, "cannot make a memfd and a socket pair: %s",
                 strerror(errno));
        if (memfd >= 0)
            close(memfd);
        return false;
    }
    zygote->pid = execute(memfd, pair[1]);
    if (zygote->pid < 0)
        snprintf(error->text, sizeof error->text, "cannot start a process: %s", strerror(errno));
    close(pair[1]);
    close(memfd);
    zygote->socket = pair[0];
    return zygote->pid > 0;
}

/* Tells it what to do; it answers when it is confined. */
static bool shake_hands(struct linux_port *port, struct linux_zygote *zygote, struct kernel_error *error)
{
    struct linux_zygote_ready ready = {0};
    struct linux_zygote_config config = {
        .kernel_pid = getpid(),
        .belts = port->options.belts,
        .fault_stack = CAPOS_PRIVATE_VADDR,
        .fault_stack_bytes = port->fault_stack_bytes,
    };
    if (!send_message(zygote->socket, &config, sizeof config, &port->entry_memfd, 1) ||
        !receive_message(zygote->socket, &ready, sizeof ready, &zygote->listener)) {
        snprintf(error->text, sizeof error->text,
                 "the confined loader did not start; is executing a memfd forbidden here (vm.memfd_noexec)?");
        return false;
    }
    if (ready.error != 0 || zygote->listener < 0) {
        linux_zygote_explain(&ready, error);
        return false;
    }
    port->belts = ready.belts;
    if ((port->options.belts & LINUX_BELT_SYNC_WAKE) && linux_doorbell_set_sync_wake(zygote->listener))
        port->belts |= LINUX_BELT_SYNC_WAKE;
    return true;
}

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void free_zygote(struct linux_zygote *zygote)
{
    shut(&zygote->socket);
    shut(&zygote->listener);
    if (zygote->pid > 0) {
        kill(zygote->pid, SIGKILL);
        waitpid(zygote->pid, NULL, 0);
    }
    free(zygote);
}

struct linux_zygote *linux_zygote_get(struct linux_port *port, struct kernel_error *error)
{
    for (struct linux_zygote *zygote = port->zygotes; zygote; zygote = zygote->next)
        if (zygote->socket >= 0 && zygote->services < LINUX_ZYGOTE_SERVICES)
            return zygote;
    struct linux_zygote *zygote = calloc(1, sizeof *zygote);
    if (!zygote) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return NULL;
    }
    zygote->source.kind = LINUX_SOURCE_LISTENER;
    zygote->socket = zygote->listener = -1;
    if (!start_program(zygote, error) || !shake_hands(port, zygote, error) ||
        !linux_listener_watch(port, zygote)) {
        free_zygote(zygote);
        return NULL;
    }
    zygote->next = port->zygotes;
    port->zygotes = zygote;
    return zygote;
}

pid_t linux_zygote_spawn(struct linux_zygote *zygote, const struct linux_process *process)
{
    const int descriptors[] = {process->text->memfd, process->arena_memfd};
    int32_t pid = 0;
    int none;
    if (!send_message(zygote->socket, &process->spawn, sizeof process->spawn, descriptors, 2) ||
        !receive_message(zygote->socket, &pid, sizeof pid, &none)) {
        shut(&zygote->socket);
        return -ESRCH;
    }
    return pid;
}

static void unlink_and_free(struct linux_port *port, struct linux_zygote *zygote)
{
    struct linux_zygote **at = &port->zygotes;
    while (*at != zygote)
        at = &(*at)->next;
    *at = zygote->next;
    free_zygote(zygote);
}

void linux_zygote_hung_up(struct linux_port *port, struct linux_zygote *zygote)
{
    linux_listener_unwatch(port, zygote);
    shut(&zygote->listener);
    shut(&zygote->socket);
    if (zygote->services == 0)
        unlink_and_free(port, zygote);
}

void linux_zygote_leave(struct linux_port *port, struct linux_zygote *zygote)
{
    zygote->services--;
    if (zygote->services == 0 && zygote->listener < 0)
        unlink_and_free(port, zygote);
}

void linux_zygotes_close(struct linux_port *port)
{
    while (port->zygotes) {
        struct linux_zygote *zygote = port->zygotes;
        port->zygotes = zygote->next;
        free_zygote(zygote);
    }
}
