/*
 * What the kernel does, told a second time with plain pointers and counts:
 * who holds what, and in which order calls arrive. It shares no code with the
 * kernel. Each m_* function takes one submission or event and adds the
 * completions that must come of it; soak_test.c compares.
 */
#ifndef CAPOS_TESTS_KERNEL_SOAK_MODEL_H
#define CAPOS_TESTS_KERNEL_SOAK_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "capos/abi.h"
#include "kernel/core/limits.h"

enum {
    M_PROCESSES = 4,
    M_ENDPOINTS = 24,
    M_FACETS = 512,
    M_CALLS = 16 * KERNEL_CALLS_MAX,
    M_CAPS_IN_MESSAGE = 2,
    M_EXPECTED = 1024,
    M_RESULT_BYTES = 128, /* takes every answer of the soak; a call may offer less */
};

/* What a capability refers to; all empty: null. */
struct m_what {
    struct m_facet *facet;
    struct m_endpoint *owned;
    bool timer;
};

struct m_facet {
    bool used;
    struct m_endpoint *endpoint; /* NULL: dead */
    uint64_t badge;
    bool noticed; /* nobody holds it, and the owner has not been told */
    unsigned references;
};

struct m_cap {
    bool used, moving;
    uint64_t id; /* 0: just arrived, to be learned */
    struct m_what what;
    uint64_t interface_id;
};

struct m_receive {
    bool used;
    uint64_t number;
    struct m_process *process;
    struct m_endpoint *endpoint;
    uint64_t order;
};

enum m_state { M_FREE, M_WATCH, M_QUEUED, M_DELIVERED, M_ABANDONED };

struct m_carried {
    struct m_what what;
    uint64_t interface_id;
    struct m_cap *moved;
};

struct m_call {
    enum m_state state;
    struct m_process *caller; /* NULL: gone */
    uint64_t number, order, stamp, id;
    struct m_facet *facet;
    struct m_endpoint *watched; /* an endpoint that its owner watches */
    uint32_t result_len;
    uint16_t result_caps;
    struct m_carried carried[M_CAPS_IN_MESSAGE];
    uint16_t carried_count;
    struct m_process *server;
    bool told; /* ABANDONED: the notice was delivered, or there is nobody to tell */
};

struct m_endpoint {
    bool used;
    struct m_process *turns[M_PROCESSES]; /* with something waiting, the next one first */
    int turn_count;
    int scheduled; /* notices of the step at hand that stand for some noticed facet, whichever */
};

struct m_process {
    bool alive;
    int caps_high; /* slots from here on were never used */
    struct m_cap caps[KERNEL_CAP_SLOTS_MAX];
    struct m_receive receives[KERNEL_RECVS_MAX];
};

enum m_kind { E_STATUS, E_EXCEPTION, E_CALL, E_CANCELLED, E_RELEASED, E_RESULTS };

struct m_expected {
    bool met;
    enum m_kind kind;
    struct m_process *process;
    uint64_t number;
    int32_t result;
    uint16_t type;                         /* of an exception */
    struct m_call call;                    /* a copy: CALL, CANCELLED */
    uint64_t badge;                        /* of the call: its facet may have ended meanwhile */
    struct m_endpoint *endpoint;           /* RELEASED */
    uint64_t stamp;                        /* RESULTS: of the payload */
    struct m_cap *caps[M_CAPS_IN_MESSAGE]; /* where what comes along has arrived; NULL: null */
    uint64_t badges[M_CAPS_IN_MESSAGE];    /* with OWN */
    bool own[M_CAPS_IN_MESSAGE];
    uint16_t cap_count;
    struct m_call *delivered; /* CALL: learns its id */
};

struct model {
    struct m_process processes[M_PROCESSES];
    struct m_endpoint endpoints[M_ENDPOINTS];
    struct m_facet facets[M_FACETS];
    struct m_call calls[M_CALLS];
    int facets_high, calls_high; /* records from here on were never used */
    uint64_t order;
    struct m_expected expected[M_EXPECTED];
    int expected_count;
};

/* The submission, with the program's memory that matters. */
struct m_submission {
    struct cap_sqe sqe;
    struct cap_transfer caps[M_CAPS_IN_MESSAGE];
    uint64_t stamp;
};

void m_call(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_watch(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_revoke(struct model *model, struct m_process *process, const struct m_submission *submission,
              uint64_t badge);
void m_receive(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_return(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_release(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_cancel(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_kill(struct model *model, struct m_process *process);

/* The parts of them, for the model's own files. */
struct m_expected *m_expect(struct model *model, struct m_process *process, uint64_t number, enum m_kind kind,
                            int32_t result);
void m_refuse(struct model *model, struct m_process *process, const struct m_submission *submission,
              int32_t status);
void m_end_call(struct m_call *call);
void m_disconnect(struct model *model, struct m_call *call);
void m_abandon(struct model *model, struct m_call *call);
void m_cut_off(struct model *model, struct m_facet *facet, bool delivered);
void m_drop_turns(struct model *model);
int32_t m_decode_caps(struct model *model, struct m_process *process, const struct m_submission *submission,
                      struct m_carried *carried);
void m_commit_caps(struct model *model, struct m_carried *carried, int count);
void m_deliver_caps(struct m_process *to, const struct m_carried *carried, int count,
                    struct m_expected *expected);
int32_t m_check_receive(struct model *model, struct m_process *process,
                        const struct m_submission *submission);
void m_post_receive(struct model *model, struct m_process *process, const struct m_submission *submission);

/* What follows from the step by itself: notices, deliveries. The last thing of each step. */
void m_settle(struct model *model);

/* For who sets the stage: gives a process a capability under an id. */
struct m_cap *m_grant(struct m_process *process, uint64_t id, struct m_what what, uint64_t interface_id);
struct m_endpoint *m_endpoint_new(struct model *model);
struct m_facet *m_mint(struct model *model, struct m_endpoint *endpoint, uint64_t badge);

struct m_call *m_pending_call(struct model *model, const struct m_process *process, uint64_t number);
struct m_receive *m_pending_receive(struct m_process *process, uint64_t number);
struct m_cap *m_find(struct m_process *process, uint64_t id);
bool m_owns(const struct m_process *process, const struct m_endpoint *endpoint);
int m_badges(const struct model *model, const struct m_endpoint *endpoint);
unsigned m_slots_used(const struct m_process *process);

#endif
