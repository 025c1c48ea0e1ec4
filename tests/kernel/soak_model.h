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
    M_ROOTS = 3,     /* processes that the kernel starts, one after the other; they start the rest */
    M_PROCESSES = 8, /* alive, or dead and not reported gone */
    M_RECORDS = 32,
    M_HANDLES = 128,
    M_CAPS_IN_MESSAGE = 2,
    M_ENDPOINTS = 24,
    M_FACETS = 512,
    M_CALLS = 16 * KERNEL_CALLS_MAX,
    M_ANSWERS = M_PROCESSES * KERNEL_ANSWERS_MAX,
    M_WAITS = (M_CAPS_IN_MESSAGE + 1) * M_PROCESSES * KERNEL_CALLS_MAX,
    M_EXPECTED = 1024,
    M_MESSAGE_BYTES = 64,  /* of params that an endpoint takes */
    M_RESULT_BYTES = 128,  /* takes every answer of the soak; a call may offer less */
    M_IMAGE_BYTES = 36864, /* of the program that is started, with its stack */
};

/* As in a profile. */
enum m_kind_of_budget {
    M_SLOTS,
    M_CALL_RECORDS,
    M_MEMORY,
    M_CHILDREN,
    M_ENDPOINT_RECORDS,
    M_BADGES,
    M_BUDGETS
};

/* What a capability refers to; all empty: null. */
struct m_what {
    struct m_facet *facet;
    struct m_endpoint *owned;
    struct m_handle *handle;
    enum { M_NO_OBJECT, M_TIMER, M_SPAWNER } object;
};

static inline bool m_is_null(struct m_what what)
{
    return !what.facet && !what.owned && !what.handle && !what.object;
}

enum m_end { M_RUNS, M_EXITED, M_FAULTED, M_ENDED };

/* What a spawner holds; of a process until that is gone. */
struct m_handle {
    bool used;
    struct m_process *process;
    enum m_end end;
    int64_t code;
    unsigned references;
};

/* What is left of a process while its calls are at servers and its children have records. */
struct m_record {
    bool used, gone;
    struct m_record *spawner;
    uint64_t order;
    uint64_t granted[M_BUDGETS], left[M_BUDGETS];
};

struct m_facet {
    bool used;
    struct m_endpoint *endpoint; /* NULL: dead */
    struct m_record *charged;    /* NULL: the kernel */
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
    bool takes_ahead;
};

enum m_state {
    M_FREE,
    M_WATCH,
    M_DEPENDS, /* on an answer, for its target */
    M_QUEUED,
    M_DELIVERED,
    M_ABANDONED,
    M_RETURNING, /* delivered; its RETURN waits */
    M_RETURNS,   /* such a RETURN, of the caller's */
    M_KEPT,      /* over, but for its answer */
    M_WAITS_END, /* of a process */
};

struct m_carried {
    struct m_what what;
    uint64_t interface_id;
    struct m_cap *moved;
    struct m_record *minter;  /* out of what.owned, when committed; the badge goes with the interface */
    struct m_answer *promise; /* what is carried is a field of this, once it is there */
    uint16_t field;
    bool minted;
    uint64_t resolved; /* when the call came whose server knows what the field is, too; or 0 */
};

struct m_answer {
    bool used, finished;
    enum { M_AWAITED, M_ARRIVED, M_FAILED } state;
    struct m_process *owner;
    uint32_t id;
    struct m_call *call;
    struct m_carried fields[M_CAPS_IN_MESSAGE];
    int field_count;
    int32_t status; /* FAILED */
    uint16_t type;  /* of the exception */
};

/* A call, or RETURN, that waits for one field of an answer; cap < 0: it is the target. */
struct m_wait {
    bool used;
    struct m_call *call;
    struct m_answer *answer;
    uint16_t field;
    int cap;
    uint64_t arrived; /* 0: not yet; else in which order */
};

#define M_NEVER_AHEAD UINT64_MAX /* any more: it was taken back */

struct m_call {
    enum m_state state;
    struct m_process *caller; /* NULL: gone */
    uint64_t number, order, stamp, id;
    struct m_facet *facet;
    struct m_record *record;    /* the caller's */
    struct m_handle *handle;    /* that it is to */
    struct m_endpoint *watched; /* an endpoint that its owner watches */
    uint64_t interface_id;
    uint16_t method_id;
    uint32_t params_len, result_len;
    uint16_t result_caps;
    uint64_t profile[M_BUDGETS]; /* of a spawn */
    struct m_carried carried[M_CAPS_IN_MESSAGE];
    uint16_t carried_count;
    struct m_process *server;
    bool told;                /* ABANDONED: the notice was delivered, or there is nobody to tell */
    struct m_answer *answer;  /* that is kept */
    bool watches;             /* DEPENDS: it will */
    uint16_t fields;          /* RETURNS: so many records are */
    uint64_t joined;          /* the order in which calls came to what they are to */
    uint64_t came;            /* to its server: no other call came then */
    uint64_t ahead_of;        /* when the owed call came of which this one went ahead; 0; or M_NEVER_AHEAD */
    struct m_endpoint *ahead; /* DEPENDS, ABANDONED: where it went ahead, and its server has it */
    struct m_call *other;     /* RETURNS, RETURNING: each other */
};

struct m_endpoint {
    bool used;
    struct m_record *charged;             /* NULL: the kernel made it */
    struct m_process *turns[M_PROCESSES]; /* with something waiting, the next one first */
    int turn_count;
    int receivers; /* receives that wait, when the step at hand delivers */
    int scheduled; /* notices of the step at hand that stand for some noticed facet, whichever */
};

struct m_process {
    bool alive;
    bool dead;       /* and not yet reported gone */
    uint64_t doomed; /* 0, or in which order: by calls to kill, and not yet ended */
    struct m_record *record;
    struct m_process *spawner;                /* while both are alive */
    struct m_handle *handle;                  /* NULL: nobody holds one */
    uint64_t slots, calls;                    /* what itself may use */
    struct m_cap *granted[M_CAPS_IN_MESSAGE]; /* at its start */
    int caps_high, receives_high;             /* slots and receives from here on are free */
    struct m_cap caps[KERNEL_CAP_SLOTS_MAX];
    struct m_receive receives[KERNEL_RECVS_MAX];
};

enum m_kind { E_STATUS, E_EXCEPTION, E_CALL, E_AHEAD, E_CANCELLED, E_RELEASED, E_RESULTS, E_MADE, E_TOLD };

struct m_expected {
    bool met;
    enum m_kind kind;
    struct m_process *process;
    uint64_t number;
    int32_t result;
    uint16_t type;       /* of an exception */
    struct m_call call;  /* a copy: CALL, AHEAD, CANCELLED */
    struct m_call *owed; /* AHEAD: of what */
    uint16_t field;
    uint64_t badge;                        /* of the call: its facet may have ended meanwhile */
    struct m_endpoint *endpoint;           /* RELEASED */
    uint64_t stamp;                        /* RESULTS: of the payload */
    struct m_cap *caps[M_CAPS_IN_MESSAGE]; /* where what comes along has arrived; NULL: null */
    uint64_t badges[M_CAPS_IN_MESSAGE];    /* with OWN */
    bool own[M_CAPS_IN_MESSAGE];
    uint16_t cap_count;
    struct m_call *delivered; /* CALL, AHEAD: learns its id */
    struct m_handle told;     /* TOLD: a copy */
};

struct model {
    struct m_process processes[M_PROCESSES];
    struct m_record records[M_RECORDS];
    struct m_handle handles[M_HANDLES];
    struct m_endpoint endpoints[M_ENDPOINTS];
    struct m_facet facets[M_FACETS];
    struct m_call calls[M_CALLS];
    struct m_answer answers[M_ANSWERS];
    struct m_wait waits[M_WAITS];
    int facets_high, calls_high, answers_high, waits_high; /* records from here on are free */
    uint64_t order;
    struct m_expected expected[M_EXPECTED];
    int expected_count;
};

/* The submission, with the program's memory that matters. */
struct m_submission {
    struct cap_sqe sqe;
    struct cap_transfer caps[M_CAPS_IN_MESSAGE];
    uint64_t stamp;
    uint64_t profile[M_BUDGETS]; /* of a spawn */
};

void m_call(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_revoke(struct model *model, struct m_process *process, const struct m_submission *submission,
              uint64_t badge);
void m_receive(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_return(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_release(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_finish(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_cancel(struct model *model, struct m_process *process, const struct m_submission *submission);
void m_kill(struct model *model, struct m_process *process);

/* --- soak_family.c: processes that start others --- */

/* A call to an object of the kernel's; the submission has what it carries, NULL: that was decoded before. */
void m_call_object(struct model *model, struct m_call *call, struct m_what target,
                   const struct m_submission *submission);

/* What a spawn carries has arrived. */
void m_spawn(struct model *model, struct m_call *call);

/* A process of the kernel's, with what it may use. */
void m_begin_root(struct model *model, struct m_process *process, const uint64_t left[M_BUDGETS]);

/* Ends a process, and with it those that it started; it is gone. */
void m_end_tree(struct model *model, struct m_process *process, enum m_end end, int64_t code);
void m_gone(struct model *model, struct m_process *process);
void m_end_doomed(struct model *model);

/* Records that nobody keeps any more give back. */
void m_forget_records(struct model *model);

/* The parts of them, for the model's own files. */
struct m_expected *m_expect(struct model *model, struct m_process *process, uint64_t number, enum m_kind kind,
                            int32_t result);
void m_refuse(struct model *model, struct m_process *process, const struct m_submission *submission,
              int32_t status);
void m_end_call(struct model *model, struct m_call *call);
void m_fail(struct model *model, struct m_call *call, int32_t status, uint16_t type);
void m_except(struct model *model, struct m_call *call, uint16_t type);
void m_watch(struct model *model, struct m_call *call, struct m_what target, int carried_count);
void m_disconnect(struct model *model, struct m_call *call);
void m_abandon(struct model *model, struct m_call *call);
void m_cut_off(struct model *model, struct m_facet *facet, bool delivered);
void m_turns(struct model *model, struct m_endpoint *endpoint);
int32_t m_join(struct model *model, struct m_call *call, struct m_facet *facet);
void m_end_receives(struct model *model, struct m_process *process, const struct m_endpoint *endpoint);
int32_t m_decode_caps(struct model *model, struct m_process *process, const struct m_submission *submission,
                      bool owners, struct m_carried *carried);
void m_commit_caps(struct model *model, struct m_carried *carried, int count);
void m_deliver_caps(struct m_process *to, const struct m_carried *carried, int count,
                    struct m_expected *expected);
int32_t m_check_receive(struct model *model, struct m_process *process,
                        const struct m_submission *submission);
void m_post_receive(struct model *model, struct m_process *process, const struct m_submission *submission);

/* --- soak_promise.c --- */

/* The answer that a process may name; one for a call that is being submitted; its status. */
struct m_answer *m_named(struct model *model, const struct m_process *process, uint64_t id);
int32_t m_keep(struct model *model, struct m_process *process, const struct m_submission *submission,
               struct m_answer **ret_answer);
void m_pipeline(struct model *model, struct m_call *call, const struct m_submission *submission);

/* The call that keeps an answer has ended; the call waits for nothing any more; for what it carries. */
void m_arrive(struct model *model, struct m_call *call, int32_t status, uint16_t type);
void m_forget_waits(struct model *model, struct m_call *call);
void m_wait_for_caps(struct model *model, struct m_call *call);
int m_missing(const struct model *model, const struct m_call *call);
bool m_waited_for(const struct model *model, const struct m_answer *answer);

/* A RETURN that carries promises; how one ends that did not wait, or waits no more. */
int32_t m_hold(struct model *model, struct m_call *call, const struct m_submission *submission,
               const struct m_carried *carried);
int32_t m_answer_call(struct model *model, struct m_call *call, const struct cap_sqe *sqe, uint64_t stamp,
                      struct m_carried *carried, bool committed);
void m_end_hold(struct model *model, struct m_call *call, int32_t status, bool lost);
void m_forget_answers(struct model *model, struct m_process *process);

/* Lets everything go on that waited for what has arrived; whether there was such. */
bool m_go_on(struct model *model);

/* Delivers a queued call that stands alone to a receive that waits. */
void m_deliver_at_once(struct model *model, struct m_endpoint *endpoint);
int m_queued_at(const struct model *model, const struct m_endpoint *endpoint, const struct m_process *caller);

/* --- soak_ahead.c: calls that are sent ahead --- */

void m_ahead_send(struct model *model, const struct m_answer *answer, const struct m_process *caller);

/* Takes a call from the server where it is ahead. */
void m_ahead_withdraw(struct m_call *call);

/* Its target is known. True: it is the server's to answer. */
bool m_ahead_aim(struct model *model, struct m_call *call, const struct m_carried *target);

/* It ends, and its server is told. */
void m_ahead_abandon(struct model *model, struct m_call *call);

/* A RETURN of it, or of one that has been ahead and is given back. */
int32_t m_ahead_return(struct model *model, struct m_call *call, bool back);

/* The server of an answer is gone, or the endpoint (NULL: all) where calls went ahead to it. */
void m_ahead_end(struct model *model, const struct m_process *server, const struct m_endpoint *endpoint);

struct m_endpoint *m_abandoned_at(const struct m_call *call);
struct m_receive *m_first_receive(struct model *model, const struct m_endpoint *endpoint,
                                  const struct m_process *process, bool takes_ahead);

/* What follows from the step by itself: notices, deliveries. The last thing of each step. */
void m_settle(struct model *model);

/* For who sets the stage: gives a process a capability under an id. */
struct m_cap *m_grant(struct m_process *process, uint64_t id, struct m_what what, uint64_t interface_id);
struct m_endpoint *m_endpoint_new(struct model *model);
struct m_facet *m_mint(struct model *model, struct m_endpoint *endpoint, uint64_t badge,
                       struct m_record *minter);

struct m_call *m_pending_call(struct model *model, const struct m_process *process, uint64_t number);
struct m_receive *m_pending_receive(struct m_process *process, uint64_t number);
struct m_cap *m_find(struct m_process *process, uint64_t id);
struct m_facet *m_find_facet(const struct model *model, const struct m_endpoint *endpoint, uint64_t badge);
bool m_owns(const struct m_process *process, const struct m_endpoint *endpoint);
int m_badges(const struct model *model, const struct m_endpoint *endpoint);

/* So many badges a message that was not committed makes, of one endpoint or (NULL) of any. */
int m_fresh(const struct model *model, const struct m_carried *carried, int count,
            const struct m_endpoint *endpoint);
void m_free_facet(struct m_facet *facet);
unsigned m_slots_used(const struct m_process *process);

#endif
