/*
 * The door tests' driver on bare metal: runs the hostile program, one process for each
 * thing that it tries, beside a neighbour that keeps a value in all its
 * registers and looks at them all the time; and counts what came of it.
 */
#ifndef CAPOS_TESTS_X86_64_DOOR_PROBE_H
#define CAPOS_TESTS_X86_64_DOOR_PROBE_H

#include "tests/port/mini_core.h"
#include "tests/tap.h"
#include "tests/x86_64/door/door.h"

const struct elf_image *door_image(void);

/* The port under the mini core, with the neighbour. */
void door_open(void);

/* The neighbour has seen nothing but its own; a well-behaved process gets its answers; the port is closed. */
void door_close(void);

struct mini_process *door_start(uint64_t operation, uint64_t a, uint64_t b);

/* Tries one thing: it must end as expected, and the neighbour must be well. */
void door_try(enum door_bare expected, uint64_t operation, uint64_t a, uint64_t b);

/* As door_try(), by an instruction that QEMU's emulator, where there is SMAP, refuses to programs (far
 * returns). */
void door_try_far(enum door_bare expected, uint64_t operation, uint64_t a, uint64_t b);

/* Ends a row of the table: what was tried since the last one. A well-behaved process runs. */
void door_row(const char *what);

/* What the last try came to, never one that depends. */
enum door_bare door_last(void);
int64_t door_last_code(void);

/* A word of a process's ring page. */
volatile uint64_t *door_ring(const struct mini_process *process, uint64_t offset);

#endif
