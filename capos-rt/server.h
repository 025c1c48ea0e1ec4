/*
 * Servers, inside of the runtime.
 */
#ifndef CAPOS_RT_SERVER_H
#define CAPOS_RT_SERVER_H

#include <capos/server.h>

/* object.c: the object that a badge leads to, or null. */
struct capos_object *rt_server_find(struct capos_server *server, uint64_t badge);

/* answer.c: an answer to a call, built in `words`; its results are all zero. False: there is no room. */
bool rt_answer_init(struct capos_answer *answer, struct capos_runtime *runtime,
                    const struct capos_method *method, uint64_t call_id, uint64_t *words,
                    uint32_t word_count);

/* Makes it an exception. */
void rt_answer_refuse(struct capos_answer *answer, uint16_t type, struct wire_text text);

/*
 * What an op has answered, as a RETURN. A negative status is an exception that
 * says so, unless there is one. *ret_failed is why what was built could not be
 * sent, CAP_OK if it is.
 */
struct cap_sqe rt_answer_close(struct capos_answer *answer, capos_status status, capos_status *ret_failed);

/*
 * Whether a RETURN that ended so leaves the call unanswered: the kernel refused
 * what it carries, and the caller waits still.
 */
bool rt_answer_is_owed(int32_t result);

#endif
