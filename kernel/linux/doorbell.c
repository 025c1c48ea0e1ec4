/*
 * The doorbell: system calls of services, which the filter turns into
 * notifications. The kernel learns beyond forgery who calls, with which number
 * and from which instruction, and answers when it chooses. Whatever is not one
 * of the entry page's own calls ends the process.
 */
#include "kernel/linux/linux.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kernel/linux/layout.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#    define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#    define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

bool linux_doorbell_set_sync_wake(int listener)
{
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0;
}

/* ENOENT: the caller has died meanwhile. */
static void answer(const struct linux_process *process, int64_t value)
{
    struct seccomp_notif_resp response = {.id = process->notification, .val = value};
    ioctl(process->zygote->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

void port_wake(struct kernel *kernel, struct process *process, int64_t result)
{
    (void)kernel;
    answer(linux_process_of(process), result);
}

static void enter(struct linux_port *port, struct linux_process *process, const struct seccomp_notif *call)
{
    int64_t result = 0;
    struct process *of = process->process;
    process->notification = call->id;
    switch (kernel_enter(port->kernel, of, (uint32_t)call->data.args[0], call->data.args[1], &result)) {
    case KERNEL_ENTER_RETURNS:
        answer(process, result);
        break;
    case KERNEL_ENTER_WAITS:
        break;
    case KERNEL_ENTER_ENDS:
        port_process_kill(port->kernel, of);
        break;
    }
}

static void leave(struct linux_port *port, struct linux_process *process, int64_t code)
{
    process->ended = true;
    kernel_exit(port->kernel, process->process, code);
    port_process_kill(port->kernel, process->process);
}

static void forbid(struct linux_port *port, struct linux_process *process, const struct seccomp_data *data)
{
    struct fault fault = {
        .kind = FAULT_SYSCALL,
        .signal = 31,
        .instruction = data->instruction_pointer,
        .number = (uint32_t)data->nr,
    };
    linux_fault(port, process, &fault);
}

static void handle(struct linux_port *port, struct linux_process *process, const struct seccomp_notif *call)
{
    const struct seccomp_data *data = &call->data;
    uint64_t place = data->instruction_pointer - LINUX_ENTRY_VADDR;
    bool native = data->arch == AUDIT_ARCH_X86_64;
    if (native && data->nr == LINUX_NR_CAP_ENTER && place == LINUX_IP_CAP_ENTER)
        enter(port, process, call);
    else if (native && data->nr == LINUX_NR_EXIT && place == LINUX_IP_EXIT)
        leave(port, process, (int64_t)data->args[0]);
    else if (native && data->nr == LINUX_NR_FAULT && place == LINUX_IP_FAULT)
        linux_fault_signal(port, process, (int)data->args[0], (int)data->args[4], data->args[1],
                           data->args[3]);
    else
        forbid(port, process, data);
}

void linux_doorbell(struct linux_port *port, struct linux_zygote *zygote)
{
    struct seccomp_notif call;
    memset(&call, 0, sizeof call);
    if (ioctl(zygote->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
        return; /* ENOENT: the caller died before; EINTR: it is still there */
    struct linux_process *process = linux_process_find(port, (pid_t)call.pid);
    if (process && !process->ended)
        handle(port, process, &call);
}
