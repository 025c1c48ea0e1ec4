/*
 * What the tests of calls sent ahead share: fake_ipc.h, with receives that take them.
 */
#ifndef CAPOS_TESTS_KERNEL_FAKE_AHEAD_H
#define CAPOS_TESTS_KERNEL_FAKE_AHEAD_H

#include "tests/kernel/fake_ipc.h"

enum { AHEAD_DONE = 16, AHEAD_RECEIVED = 64 + 16 };

void ahead_receive(uint64_t number);

/* The server owes the answer to call 1 of the client, which keeps it as answer 1; that many receives wait. */
uint64_t ahead_begin(uint64_t receives);

/* What came there is call `number` on a field of what is owed: its id. */
uint64_t ahead_expect(uint64_t receive, uint64_t owed, uint16_t field, uint64_t number);

int32_t ahead_give_back(uint64_t call_id);

int32_t ahead_answer(uint64_t call_id);

/* With new badges from 7 on as its fields; what went ahead of it is the server's. */
void ahead_return_resolved(uint64_t call_id, uint16_t count);

/* With a copy of a capability of the server's as its field, which the server does not resolve, though it says
 * so. */
void ahead_return_copy(uint64_t call_id, uint64_t cap);

/* A call by its number, received as an ordinary one. */
void ahead_expect_call(struct process *of, uint64_t receive, uint64_t number);

void ahead_expect_cancelled(uint64_t receive, uint64_t call_id);

#endif
