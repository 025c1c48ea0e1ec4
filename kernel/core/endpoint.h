/*
 * Endpoints: where programs serve calls. An endpoint lives as long as somebody holds
 * its owner facet, which may receive, and mint client facets. A client facet
 * stands for one badge, the owner's own name for what the facet gives access
 * to; it may only be called.
 *
 * A call waits in the queue that its caller's process has at the endpoint; the
 * queues are served in turn. It is copied when it is delivered, from the
 * caller's memory to the receiver's. delivery.c has that half.
 */
#ifndef CAPOS_KERNEL_ENDPOINT_H
#define CAPOS_KERNEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/call.h"
#include "kernel/core/list.h"
#include "kernel/core/object.h"
#include "kernel/core/tree.h"

struct kernel;
struct process;

struct endpoint {
    struct object object; /* the owner facet */
    uint32_t message_max; /* bytes of params, and capabilities, of one call */
    uint32_t caps_max;
    struct tree facets; /* by badge */
    uint32_t facet_count;
    struct process *charged; /* who made it, and is alive as long as it is; NULL: the kernel */

    struct tree queues;        /* by the id of the client process */
    struct list turns;         /* the queues, first the one to be served next */
    struct list cancelled;     /* delivered calls whose end the server has not been told of */
    struct list released;      /* facets likewise */
    struct list receivers;     /* when there are any, nothing of the above waits, but for promises */
    struct list watchers;      /* calls of Capability.watch on owner facets */
    struct list ahead;         /* calls that came ahead */
    struct list_node in_ready; /* kernel->ready, when there is something to deliver */
};

struct facet {
    struct object object;
    struct endpoint *endpoint; /* NULL: gone, or the badge was revoked */
    struct tree_node by_badge;
    struct list calls;       /* unfinished ones to this facet, delivered or not; and watches */
    struct process *charged; /* who minted it, or inherited that; NULL: nobody */
    struct list_node in_charged;
};

/*
 * What one process has waiting at one endpoint, in the order of submission; never empty. It has
 * a turn unless its first call waits for a promise that it carries.
 */
struct queue {
    struct tree_node by_process;
    struct list_node in_turns;
    struct endpoint *endpoint;
    struct list calls;
    uint32_t count;
};

/* An unfinished RECV. It keeps caps_max slots of its process reserved. */
struct receive {
    struct pending pending;
    struct list_node in_process; /* receives_free or receives_busy */
    struct list_node in_endpoint;
    struct process *process;
    struct endpoint *endpoint;
    uint64_t address;
    bool takes_ahead;
};

/* An endpoint without references, or NULL: no memory. */
struct endpoint *kernel_endpoint_new(struct kernel *kernel, uint32_t message_max, uint32_t caps_max);

/* The endpoint of an owner facet, the facet of a client facet; else NULL. */
struct endpoint *kernel_endpoint_of(struct object *object);
struct facet *kernel_facet_of(struct object *object);

/* For the type of owner facets: no owner is left. */
void kernel_endpoint_destroy(struct kernel *kernel, struct object *object);

/* A process gave an owner facet away: if it has no other, it receives no more. */
void kernel_endpoint_leave(struct kernel *kernel, struct process *process, struct endpoint *endpoint);

/* The facet of a badge that is held, or whose end the owner has not been told of; or NULL. */
struct facet *kernel_facet_find(const struct endpoint *endpoint, uint64_t badge);

/*
 * A facet for a badge that has none, not yet known to the endpoint, charged to who mints it; NULL: no memory,
 * or that process has as many as it may.
 */
struct facet *kernel_facet_new(struct kernel *kernel, struct endpoint *endpoint, uint64_t badge,
                               struct process *minter);
void kernel_facet_discard(struct kernel *kernel, struct facet *facet);

/* Takes a reference. A fresh facet becomes known; a notice that was not delivered is withdrawn. */
void kernel_facet_mint(struct facet *facet, bool fresh);

/* The facet leaves its endpoint without a notice. Nobody refers to it any more. */
void kernel_facet_free(struct kernel *kernel, struct facet *facet);

/* A process is no more: its spawner is charged for the badges that it minted and that are left. How many. */
uint64_t kernel_facets_bequeath(struct process *process);

/* Ends every call that wants this badge, delivered ones too; who holds it holds a dead capability. */
void kernel_endpoint_revoke(struct kernel *kernel, struct endpoint *endpoint, uint64_t badge);

/*
 * A place in line for a call of that process: CAP_OK, CAP_ERR_QUEUE_FULL, or CAP_ERR_NO_MEMORY.
 * The call must follow, or kernel_queue_leave() with NULL.
 */
int32_t kernel_queue_enter(struct kernel *kernel, struct endpoint *endpoint, const struct process *process,
                           struct queue **ret_queue);
void kernel_queue_append(struct kernel *kernel, struct queue *queue, struct call *call);

/* Gives a queue its turn, or takes it away, by what its first call waits for. */
void kernel_queue_settle(struct kernel *kernel, struct queue *queue);

/* Takes a call out of the queue, if there is one; an empty queue is freed. */
void kernel_queue_leave(struct kernel *kernel, struct queue *queue, struct call *call);

/* Says that a receiver has come to an endpoint, or something for one. */
void kernel_endpoint_ready(struct kernel *kernel, struct endpoint *endpoint);

/* --- delivery.c ------------------------------------------------------------------ */

/* Takes a CALL to a client facet, as kernel_call_accept(). */
int32_t kernel_endpoint_call(struct kernel *kernel, struct process *process, struct facet *facet,
                             const struct cap_sqe *sqe);

/* The same for a call that was taken, when its target turns out to be a client facet; it has not ended. */
int32_t kernel_endpoint_join(struct kernel *kernel, struct facet *facet, struct call *call);

/*
 * Decodes and commits what a call carries, and makes it wait for the promises among that. When there are such
 * and *queue is NULL, it gets a place in the process's queue at the endpoint, if one is given. CAP_OK, or
 * nothing has changed.
 */
int32_t kernel_call_take_caps(struct kernel *kernel, struct call *call, struct endpoint *endpoint,
                              struct queue **queue);

/*
 * Whether a RECV, or the second half of a RETURN_RECV, can be taken: CAP_OK, or what is
 * wrong, with *ret_needed for CAP_ERR_BUFFER_TOO_SMALL. Then it is taken by kernel_receive().
 */
int32_t kernel_receive_check(struct process *process, const struct cap_sqe *sqe, uint64_t *ret_needed);
void kernel_receive(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe);

/*
 * The message of so many bytes in kernel->message goes to where a RECV wants it. False: its buffer is not
 * there any more, and it has ended.
 */
bool kernel_receive_copy(struct kernel *kernel, struct receive *receive, uint32_t bytes);

/* Completes a RECV; cqe without its user_data. The slots that it reserved are free by now, or taken. */
void kernel_receive_complete(struct kernel *kernel, struct receive *receive, struct cap_cqe cqe);

/* Completes an unfinished RECV without a message; for a dead process it is just forgotten. */
void kernel_receive_end(struct kernel *kernel, struct receive *receive, int32_t status);

/*
 * Answers a delivered call. The completion for the server, with user_data to be filled in;
 * KERNEL_RETURN_WAITS as its result: it comes later.
 */
struct cap_cqe kernel_return(struct kernel *kernel, struct process *process, const struct cap_sqe *sqe);

enum { KERNEL_RETURN_WAITS = 1 };

/* Its last step: the answer to a call that is delivered; the bundle is empty afterwards, whatever happens. */
struct cap_cqe kernel_return_answer(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                                    struct bundle *bundle);

/* Delivers what waits at the endpoints that are ready, and destroys what is dying. */
void kernel_work_through(struct kernel *kernel);

#endif
