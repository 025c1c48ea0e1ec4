/*
 * A soak in progress: the model, the processes that it tells of, and what
 * compares them after each step.
 */
#ifndef CAPOS_TESTS_KERNEL_SOAK_COMPARE_H
#define CAPOS_TESTS_KERNEL_SOAK_COMPARE_H

#include "tests/kernel/soak_model.h"

struct process;

/* A submission's place in its process's memory: params at its start, results and messages further on. */
enum { SOAK_PLACE_BYTES = 1024, SOAK_RESULTS = 128, SOAK_MESSAGE = 256 };

extern struct model soak_model;
extern struct process *soak_real[M_PROCESSES], *soak_records[M_RECORDS];
extern uint64_t soak_seed, soak_step;
extern uint64_t soak_ids[64]; /* of calls, some of them answered long ago */
extern uint64_t soak_generations[M_PROCESSES][KERNEL_CAP_SLOTS_MAX]; /* the last that was seen of each slot */
extern bool soak_failed;

uint64_t soak_place(uint64_t number);

/* The first difference fails the test and names the seed that shows it again. */
void soak_check(bool good, const char *what);

/* Reads every completion; each must be expected, and each that is expected must come. */
void soak_compare(void);

#endif
