/*
 * Exceptions: the end of a process, told to the core and, in one line, to the
 * person who runs the system; or the end of the kernel.
 */
#include <string.h>

#include "kernel/core/fault.h"
#include "kernel/core/kernel.h"
#include "kernel/core/text.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

void x86_kernel_fault(const struct x86_frame *frame);

enum vector {
    VECTOR_DIVIDE = 0,
    VECTOR_BREAKPOINT = 3,
    VECTOR_INVALID = 6,
    VECTOR_STACK = 12,
    VECTOR_PAGE = 14,
    VECTOR_X87 = 16,
    VECTOR_ALIGNMENT = 17,
    VECTOR_SIMD = 19,
};

/* As Linux reports the same; what is not listed is an instruction that a program may not execute. */
static const struct exception {
    uint8_t known;
    uint8_t kind; /* enum fault_kind */
    uint8_t signal;
} exceptions[] = {
    [VECTOR_DIVIDE] = {1, FAULT_ARITHMETIC, 8},     [X86_VECTOR_DEBUG] = {1, FAULT_BREAKPOINT, 5},
    [VECTOR_BREAKPOINT] = {1, FAULT_BREAKPOINT, 5}, [VECTOR_INVALID] = {1, FAULT_INSTRUCTION, 4},
    [VECTOR_STACK] = {1, FAULT_MEMORY, 7},          [VECTOR_PAGE] = {1, FAULT_MEMORY, 11},
    [VECTOR_X87] = {1, FAULT_ARITHMETIC, 8},        [VECTOR_ALIGNMENT] = {1, FAULT_MEMORY, 7},
    [VECTOR_SIMD] = {1, FAULT_ARITHMETIC, 8},
};

void x86_end_by(struct x86_process *process, const struct fault *fault)
{
    char line[KERNEL_FAULT_TEXT_MAX];
    kernel_fault_text(line, process->process->name, process->image, fault, NULL);
    port_log(x86_port.kernel, line);
    kernel_fault(x86_port.kernel, process->process, fault);
    port_process_kill(x86_port.kernel, process->process);
}

void x86_fault(struct x86_process *process)
{
    const struct x86_frame *frame = &process->frame;
    struct fault fault = {.kind = FAULT_INSTRUCTION, .signal = 11, .instruction = frame->rip};
    if (frame->vector < sizeof exceptions / sizeof exceptions[0] && exceptions[frame->vector].known) {
        fault.kind = (enum fault_kind)exceptions[frame->vector].kind;
        fault.signal = exceptions[frame->vector].signal;
    }
    if (frame->vector == VECTOR_PAGE)
        fault.address = x86_read_cr2();
    x86_end_by(process, &fault);
}

/* An exception in the kernel itself. */
void x86_kernel_fault(const struct x86_frame *frame)
{
    char line[200];
    struct text text = KERNEL_TEXT_IN(line);
    kernel_text_add(&text, "exception ");
    kernel_text_add_number(&text, frame->vector);
    kernel_text_add(&text, " in the kernel at ");
    kernel_text_add_hex(&text, frame->rip);
    kernel_text_add(&text, ", error code ");
    kernel_text_add_hex(&text, frame->error);
    kernel_text_add(&text, ", address ");
    kernel_text_add_hex(&text, x86_read_cr2());
    x86_panic(line);
}
