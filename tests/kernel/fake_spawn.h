/*
 * Programs that start programs: a package with binaries "good" and "bad", and
 * calls to a spawner.
 */
#ifndef CAPOS_TESTS_KERNEL_FAKE_SPAWN_H
#define CAPOS_TESTS_KERNEL_FAKE_SPAWN_H

#include "kernel/core/budget.h"
#include "tests/kernel/fake_ipc.h"

enum { SPAWN_GRANTS_MAX = KERNEL_CAPS_MAX + 1 };

struct spawn_grant {
    const char *name;
    struct cap_transfer transfer;
};

/* What is not said is good: the name "child" and the binary "good". */
struct spawn_request {
    const char *name;
    const char *binary;
    struct budget profile;
    uint32_t grant_count;
    struct spawn_grant grants[SPAWN_GRANTS_MAX < 4 ? 4 : SPAWN_GRANTS_MAX];
};

/* Gives the machine's kernel the package, and a process a spawner: its capability. */
uint64_t spawn_begin(struct process *of);

/* The call; descriptors follow its params. There is room for one at a time in a process. */
struct cap_sqe spawn_call(struct process *from, uint64_t spawner, const struct spawn_request *request);

/* A call without params to a handle, or with some to the spawner. */
struct cap_sqe handle_call(uint64_t handle, uint16_t method);
struct cap_sqe endpoint_call(struct process *from, uint64_t spawner, uint32_t message_max, uint32_t caps_max);

/* Submits it, and expects one capability: it. */
uint64_t spawn_cap(struct process *from, struct cap_sqe sqe);

/* Submits it, and expects an exception of that type which says just that. */
void spawn_refused(struct process *from, struct cap_sqe sqe, uint16_t type, const char *message);

/* Where results are. */
enum { SPAWN_RESULTS = FAKE_MEMORY + 0x38000 };

#endif
