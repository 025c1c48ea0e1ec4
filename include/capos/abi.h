/*
 * The contract between a capos program and its kernel.
 *
 * A program starts with two things: a CapSet (read-only pages that name the
 * capabilities it was given) and a ring (one page, shared with the kernel,
 * through which it uses them). It executes no system call instruction of its
 * own: it calls a slot of the entry page, which each kernel fills in its own
 * way, so one ELF file runs on all of them.
 *
 * Everything here is little-endian and of fixed width; sizes and offsets are
 * held by the assertions at the end. docs/abi.md tells the rules in full.
 *
 * Names follow the ring of capabilities that this contract belongs to:
 * CAP_OP_*, CAP_SQE_*, CAP_ERR_*, struct cap_sqe. All else is CAPOS_*.
 */
#ifndef CAPOS_ABI_H
#define CAPOS_ABI_H

#include <stddef.h>
#include <stdint.h>

#define CAPOS_ABI_VERSION 1

/* --- Address map of every process --------------------------------------- */

#define CAPOS_ENTRY_VADDR   UINT64_C(0x100000) /* r-x, one page */
#define CAPOS_CAPSET_VADDR  UINT64_C(0x120000) /* r--, 1 to 64 pages */
#define CAPOS_PRIVATE_VADDR UINT64_C(0x160000) /* the port's own, up to the ring */
#define CAPOS_RING_VADDR    UINT64_C(0x180000) /* rw-, one page */
#define CAPOS_IMAGE_VADDR   UINT64_C(0x400000) /* the program's lowest address */
#define CAPOS_PAGE_BYTES    4096

/* Slots of the entry page, as byte offsets; further slots are the port's. */
#define CAPOS_ENTRY_SLOT_BYTES 32
#define CAPOS_ENTRY_CAP_ENTER  0x00
#define CAPOS_ENTRY_EXIT       0x20

/*
 * cap_enter: consumes the submission queue, then waits until min_complete
 * completions are unread or timeout_ns has passed. Returns how many
 * completions are unread (0 and up) or CAP_ERR_BAD_RING, CAP_ERR_BAD_PARAMS.
 * timeout_ns 0 polls, CAPOS_FOREVER waits without end.
 */
typedef int64_t (*capos_cap_enter_fn)(uint32_t min_complete, uint64_t timeout_ns);

/* exit: ends the process; the whole code reaches the kernel. */
typedef void (*capos_exit_fn)(int64_t code);

#define CAPOS_FOREVER UINT64_MAX

/* --- ELF note: name "capos", type 1, this as its content ----------------- */

#define CAPOS_NOTE_NAME     "capos"
#define CAPOS_NOTE_TYPE_ABI 1

struct capos_note {
    uint32_t abi_version;       /* CAPOS_ABI_VERSION */
    uint32_t required_features; /* CAPOS_FEATURE_*: the loader refuses what it lacks */
};

/* --- The ring page -------------------------------------------------------- */

#define CAPOS_RING_MAGIC       UINT32_C(0x474e5243) /* the bytes "CRNG" */
#define CAPOS_RING_HEADER_SIZE 256
#define CAPOS_SQ_ENTRIES       16
#define CAPOS_CQ_ENTRIES       32
#define CAPOS_SQ_OFFSET        0x100
#define CAPOS_CQ_OFFSET        0x500

/*
 * Indices run free modulo 2^32 and are published with release order. The
 * kernel believes only its own copies of what it owns.
 */
struct capos_ring_header {
    /* Written by the kernel, once. */
    uint32_t magic;
    uint16_t abi_version;
    uint16_t header_size;
    uint16_t sq_entries;
    uint16_t cq_entries;
    uint16_t sqe_size;
    uint16_t cqe_size;
    uint32_t sq_offset;
    uint32_t cq_offset;
    uint32_t ring_bytes;
    uint32_t features;
    uint32_t cap_slots_max; /* capabilities that the process may hold */
    uint32_t calls_max;     /* calls that it may have outstanding */
    uint32_t answers_max;   /* answer ids are 1 and up, below this: calls_max + 1 */
    uint32_t message_max;   /* bytes of params, and of results */
    uint8_t reserved0[16];

    /* Written by the program. */
    uint32_t sq_tail;
    uint32_t cq_head;
    uint8_t reserved1[56];

    /* Written by the kernel. */
    uint32_t sq_head;
    uint32_t cq_tail;
    uint32_t cq_deferred; /* completions that wait in the kernel for room */
    uint8_t reserved2[52];

    /* The entry page's and the port's; never trusted. */
    uint8_t port_private[64];
};

enum cap_op {
    CAP_OP_NOP = 0,
    CAP_OP_CALL = 1,
    CAP_OP_RECV = 2,
    CAP_OP_RETURN = 3,
    CAP_OP_RELEASE = 4,
    CAP_OP_FINISH = 5,
    CAP_OP_CANCEL = 6,
};

#define CAP_SQE_PIPELINE    0x01 /* CALL: the target is a record of an answer */
#define CAP_SQE_PROMISE     0x02 /* CALL: keep the answer under answer_id */
#define CAP_SQE_EXCEPTION   0x04 /* RETURN: the payload is a CapException */
#define CAP_SQE_RETURN_RECV 0x08 /* RETURN: post the next receive as well */
#define CAP_SQE_AHEAD       0x10 /* RECV: takes calls on answers that this process owes; RETURN: knows those */
#define CAP_SQE_BACK        0x20 /* RETURN: no answer; a call that was sent ahead is given back */

/* Fields that an operation does not use are zero, else CAP_ERR_BAD_SQE. */
struct cap_sqe {
    uint8_t op;
    uint8_t flags;
    uint16_t method_id;      /* CALL; RETURN with EXCEPTION: the exception type */
    uint16_t xfer_cap_count; /* CALL, RETURN: descriptors after the params, at a multiple of 8 */
    uint16_t result_cap_max; /* CALL: table slots reserved for results; RETURN: field count */
    uint64_t user_data;      /* unique among the process's unfinished CALLs and RECVs */
    uint64_t params_addr;    /* 8-byte aligned */
    uint32_t params_len;     /* bytes, a multiple of 8; 0 is a null root */
    uint32_t result_len;     /* bytes of the result buffer: payload and records */
    uint64_t result_addr;    /* 8-byte aligned */
    uint64_t interface_id;   /* CALL; RETURN: the call id; CANCEL: the user_data to cancel */
    union {
        uint64_t cap_id; /* CALL, RECV, RELEASE, RETURN_RECV */
        struct {
            uint32_t dep;   /* the answer */
            uint16_t field; /* the record of it */
            uint16_t zero;
        } pipeline; /* CALL with PIPELINE */
    };
    uint32_t answer_id; /* CALL with PROMISE, FINISH */
    uint32_t zero;
};

#define CAP_CQE_MINTED                                                                                       \
    0x01 /* with an error: what the CALL or RETURN was to mint is minted, and is told released */

struct cap_cqe {
    uint64_t user_data;
    int32_t result;     /* payload bytes written, or CAP_ERR_* */
    uint16_t cap_count; /* records after the payload */
    uint16_t flags;
    uint64_t needed; /* with BUFFER_TOO_SMALL, ..._TRUNCATED: bytes that would have fitted */
    uint64_t aux;    /* with APPLICATION_EXCEPTION...: the exception type */
};

struct capos_ring_page {
    struct capos_ring_header header;
    struct cap_sqe sq[CAPOS_SQ_ENTRIES];
    struct cap_cqe cq[CAPOS_CQ_ENTRIES];
    uint8_t unused[CAPOS_PAGE_BYTES - CAPOS_CQ_OFFSET - CAPOS_CQ_ENTRIES * 32];
};

/* --- Capabilities ---------------------------------------------------------- */

/* A CapId: slot in bits 0-15, generation in bits 16-62; never reused. With bit 63 it is none: a runtime's
 * own. */
#define CAPOS_CAP_NULL       UINT64_C(0)
#define CAPOS_CAP_SLOT(id)   ((uint32_t)((id)&0xffff))
#define CAPOS_CAP_SLOT_SHIFT 16

enum cap_transfer_mode {
    CAP_TRANSFER_COPY = 1,
    CAP_TRANSFER_MOVE = 2,
    CAP_TRANSFER_PROMISED = 3,
    CAP_TRANSFER_MINT = 4,
};

struct cap_transfer {
    uint64_t cap_id; /* PROMISED: the answer's id */
    uint16_t mode;
    uint16_t field; /* PROMISED: the record index */
    uint32_t zero;
    uint64_t badge;        /* MINT */
    uint64_t interface_id; /* MINT */
};

#define CAP_RECORD_OWN 0x1 /* the receiver owns the endpoint; badge is valid */

struct cap_transfer_result {
    uint64_t cap_id; /* 0: null */
    uint64_t interface_id;
    uint64_t badge;
    uint32_t flags;
    uint32_t zero;
};

/* What precedes the params of a message that an endpoint delivers. */
enum cap_message_kind {
    CAP_MESSAGE_CALL = 0,
    CAP_MESSAGE_CANCELLED = 1,
    CAP_MESSAGE_RELEASED = 2,
    CAP_MESSAGE_AHEAD = 3, /* a CALL; badge is the id of a call that is owed, and its answer has the target */
};

struct cap_message_header {
    uint64_t badge;
    uint64_t interface_id;
    uint64_t call_id;
    uint32_t params_len;
    uint32_t result_len;
    uint16_t kind;
    uint16_t method_id;
    uint16_t cap_count;
    uint16_t result_cap_max;
    uint16_t field; /* AHEAD: the record of the answer */
    uint8_t zero[22];
};

/* What an endpoint takes in one message when nobody says otherwise: bytes of params, and capabilities. */
#define CAPOS_ENDPOINT_MESSAGE_DEFAULT 4096
#define CAPOS_ENDPOINT_CAPS_DEFAULT    4

/* --- CapSet ---------------------------------------------------------------- */

#define CAPOS_CAPSET_MAGIC     UINT32_C(0x54455343) /* the bytes "CSET" */
#define CAPOS_CAPSET_VERSION   1
#define CAPOS_CAPSET_NAME_MAX  43 /* bytes of UTF-8 */
#define CAPOS_CAPSET_BYTES_MAX (64 * CAPOS_PAGE_BYTES)

struct capos_capset_header {
    uint32_t magic;
    uint16_t version;
    uint16_t entry_size;
    uint32_t count;
    uint32_t total_bytes; /* header and entries */
    uint8_t zero[48];
};

struct capos_capset_entry {
    uint64_t cap_id;
    uint64_t interface_id;
    uint32_t flags;
    uint8_t name_len;
    char name[CAPOS_CAPSET_NAME_MAX]; /* not terminated */
};

/* --- Errors: transport status, in result of a CQE or from cap_enter --------- */

/*
 * The one list of them: X(name, value, sentence). Each says what the kernel
 * (from -50 on: the runtime) refused; capos_status_text() prints the sentence.
 */
#define CAP_ERRORS(X)                                                                                        \
    X(BAD_SQE, -1, "a field that the operation does not use is set, or the user_data is in use")             \
    X(UNSUPPORTED_OP, -2, "this kernel does not know the operation or flag")                                 \
    X(BAD_PARAMS, -3, "the params are not readable, aligned memory of the program")                          \
    X(BAD_RESULT_BUFFER, -4, "the result buffer is not writable, aligned memory of the program")             \
    X(BAD_TRANSFER, -5, "a transfer descriptor is malformed, or names one capability twice with a move")     \
    X(BUFFER_TOO_SMALL, -6, "the result does not fit the buffer or the capability slots kept for it")        \
    X(MESSAGE_TOO_LARGE, -7, "the message is larger than the kernel or the endpoint takes")                  \
    X(BAD_RING, -8, "the ring's indices claim more entries than a queue has")                                \
    X(STALE_CAP, -10, "the capability id names nothing that the process holds")                              \
    X(NOT_TRANSFERABLE, -11, "the capability may not be given to another process")                           \
    X(NOT_PERMITTED, -12, "the capability does not allow this operation")                                    \
    X(BAD_ANSWER, -20, "the answer id is zero, too high, unknown, or in use")                                \
    X(BROKEN_PROMISE, -21, "the answer has no such capability")                                              \
    X(CANCELLED, -22, "the call was cancelled")                                                              \
    X(UNKNOWN_CALL, -23, "no such call waits for this process's answer")                                     \
    X(NOT_FOUND, -24, "nothing by that name, or nothing unfinished by that number")                          \
    X(NO_SLOTS, -30, "the capability table is full")                                                         \
    X(TOO_MANY_CALLS, -31, "the process has as many calls outstanding as it may")                            \
    X(QUEUE_FULL, -32, "too many messages of this process wait at the endpoint")                             \
    X(NO_MEMORY, -33, "the memory set aside for this is used up")                                            \
    X(APPLICATION_EXCEPTION, -40, "the target answered with an exception")                                   \
    X(APPLICATION_EXCEPTION_TRUNCATED, -41, "the target answered with an exception too long for the buffer") \
    X(BAD_CAPSET, -50, "the CapSet page is not one")                                                         \
    X(RING_LENT, -51, "the ring client is lent already, or is not lent")                                     \
    X(WRONG_INTERFACE, -52, "the capability has another interface than the one asked for")                   \
    X(BAD_MESSAGE, -53, "the message does not decode")                                                       \
    X(TIMED_OUT, -54, "the time was over before the completion came")

enum cap_error {
    CAP_OK = 0,
#define CAP_ERROR_CONSTANT(name, value, sentence) CAP_ERR_##name = (value),
    CAP_ERRORS(CAP_ERROR_CONSTANT)
#undef CAP_ERROR_CONSTANT
};

/* --- Layout ------------------------------------------------------------------ */

#ifdef __cplusplus
#    define CAPOS_STATIC_ASSERT(condition) static_assert(condition, #    condition)
#else
#    define CAPOS_STATIC_ASSERT(condition) _Static_assert(condition, #    condition)
#endif
#define CAPOS_ASSERT_AT(type, field, offset) CAPOS_STATIC_ASSERT(offsetof(struct type, field) == (offset))

CAPOS_STATIC_ASSERT(sizeof(struct capos_note) == 8);
CAPOS_STATIC_ASSERT(sizeof(struct capos_ring_header) == CAPOS_RING_HEADER_SIZE);
CAPOS_ASSERT_AT(capos_ring_header, sq_offset, 0x10);
CAPOS_ASSERT_AT(capos_ring_header, features, 0x1c);
CAPOS_ASSERT_AT(capos_ring_header, message_max, 0x2c);
CAPOS_ASSERT_AT(capos_ring_header, sq_tail, 0x40);
CAPOS_ASSERT_AT(capos_ring_header, cq_head, 0x44);
CAPOS_ASSERT_AT(capos_ring_header, sq_head, 0x80);
CAPOS_ASSERT_AT(capos_ring_header, cq_tail, 0x84);
CAPOS_ASSERT_AT(capos_ring_header, cq_deferred, 0x88);
CAPOS_ASSERT_AT(capos_ring_header, port_private, 0xc0);
CAPOS_STATIC_ASSERT(sizeof(struct capos_ring_page) == CAPOS_PAGE_BYTES);
CAPOS_ASSERT_AT(capos_ring_page, sq, CAPOS_SQ_OFFSET);
CAPOS_ASSERT_AT(capos_ring_page, cq, CAPOS_CQ_OFFSET);

CAPOS_STATIC_ASSERT(sizeof(struct cap_sqe) == 64);
CAPOS_ASSERT_AT(cap_sqe, method_id, 2);
CAPOS_ASSERT_AT(cap_sqe, xfer_cap_count, 4);
CAPOS_ASSERT_AT(cap_sqe, result_cap_max, 6);
CAPOS_ASSERT_AT(cap_sqe, user_data, 8);
CAPOS_ASSERT_AT(cap_sqe, params_addr, 16);
CAPOS_ASSERT_AT(cap_sqe, params_len, 24);
CAPOS_ASSERT_AT(cap_sqe, result_len, 28);
CAPOS_ASSERT_AT(cap_sqe, result_addr, 32);
CAPOS_ASSERT_AT(cap_sqe, interface_id, 40);
CAPOS_ASSERT_AT(cap_sqe, cap_id, 48);
CAPOS_ASSERT_AT(cap_sqe, pipeline.field, 52);
CAPOS_ASSERT_AT(cap_sqe, answer_id, 56);
CAPOS_STATIC_ASSERT(sizeof(struct cap_cqe) == 32);
CAPOS_ASSERT_AT(cap_cqe, result, 8);
CAPOS_ASSERT_AT(cap_cqe, cap_count, 12);
CAPOS_ASSERT_AT(cap_cqe, needed, 16);
CAPOS_ASSERT_AT(cap_cqe, aux, 24);

CAPOS_STATIC_ASSERT(sizeof(struct cap_transfer) == 32);
CAPOS_ASSERT_AT(cap_transfer, mode, 8);
CAPOS_ASSERT_AT(cap_transfer, badge, 16);
CAPOS_STATIC_ASSERT(sizeof(struct cap_transfer_result) == 32);
CAPOS_ASSERT_AT(cap_transfer_result, flags, 24);
CAPOS_STATIC_ASSERT(sizeof(struct cap_message_header) == 64);
CAPOS_ASSERT_AT(cap_message_header, kind, 32);
CAPOS_STATIC_ASSERT(sizeof(struct capos_capset_header) == 64);
CAPOS_ASSERT_AT(capos_capset_header, total_bytes, 12);
CAPOS_STATIC_ASSERT(sizeof(struct capos_capset_entry) == 64);
CAPOS_ASSERT_AT(capos_capset_entry, name_len, 20);
CAPOS_ASSERT_AT(capos_capset_entry, name, 21);

#endif
