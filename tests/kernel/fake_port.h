/*
 * A port for tests: processes are structures, time and the console are
 * variables. A process has one block of program memory at FAKE_MEMORY; what
 * the kernel asks of the port is recorded.
 */
#ifndef CAPOS_TESTS_KERNEL_FAKE_PORT_H
#define CAPOS_TESTS_KERNEL_FAKE_PORT_H

#include "kernel/core/kernel.h"
#include "kernel/core/port.h"

#define FAKE_MEMORY       UINT64_C(0x400000)
#define FAKE_MEMORY_BYTES (256 * 1024)
#define FAKE_PAGES        (FAKE_MEMORY_BYTES / CAPOS_PAGE_BYTES) /* of a process */

struct fake_process {
    struct capos_ring_page ring;
    uint64_t capset[CAPOS_CAPSET_BYTES_MAX / 8];
    uint8_t memory[FAKE_MEMORY_BYTES];
    uint64_t read_only_from; /* program addresses from here on are not writable; 0: all are */
    struct port_memory *places[KERNEL_PLACES];
    uint64_t writable_places;
    bool started, killed, woken;
    int64_t wake_result;
    struct fake_process *next_spare;
};

struct fake_port {
    uint64_t now;
    uint8_t random_next;
    bool random_fails;
    uint32_t creates_left; /* port_process_create() fails when it is 0 */
    uint32_t starts_left;
    uint32_t memories_left; /* likewise */
    uint32_t maps_left;
    bool recycles; /* processes are kept for the next, as large memory costs the host much */
    struct fake_process *spare;
    uintptr_t stack_low; /* the kernel's stack has been seen as deep as this */
    int processes;       /* created and not destroyed */
    int memories;
    uint64_t pages; /* of both */

    char output[8192];
    size_t output_length;
    size_t output_room; /* how many more bytes the console takes */
    const char *input;
    size_t input_length;
    bool input_ended;
    char log[1024];
    size_t log_length;
};

/* A kernel with a port, memory, and one process that was granted all there is. */
struct fake_machine {
    struct fake_port port;
    struct kernel kernel;
    struct process *process;
    void *arena;
};

/* Boots a kernel without a package; machine is zeroed by the caller (it is large: static or heap). */
void fake_machine_start(struct fake_machine *machine);

/* Another process with the same grants: console, timer, entropySource, bootPackage. */
struct process *fake_machine_spawn(struct fake_machine *machine, const char *name);

/* For kernel_process_spawn(): a process without a program, which may use what there is. */
extern const struct elf_image fake_image;
#define FAKE_START(called, given, count)                                                                     \
    ((struct process_start){.name = (called),                                                                \
                            .image = &fake_image,                                                            \
                            .grants = (given),                                                               \
                            .grant_count = (count),                                                          \
                            .budget = kernel_budget_first})

/* Ends everything and frees the arena. */
void fake_machine_stop(struct fake_machine *machine);

struct fake_process *fake_process(struct process *process);

/* The capability under a name in a process's CapSet; 0: none. */
uint64_t fake_cap(struct process *process, const char *name);

/* Program memory at an address. */
void *fake_memory(struct process *process, uint64_t address);

/* Puts a submission into the ring, and reads the next completion out of it. */
void fake_submit(struct process *process, const struct cap_sqe *sqe);
bool fake_reap(struct process *process, struct cap_cqe *ret_cqe);

/* cap_enter(0, 0): its result. */
int64_t fake_poll(struct process *process);

/* Submits one, polls, reads one completion: it; a check fails when there is none. */
struct cap_cqe fake_run(struct process *process, const struct cap_sqe *sqe);

#endif
