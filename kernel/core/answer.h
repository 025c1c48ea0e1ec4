/*
 * Promises. An answer that its caller keeps has a record of its own, by the
 * id that the caller chose; it holds the capabilities of the results that are
 * fields. A call that is aimed at one, and a call or RETURN that carries one, waits
 * for the answer; each promise that it waits for is a record in its list and in the answer's.
 *
 * When the answer arrives, what waits goes on from kernel_work(), in the order
 * in which it was submitted, whatever the length of the chain: nothing here
 * calls itself. The completion of the answer's call is posted behind the last.
 *
 * The record of the call stays the answer's until that is finished: so an
 * answer counts as an unfinished call.
 */
#ifndef CAPOS_KERNEL_ANSWER_H
#define CAPOS_KERNEL_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/deadline.h"
#include "kernel/core/limits.h"
#include "kernel/core/list.h"
#include "kernel/core/object.h"
#include "kernel/core/tree.h"

struct bundle;
struct call;
struct kernel;
struct process;

enum answer_state {
    ANSWER_AWAITED,
    ANSWER_ARRIVED,
    ANSWER_FAILED,
};

/* A capability that an answer holds. */
struct answer_field {
    struct object *object; /* a counted reference; NULL: null */
    uint64_t interface_id;
    uint64_t
        resolved; /* the id of the call whose server resolves it, too, and answers what went ahead; or 0 */
};

struct answer {
    struct tree_node by_id; /* among its process's */
    struct process *process;
    struct call *call; /* NULL only while it is being submitted, or after its process */
    enum answer_state state;
    bool call_over; /* nobody else knows the call's record */
    bool finished;  /* no later submission names it */
    bool owes;      /* the completion is to be posted when nothing waits any more */
    struct cap_cqe cqe;
    uint32_t wait_count;
    struct list waits;        /* AWAITED: in the order of submission */
    struct list_node in_walk; /* while all that wait for one another are looked at */
    uint32_t field_count;
    struct answer_field fields[KERNEL_CAPS_MAX];
    char text[KERNEL_EXCEPTION_TEXT_MAX + 1]; /* of an exception */
};

/* One promise that a call, or a RETURN, waits for. */
struct wait {
    struct wait *next; /* of the same call */
    struct list_node in_answer;
    struct deadline turn; /* in kernel->arrived, by the order of submission */
    struct answer *answer;
    struct call *call;
    uint16_t field;
    uint16_t cap; /* of those that it carries; or WAIT_TARGET */
};

enum { WAIT_TARGET = UINT16_MAX };

/* The answer that a process's submissions may name by an id; or NULL. */
struct answer *kernel_answer_find(const struct process *process, uint64_t id);

/* The answer that is kept of a call; or NULL. */
struct answer *kernel_answer_of(const struct call *call);

/* Takes a CALL with PROMISE or PIPELINE, as kernel_call_accept(). */
int32_t kernel_promise_call(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe);

/*
 * Makes a call wait for the promises among what it carries, decoded and not yet committed. CAP_OK; or
 * CAP_ERR_NO_MEMORY, and it waits for nothing.
 */
int32_t kernel_promise_caps(struct kernel *kernel, struct call *call, const struct bundle *bundle);

/*
 * What was decoded into kernel->carried for a call to an object of the kernel has promises: the call keeps it
 * until they are there. CAP_OK, or nothing is carried any more.
 */
int32_t kernel_promise_keep_carried(struct kernel *kernel, struct call *call);

/* The call waits for nothing any more. */
void kernel_promise_drop(struct kernel *kernel, struct call *call);

/* Whether a RETURN of this call that carries the bundle's promises would wait for itself. */
bool kernel_promise_leads_back(struct call *call, const struct bundle *bundle);

/*
 * Whether an answer that is kept fits, of whose records so many are fields; how many records the caller gets
 * besides.
 */
bool kernel_answer_fits_kept(const struct call *call, const struct bundle *bundle, uint32_t fields,
                             uint32_t *ret_shown);

/*
 * For a call whose answer is kept: the fields, out of a committed bundle, and whether the server resolves
 * those that it minted; the text of the exception.
 */
void kernel_answer_keep(struct call *call, const struct bundle *bundle, uint32_t fields, bool resolved);
void kernel_answer_note(struct call *call, const char *text, uint32_t bytes);

/*
 * Tells the caller of a call that minted something, or whose answer is kept: then when all that waits for it
 * has gone on.
 */
void kernel_answer_report(struct kernel *kernel, struct call *call, struct cap_cqe *cqe);

/* The call is over. Whether its record stays the answer's. */
bool kernel_answer_keeps_record(struct call *call);

/* No later submission names the answer. */
void kernel_answer_finish(struct kernel *kernel, struct answer *answer);

/* The process is dead, and none of its calls waits. */
void kernel_answers_end(struct kernel *kernel, struct process *process);

/* Lets everything go on for which an answer has arrived. */
void kernel_answers_go_on(struct kernel *kernel);

#endif
