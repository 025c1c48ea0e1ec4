/*
 * The doorbell: system calls of services, which the filter turns into
 * notifications. The kernel learns beyond forgery who calls, with which number
 * and from which instruction, and answers when it chooses. Whatever is not one
 * of the entry page's own calls ends the process, but for what was ordered
 * (shared_memory.c).
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
static void send(const struct linux_process *process, struct seccomp_notif_resp response)
{
    ioctl(process->zygote->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void answer(struct linux_process *process, int64_t value)
{
    if (linux_orders_begin(process, value))
        value = LINUX_ANSWER_ORDERS;
    linux_polling_add(process->port, process);
    if (process->call == LINUX_CALL_RANG) {
        process->mailbox->result = process->result = value;
        process->call = LINUX_CALL_ANSWERED;
        __atomic_store_n(&process->mailbox->answered, process->bell, __ATOMIC_RELEASE);
    } else {
        process->call = LINUX_CALL_NONE;
        send(process, (struct seccomp_notif_resp){.id = process->notification, .val = value});
    }
}

void port_wake(struct kernel *kernel, struct process *process, int64_t result)
{
    (void)kernel;
    answer(linux_process_of(process), result);
}

static void enter(struct linux_port *port, struct linux_process *process, uint32_t min_complete,
                  uint64_t timeout_ns)
{
    int64_t result = 0;
    struct process *of = process->process;
    switch (kernel_enter(port->kernel, of, min_complete, timeout_ns, &result)) {
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

void linux_doorbell_rung(struct linux_port *port, struct linux_process *process, uint32_t number)
{
    uint32_t min_complete = __atomic_load_n(&process->mailbox->min_complete, __ATOMIC_RELAXED);
    uint64_t timeout_ns = __atomic_load_n(&process->mailbox->timeout_ns, __ATOMIC_RELAXED);
    process->bell = number;
    process->call = LINUX_CALL_RANG;
    enter(port, process, min_complete, timeout_ns);
}

/*
 * Whoever traps is tired of waiting at the mailbox, or has not waited there. What was taken from there is not
 * taken again: the trap waits for the same answer, or has come for it.
 */
static void trap(struct linux_port *port, struct linux_process *process, const struct seccomp_notif *call)
{
    uint32_t number = (uint32_t)call->data.args[2];
    enum linux_call had = process->call;
    process->notification = call->id;
    process->call = LINUX_CALL_TRAPPED;
    linux_polling_add(port, process);
    if (had == LINUX_CALL_RANG)
        return;
    if (had == LINUX_CALL_ANSWERED && number == process->bell) {
        process->call = LINUX_CALL_NONE;
        send(process, (struct seccomp_notif_resp){.id = call->id, .val = process->result});
        return;
    }
    process->bell = number;
    enter(port, process, (uint32_t)call->data.args[0], call->data.args[1]);
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

/* Puts a descriptor into the caller as its number 0. False: the host has no memory for it, or the caller has
 * died. */
static bool give_descriptor(const struct linux_process *process, uint64_t id, int descriptor)
{
    struct seccomp_notif_addfd adding = {
        .id = id, .flags = SECCOMP_ADDFD_FLAG_SETFD, .srcfd = (uint32_t)descriptor, .newfd = 0};
    int result;
    do
        result = ioctl(process->zygote->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &adding);
    while (result < 0 && errno == EINTR);
    return result == 0;
}

/* It makes the very system call that was ordered: this one passes. */
static void let_pass(struct linux_process *process, const struct seccomp_notif *call)
{
    struct linux_order_answer order = linux_order_take(process);
    struct seccomp_notif_resp response = {.id = call->id};
    if (!order.pass)
        response.val = (int64_t)call->data.args[0];
    else if (order.descriptor >= 0 && !give_descriptor(process, call->id, order.descriptor))
        response.error = -ENOMEM;
    else
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    send(process, response);
}

static void handle(struct linux_port *port, struct linux_process *process, const struct seccomp_notif *call)
{
    const struct seccomp_data *data = &call->data;
    uint64_t arguments[6];
    uint64_t place = data->instruction_pointer - LINUX_ENTRY_VADDR;
    bool native = data->arch == AUDIT_ARCH_X86_64;
    for (int i = 0; i < 6; i++)
        arguments[i] = data->args[i];
    if (native && data->nr == LINUX_NR_CAP_ENTER && place == LINUX_IP_CAP_ENTER)
        trap(port, process, call);
    else if (native && data->nr == LINUX_NR_EXIT && place == LINUX_IP_EXIT)
        leave(port, process, (int64_t)data->args[0]);
    else if (native && data->nr == LINUX_NR_FAULT && place == LINUX_IP_FAULT)
        linux_fault_signal(port, process, (int)data->args[0], (int)data->args[4], data->args[1],
                           data->args[3]);
    else if (native && place == LINUX_IP_ORDER && linux_order_is(process, data->nr, arguments))
        let_pass(process, call);
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
