/*
 * What is answered to a call: results that were built, or an exception.
 */
#include <capos/text.h>

#include "capos-rt/rt.h"
#include "capos-rt/server.h"
#include "capos-rt/transfer.h"
#include "schema/capos.capos.h"

bool rt_answer_init(struct capos_answer *answer, struct capos_runtime *runtime,
                    const struct capos_method *method, uint64_t call_id, uint64_t *words, uint32_t word_count)
{
    answer->method = method;
    answer->call_id = call_id;
    answer->words = words;
    answer->word_count = word_count;
    answer->owns_words = 0;
    answer->is_exception = 0;
    answer->exception_type = 0;
    answer->results = (struct wire_struct_builder){0};
    wire_build_init(&answer->build, words,
                    rt_caps_init_outgoing(&answer->caps, runtime, words, word_count, method->results_caps));
    answer->build.message.caps = &answer->caps;
    if (method->results_data_words == 0 && method->results_pointers == 0)
        return true;
    answer->results = wire_slot_init_struct(wire_build_root(&answer->build), method->results_data_words,
                                            method->results_pointers);
    answer->caps.root = answer->results.data;
    answer->caps.fields = method->results_fields;
    return answer->results.state == WIRE_PRESENT;
}

__attribute__((cold)) void rt_answer_refuse(struct capos_answer *answer, uint16_t type, struct wire_text text)
{
    rt_caps_conclude(&answer->caps, CAP_ERR_CANCELLED, 0);
    answer->caps.count = 0;
    answer->is_exception = 1;
    answer->exception_type = type;
    if (text.size > CAPOS_CALL_EXCEPTION_BYTES)
        text.size = CAPOS_CALL_EXCEPTION_BYTES;
    wire_build_init(&answer->build, answer->words, answer->word_count);
    struct cap_exception_builder exception = cap_exception_build_root(&answer->build);
    cap_exception_set_type(exception, type);
    cap_exception_set_message(exception, text);
}

/* The exception that says a status of this program's. */
static void refuse_with(struct capos_answer *answer, capos_status status)
{
    bool used_up = status == CAP_ERR_NO_MEMORY || status == CAP_ERR_NO_SLOTS ||
                   status == CAP_ERR_TOO_MANY_CALLS || status == CAP_ERR_QUEUE_FULL;
    rt_answer_refuse(answer, used_up ? EXCEPTION_TYPE_OVERLOADED : EXCEPTION_TYPE_FAILED,
                     capos_text_of(capos_status_text(status)));
}

/* Why the results that were built cannot be sent. */
static capos_status look_at_results(struct capos_answer *answer)
{
    if (answer->caps.status < 0)
        return answer->caps.status;
    if (wire_build_error(&answer->build) == WIRE_ERR_NO_SPACE)
        return CAP_ERR_NO_MEMORY;
    if (wire_build_error(&answer->build) != WIRE_OK)
        return CAP_ERR_BAD_MESSAGE;
    return rt_caps_resolve(&answer->caps, &(uint64_t){0});
}

struct cap_sqe rt_answer_close(struct capos_answer *answer, capos_status status, capos_status *ret_failed)
{
    uint64_t bytes = 0;
    *ret_failed = CAP_OK;
    if (status == CAP_OK && !answer->is_exception)
        status = *ret_failed = look_at_results(answer);
    if (status < 0 && !answer->is_exception)
        refuse_with(answer, status);
    if (answer->is_exception || answer->results.state == WIRE_PRESENT)
        wire_build_flat(&answer->build, &bytes);
    rt_caps_close(&answer->caps, answer->words, bytes);
    uint16_t fields = answer->caps.fields < answer->caps.count ? answer->caps.fields : answer->caps.count;
    return (struct cap_sqe){
        .op = CAP_OP_RETURN,
        .flags = answer->is_exception ? CAP_SQE_EXCEPTION : 0,
        .method_id = answer->exception_type,
        .xfer_cap_count = answer->caps.count,
        .result_cap_max = fields,
        .params_addr = bytes > 0 ? (uintptr_t)answer->words : 0,
        .params_len = (uint32_t)bytes,
        .interface_id = answer->call_id,
    };
}

bool rt_answer_is_owed(int32_t result)
{
    return result < 0 && result != CAP_ERR_UNKNOWN_CALL && result != CAP_ERR_BUFFER_TOO_SMALL &&
           result != CAP_ERR_BAD_RESULT_BUFFER;
}
