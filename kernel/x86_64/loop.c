/*
 * The main loop: the next process runs until it traps or a device interrupts;
 * what happened is reported to the core. Processes take turns, a quantum
 * each, when there are several.
 */
#include "kernel/core/fault.h"
#include "kernel/x86_64/x86_64.h"

/* Those that were stopped can touch nothing any more: none runs while the kernel does. */
static bool report_gone(void)
{
    struct list_node *node = list_take(&x86_port.gone);
    if (!node)
        return false;
    do
        kernel_process_gone(x86_port.kernel, LIST_ENTRY(node, struct x86_process, in_port)->process);
    while ((node = list_take(&x86_port.gone)));
    return true;
}

static struct x86_process *first_ready(void)
{
    struct list_node *node = list_first(&x86_port.ready);
    return node ? LIST_ENTRY(node, struct x86_process, in_port) : NULL;
}

/* The process that ran has had its turn. */
static void take_turns(void)
{
    struct x86_process *process = first_ready();
    if (!process || process != x86_port.loaded || port_now(x86_port.kernel) < x86_port.quantum_end)
        return;
    list_remove(&process->in_port);
    list_append(&x86_port.ready, &process->in_port);
    x86_port.quantum_end = 0;
}

static void take_interrupt(uint64_t vector)
{
    switch (vector) {
    case X86_VECTOR_TIMER:
        x86_port.timer_at = CAPOS_FOREVER;
        x86_interrupt_done();
        take_turns();
        break;
    case X86_VECTOR_SERIAL:
        x86_interrupt_done();
        x86_console_interrupt();
        break;
    default: /* spurious */
        break;
    }
}

static void run(struct x86_process *process)
{
    x86_processor_load(process);
    x86_run_process(&process->frame);
    uint64_t vector = process->frame.vector;
    if (vector == X86_VECTOR_ENTERED)
        return;
    if (vector == X86_VECTOR_SYSCALL)
        x86_doorbell_other(process);
    else if (vector < X86_VECTOR_DEVICES)
        x86_fault(process);
    else
        take_interrupt(vector);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When a process that runs now must be interrupted, if only for the others' sake. */
static uint64_t end_of_turn(const struct x86_process *process, uint64_t now)
{
    if (process != x86_port.loaded || x86_port.quantum_end == 0)
        x86_port.quantum_end = now + x86_port.options.quantum_ns;
    bool alone = list_next(&x86_port.ready, &process->in_port) == NULL;
    return alone ? CAPOS_FOREVER : x86_port.quantum_end;
}

void x86_loop_step(uint64_t until)
{
    struct kernel *kernel = x86_port.kernel;
    x86_port.look = false;
    if (report_gone())
        return;
    uint64_t now = port_now(kernel), deadline = kernel_deadline(kernel);
    if (deadline <= now) {
        kernel_tick(kernel);
        return;
    }
    struct x86_process *process = first_ready();
    uint64_t wake = earlier(deadline, until);
    if (process) {
        x86_timer_set(now, earlier(wake, end_of_turn(process, now)));
        run(process);
    } else if (now < until) {
        x86_timer_set(now, wake);
        take_interrupt(x86_idle());
    }
}

int x86_loop_run(void)
{
    struct kernel_end end = {0};
    while (!kernel_ended(x86_port.kernel, &end))
        x86_loop_step(CAPOS_FOREVER);
    return kernel_end_code(&end);
}
