/*
 * The door tests' driver: a probe is one try of the hostile program
 * (door/door.c) in a process of its own, and what the kernel saw of it.
 *
 * Everything is tried as the user who runs the test, and as root once more as
 * user 65534 without capabilities.
 */
#ifndef CAPOS_TESTS_LINUX_DOOR_PROBE_H
#define CAPOS_TESTS_LINUX_DOOR_PROBE_H

#include "tests/linux/door/door.h"
#include "tests/linux/linux_runner.h"

struct door_probe {
    struct program_command command;
    struct mini_process *process; /* while it runs */
    struct mini_process seen;     /* as it was when it was gone */
};

enum door_outcome { OUTCOME_FORBIDDEN, OUTCOME_FAULT, OUTCOME_KILLED, OUTCOME_PASSED, OUTCOME_NONE };

enum door_outcome door_outcome(const struct mini_process *seen);

const struct elf_image *door_image(void);

/* Runs them all, some at a time. */
void door_run_all(struct door_probe *probes, size_t count);

/* Runs a part of a test, with a port open, as this user, and as user 65534 if this one is root. */
void door_as_users(void (*part)(void));

#endif
