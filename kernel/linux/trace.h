/*
 * The Linux port's trace: in the kernel that is built with KERNEL_TRACE alone.
 */
#ifndef CAPOS_KERNEL_LINUX_TRACE_H
#define CAPOS_KERNEL_LINUX_TRACE_H

#include "kernel/core/trace.h"
#include "kernel/linux/linux.h"

#ifdef KERNEL_TRACE

/*
 * From now on calls are written; options stay as they are until the close, which has to
 * follow a failure, too. False: error says what is wrong with the file or a schema.
 */
bool linux_trace_open(struct linux_port *port, struct kernel *kernel,
                      const struct linux_trace_options *options, struct kernel_error *error);
void linux_trace_close(struct linux_port *port);

/* Writes what there is. */
void port_trace_flush(struct linux_port *port);

/* A process is gone. */
void port_trace_forget(struct linux_process *process);

#else

#    define port_trace_flush(port)     ((void)0)
#    define port_trace_forget(process) ((void)0)

#endif
#endif
