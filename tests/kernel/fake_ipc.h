/*
 * Programs that call each other: a server with an endpoint, two clients, and
 * submissions for them. A submission's number is its user_data, and gives it
 * places of its own in its process's memory; numbers are below 64.
 */
#ifndef CAPOS_TESTS_KERNEL_FAKE_IPC_H
#define CAPOS_TESTS_KERNEL_FAKE_IPC_H

#include "tests/kernel/fake_calls.h"

enum {
    IPC_INTERFACE = 0x1234,
    IPC_METHOD = 5,
    IPC_NUMBERS = 64,
    IPC_MESSAGE_MAX = 64,
    IPC_CAPS_MAX = 2,
    IPC_RESULT_BYTES = 128,
    IPC_RECEIVE_BYTES = 64 + IPC_MESSAGE_MAX + 32 * IPC_CAPS_MAX,
};

extern struct process *server, *client, *other;
extern uint64_t owner;                 /* the server's endpoint */
extern uint64_t client_cap, other_cap; /* their facets, with badges 1 and 2 */

/* fake_begin(), and all of the above; ipc_end() checks that nothing is left behind. */
void ipc_begin(void);
void ipc_end(void);

/* An endpoint whose owner facet is in a process's table. */
uint64_t ipc_endpoint(struct process *process, uint32_t message_max, uint32_t caps_max);

/* A facet of it, made by the kernel, in a process's table. */
uint64_t ipc_facet(struct process *of, uint64_t endpoint, uint64_t badge, struct process *to);

/* Where a number's params and descriptors, results, and received messages lie. */
uint64_t ipc_params(uint64_t number);
uint64_t ipc_results(uint64_t number);
uint64_t ipc_receive_at(uint64_t number);

/* A call whose params are 16 bytes: a pointer and its number. */
struct cap_sqe ipc_call(struct process *from, uint64_t cap, uint64_t number);
struct cap_sqe ipc_receive(uint64_t endpoint, uint64_t number);

/* An answer of 16 bytes that says the number. */
struct cap_sqe ipc_return(struct process *from, uint64_t call_id, uint64_t number);

/* Puts descriptors behind the params of a call or return. */
void ipc_attach(struct process *from, struct cap_sqe *sqe, const struct cap_transfer *caps, uint16_t count);

/* The same call with its answer kept; a call on a field of an answer. */
struct cap_sqe ipc_keep(struct cap_sqe call, uint32_t answer);
struct cap_sqe ipc_pipeline(struct process *from, uint32_t answer, uint16_t field, uint64_t number);
struct cap_transfer ipc_promised(uint32_t answer, uint16_t field);

/* Finishes an answer: the status. The call's completion, if there is one yet, must have been read. */
int32_t ipc_finish(struct process *process, uint32_t answer);

/*
 * Returns facets of the server's endpoint with badges from the first on; the first fields of them are fields.
 * The server has read its completions, and reads this one.
 */
void ipc_return_badges(uint64_t call_id, uint64_t number, uint64_t badge, uint16_t count, uint16_t fields);

/* An answer that is an exception. */
struct cap_sqe ipc_return_exception(struct process *from, uint64_t call_id, uint64_t number, uint16_t type,
                                    const char *message);

/* Submits and polls. */
void ipc_do(struct process *process, struct cap_sqe sqe);

/* The next completion; a check fails if there is none. */
struct cap_cqe ipc_reap(struct process *process);
void ipc_expect(struct process *process, uint64_t number, int32_t result);
void ipc_expect_nothing(struct process *process);

/* The exception of a call that has completed with one. */
void ipc_expect_exception(struct process *process, uint64_t number, uint16_t type);

/* Receives the next call and returns its id; a check fails if none waits. The message is that of ipc_taken().
 */
uint64_t ipc_take_call(struct process *process, uint64_t endpoint);
const struct cap_message_header *ipc_taken(struct process *process);

/* Takes the next call, which must be that of a number, to a facet of a badge: its id. */
uint64_t ipc_take(struct process *process, uint64_t endpoint, uint64_t badge, uint64_t number);
const struct cap_message_header *ipc_message(struct process *process, uint64_t number);

/* The records of a received message, or of results. */
const struct cap_transfer_result *ipc_message_records(struct process *process, uint64_t number);
const struct cap_transfer_result *ipc_result_records(struct process *process, uint64_t number,
                                                     struct cap_cqe cqe);

void ipc_release(struct process *process, uint64_t cap);
void ipc_cancel(struct process *process, uint64_t number);
void ipc_kill(struct process *process);

#endif
