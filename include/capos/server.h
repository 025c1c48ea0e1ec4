/*
 * server: objects that this program serves for others.
 *
 * A server has an endpoint: whatever is called through one of its
 * capabilities arrives here, in the order of the calls of each program. One
 * server serves many objects, also of different interfaces. Each capability
 * carries a badge, which nobody can forge, and which names its object.
 *
 *     static capos_status get(struct capos_request *request, struct store_get_params_reader params,
 *                             struct store_get_results_builder results)
 *     {
 *         struct store *store = capos_request_data(request);
 *         ...
 *         store_get_results_set_value(results, value);
 *         return CAP_OK;
 *     }
 *     static const struct store_ops ops = {.get = get};
 *
 *     struct capos_object object;
 *     store_object_init(&object, &server, &ops, &store, NULL);
 *     capos_server_add(&server, &object, 1);
 *     capos_server_run(&server);
 *
 * Before an op runs, the runtime has checked that the object is there, that
 * it has the interface and the method, that the params are a message whose
 * every pointer is good, and that each of its capabilities came along. What an
 * op is given lives until it returns.
 *
 * What an op answers:
 *
 *     CAP_OK                        the results, as they were built
 *     capos_request_refuse(...)     an exception, with a type and a text for people
 *     any other status              an exception that says this status: overloaded if something
 *                                   was used up, else failed
 *
 * A method without an op is answered with unimplemented.
 *
 * Later. store_watch_defer(request, room_words, &reply) takes the call out of the
 * request: it is answered through `reply`, from wherever, and until then its
 * memory stays. A deferred call whose caller gives up (or dies) is marked as
 * cancelled; it is still to be answered, or refused, and nobody hears it.
 *
 * Objects. store_minted(&object), passed with a result or with a call, makes a
 * capability to it. When the last capability to an object is gone, wherever
 * they went, its `released` is called, and its memory is the program's again.
 * That includes capabilities that were minted for a message that failed, whether it reached somebody or not.
 */
#ifndef CAPOS_SERVER_H
#define CAPOS_SERVER_H

#include <capos/call.h>
#include <capos/ring.h>
#include <capos/schema.h>
#include <capos/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct capos_request;
struct capos_reply;
struct capos_server;

/* --- What generated code says about ops ------------------------------------------- */

/* Calls one op, or refuses: generated for each method. */
typedef capos_status (*capos_serve_fn)(struct capos_request *request, const void *ops);

/* The ops of one interface, own or inherited. */
struct capos_service_part {
    const struct capos_interface *interface;
    const capos_serve_fn *methods; /* at their ordinals */
    size_t ops_offset;             /* of the pointer to them in the service's ops; or CAPOS_OPS_OWN */
};
#define CAPOS_OPS_OWN SIZE_MAX

struct capos_service {
    const struct capos_service_part *parts; /* the first is the interface itself */
    uint32_t part_count;
};

/* --- Objects ------------------------------------------------------------------------- */

/* Nobody can call the object any more. It is out of the server's table: its memory is the program's. */
typedef void (*capos_released_fn)(struct capos_object *object);

/* An object: memory of the program, left alone from init to released. The fields are the runtime's. */
struct capos_object {
    struct capos_server *server;
    struct capos_object *next; /* in the server's table */
    const struct capos_service *service;
    const void *ops;
    void *data;
    capos_released_fn released;
    uint32_t number; /* the lower half of its badges; 0: not in the table */
    uint32_t minted; /* the upper half of the last one that was minted here */
    uint32_t facets; /* badges that were minted here and that the kernel has not told released */
    bool kept;       /* until the server ends: added by number */
};

/*
 * Makes an object ready; generated code has a typed one for each interface.
 * `data` is the program's own; `released` may be null.
 */
void capos_object_init(struct capos_object *object, struct capos_server *server,
                       const struct capos_service *service, const void *ops, void *data,
                       capos_released_fn released);

/* --- The server ------------------------------------------------------------------------ */

#define CAPOS_SERVER_BUCKETS    64
#define CAPOS_SERVER_NUMBER_MAX 0x7fffffff /* of objects that are added; above are those that are minted */
#define CAPOS_SERVER_CAPS_MAX   CAPOS_MESSAGE_CAPS_MAX

/* What a server keeps ready; the endpoint was made with the same message_bytes and caps, or less. */
struct capos_server_limits {
    uint32_t requests;      /* messages that it takes in one entry: calls, and notices of what was dropped */
    uint32_t message_bytes; /* of params, and of results; a multiple of 8 */
    uint32_t caps;          /* of params, and of results */
};

/* What an answer is built in: for requests and deferred replies alike. */
struct capos_answer {
    const struct capos_method *method;
    uint64_t call_id;
    uint64_t *words;
    uint32_t word_count;
    uint8_t owns_words;
    uint8_t is_exception;
    uint16_t exception_type;
    struct capos_caps caps;
    struct wire_build build;
    struct wire_struct_builder results;
};

/* A message that came, and what is made of it. Read it through the functions. */
struct capos_request {
    struct capos_pending pending; /* first: an arrival is its request */
    struct capos_server *server;
    struct capos_object *object;
    struct wire_struct params;
    struct capos_answer answer;
    struct wire_message message;
    struct capos_caps caps;
    uint64_t *words;
    uint32_t word_count;
    uint8_t state;
    bool deferred;
};

struct capos_server {
    struct capos_ring *ring;
    capos_cap endpoint;
    struct capos_request *requests;
    uint32_t request_count;
    uint32_t next_number;
    struct capos_arrivals arrivals;
    struct capos_reply *deferred;
    struct capos_object *objects[CAPOS_SERVER_BUCKETS];
    capos_status status;
    bool serving;
    bool resting; /* some request is neither received for nor answered */
    bool stopping;
    bool ending;
};

/* Words of memory that a server with these limits needs; a constant expression if they are. */
#define CAPOS_SERVER_WORDS(requests, message_bytes, caps)                                                    \
    ((requests) *                                                                                            \
     (sizeof(struct capos_request) / 8 + sizeof(struct cap_message_header) / 8 + 2 * ((message_bytes) / 8) + \
      (caps) * (CAPOS_RECORD_WORDS + CAPOS_TRANSFER_WORDS) + CAPOS_CALL_EXCEPTION_WORDS))

/*
 * Makes a server over memory of the program, of CAPOS_SERVER_WORDS() words.
 * `ring` is lent as long as the server serves; `endpoint` is an owner's
 * capability, borrowed. Nothing is received before capos_server_serve().
 *
 * Returns CAP_OK; NO_MEMORY if the memory is too small; BAD_PARAMS if the
 * limits are: no requests or more than 32, more than 16 capabilities,
 * message_bytes not a multiple of 8.
 */
capos_status capos_server_init(struct capos_server *server, struct capos_ring *ring,
                               capos_cap endpoint CAPOS_USES, const struct capos_server_limits *limits,
                               uint64_t *memory, size_t words);

/*
 * Serves an object under a number of the program's choice, 1 to
 * CAPOS_SERVER_NUMBER_MAX: all badges whose lower half it is lead to the
 * object, so somebody else can make capabilities to it. What a manifest
 * exports has number 1, and an upper half of its own for each grant. The
 * object is released when the server ends.
 *
 * Returns CAP_OK, or BAD_PARAMS if the number is out of range or in use, or the
 * object is served already.
 */
capos_status capos_server_add(struct capos_server *server, struct capos_object *object, uint32_t number);

/*
 * Takes what has arrived, at least one message, and runs their ops. Answers
 * are sent with the next entry into the kernel: that of the next serve, or of
 * any call that is waited for.
 *
 * Returns CAP_OK; TIMED_OUT if nothing arrived within timeout_ns; RING_LENT if
 * the ring is not lent, or an op asks for it; or why the endpoint can no longer be received from,
 * such as STALE_CAP.
 */
capos_status capos_server_serve(struct capos_server *server, uint64_t timeout_ns);

/* Serves until capos_server_stop() is called, by an op: CAP_OK; or the status that ended it. */
capos_status capos_server_run(struct capos_server *server);
void capos_server_stop(struct capos_server *server);

/* Words and limits for an endpoint as a manifest's export has it. */
#define CAPOS_EXPORT_WORDS(requests)                                                                         \
    CAPOS_SERVER_WORDS(requests, CAPOS_ENDPOINT_MESSAGE_DEFAULT, CAPOS_ENDPOINT_CAPS_DEFAULT)

/*
 * The whole life of a program that serves one object, which the manifest
 * exports by `name`: lends the ring, serves the object as number 1 on the
 * endpoint that the CapSet has by that name, until an op stops the server,
 * and returns the ring. `server` may be used by ops, and `object` was made
 * for it; `memory` has CAPOS_EXPORT_WORDS(requests) words.
 *
 * Returns CAP_OK after a stop; else what went wrong: NOT_FOUND and
 * WRONG_INTERFACE as for capos_capset_find(), or the status of init, add or
 * run.
 */
capos_status capos_server_export(struct capos_runtime *runtime, const char *name, struct capos_server *server,
                                 struct capos_object *object, uint32_t requests, uint64_t *memory);

/*
 * Ends a server: what has arrived and what was deferred is answered with
 * `disconnected`, all objects are released. The endpoint stays the program's.
 */
void capos_server_fini(struct capos_server *server);

/* --- Within an op ------------------------------------------------------------------------ */

/* The object that is called, its data, the server's ring for calls to others. */
struct capos_object *capos_request_object(const struct capos_request *request);
void *capos_request_data(const struct capos_request *request);
struct capos_ring *capos_request_ring(const struct capos_request *request);

/*
 * Makes the answer an exception: what was built and passed is taken back.
 * `type` is an ExceptionType; `text` is for people, and is cut to
 * CAPOS_CALL_EXCEPTION_BYTES. Returns APPLICATION_EXCEPTION, for the op to return.
 */
capos_status capos_request_refuse(struct capos_request *request, uint16_t type, struct wire_text text);

/* The same for a method that has no op: unimplemented. */
capos_status capos_request_refuse_method(struct capos_request *request);

/*
 * The object that a capability among the params leads to, if it is one of this
 * very server; else null. Arguments as for capos_caps_borrow().
 */
struct capos_object *capos_request_own(const struct capos_request *request, struct wire_any pointer);

/* --- Answering later ------------------------------------------------------------------------ */

/* Called when the caller of a deferred call has given up. It may answer the reply, or do nothing. */
typedef void (*capos_cancelled_fn)(struct capos_reply *reply);

/* A call that is to be answered. `data` and `cancelled` are the program's; the rest is read by functions. */
struct capos_reply {
    struct capos_server *server;
    struct capos_object *object; /* is not released before the reply is sent */
    struct capos_reply *next;
    struct capos_reply *previous;
    struct capos_answer answer;
    capos_cancelled_fn cancelled; /* null after defer */
    void *data;
    bool is_owed;
    bool is_cancelled;
};

/* Words of a reply's own buffer: those of the results, or of an exception. */
#define CAPOS_REPLY_WORDS(results_data_words, results_pointers, results_caps)                                \
    (CAPOS_CALL_MAX(CAPOS_CALL_EXCEPTION_WORDS, CAPOS_CALL_SIDE(results_data_words, results_pointers)) +     \
     (results_caps)*CAPOS_TRANSFER_WORDS)

/*
 * Takes the call out of a request, for later: what the op returns is then not
 * looked at. `words` is the buffer, from the heap if room_words asks for more.
 * The results are as new; params and their capabilities end with the op.
 *
 * Returns CAP_OK; NO_MEMORY if there is none: nothing is deferred; BAD_PARAMS
 * if the request is one of another method, or deferred already.
 */
capos_status capos_request_defer(struct capos_request *request, const struct capos_method *method,
                                 struct capos_reply *reply, uint64_t *words, uint32_t word_count,
                                 uint32_t room_words);

/*
 * Answers a deferred call, with what was built or with an exception. When it
 * returns, the call is answered, whatever the status, and the reply's memory
 * is the program's.
 *
 * Returns CAP_OK; or why the caller did not get it: UNKNOWN_CALL, or
 * BUFFER_TOO_SMALL if it keeps less room; what was moved is then still the
 * program's. BAD_MESSAGE, NO_MEMORY, or why a capability could not be
 * passed, by the runtime or by the kernel: the caller got an exception instead. UNKNOWN_CALL also if the
 * reply was answered before.
 */
capos_status capos_reply_send(struct capos_reply *reply);
capos_status capos_reply_refuse(struct capos_reply *reply, uint16_t type, struct wire_text text);

#ifdef __cplusplus
}
#endif

#endif
