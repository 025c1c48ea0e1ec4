/*
 * A whole system under test: a real port, the real core, and the programs of
 * tests/kill/crowd or tests/kill/family. The test is linked with the kernel,
 * so it can look at what the kernel keeps, and kill, between any two steps of the port.
 *
 * A round is a life of the system: booted with a seed, hurt by the test, and
 * ended by crowd_end(), which sees that whoever was not killed is well.
 */
#ifndef CAPOS_TESTS_KILL_CROWD_H
#define CAPOS_TESTS_KILL_CROWD_H

#include "kernel/core/kernel.h"

enum { CROWD_CLIENTS = 3, CROWD_KILLS_MAX = 16, CROWD_ALIVE_MAX = 64 };

/* A system: its boot package, and of how many processes it consists, init too, once nothing is left to do. */
struct crowd_system {
    const uint8_t *package, *package_end;
    uint32_t (*processes)(void);
};

extern const struct crowd_system crowd_of_servers; /* tests/kill/crowd: whoever is killed is not replaced */

struct crowd {
    const struct crowd_system *system;
    struct kernel *kernel;
    void *arena;
    void *package;
    uint64_t seed;
    uint64_t random;
    uint64_t killed[CROWD_KILLS_MAX]; /* ids */
    uint32_t killed_count;
    uint64_t resources; /* of the port, before the first round */
};

extern struct crowd crowd;

/* --- Supplied by the test of a port, beside mini_port_* (tests/port/mini_core.h) ------- */

/* What the port has taken of the machine: descriptors, frames. */
uint64_t crowd_port_resources(void);

/* The seed of the first round, and how many programs are to be killed at random. */
uint64_t crowd_port_seed(void);
uint32_t crowd_port_kills(void);

/* Kills a process as somebody else than the kernel would. */
void crowd_port_kill(struct process *process);

/* --- For tests ------------------------------------------------------------------------- */

void crowd_open(const struct crowd_system *system);
void crowd_close(void);

/* Starts a round. */
void crowd_begin(uint64_t seed);

/* Lets it run for so long, or until something happens. */
void crowd_step(uint64_t ns);

/* Whether all clients have come to their verdict, and all that was killed is gone. */
bool crowd_is_settled(void);

/* A number below the bound, from the seed. */
uint32_t crowd_random(uint32_t bound);

/* Anyone but init who is alive, was not killed, and for whom the test holds; NULL: there is none. */
struct process *crowd_pick(bool (*is_there)(const struct process *process));

/* Says what was done, and the seed that does it again. */
void crowd_tell(const char *what);

bool crowd_was_killed(const struct process *process);
void crowd_kill(struct process *process, uint32_t way);
enum { CROWD_WAYS = 3 };

/* Runs until it is settled, or for so long that it never will be. */
void crowd_settle(void);

/* Ends the round. Checks fail unless all who live have done what they had to, and nothing is left. */
void crowd_end(void);

/* The same for a round whose init is dying: checks fail unless nothing is left. */
void crowd_end_without_init(void);

#endif
