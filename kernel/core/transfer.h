/*
 * Capabilities in messages, all or nothing: descriptors are decoded, which
 * changes nothing; then either discarded, or committed, which cannot fail.
 *
 * A committed bundle holds what the message carries until it is delivered: a
 * counted reference for each copy and mint, and for each move the sender's
 * slot, which answers STALE_CAP meanwhile. Delivering puts all of it into the
 * receiver's table; dropping undoes the moves and drops the references.
 */
#ifndef CAPOS_KERNEL_TRANSFER_H
#define CAPOS_KERNEL_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/limits.h"

struct cap_slot;
struct endpoint;
struct facet;
struct kernel;
struct object;
struct process;

struct carried {
    struct object *object;       /* NULL: the null capability, or a promise whose answer has not arrived */
    uint64_t interface_id;       /* PROMISED: until then kernel_carried_answer() and _field() */
    struct cap_slot *moved_from; /* MOVE: the sender's; else NULL */
    uint16_t mode;
    bool fresh; /* MINT: the facet was made for this message and is in no tree yet */
};

struct bundle {
    struct process *sender;
    bool owners; /* among them, for a program that is started */
    uint32_t count;
    uint16_t promises; /* how many descriptors are PROMISED */
    bool committed;
    bool mints;
    struct carried caps[KERNEL_CAPS_MAX];
};

/* What a PROMISED capability is: an answer of the sender's, and a field of it. */
static inline uint32_t kernel_carried_answer(const struct carried *cap)
{
    return (uint32_t)(cap->interface_id >> 16);
}

static inline uint16_t kernel_carried_field(const struct carried *cap)
{
    return (uint16_t)cap->interface_id;
}

/*
 * Decodes count descriptors from the sender's memory. Owner facets are taken if they may go to a program
 * that is started: the target is an object of the kernel, or not known yet. CAP_OK; or an error with nothing
 * left to discard.
 */
int32_t kernel_transfer_decode(struct kernel *kernel, struct process *sender, uint64_t address,
                               uint32_t count, bool owners, struct bundle *bundle);

/* Forgets a decoded bundle; one that is committed is dropped. */
void kernel_transfer_discard(struct kernel *kernel, struct bundle *bundle);

/* Whether an object may go with a message: a process handle never does, an owner facet only if they may. */
bool kernel_transfer_allows(struct object *object, bool owners);

/* Takes hold of what a decoded bundle names, if it has not yet. */
void kernel_transfer_commit(struct kernel *kernel, struct bundle *bundle);

/* The slots that a bundle takes up at its receiver: null capabilities need none. */
uint32_t kernel_transfer_slots(const struct bundle *bundle);

/*
 * Writes the first count records of a bundle, committed or not, as they will be when it is delivered
 * next to a receiver with that many free slots.
 */
void kernel_transfer_records(const struct bundle *bundle, uint32_t count, const struct process *receiver,
                             struct cap_transfer_result *ret_records);

/*
 * Delivers the first count capabilities of a committed bundle: the ids are those of
 * kernel_transfer_records(). The bundle is left with the others.
 */
void kernel_transfer_deliver(struct bundle *bundle, uint32_t count, struct process *receiver);

/* Undoes a committed bundle: what was to be moved is back. */
void kernel_transfer_drop(struct kernel *kernel, struct bundle *bundle);

/* Ends a committed bundle that was delivered to nobody: what was to be moved is gone. */
void kernel_transfer_lose(struct kernel *kernel, struct bundle *bundle);

#endif
