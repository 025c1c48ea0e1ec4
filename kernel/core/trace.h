/*
 * What the core tells of calls while they happen. Only a kernel that is built
 * with KERNEL_TRACE tells anything: in every other one these are nothing, so
 * that a kernel without a trace does not pay for one.
 *
 * A port that is built so supplies the functions; they change nothing of the
 * kernel. A call is told of in this order: call; params, unless they could not be
 * read (again when the call is decoded again); delivered, for a call to a program; caps and
 * results, if there are any; end, once its caller is owed nothing more. A call
 * whose caller ended may be dropped without an end. A submission that does
 * not become a call is refused, if it was one for a moment: then dropped before.
 */
#ifndef CAPOS_KERNEL_CORE_TRACE_H
#define CAPOS_KERNEL_CORE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

struct bundle;
struct call;
struct cap_cqe;
struct cap_sqe;
struct process;

#ifdef KERNEL_TRACE

void port_trace_call(struct call *call);

/* They are in kernel->message.params. */
void port_trace_params(struct call *call);
void port_trace_delivered(struct call *call, struct process *server);

/* The first so many of the bundle are about to be put into the receiver's table: params, or results of the
 * call. */
void port_trace_caps(struct call *call, const struct bundle *bundle, uint32_t count,
                     struct process *receiver);

/* A message of so many bytes has been copied to the caller: results, or an exception. */
void port_trace_results(struct call *call, bool exception, const void *message, uint64_t bytes);
void port_trace_end(struct call *call, const struct cap_cqe *cqe);
void port_trace_dropped(struct call *call);
void port_trace_refused(struct process *process, const struct cap_sqe *sqe, int32_t status);

#else

#    define port_trace_call(call)                               ((void)0)
#    define port_trace_params(call)                             ((void)0)
#    define port_trace_delivered(call, server)                  ((void)0)
#    define port_trace_caps(call, bundle, count, receiver)      ((void)0)
#    define port_trace_results(call, exception, message, bytes) ((void)0)
#    define port_trace_end(call, cqe)                           ((void)0)
#    define port_trace_dropped(call)                            ((void)0)
#    define port_trace_refused(process, sqe, status)            ((void)0)

#endif
#endif
