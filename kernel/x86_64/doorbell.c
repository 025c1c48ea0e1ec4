/*
 * System calls. cap_enter comes here straight from entry.S; the rest comes
 * through the loop.
 */
#include "kernel/core/kernel.h"
#include "kernel/x86_64/x86_64.h"

/* In rax and rdx. */
struct outcome {
    int64_t result;
    uint64_t stops; /* the process does not go on at once: its registers are saved */
};

struct outcome x86_doorbell(uint32_t min_complete, uint64_t timeout_ns);

struct outcome x86_doorbell(uint32_t min_complete, uint64_t timeout_ns)
{
    struct x86_process *process = x86_port.loaded;
    struct kernel *kernel = x86_port.kernel;
    int64_t result = 0;
    switch (kernel_enter(kernel, process->process, min_complete, timeout_ns, &result)) {
    case KERNEL_ENTER_RETURNS:
        if (!x86_port.look && kernel_deadline(kernel) >= x86_port.timer_at)
            return (struct outcome){result, 0};
        process->frame.rax = (uint64_t)result;
        break;
    case KERNEL_ENTER_WAITS:
        x86_make_wait(process);
        break;
    case KERNEL_ENTER_ENDS:
        port_process_kill(kernel, process->process);
        break;
    }
    return (struct outcome){result, 1};
}

void x86_doorbell_other(struct x86_process *process)
{
    const struct x86_frame *frame = &process->frame;
    if (frame->rip == X86_ENTERED_EXIT) {
        kernel_exit(x86_port.kernel, process->process, (int64_t)frame->rdi);
        port_process_kill(x86_port.kernel, process->process);
        return;
    }
    const struct fault fault = {
        .kind = FAULT_SYSCALL,
        .signal = 31,
        .instruction = frame->rip,
        .number = (uint32_t)frame->rax,
    };
    x86_end_by(process, &fault);
}
