/*
 * Replies: calls that are answered after their op has returned.
 */
#include <capos/heap.h>

#include "capos-rt/rt.h"
#include "capos-rt/server.h"
#include "capos-rt/transfer.h"

static bool choose_buffer(struct capos_answer *answer, const struct capos_method *method,
                          struct capos_reply *reply, uint64_t *words, uint32_t word_count,
                          uint32_t room_words)
{
    bool from_heap = room_words > word_count;
    if (from_heap) {
        word_count = room_words + method->results_caps * CAPOS_TRANSFER_WORDS;
        words = capos_alloc((size_t)word_count * 8);
    }
    if (!words)
        return false;
    reply->answer.owns_words = 0;
    bool room =
        rt_answer_init(&reply->answer, answer->caps.runtime, method, answer->call_id, words, word_count);
    reply->answer.owns_words = from_heap;
    if (!room && from_heap)
        capos_free(words);
    return room;
}

capos_status capos_request_defer(struct capos_request *request, const struct capos_method *method,
                                 struct capos_reply *reply, uint64_t *words, uint32_t word_count,
                                 uint32_t room_words)
{
    struct capos_server *server = request->server;
    *reply = (struct capos_reply){.server = server};
    if (request->deferred || request->answer.method != method)
        return CAP_ERR_BAD_PARAMS;
    if (!choose_buffer(&request->answer, method, reply, words, word_count, room_words))
        return CAP_ERR_NO_MEMORY;
    rt_caps_conclude(&request->answer.caps, CAP_ERR_CANCELLED, 0);
    request->deferred = true;
    reply->is_owed = true;
    reply->object = request->object;
    reply->object->facets++;
    reply->next = server->deferred;
    if (reply->next)
        reply->next->previous = reply;
    server->deferred = reply;
    return CAP_OK;
}

static void take_out(struct capos_reply *reply)
{
    if (reply->previous)
        reply->previous->next = reply->next;
    else
        reply->server->deferred = reply->next;
    if (reply->next)
        reply->next->previous = reply->previous;
}

/* The RETURN is waited for: its memory is the program's as soon as this returns. */
capos_status capos_reply_send(struct capos_reply *reply)
{
    capos_status failed;
    if (!reply->is_owed)
        return CAP_ERR_UNKNOWN_CALL;
    reply->is_owed = false;
    take_out(reply);
    struct cap_sqe sqe = rt_answer_close(&reply->answer, CAP_OK, &failed);
    struct cap_cqe cqe = rt_ring_run(reply->server->ring, &sqe);
    int32_t result = cqe.result;
    rt_caps_conclude(&reply->answer.caps, result, cqe.flags);
    if (rt_answer_is_owed(result) && !reply->answer.is_exception) {
        failed = result;
        sqe = rt_answer_close(&reply->answer, failed, &(capos_status){0});
        rt_ring_run(reply->server->ring, &sqe);
    }
    if (reply->answer.owns_words)
        capos_free(reply->answer.words);
    rt_object_drop(reply->object); /* with which the reply may be gone */
    if (failed < 0)
        return failed;
    return result < 0 ? result : CAP_OK;
}

capos_status capos_reply_refuse(struct capos_reply *reply, uint16_t type, struct wire_text text)
{
    if (!reply->is_owed)
        return CAP_ERR_UNKNOWN_CALL;
    rt_answer_refuse(&reply->answer, type, text);
    return capos_reply_send(reply);
}
