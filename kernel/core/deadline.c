/*
 * The pairing heap of deadlines.
 */
#include "kernel/core/deadline.h"

#include <stddef.h>

static bool before(const struct deadline *a, const struct deadline *b)
{
    return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

/* Joins two heaps, either of which may be empty: the later root becomes the other's first child. */
static struct deadline *join(struct deadline *a, struct deadline *b)
{
    if (!a || !b)
        return a ? a : b;
    if (before(b, a)) {
        struct deadline *swap = a;
        a = b;
        b = swap;
    }
    b->previous = a;
    b->next = a->child;
    if (a->child)
        a->child->previous = b;
    a->child = b;
    return a;
}

/* One heap out of a chain of siblings: joined in pairs, then from the last pair to the first. */
static struct deadline *join_siblings(struct deadline *chain)
{
    struct deadline *pairs = NULL;
    while (chain) {
        struct deadline *a = chain, *b = chain->next;
        chain = b ? b->next : NULL;
        a->next = a->previous = NULL;
        if (b)
            b->next = b->previous = NULL;
        a = join(a, b);
        a->next = pairs;
        pairs = a;
    }
    struct deadline *heap = NULL;
    while (pairs) {
        struct deadline *a = pairs;
        pairs = a->next;
        a->next = NULL;
        heap = join(heap, a);
    }
    return heap;
}

void kernel_deadline_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t at, deadline_fn due)
{
    *deadline = (struct deadline){.at = at, .sequence = deadlines->sequence++, .due = due};
    deadlines->first = join(deadlines->first, deadline);
}

void kernel_deadline_clear(struct deadlines *deadlines, struct deadline *deadline)
{
    if (!deadline->due)
        return;
    struct deadline *rest = join_siblings(deadline->child);
    if (deadline == deadlines->first) {
        deadlines->first = rest;
    } else {
        if (deadline->previous->child == deadline)
            deadline->previous->child = deadline->next;
        else
            deadline->previous->next = deadline->next;
        if (deadline->next)
            deadline->next->previous = deadline->previous;
        deadlines->first = join(deadlines->first, rest);
    }
    *deadline = (struct deadline){0};
}

deadline_fn kernel_deadline_take(struct deadlines *deadlines, uint64_t now, struct deadline **ret_deadline)
{
    struct deadline *first = deadlines->first;
    if (!first || first->at > now)
        return NULL;
    deadline_fn due = first->due;
    kernel_deadline_clear(deadlines, first);
    *ret_deadline = first;
    return due;
}
