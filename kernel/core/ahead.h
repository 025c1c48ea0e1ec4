/*
 * Calls sent ahead: a call on an answer that is awaited goes to the server that owes it, if that takes such
 * messages. The server finds the target among what it returns, or gives the call back.
 *
 * No call is resolved before an earlier one of its process that waits: those that are ahead are a chain, of
 * which each call is on the answer to the one before it, or on the same record as that; and nothing that
 * waits is among them or before them.
 *
 * A call that is ahead waits for its target like any other that depends. When that is known, it is the
 * server's to answer if the RETURN has said so, and minted the target for the endpoint where the call is. In
 * all other cases it is taken from the server, and goes on as if it had never been there; but when it ends
 * before that, the server is told, for it may have begun.
 */
#ifndef CAPOS_KERNEL_AHEAD_H
#define CAPOS_KERNEL_AHEAD_H

#include <stdbool.h>
#include <stdint.h>

struct answer;
struct call;
struct facet;
struct kernel;

/* Sends what waits for an answer, and its process's calls behind it, as far as they can go. */
void kernel_ahead_send(struct kernel *kernel, const struct answer *answer);

/* Takes a call that is ahead from the server. */
void kernel_ahead_withdraw(struct call *call);

/* The target of a call that is ahead: a client facet, or NULL. True: the call is delivered; else withdrawn.
 */
bool kernel_ahead_aim(struct call *call, struct facet *facet);

/*
 * The server returns a call that is ahead, or gives one back that came so. What it cannot do (answer before
 * the target is known, give back what it has resolved) ends the call in BROKEN_PROMISE. The status of its
 * RETURN.
 */
int32_t kernel_ahead_return(struct kernel *kernel, struct call *call, bool back);

#endif
