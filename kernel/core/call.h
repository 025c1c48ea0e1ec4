/*
 * One call that was accepted and has no completion yet. A call to a kernel
 * object mostly lives for one function call; one that waits (a sleep, a read)
 * stands in the caller's calls_busy and in the object's own queue. A call to a
 * program waits at an endpoint, is delivered, and stays until it is answered:
 * also when its caller has given up, for it is the caller's to account for.
 */
#ifndef CAPOS_KERNEL_CALL_H
#define CAPOS_KERNEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/deadline.h"
#include "kernel/core/list.h"
#include "kernel/core/object.h"
#include "kernel/core/tree.h"

struct bundle;
struct endpoint;
struct kernel;
struct process;
struct wait;

/* Params and results are whole words. */
static inline bool kernel_aligned(uint64_t value)
{
    return value % 8 == 0;
}

/* What a process is owed a completion for, by its user_data: a call, or a receive. */
struct pending {
    struct tree_node by_user_data;
    bool is_receive;
};

/* In a call's sqe.flags, which no submission has: badges have been minted for it. If it fails it says so. */
#define KERNEL_SQE_MINTED 0x80

enum call_state {
    CALL_RUNS,      /* at an object of the kernel, or not yet anywhere */
    CALL_WATCHES,   /* it ends with its target */
    CALL_DEPENDS,   /* its target is a promise, or an object of the kernel waits for what it carries */
    CALL_AHEAD,     /* its target is a promise, and the server that owes that has it */
    CALL_RETURNS,   /* not a call, but a RETURN that carries promises; its process is the caller */
    CALL_QUEUED,    /* at an endpoint */
    CALL_DELIVERED, /* a server owes the answer */
    CALL_ABANDONED, /* likewise, but nobody waits for it: only the record is kept */
    CALL_RETURNING, /* delivered, and its RETURN waits for promises */
};

/* Delivered, and not yet answered. */
static inline bool kernel_call_at_server(enum call_state state)
{
    return state >= CALL_DELIVERED;
}

/* ahead_of of a call that was ahead, and was taken back: it does not go again. */
#define KERNEL_NEVER_AHEAD UINT64_MAX

struct call {
    struct pending pending;
    struct list_node in_process; /* calls_free or calls_busy; none when abandoned */
    struct list_node in_object;  /* the queue of what keeps it */
    struct list_node in_facet;
    struct process *caller;
    struct object *target; /* a counted reference */
    struct cap_sqe sqe;    /* as it was submitted and checked */
    enum call_state state;
    uint32_t missing; /* promises that it carries and waits for */

    /* At an endpoint. */
    struct bundle *caps; /* what it carries, until it is delivered */
    union {
        struct queue *queue;       /* QUEUED */
        struct call *other;        /* RETURNS, RETURNING: each other */
        struct endpoint *endpoint; /* AHEAD: where it went; it is in its list by in_facet */
    };
    struct process *server;     /* AHEAD, DELIVERED, ABANDONED, RETURNING */
    struct tree_node delivered; /* by call id, among the server's */
    uint64_t ahead_of; /* the id of the call whose answer it went ahead of; 0; or KERNEL_NEVER_AHEAD */

    /* The methods' own. decode sets argument anew each time; progress is 0 at first. */
    union {
        struct {
            struct wait *first; /* the promises that it waits for */
            uint64_t order;     /* among its process's calls that wait; 0: it never did */
        } waits;                /* DEPENDS, AHEAD, RETURNS, QUEUED: not yet a method's */
        uint64_t number;
        struct {
            const void *bytes; /* in kernel->message.params */
            uint32_t count;
            bool newline;
        } write;
        struct {
            uint64_t badge;
            uint64_t interface_id;
        } mint;
        struct {
            uint32_t message_max;
            uint32_t caps_max;
        } endpoint;
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

/* What is wrong with a CALL as such: CAP_OK if nothing. */
int32_t kernel_call_check(struct process *process, const struct cap_sqe *sqe);

/*
 * A record for a call of that process, with its result slots reserved. CAP_OK,
 * CAP_ERR_TOO_MANY_CALLS or CAP_ERR_NO_SLOTS.
 */
int32_t kernel_call_begin(struct process *process, struct object *target, const struct cap_sqe *sqe,
                          struct call **ret_call);

/* Lets a call to an object of the kernel run, unless it carries promises that have not arrived. */
void kernel_call_start(struct kernel *kernel, struct call *call);

/* A call that was taken has found its target. */
void kernel_call_aim(struct kernel *kernel, struct call *call, struct object *target);

/* Makes the call end in an exception; text is there until then. */
void kernel_call_raise(struct call *call, uint16_t type, const char *text);

/* Completes a call, kept or not, with an exception: the one that was raised, or this. */
void kernel_call_complete_raised(struct kernel *kernel, struct call *call);
void kernel_call_except(struct kernel *kernel, struct call *call, uint16_t type, const char *text);

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
 * Puts a capability into the results that are being built, by its place among them; the reference is
 * taken over. For perform: the caller gets it with the results, or, when these do not fit, nobody does.
 */
uint32_t kernel_call_carry(struct kernel *kernel, struct object *object, uint64_t interface_id);

/* Whether results of so many bytes and one capability will fit; if not, the call ends with BUFFER_TOO_SMALL.
 */
bool kernel_call_has_room(struct kernel *kernel, struct call *call, uint32_t bytes);
/* Whether the capabilities of an answer fit what the caller set aside, and how many records it gets. */
bool kernel_call_fits(const struct call *call, const struct bundle *bundle, uint32_t fields,
                      uint32_t *ret_records);

/* Completes a call; cqe without its user_data. For a dead caller the call is just forgotten. */
void kernel_call_finish(struct kernel *kernel, struct call *call, struct cap_cqe cqe);

/*
 * Completes a call, kept or not, without results: status is a CAP_ERR_* other than an exception.
 */
void kernel_call_fail(struct kernel *kernel, struct call *call, int32_t status);

/* Completes a call whose target is gone. */
void kernel_call_disconnect(struct kernel *kernel, struct call *call);

/*
 * The caller gives up, or is dead: the call is completed with a status; if it has been
 * delivered, its record stays, and the server is told.
 */
void kernel_call_abandon(struct kernel *kernel, struct call *call, int32_t status);

/* Ends a call without a completion. */
void kernel_call_drop(struct kernel *kernel, struct call *call);

/* Gives back the record of a call that is over. */
void kernel_call_free(struct kernel *kernel, struct call *call);

#endif
