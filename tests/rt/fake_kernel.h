/*
 * A kernel for the runtime's tests: it lives in this process, takes what is in
 * the ring when it is entered, and completes as the test has told it.
 */
#ifndef CAPOS_TESTS_RT_FAKE_KERNEL_H
#define CAPOS_TESTS_RT_FAKE_KERNEL_H

#include <setjmp.h>

#include "capos-rt/rt.h"

enum { FAKE_CALLS_MAX = 256, FAKE_ANSWERS = 64 };

struct fake_kernel {
    struct capos_ring_page page;
    struct {
        struct capos_capset_header header;
        struct capos_capset_entry entries[8];
    } capset;
    struct capos_runtime runtime;

    /* What the test decides. */
    uint64_t never_held; /* calls to this capability are answered at once, though hold is set */
    uint32_t calls_max;  /* with so many calls held, refuses the next; 0: no bound */
    bool hold;           /* calls are kept until fake_complete(), or a CANCEL */
    bool stubborn;       /* takes nothing */
    void (*idle)(void);  /* called when there is nothing to give */
    bool (*take)(const struct cap_sqe *sqe); /* if it says that it did, nothing else is done */
    int bad_rings;   /* answers CAP_ERR_BAD_RING that often, whatever the indices are */
    int64_t refusal; /* if negative, cap_enter answers it */
    int32_t result;  /* of NOPs and of calls that are not held */
    uint64_t aux;
    uint64_t needed;
    const void *payload; /* what is written to a call's results, result bytes of it */
    uint32_t payload_bytes;
    uint16_t cap_count; /* of the completion: records lie in the payload, behind `result` bytes */

    /* What it has seen. */
    struct cap_sqe held[FAKE_CALLS_MAX];
    uint32_t held_count;
    struct cap_sqe last; /* the last submission that was taken */
    char line[300];      /* what was last written to the console */
    uint32_t taken;
    uint32_t enters;
    uint32_t waits;             /* entries that waited for something, but those of `idle` */
    uint32_t awaited;           /* min_complete of the last of them */
    uint32_t awaited_with_time; /* and of the last that had a deadline */
    uint32_t sq_head;
    uint32_t cq_tail;
    struct cap_cqe deferred[FAKE_CALLS_MAX];
    uint32_t deferred_count;

    /* The end of the program comes back here, with its code in exit_code. */
    jmp_buf at_exit;
    int64_t exit_code;
};

extern struct fake_kernel fake;

/* A fresh ring, a CapSet with "console" (id 11) and "timer" (id 12), and the runtime started on them. */
void fake_start(void);

/* Puts a capability into the CapSet: before anything looks at it. */
void fake_grant(const char *name, uint64_t id, uint64_t interface_id);

extern const struct rt_kernel fake_entry;

/* Completes a held call (index among held, in the order of submission) with this result. */
void fake_complete(uint32_t index, int32_t result);

/* Posts a completion as it is. */
void fake_post(struct cap_cqe cqe);

#endif
