/*
 * An endpoint in the fake kernel: the client and the server of these tests
 * are one program with one ring, so that both sides of a call can be seen.
 * The rules are those of docs/abi.md.
 */
#ifndef CAPOS_TESTS_RT_FAKE_ENDPOINT_H
#define CAPOS_TESTS_RT_FAKE_ENDPOINT_H

#include "tests/rt/fake_kernel.h"

enum { FAKE_SLOTS = 256, FAKE_MESSAGES = 64, FAKE_RECVS = 32, FAKE_CAPS = 16, FAKE_PARKED = 128 };

/* Starts with fake_start(), lends the ring, and makes an endpoint: its owner's capability. */
capos_cap fake_endpoint_start(struct capos_ring **ret_ring);

/* A capability to the endpoint, of this badge and interface, such as a manifest would give. */
capos_cap fake_endpoint_grant(uint64_t badge, uint64_t interface_id);

/* A capability of the process to something that is not an endpoint. */
capos_cap fake_endpoint_thing(uint64_t interface_id);

/* Capabilities that the process holds; references to a badge, wherever they are. */
uint32_t fake_endpoint_held(void);
uint32_t fake_endpoint_refs(uint64_t badge);
bool fake_endpoint_holds(capos_cap cap);

/* Calls that were delivered and are owed an answer; receives that are posted. */
uint32_t fake_endpoint_owed(void);
uint32_t fake_endpoint_receives(void);

/* Answers that are kept; calls and returns that wait for one. */
uint32_t fake_endpoint_answers(void);
uint32_t fake_endpoint_parked(void);

/*
 * A message that nobody sent, for the next receive: `header` as it is, with
 * `bytes` of payload behind it. The completion says `result`.
 */
void fake_endpoint_forge(const struct cap_message_header *header, const void *payload, uint32_t bytes,
                         int32_t result);

/* The next id of a slot; and that a slot is given out next. */
extern uint64_t fake_endpoint_last_call; /* id of the last call that was delivered */
extern struct cap_sqe fake_endpoint_last_return;

/* The fake kernel's part: whether it was an operation of an endpoint. */
bool fake_endpoint_take(const struct cap_sqe *sqe);

#endif
