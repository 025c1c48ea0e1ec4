/*
 * The end of a process by its own fault, told to the core and, in one line, to
 * the person who runs the system.
 */
#include "kernel/linux/linux.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ucontext.h>

#include "kernel/core/kernel.h"
#include "kernel/linux/layout.h"

static const char *signal_name(int number)
{
    const char *name = sigabbrev_np(number);
    return name ? name : "?";
}

/* " at 0x401234 (main+0x12)"; nothing when the place is not known. */
static void add_place(char *line, size_t size, const struct linux_process *process, uint64_t instruction)
{
    struct elf_symbol symbol;
    size_t length = strlen(line);
    if (instruction == 0)
        return;
    length += (size_t)snprintf(line + length, size - length, " at 0x%" PRIx64, instruction);
    if (length < size && elf_find_symbol(process->image, instruction, &symbol))
        snprintf(line + length, size - length, " (%.*s+0x%" PRIx64 ")",
                 (int)(symbol.name_bytes < 100 ? symbol.name_bytes : 100), symbol.name, symbol.offset);
}

/* What is behind the service's name. */
static void describe(char *line, size_t size, const struct fault *fault)
{
    const char *name = signal_name(fault->signal);
    const char *call = fault->kind == FAULT_SYSCALL ? linux_system_call_name(fault->number) : NULL;
    switch (fault->kind) {
    case FAULT_MEMORY:
        snprintf(line, size, "SIG%s: access to address 0x%" PRIx64, name, fault->address);
        break;
    case FAULT_INSTRUCTION:
        snprintf(line, size, "SIG%s: %s", name,
                 fault->signal == SIGILL ? "illegal instruction"
                                         : "instruction that it may not execute, or non-canonical address");
        break;
    case FAULT_ARITHMETIC:
        snprintf(line, size, "SIG%s: division by zero or overflow", name);
        break;
    case FAULT_BREAKPOINT:
        snprintf(line, size, "SIG%s: breakpoint or single step", name);
        break;
    case FAULT_SYSCALL:
        snprintf(line, size, "forbidden system call %" PRIu64 "%s%s%s", fault->number, call ? " (" : "",
                 call ? call : "", call ? ")" : "");
        break;
    case FAULT_KILLED:
        snprintf(line, size, "killed from outside by SIG%s", name);
        break;
    }
}

void linux_fault(struct linux_port *port, struct linux_process *process, const struct fault *fault)
{
    char what[120], line[400];
    describe(what, sizeof what, fault);
    snprintf(line, sizeof line, "service \"%s\": %s", process->process->name, what);
    add_place(line, sizeof line, process, fault->instruction);
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
