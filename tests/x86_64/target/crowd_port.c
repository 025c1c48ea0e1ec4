/*
 * What the tests of whole systems ask of the bare-metal port.
 */
#include "kernel/x86_64/x86_64.h"
#include "tests/kill/crowd.h"
#include "tests/x86_64/target/options.h"

uint64_t crowd_port_resources(void)
{
    x86_texts_drop_idle();
    return x86_frames_free();
}

/* Nobody but the kernel can: the process has done what it must not. */
void crowd_port_kill(struct process *process)
{
    const struct fault fault = {.kind = FAULT_INSTRUCTION, .signal = 4};
    kernel_fault(x86_port.kernel, process, &fault);
}

uint64_t crowd_port_seed(void)
{
    return target_seed ? target_seed : 1;
}

uint32_t crowd_port_kills(void)
{
    return target_count ? (uint32_t)target_count : 50;
}
