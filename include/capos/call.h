/*
 * call: one call to a capability, from its params to its results.
 *
 * A call lives in memory of the caller, its buffer included, from begin to
 * finish. Generated code declares a type for each method and wraps each step;
 * what a program writes is
 *
 *     struct console_read_call read;
 *     struct console_read_results_reader got;
 *     console_read_send(ring, console, 80, &read);
 *     capos_status status = console_read_wait(ring, &read, &got);
 *     if (status == CAP_OK)
 *         use(console_read_results_get_data(got));
 *     console_read_finish(ring, &read);
 *
 * The life of a call:
 *
 *     begin     the params can be filled in          (capos_call_begin)
 *     submit    the kernel may see it at any time    (capos_call_submit)
 *     wait      until its completion is there        (capos_call_wait, _poll)
 *     finish    the memory is the caller's again     (capos_call_finish)
 *
 * Errors are sticky: a call that failed at one step answers every later one
 * with the same status, so the one result that must be checked is wait's.
 *
 * The memory. A call does not move, and its buffer is left alone, between
 * begin and finish: the kernel reads and writes it. Every call that was begun
 * is finished, also after an error. A call that is still pending then is
 * cancelled, and finish returns when the kernel has let go of the buffer.
 * Returning the ring does the same for all calls, so that no way out of a
 * function leaves the kernel with memory that is gone.
 *
 * The buffer holds the params, later the results (or the exception) in their
 * place: the kernel has read the params for the last time when it writes. It
 * is the `words` of the generated type unless more are asked for; then it is
 * from the heap (capos/heap.h).
 *
 * Order. Calls take effect in the order of their submission, completions come
 * in any order: while one call is waited for, those of others are kept with
 * their calls.
 *
 * What generated code looks like, in full (nothing else of it touches the
 * runtime):
 *
 *     enum { CONSOLE_READ_CALL_WORDS = CAPOS_CALL_WORDS(1, 0, 0, 0, 1, 0) };
 *     struct console_read_call {
 *         struct capos_call call;
 *         uint64_t words[CONSOLE_READ_CALL_WORDS];
 *     };
 *     static inline capos_status console_read_begin(struct capos_ring *ring, struct console self,
 *                                                   uint32_t room_words, struct console_read_call *call,
 *                                                   struct console_read_params_builder *ret_params)
 *     {
 *         return capos_call_begin(ring, &call->call, &console_interface.methods[CONSOLE_METHOD_READ],
 *                                 self.cap, call->words, CONSOLE_READ_CALL_WORDS, room_words,
 *                                 &ret_params->s);
 *     }
 *     static inline capos_status console_read_send(struct capos_ring *ring, struct console self,
 *                                                  uint32_t max_bytes, struct console_read_call *call)
 *     {
 *         struct console_read_params_builder params;
 *         if (console_read_begin(ring, self, 0, call, &params) == CAP_OK)
 *             console_read_params_set_max_bytes(params, max_bytes);
 *         return capos_call_submit(ring, &call->call);
 *     }
 *     static inline capos_status console_read_wait(struct capos_ring *ring, struct console_read_call *call,
 *                                                  struct console_read_results_reader *ret_results)
 *     {
 *         return capos_call_wait(ring, &call->call, CAPOS_FOREVER, &ret_results->s);
 *     }
 *     static inline void console_read_finish(struct capos_ring *ring, struct console_read_call *call)
 *     {
 *         capos_call_finish(ring, &call->call);
 *     }
 *
 * and, for a method whose results are numbers only or nothing, all in one:
 *
 *     static inline capos_status timer_now(struct capos_ring *ring, struct timer self, uint64_t *ret_ns)
 *     {
 *         struct timer_now_call call;
 *         struct timer_now_results_reader results;
 *         timer_now_send(ring, self, &call);
 *         capos_status status = timer_now_wait(ring, &call, &results);
 *         if (status == CAP_OK)
 *             *ret_ns = timer_now_results_get_ns(results);
 *         timer_now_finish(ring, &call);
 *         return status;
 *     }
 *
 * Params with Text or Data ask begin for room_words as their _send needs it:
 * CAPOS_STRUCT_WORDS(data_words, pointers) + capos_text_words(text) + ...
 */
#ifndef CAPOS_CALL_H
#define CAPOS_CALL_H

#include <capos/ring.h>
#include <capos/schema.h>
#include <capos/status.h>
#include <capos/transfer.h>
#include <capos/wire.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- How large a call's buffer is ------------------------------------------- */

/* An exception's message of up to this many bytes fits every buffer. */
#define CAPOS_CALL_EXCEPTION_BYTES 128

/* Words that a buffer has for what lies behind the pointers of params or results. */
#define CAPOS_CALL_VARIABLE_WORDS 64

/* Words of a message that is one struct: the root pointer and the struct. */
#define CAPOS_STRUCT_WORDS(data_words, pointers) (1 + (data_words) + (pointers))

#define CAPOS_CALL_MAX(a, b) ((a) > (b) ? (a) : (b))
#define CAPOS_CALL_SIDE(data_words, pointers)                                                                \
    (CAPOS_STRUCT_WORDS(data_words, pointers) + ((pointers) > 0 ? CAPOS_CALL_VARIABLE_WORDS : 0))

#define CAPOS_CALL_EXCEPTION_WORDS (CAPOS_STRUCT_WORDS(1, 1) + CAPOS_CALL_EXCEPTION_BYTES / 8 + 1)

/*
 * Words of the buffer that a generated call type has: enough for params and
 * results with their capabilities, whichever is larger, and for an exception.
 * The arguments are the sizes in struct capos_method; the value is a constant
 * expression.
 */
#define CAPOS_CALL_WORDS(params_data_words, params_pointers, params_caps, results_data_words,                \
                         results_pointers, results_caps)                                                     \
    CAPOS_CALL_MAX(CAPOS_CALL_EXCEPTION_WORDS + CAPOS_CALL_GIVEN_WORDS(params_caps),                         \
                   CAPOS_CALL_MAX(CAPOS_CALL_SIDE(params_data_words, params_pointers) +                      \
                                      (params_caps)*CAPOS_TRANSFER_WORDS,                                    \
                                  CAPOS_CALL_SIDE(results_data_words, results_pointers) +                    \
                                      (results_caps)*CAPOS_RECORD_WORDS +                                    \
                                      CAPOS_CALL_GIVEN_WORDS(params_caps)))

/* The end of the buffer, which results do not reach: what the call gives away. */
#define CAPOS_CALL_GIVEN_WORDS(params_caps) ((params_caps) * (sizeof(struct capos_given) / 8))

/* Words that a text takes in a message, its zero byte included; a text that is not there takes none. */
static inline uint32_t capos_text_words(struct wire_text text)
{
    return text.state == WIRE_PRESENT ? text.size / 8 + 1 : 0;
}

/* Words that data takes in a message. */
static inline uint32_t capos_data_words(struct wire_data data)
{
    return data.state == WIRE_PRESENT ? data.size / 8 + (data.size % 8 != 0) : 0;
}

/* --- A call ---------------------------------------------------------------------- */

/* Where a call is in its life. */
enum capos_call_state {
    CAPOS_CALL_FINISHED = 0, /* nothing is held: begin comes next */
    CAPOS_CALL_BUILDING = 1, /* begun: the params are being filled in */
    CAPOS_CALL_PENDING = 2,  /* submitted: the kernel owns the buffer */
    CAPOS_CALL_COMPLETE = 3, /* the status, and the results if it is CAP_OK, are there */
};

/*
 * A call. The fields are the runtime's: read them through the functions. It
 * may be uninitialized before begin, which sets all of it.
 */
struct capos_call {
    struct capos_pending pending; /* its place among what the ring waits for */
    const struct capos_method *method;
    capos_cap target;
    uint64_t *words; /* the buffer */
    uint32_t word_count;
    uint8_t state;       /* enum capos_call_state */
    uint8_t owns_words;  /* the buffer is from the heap */
    uint8_t is_promise;  /* its answer is kept, or is to be */
    uint8_t answer_id;   /* of the answer that is kept; else 0 */
    capos_status status; /* why it failed; CAP_OK so far */
    union {
        struct wire_build params;    /* while it is being built */
        struct wire_message results; /* once it is complete */
    } wire;
    struct wire_struct root; /* of the results, once complete */
    struct capos_caps caps;  /* that go along, later those that came */
};

/* What a target answered instead of results. */
struct capos_exception {
    uint16_t type;            /* ExceptionType of capos.capnp; any number may come */
    struct wire_text message; /* for people; empty if it did not fit. Lives as long as the call */
    uint64_t needed;          /* bytes of buffer that the whole would have taken; 0 if it is here */
};

/*
 * Begins a call of `method` on `target`: makes `call` ready for its params.
 *
 * `words` is the buffer, word_count words of 8 bytes. If params or results
 * may take more, say so in room_words: above word_count, the buffer comes
 * from the heap and `words` is not used. 0 asks for no more than word_count.
 * The params are the first struct of the message: *ret_params is it, all
 * zero; it is inert if the method has none. ret_params may be null.
 *
 * The target is checked by the kernel, when the call reaches it.
 *
 * Returns CAP_OK, or: RING_LENT if `ring` is not lent; NO_MEMORY if the heap
 * has no such room, or the buffer cannot hold the params' struct. In each
 * case the call is initialized and is to be finished.
 */
capos_status capos_call_begin(struct capos_ring *ring, struct capos_call *call,
                              const struct capos_method *method, capos_cap target CAPOS_USES, uint64_t *words,
                              uint32_t word_count, uint32_t room_words,
                              struct wire_struct_builder *ret_params);

/*
 * Asks the kernel to keep the answer of a call that was begun, so that its
 * capabilities are promised ones from submit to finish: capos_call_promised().
 * Takes one of 64 places for answers, or of fewer if the kernel has fewer, from submit on; finish gives it
 * back.
 */
void capos_call_promise(struct capos_call *call);

/*
 * The capability in a record of a call's answer, to be called and to be
 * passed on at once, whether the answer has come or not. `field` is the rank
 * of the field among the capability fields of the results, by which
 * generated code calls it.
 *
 * It is borrowed from the call: never released, never moved, and good until
 * the call is finished. Afterwards, and if the call was not to keep its
 * answer, what uses it is BAD_ANSWER; if the call could not be submitted, what uses it
 * answers the status of that.
 */
capos_cap capos_call_promised(const struct capos_call *call, uint16_t field) CAPOS_BORROWED;

/*
 * Submits a call that was begun. The kernel is entered only if the queue is
 * full; waiting for any call, or capos_ring_flush(), enters it for all.
 *
 * Returns CAP_OK, the status with which begin failed, or: NO_MEMORY if the
 * params do not fit the buffer; BAD_MESSAGE if they were built wrong;
 * MESSAGE_TOO_LARGE if they are larger than the kernel takes; BAD_ANSWER if the
 * target, or a capability that goes along, was promised by a call that is finished;
 * TOO_MANY_CALLS if the answer is to be kept and there are as many already; or why a
 * capability could not be passed (capos/transfer.h).
 */
capos_status capos_call_submit(struct capos_ring *ring, struct capos_call *call);

/*
 * Waits for the completion of a call and opens its results.
 *
 * *ret_results is the struct of the results; it is absent, and reads as
 * defaults, if the method returned nothing. It stays good until finish.
 * ret_results may be null. May be called again, with the same answer.
 *
 * timeout_ns: CAPOS_FOREVER, or the longest time in nanoseconds without any
 * completion: each one that comes for another call starts it anew.
 *
 * A call on a promise is waited for together with the calls whose answers it
 * needs: the kernel wakes the program once, when all are complete.
 *
 * Returns CAP_OK; APPLICATION_EXCEPTION or ..._TRUNCATED: see
 * capos_call_exception(); TIMED_OUT: the call is pending still, wait again
 * or finish it; BROKEN_PROMISE: the answer that it was called on has no such
 * capability; BAD_MESSAGE: what came is no message; BUFFER_TOO_SMALL: see
 * capos_call_needed(); RING_LENT: `ring` is not lent; UNKNOWN_CALL: the call
 * was not submitted, or is finished; any other transport status; or that of a
 * step before.
 */
capos_status capos_call_wait(struct capos_ring *ring, struct capos_call *call, uint64_t timeout_ns,
                             struct wire_struct *ret_results);

/*
 * The same without waiting, for a loop that has other things to do: enters
 * the kernel if submissions wait for it, looks at the completions that are
 * there, and answers TIMED_OUT if the call's is not among them.
 */
capos_status capos_call_poll(struct capos_ring *ring, struct capos_call *call,
                             struct wire_struct *ret_results);

/*
 * Waits no longer than timeout_ns: then the call is cancelled, and the answer
 * is TIMED_OUT for good, unless the completion came first after all. In either
 * case the call is complete when this returns, and its buffer is left alone.
 * The time is that of capos_call_wait().
 */
capos_status capos_call_wait_for(struct capos_ring *ring, struct capos_call *call, uint64_t timeout_ns,
                                 struct wire_struct *ret_results);

/*
 * Ends a pending call now and waits for its completion, which is
 * CAP_ERR_CANCELLED unless it came first. Whatever it is, wait then returns
 * it at once. Does nothing to a call that is not pending.
 *
 * Returns CAP_OK, or RING_LENT if `ring` is not lent.
 */
capos_status capos_call_cancel(struct capos_ring *ring, struct capos_call *call);

/*
 * Several calls at once. A call that was submitted can be gathered: when it
 * is complete, it lines up among the arrivals, and capos_call_next() hands
 * out one after the other. A call is gathered once, and not waited for in
 * another way; it and the arrivals stay until it was handed out.
 *
 *     struct capos_arrivals arrivals = {NULL, NULL};
 *     capos_call_gather(ring, &first.call, &arrivals);
 *     capos_call_gather(ring, &second.call, &arrivals);
 *     while (capos_call_next(ring, &arrivals, CAPOS_FOREVER, &call) == CAP_OK)
 *         ... wait for `call`, which answers at once
 *
 * Returns CAP_OK, or with a call that is not pending its status, or
 * UNKNOWN_CALL: it is not gathered then.
 */
capos_status capos_call_gather(struct capos_ring *ring, struct capos_call *call,
                               struct capos_arrivals *arrivals);

/*
 * Takes out the call that arrived first: *ret_call. timeout_ns is that of
 * capos_call_wait(): CAPOS_FOREVER with no call pending is a wait for nothing.
 *
 * Returns CAP_OK; TIMED_OUT: none has come; RING_LENT if `ring` is not lent.
 */
capos_status capos_call_next(struct capos_ring *ring, struct capos_arrivals *arrivals, uint64_t timeout_ns,
                             struct capos_call **ret_call);

/*
 * Ends a call's life: cancels it if it is pending, and frees what it holds,
 * capabilities that it brought and nobody adopted among it. A pending promise on
 * which calls were made is not cancelled but waited for: they go on, and lose
 * nothing. capos_call_cancel() before ends them, too.
 * Its results, and the message of its exception, are gone. May be called
 * again, and after the ring was returned.
 */
void capos_call_finish(struct capos_ring *ring, struct capos_call *call);

/*
 * The exception of a call that failed with one. For any other, the type is 0
 * and the message absent.
 */
struct capos_exception capos_call_exception(const struct capos_call *call);

/* Bytes of buffer that the results would have taken, after BUFFER_TOO_SMALL; else 0. */
uint64_t capos_call_needed(const struct capos_call *call);

#ifdef CAPOS_DEBUG
#    define capos_call_promise(...) CAPOS_NOTED(capos_call_promise(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
