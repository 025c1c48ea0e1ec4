/*
 * A core that is just large enough to test a port: it records what the port
 * reports about each process and does what the test says. Used with the
 * port's own loop, through three functions that each port's test supplies.
 */
#ifndef CAPOS_TESTS_PORT_MINI_CORE_H
#define CAPOS_TESTS_PORT_MINI_CORE_H

#include "kernel/core/kernel.h"
#include "tests/port/program.h"

struct mini_process {
    struct process process; /* first: a struct process is one of these */
    bool exited, faulted, gone;
    int64_t code;
    struct fault fault;
    uint64_t enters;
    uint32_t last_min;
    uint64_t last_timeout;
    bool waits; /* in a cap_enter */
};

struct mini_core {
    struct kernel *kernel;
    /* What kernel_enter() answers; NULL: 0 at once. */
    enum kernel_enter (*on_enter)(struct mini_process *process, int64_t *ret_result);
    /* Called at the end of kernel_exit() and kernel_fault(), when the memory is still there. */
    void (*on_end)(struct mini_process *process);
    uint64_t deadline;
    uint64_t ticks;
    uint64_t first_tick;
    unsigned running; /* started and not gone */
    unsigned inputs, outputs;
    bool shut_down;
};

extern struct mini_core mini;

/* --- Supplied by the test of a port ----------------------------------------------- */

/* Makes the port; its kernel->port is set. A check fails when it cannot. */
void mini_port_open(struct kernel *kernel);
void mini_port_close(struct kernel *kernel);
/* Waits for events for wait_ns at most and reports them. */
void mini_port_step(struct kernel *kernel, uint64_t wait_ns);

/* --- For tests ----------------------------------------------------------------------- */

void mini_open(void);

/* Ends what still runs, waits for it, and closes the port. A check fails when that takes over 5 s. */
void mini_close(void);

/* A process of the image, created and not started; its CapSet page holds the command. NULL: no memory. */
struct mini_process *mini_create(const struct elf_image *image, const struct program_command *command);

/* The same, started. */
struct mini_process *mini_start(const struct elf_image *image, const struct program_command *command);

/* Steps until the process is gone, or 5 s are over (a check then fails). */
void mini_wait_gone(struct mini_process *process);

/* Steps until *flag is true; the same limit. */
void mini_wait(const bool *flag);

/* Frees a process that is gone, or was never started (it is destroyed then). */
void mini_free(struct mini_process *process);

#endif
