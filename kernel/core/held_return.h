/*
 * A RETURN that carries promises: it waits for them in a call record of its own
 * process, and the call that it answers is returned meanwhile.
 */
#ifndef CAPOS_KERNEL_HELD_RETURN_H
#define CAPOS_KERNEL_HELD_RETURN_H

#include <stdbool.h>

#include "capos/abi.h"

struct bundle;
struct call;
struct kernel;

/* Takes a RETURN whose decoded bundle has promises. Its completion, or KERNEL_RETURN_WAITS. */
struct cap_cqe kernel_return_hold(struct kernel *kernel, struct call *call, const struct cap_sqe *sqe,
                                  struct bundle *bundle);

/* Everything has arrived that the RETURN waited for. */
void kernel_return_late(struct kernel *kernel, struct call *held);

/*
 * The RETURN is over, and its process is told. What it still carries is lost, or back where it was.
 * The call that it answers is not touched.
 */
void kernel_return_end(struct kernel *kernel, struct call *held, struct cap_cqe cqe, bool lost);

#endif
