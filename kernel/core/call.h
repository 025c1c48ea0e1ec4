/*
 * One call that was accepted and has no completion yet. A call to a kernel
 * object mostly lives for one function call; one that waits (a sleep, a read)
 * stands in the caller's calls_busy and in the object's own queue.
 */
#ifndef CAPOS_KERNEL_CALL_H
#define CAPOS_KERNEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/deadline.h"
#include "kernel/core/list.h"
#include "kernel/core/object.h"

struct kernel;
struct process;

struct call {
    struct list_node in_process; /* calls_free or calls_busy */
    struct list_node in_object;  /* the queue of the object that keeps it */
    struct process *caller;
    struct object *target; /* a counted reference */
    struct cap_sqe sqe;    /* as it was submitted and checked */

    /* The methods' own. decode sets argument anew each time; progress is 0 at first. */
    union {
        uint64_t number;
        struct {
            const void *bytes; /* in kernel->params */
            uint32_t count;
            bool newline;
        } write;
    } argument;
    uint64_t progress;
    struct deadline deadline;

    /* The exception that decode raised. */
    bool raised;
    uint16_t exception_type;
    const char *exception_text;
};

/*
 * Takes a CALL. CAP_OK: it is complete by now, or kept, or has failed with a
 * completion. Otherwise nothing has changed and the caller posts the status.
 */
int32_t kernel_call_accept(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe);

/* The unfinished call of that number, or NULL. */
struct call *kernel_call_find(struct process *process, uint64_t user_data);

/* Makes the call end in an exception; text is a constant. */
void kernel_call_raise(struct call *call, uint16_t type, const char *text);

/*
 * Decodes the call's params afresh from the caller's memory and performs it.
 * The first time, and again when an object that kept it can go on.
 */
void kernel_call_run(struct kernel *kernel, struct call *call);

/*
 * Completes a kept call: results must have been begun by
 * kernel_call_begin_results() and built since.
 */
struct wire_struct_builder kernel_call_begin_results(struct kernel *kernel, struct call *call);
void kernel_call_complete(struct kernel *kernel, struct call *call);

/*
 * Completes a call, kept or not, without results: status is a CAP_ERR_* other than an exception.
 */
void kernel_call_fail(struct kernel *kernel, struct call *call, int32_t status);

/* Ends a call that an object keeps, without a completion: its process is dead. */
void kernel_call_drop(struct kernel *kernel, struct call *call);

#endif
