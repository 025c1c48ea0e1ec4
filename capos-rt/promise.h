/*
 * The answers that the kernel keeps for this program, inside of the runtime:
 * one entry an answer id.
 */
#ifndef CAPOS_RT_PROMISE_H
#define CAPOS_RT_PROMISE_H

#include <stdbool.h>

#include <capos/handle.h>
#include <capos/ring.h>

/* Ids 1 to this one are used, or as many as the kernel has. */
#define RT_PROMISES_MAX 64

enum rt_promise_state {
    RT_PROMISE_FREE = 0,
    RT_PROMISE_KEPT = 1,   /* the program may name it */
    RT_PROMISE_QUEUED = 2, /* its FINISH goes along with the next entry */
    RT_PROMISE_SENT = 3,   /* free once the FINISH is complete: the call is then, too */
};

struct rt_promise {
    struct capos_pending finish;
    const struct capos_pending *call; /* whose answer it is, while it is kept */
    const char *origin;               /* where it was asked for; null if nobody noted it */
    uint64_t sequence;                /* tells this answer from those that had its id before */
    uint8_t state;                    /* enum rt_promise_state */
};

struct rt_promises {
    struct rt_promise entries[RT_PROMISES_MAX]; /* of id 1 and up */
    uint64_t sequence;                          /* the last one given */
    uint32_t room;                              /* ids that the kernel has, and we use */
    uint32_t last;                              /* the entry that was given last */
    uint32_t kept;
    uint64_t queued; /* bit id - 1 of each */
};

/* A promised capability is no id of the kernel's: bit 63 says so. */
#define RT_PROMISED        (UINT64_C(1) << 63)
#define RT_PROMISED_ID     16 /* bits 16-23: the answer's id. Bits 0-15: the record */
#define RT_PROMISED_NUMBER 24 /* bits 24-62: its sequence */
#define RT_PROMISE_NUMBERS (UINT64_C(1) << 39)

static inline bool rt_is_promised(capos_cap cap)
{
    return (cap & RT_PROMISED) != 0;
}

/* What a promised capability stands for. */
struct rt_promised {
    uint32_t answer_id;
    uint16_t field;
};

void rt_promises_init(struct rt_promises *promises, uint32_t answers_max);

/*
 * An id for the answer of *call, which is submitted next: *ret_id. Takes
 * completions out for it, if need be. TOO_MANY_CALLS if all are in use.
 */
capos_status rt_promise_keep(struct capos_runtime *runtime, const struct capos_pending *call,
                             uint8_t *ret_id);

/* The promised capability for a record of an answer that is kept; and one whose use fails with a status. */
capos_cap rt_promise_name(const struct capos_runtime *runtime, uint8_t id, uint16_t field);
capos_cap rt_promise_none(capos_status status);

/* What it stands for; BAD_ANSWER if its call is finished, or the status that it was made with. */
capos_status rt_promise_find(const struct capos_runtime *runtime, capos_cap cap,
                             struct rt_promised *ret_promised);

/*
 * Which answers have to come before what names this one: bit id - 1 of each.
 * A word of them goes stale as ids are given anew, so it is looked at with the
 * number of the submission that it is about: older calls alone can be meant.
 */
uint64_t rt_promise_needs(const struct capos_runtime *runtime, uint32_t answer_id);
uint32_t rt_promises_open(const struct capos_runtime *runtime, uint64_t needs, uint64_t number);

/* The answer is named no more. The FINISH goes along with the next entry, or with a later one. */
void rt_promise_finish(struct capos_runtime *runtime, uint8_t id);

/* Submits the FINISHes that are queued, as far as there is room. */
void rt_promises_send(struct capos_runtime *runtime);

/* Tells on the console which promises are not finished, if the program notes places. */
void rt_promises_report(struct capos_runtime *runtime);

#endif
