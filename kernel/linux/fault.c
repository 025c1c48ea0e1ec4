/*
 * The end of a process by its own fault, told to the core and, in one line, to
 * the person who runs the system.
 */
#include "kernel/linux/linux.h"

#include <signal.h>
#include <sys/ucontext.h>

#include "kernel/core/fault.h"
#include "kernel/core/kernel.h"
#include "kernel/linux/layout.h"

void linux_fault(struct linux_port *port, struct linux_process *process, const struct fault *fault)
{
    char line[KERNEL_FAULT_TEXT_MAX];
    kernel_fault_text(line, process->process->name, process->image, fault,
                      linux_system_call_name(fault->number));
    port_log(port->kernel, line);
    process->ended = true;
    kernel_fault(port->kernel, process->process, fault);
    port_process_kill(port->kernel, process->process);
}

void linux_fault_signal(struct linux_port *port, struct linux_process *process, int signal, int code,
                        uint64_t address, uint64_t instruction)
{
    struct fault fault = {.signal = signal, .instruction = instruction};
    if (instruction == LINUX_ENTRY_VADDR + LINUX_IP_SEAL_FAILED)
        port_log(port->kernel, "this Linux refuses to unmap the vDSO from services: it was built with "
                               "CONFIG_MSEAL_SYSTEM_MAPPINGS, which capos cannot run on");
    if (instruction == LINUX_ENTRY_VADDR + LINUX_IP_ORDER_FAILED)
        port_log(port->kernel,
                 "Linux refuses to map memory into a service: there is none, or vm.max_map_count is "
                 "too small");
    switch (signal) {
    case SIGILL:
        fault.kind = FAULT_INSTRUCTION;
        break;
    case SIGTRAP:
        fault.kind = FAULT_BREAKPOINT;
        break;
    case SIGFPE:
        fault.kind = FAULT_ARITHMETIC;
        break;
    case SIGSEGV:
        /* A general protection fault has no address. */
        fault.kind = code == SI_KERNEL ? FAULT_INSTRUCTION : FAULT_MEMORY;
        fault.address = code == SI_KERNEL ? 0 : address;
        break;
    case SIGBUS:
        fault.kind = FAULT_MEMORY;
        fault.address = address;
        break;
    default: /* not from the handler: a jump into the slot */
        fault.kind = FAULT_SYSCALL;
        fault.signal = SIGSYS;
        fault.number = (uint64_t)(uint32_t)signal;
        fault.instruction = instruction;
        break;
    }
    linux_fault(port, process, &fault);
}
