/*
 * What is to happen when. A pairing heap through the deadlines themselves:
 * setting one cannot fail, and equal times keep the order in which they were set.
 */
#ifndef CAPOS_KERNEL_DEADLINE_H
#define CAPOS_KERNEL_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct kernel;
struct deadline;

/* Runs once, with the deadline no longer set. */
typedef void (*deadline_fn)(struct kernel *kernel, struct deadline *deadline);

struct deadline {
    uint64_t at;       /* ns, as port_now() counts */
    uint64_t sequence; /* the order of setting */
    deadline_fn due;   /* NULL: not set */
    struct deadline *child;
    struct deadline *next;
    struct deadline *previous; /* the elder sibling, or the parent of the first child */
};

struct deadlines {
    struct deadline *first;
    uint64_t sequence;
};

/* The deadline must not be set already; a zeroed one is not. */
void kernel_deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t at,
                         deadline_fn due);

/* One that is not set stays so. */
void kernel_deadline_clear(struct deadlines *deadlines, struct deadline *deadline);

/* Takes out the first deadline that is at or before now: its function, or NULL. */
deadline_fn kernel_deadline_take(struct deadlines *deadlines, uint64_t now, struct deadline **ret_deadline);

#endif
