/*
 * The Linux port under the mini core, for tests: which options it is opened
 * with, and access to it.
 */
#ifndef CAPOS_TESTS_LINUX_RUNNER_H
#define CAPOS_TESTS_LINUX_RUNNER_H

#include "kernel/linux/linux.h"
#include "tests/port/mini_core.h"

/*
 * Used by the next mini_open(): all that Linux has, /dev/null as console, unless a test changes it. With
 * CAPOS_POLLING=auto in the environment every port polls, and services can read the time stamp counter for
 * that unless runner_hides_cpu is set.
 */
extern struct linux_options runner_options;
extern bool runner_hides_cpu;

#endif
