/*
 * The machine of a test, and submissions for it. Params lie at FAKE_PARAMS of the
 * process's memory unless an address is given, results at FAKE_RESULTS.
 */
#ifndef CAPOS_TESTS_KERNEL_FAKE_CALLS_H
#define CAPOS_TESTS_KERNEL_FAKE_CALLS_H

#include "tests/kernel/fake_port.h"

enum { FAKE_PARAMS = 0x400000, FAKE_RESULTS = 0x410000, FAKE_RESULT_BYTES = 8192 };

/* The machine that fake_begin() started, and its first process. */
extern struct fake_machine *machine;
extern struct process *process;

void fake_begin(void);
void fake_end(void);

struct cap_sqe fake_nop(uint64_t user_data);

/* A call without params, to a capability by its name, with room for results. */
struct cap_sqe fake_call(struct process *of, const char *cap, uint64_t interface, uint16_t method,
                         uint64_t user_data);

/* Timer.now, and Timer.sleep with its params at an address. */
struct cap_sqe fake_now_call(struct process *of, uint64_t user_data);
struct cap_sqe fake_sleep_call(struct process *of, uint64_t address, uint64_t ns, uint64_t user_data);

#endif
