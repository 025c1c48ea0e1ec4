/*
 * The table of handles, inside of the runtime: one entry a slot of the
 * process's capability table.
 */
#ifndef CAPOS_RT_HANDLE_H
#define CAPOS_RT_HANDLE_H

#include <stdbool.h>

#include <capos/abi.h>
#include <capos/handle.h>
#include <capos/ring.h>

enum {
    RT_HANDLES_FIRST = 64, /* entries without a heap */
    RT_HANDLE_OWNERS_MAX = UINT16_MAX,
    RT_RELEASES_MAX = CAPOS_SQ_ENTRIES, /* under way */
};

#define RT_NO_SLOT UINT32_MAX

enum rt_handle_state {
    RT_HANDLE_NONE = 0,   /* nobody owns what is in the slot */
    RT_HANDLE_OWNED = 1,  /* owners says by how many */
    RT_HANDLE_QUEUED = 2, /* in the release queue */
    RT_HANDLE_MOVING = 3, /* in a message that gives it away; its one owner waits for the outcome */
};

struct rt_handle {
    capos_cap cap;      /* what was in the slot last */
    const char *origin; /* where it was acquired; null if nobody noted it */
    uint32_t next;      /* of the release queue: a slot */
    uint16_t owners;
    uint8_t state; /* enum rt_handle_state */
};

struct rt_handles {
    struct rt_handle *entries; /* `first`, or from the heap */
    uint32_t room;
    uint32_t queue_head;
    uint32_t queue_tail;
    struct capos_handle_stats stats;
    struct capos_pending *spare;     /* of `releases`, those that are under way no more */
    uint32_t used;                   /* and so many that ever were */
    struct capos_arrivals completed; /* those whose outcome is to be counted */
    capos_status refused;            /* the first since the last flush */
    struct capos_pending releases[RT_RELEASES_MAX];
    struct rt_handle first[RT_HANDLES_FIRST];
};

void rt_handles_init(struct rt_handles *handles);

/* Submits the RELEASEs that are queued, as far as there is room. */
void rt_releases_send(struct capos_runtime *runtime);

/* Drops a capability that a message brought and nobody adopted: queues the RELEASE, or sends it now if
 * there is no room for an entry. */
void rt_handle_drop(struct capos_runtime *runtime, capos_cap cap);

/*
 * Marks a handle as one that a message gives away. NOT_PERMITTED if it has no
 * owner, or several; STALE_CAP if it is released; BAD_TRANSFER if it goes away
 * already.
 */
capos_status rt_handle_give(struct capos_runtime *runtime, capos_cap cap);

/* The place that was noted last; null if the program notes none. */
const char *rt_handles_noted(void);

/* The message's fate: given away, or owned again. */
void rt_handle_given(struct capos_runtime *runtime, capos_cap cap, bool given);

/* Tells on the console what is still held, if the program notes places. */
void rt_handles_report(struct capos_runtime *runtime);

#endif
