/*
 * What the soak's programs choose at random, by one seed.
 */
#ifndef CAPOS_TESTS_KERNEL_SOAK_PICK_H
#define CAPOS_TESTS_KERNEL_SOAK_PICK_H

#include "tests/kernel/soak_model.h"

void soak_randomize(uint64_t seed);
uint64_t soak_random(uint64_t bound);

/* A number that was never used. */
uint64_t soak_serial(void);

/* Before a burst: sees which places of the process are in use. Then, a number whose place is free. */
void soak_find_places(struct m_process *of);
uint64_t soak_pick_number(void);

/* That of something unfinished, or almost. */
uint64_t soak_pick_pending(struct m_process *of);

/* A capability that the process holds, or almost: an owner facet, or any other. */
uint64_t soak_pick_cap(struct m_process *of, bool owned);

/* One that it does hold: to one of the kernel's objects, or a handle (M_NO_OBJECT); 0: none. */
uint64_t soak_pick_object(struct m_process *of, int object);

/* An answer that the process keeps, or almost; mostly one that has failed, or mostly one that has not. */
uint32_t soak_pick_answer(struct m_process *of, bool failed);

/* One that is not there yet, or has such an object (as soak_pick_object()) as its first field; or any. */
uint32_t soak_pick_promised(struct m_process *of, int object);

/* A name for the answer of a call, mostly a free one. */
void soak_keep_answer(struct m_process *of, struct cap_sqe *call);

/* A field of one that there can be; one that there is not, or no end of. */
uint16_t soak_pick_field(void);

/* Descriptors for a message: how many, in so many of a hundred cases any. */
uint16_t soak_pick_transfers(struct m_process *from, struct cap_transfer *caps, uint64_t percent);

/* One that lives, or one that is dead and not reported gone; NULL: none. */
struct m_process *soak_pick_process(bool dead);

#endif
