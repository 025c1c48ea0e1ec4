/*
 * How a client of the crowd says what it found: it sleeps for so long, and
 * for as many ns more as the number of the line that did not hold; for a call
 * with an odd status, 1000 times the status, without its sign, is added.
 */
#ifndef CAPOS_TESTS_KILL_VERDICT_H
#define CAPOS_TESTS_KILL_VERDICT_H

#include <stdint.h>

#define VERDICT_NS (UINT64_C(10) * 365 * 24 * 3600 * 1000000000)

#endif
