/*
 * Polling: a busy service rings in memory, and is answered there. Before the
 * kernel sleeps it looks at the mailboxes of those that were busy lately; it tells them whether it does, and
 * they trap when it does not. Each side waits for the other by the rule in layout.h, so that
 * a machine with something better to do loses next to nothing.
 *
 * Two stores and two loads decide who does what, so each side has a full barrier between its own: the
 * service rings and then sees whether it is looked at (entry.S), the kernel says that it stops looking and
 * then looks once more. A ring that both see is taken once: the trap joins it (doorbell.c).
 */
#include "kernel/linux/linux.h"

#include <cpuid.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A service that has not rung for so many windows is not looked at any more. */
enum { WINDOWS_OF_SILENCE = 10 };

static uint64_t steps_now(void)
{
    return __builtin_ia32_rdtsc();
}

void linux_polling_open(struct linux_port *port)
{
    port->polling.first_ns = port_now(port->kernel);
    port->polling.first_steps = steps_now();
}

/* The entry page reads the time stamp counter together with the processor's number. */
static bool has_rdtscp(void)
{
    enum { FEATURES = 0x80000001, RDTSCP = 1 << 27 };
    uint32_t eax, ebx, ecx, edx;
    return __get_cpuid(FEATURES, &eax, &ebx, &ecx, &edx) && (edx & RDTSCP);
}

/*
 * On one processor a yield lets all others run in turn, but what services wait for is the kernel: with half a
 * slice it comes after each of them. Linux before 6.12 tells no slice. What is forked has a whole one.
 */
static void take_turns(void)
{
    struct { /* sched_attr of linux/sched/types.h, which does not go together with sched.h */
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t slice_ns, deadline_ns, period_ns;
    } own = {.size = sizeof own};
    if (syscall(SYS_sched_getattr, 0, &own, sizeof own, 0) != 0 || own.policy != SCHED_OTHER ||
        own.slice_ns == 0 || (own.flags & SCHED_FLAG_RESET_ON_FORK))
        return;
    own.flags |= SCHED_FLAG_RESET_ON_FORK;
    own.slice_ns /= 2;
    syscall(SYS_sched_setattr, 0, &own, 0);
}

/* How many steps a window takes. What has happened since the port was opened has taken much longer than that.
 */
void linux_polling_ready(struct linux_port *port)
{
    struct linux_polling *polling = &port->polling;
    uint64_t ns = port_now(port->kernel) - polling->first_ns;
    uint64_t steps = steps_now() - polling->first_steps;
    bool readable = !(port->belts & LINUX_BELT_TSC_OFF) && has_rdtscp(); /* by services */
    uint64_t window = ns ? steps * LINUX_POLL_WINDOW_NS / ns : 0;
    if (port->options.polling && readable && ns >= LINUX_POLL_WINDOW_NS && window <= UINT32_MAX / 8)
        polling->window = (uint32_t)window;
    if (polling->window)
        take_turns();
}

static void set_window(struct linux_process *process, uint32_t window)
{
    __atomic_store_n(&process->mailbox->window, window, __ATOMIC_RELAXED);
}

void linux_polling_add(struct linux_port *port, struct linux_process *process)
{
    struct linux_polling *polling = &port->polling;
    uint32_t processor;
    if (polling->window == 0)
        return;
    polling->last_event = process->last_bell = __builtin_ia32_rdtscp(&processor);
    __atomic_store_n(&process->mailbox->processor, processor, __ATOMIC_RELAXED);
    polling->switches_left = LINUX_POLL_SWITCHES;
    if (polling->calm > 0) {
        polling->calm--;
        return;
    }
    if (process->polled || process->ended || polling->count == LINUX_POLLED_MAX)
        return;
    process->polled = true;
    polling->processes[polling->count++] = process;
    set_window(process, polling->window);
}

static void remove_at(struct linux_polling *polling, unsigned at)
{
    polling->processes[at]->polled = false;
    set_window(polling->processes[at], 0);
    polling->processes[at] = polling->processes[--polling->count];
}

void linux_polling_remove(struct linux_port *port, struct linux_process *process)
{
    for (unsigned i = 0; process->polled && i < port->polling.count; i++)
        if (port->polling.processes[i] == process)
            remove_at(&port->polling, i);
}

/* Takes what a service has rung for. A service cannot be answered twice, nor ring while it is owed an answer.
 */
static bool look(struct linux_port *port, struct linux_process *process)
{
    uint32_t number = __atomic_load_n(&process->mailbox->bell, __ATOMIC_ACQUIRE);
    if (number == process->bell || process->call == LINUX_CALL_RANG || process->call == LINUX_CALL_TRAPPED)
        return false;
    linux_doorbell_rung(port, process, number);
    return true;
}

/* In the order of the list, once each; what is called may take away any of them and add others at the end. */
static bool look_at_all(struct linux_port *port)
{
    bool rang = false;
    for (unsigned i = 0; i < port->polling.count; i++)
        rang |= look(port, port->polling.processes[i]);
    return rang;
}

static void forget_silent(struct linux_port *port, uint64_t now)
{
    struct linux_polling *polling = &port->polling;
    for (unsigned i = 0; i < polling->count; i++) {
        struct linux_process *process = polling->processes[i];
        if (now - process->last_bell < (uint64_t)WINDOWS_OF_SILENCE * polling->window)
            continue;
        set_window(process, 0);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (look(port, process))
            set_window(process, polling->window);
        else
            linux_polling_remove(port, process);
        return; /* one at a time: the list may have changed */
    }
}

/* False: one of them rang in the last moment. */
static bool stop_looking(struct linux_port *port)
{
    struct linux_polling *polling = &port->polling;
    for (unsigned i = 0; i < polling->count; i++)
        set_window(polling->processes[i], 0);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    bool rang = look_at_all(port);
    for (unsigned i = 0; i < polling->count; i++)
        set_window(polling->processes[i], rang ? polling->window : 0);
    while (!rang && polling->count > 0)
        remove_at(polling, polling->count - 1);
    return !rang;
}

static uint32_t calm_at_most(uint64_t calls)
{
    return calls < LINUX_CALM_MAX ? (uint32_t)calls : LINUX_CALM_MAX;
}

void linux_polling_yielded(struct linux_polling *polling, uint64_t took)
{
    if (took < polling->window >> LINUX_POLL_SHORT)
        return;
    polling->switches_left--;
    if (took <= (uint64_t)LINUX_POLL_HOGGED * polling->window)
        return;
    uint64_t makes_up = (took >> (31 - __builtin_clz(polling->window))) * LINUX_CALM;
    polling->calm = calm_at_most(makes_up > polling->calm_next ? makes_up : polling->calm_next);
    polling->calm_next = calm_at_most(UINT64_C(4) * polling->calm);
}

static void yield(struct linux_polling *polling)
{
    uint64_t before = steps_now();
    sched_yield();
    linux_polling_yielded(polling, steps_now() - before);
}

bool linux_polling_step(struct linux_port *port)
{
    struct linux_polling *polling = &port->polling;
    if (polling->count == 0)
        return false;
    if (look_at_all(port)) {
        polling->calm_next -= polling->calm_next > 0;
        return true;
    }
    uint64_t now = steps_now();
    if (now - polling->last_event > polling->window || polling->switches_left == 0 || polling->calm > 0)
        return !stop_looking(port);
    yield(polling);
    return true;
}

bool linux_polling_listens(struct linux_port *port)
{
    struct linux_polling *polling = &port->polling;
    uint64_t now = steps_now();
    if (polling->rings == port->rings && now - polling->last_listen < polling->window)
        return false;
    polling->rings = port->rings;
    polling->last_listen = now;
    forget_silent(port, now);
    return true;
}
