/*
 * Numbers for tests, from the kernel's command line: "count=NUMBER", "seed=NUMBER"; 0 when not given.
 */
#ifndef CAPOS_TESTS_X86_64_TARGET_OPTIONS_H
#define CAPOS_TESTS_X86_64_TARGET_OPTIONS_H

#include <stdint.h>

extern uint64_t target_count, target_seed;

#endif
