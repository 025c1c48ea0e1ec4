/*
 * The list of capabilities beside a message, inside of the runtime.
 */
#ifndef CAPOS_RT_TRANSFER_H
#define CAPOS_RT_TRANSFER_H

#include <stdbool.h>

#include <capos/transfer.h>

/*
 * Makes a list for a message that is built at the start of a buffer, with
 * room for `max` capabilities at its end. Returns the words that are left for
 * the message; 0 if there are none.
 */
uint32_t rt_caps_init_outgoing(struct capos_caps *caps, struct capos_runtime *runtime, uint64_t *words,
                               uint32_t word_count, uint16_t max);

/*
 * Says of promised capabilities what they stand for: when the message is
 * submitted, and not before. *ret_needs is what rt_promise_needs() says of
 * them. BAD_ANSWER, or as rt_promise_find().
 */
capos_status rt_caps_resolve(struct capos_caps *caps, uint64_t *ret_needs);

/* Puts the descriptors behind the message, `bytes` long, where the kernel looks for them. */
void rt_caps_close(struct capos_caps *caps, uint64_t *words, uint64_t bytes);

/*
 * The message has been sent, or not: `result` and `flags` are its completion's. What it was to give away is
 * gone, or as before. What it minted is the object's until a notice says otherwise, unless it was not even
 * taken.
 */
void rt_caps_conclude(struct capos_caps *caps, int32_t result, uint16_t flags);

/* The list is that of a message that came: `count` records. */
void rt_caps_init_incoming(struct capos_caps *caps, struct capos_runtime *runtime, void *records,
                           uint32_t count);

/* Releases what was not adopted. */
void rt_caps_fini_incoming(struct capos_caps *caps);

/* object.c: one more, and one less, facet of an object that is served; without any it is released. */
uint64_t rt_object_hold(struct capos_object *object);
capos_cap rt_object_endpoint(const struct capos_object *object);
void rt_object_drop(struct capos_object *object);

/* Takes it out of the server's table, whoever can call it. */
void rt_object_remove(struct capos_object *object);

#endif
