/*
 * Calls sent ahead: a call on an answer that is awaited goes to the server that owes it, if that takes such
 * messages, and follows the calls before it on that answer. The server finds the target among what it
 * returns, or gives the call back.
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

/* Sends what waits for an answer, and for the answers to that, as far as there are receives. */
void kernel_ahead_send(struct kernel *kernel, struct answer *answer);

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
