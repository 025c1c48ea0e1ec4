/*
 * The server: receives that are posted, messages that have come, the ops they
 * lead to, and the answers.
 */
#include "capos-rt/server.h"

#include <capos/text.h>

#include "capos-rt/rt.h"
#include "capos-rt/transfer.h"
#include "schema/capos.capos.h"

enum { HEADER_WORDS = sizeof(struct cap_message_header) / 8, REQUESTS_MAX = 32 };

/* Where a request is: what its completion will be of. */
enum request_state { IDLE, RECEIVING, RETURNING, RETURNING_AND_RECEIVING };

static struct cap_message_header *header_of(const struct capos_request *request)
{
    return (struct cap_message_header *)(void *)request->words;
}

/* --- Start ---------------------------------------------------------------------------------- */

static bool are_good(const struct capos_server_limits *limits)
{
    return limits->requests > 0 && limits->requests <= REQUESTS_MAX &&
           limits->caps <= CAPOS_SERVER_CAPS_MAX && limits->message_bytes % 8 == 0;
}

__attribute__((cold)) capos_status capos_server_init(struct capos_server *server, struct capos_ring *ring,
                                                     capos_cap endpoint CAPOS_USES,
                                                     const struct capos_server_limits *limits,
                                                     uint64_t *memory, size_t words)
{
    *server = (struct capos_server){
        .ring = ring,
        .endpoint = endpoint,
        .requests = (struct capos_request *)(void *)memory,
        .request_count = limits->requests,
        .resting = true,
    };
    if (!are_good(limits))
        return CAP_ERR_BAD_PARAMS;
    if (words < CAPOS_SERVER_WORDS(limits->requests, (size_t)limits->message_bytes, limits->caps))
        return CAP_ERR_NO_MEMORY;
    uint64_t *buffer = (uint64_t *)(void *)(server->requests + limits->requests);
    uint32_t message_words = limits->message_bytes / 8;
    uint32_t in = HEADER_WORDS + message_words + limits->caps * CAPOS_RECORD_WORDS;
    uint32_t out = message_words + limits->caps * CAPOS_TRANSFER_WORDS + CAPOS_CALL_EXCEPTION_WORDS;
    for (uint32_t i = 0; i < limits->requests; i++, buffer += in + out) {
        server->requests[i] = (struct capos_request){.server = server, .words = buffer, .word_count = in};
        server->requests[i].answer.words = buffer + in;
        server->requests[i].answer.word_count = out;
    }
    return CAP_OK;
}

/* --- Submissions ----------------------------------------------------------------------------- */

static void submit(struct capos_request *request, const struct cap_sqe *sqe, enum request_state state)
{
    rt_ring_submit(request->server->ring, sqe, &request->pending);
    request->pending.arrivals = &request->server->arrivals;
    request->state = (uint8_t)state;
}

/* Until the next serve receives anew. */
static void rest(struct capos_request *request)
{
    request->state = IDLE;
    request->server->resting = true;
}

static __attribute__((noinline)) void receive(struct capos_request *request)
{
    if (request->server->ending) {
        rest(request);
        return;
    }
    const struct cap_sqe sqe = {
        .op = CAP_OP_RECV,
        .flags = CAP_SQE_AHEAD,
        .result_addr = (uintptr_t)request->words,
        .result_len = request->word_count * 8,
        .cap_id = request->server->endpoint,
    };
    submit(request, &sqe, RECEIVING);
}

/* The ids of capabilities that came and stay behind: they lie where the next message goes. */
static uint32_t take_left(struct capos_caps *caps, capos_cap left[CAPOS_SERVER_CAPS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < caps->count; i++)
        if (caps->incoming[i].cap_id != CAPOS_CAP_NULL)
            left[count++] = caps->incoming[i].cap_id;
    caps->count = 0;
    return count;
}

/* Whether one of the capabilities that stay behind goes out with the answer. */
static bool passes_on(const struct capos_caps *outgoing, const capos_cap *left, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < outgoing->count; j++)
            if (outgoing->outgoing[j].cap_id == left[i])
                return true;
    return false;
}

/*
 * Sends the answer, and posts the next receive with it: `together`, unless the outcome of the RETURN is
 * needed by itself: with promises, or before something can be dropped that it passes on. What came along and
 * stays behind is dropped after it.
 */
static void answer(struct capos_request *request, capos_status status, bool together)
{
    struct capos_server *server = request->server;
    capos_cap left[CAPOS_SERVER_CAPS_MAX];
    capos_status failed;
    uint32_t count = take_left(&request->caps, left);
    struct cap_sqe sqe = rt_answer_close(&request->answer, status, &failed);
    const struct capos_caps *caps = &request->answer.caps;
    if (server->ending || caps->promised || passes_on(caps, left, count))
        together = false;
    sqe.flags |= CAP_SQE_AHEAD; /* find_target() finds what it mints */
    if (together) {
        sqe.flags |= CAP_SQE_RETURN_RECV;
        sqe.cap_id = server->endpoint;
        sqe.result_addr = (uintptr_t)request->words;
        sqe.result_len = request->word_count * 8;
    }
    submit(request, &sqe, together ? RETURNING_AND_RECEIVING : RETURNING);
    for (uint32_t i = 0; i < count; i++)
        rt_handle_drop(server->ring->runtime, left[i]);
}

/* --- Calls --------------------------------------------------------------------------------------- */

static __attribute__((cold)) capos_status refuse(struct capos_request *request, uint16_t type,
                                                 const char *text)
{
    return capos_request_refuse(request, type, capos_text_of(text));
}

/* Opens the params: their every pointer is good, or no op sees them. */
static bool open_params(struct capos_request *request, const struct capos_method *method)
{
    const struct cap_message_header *header = header_of(request);
    uint64_t *params = request->words + HEADER_WORDS;
    request->params = (struct wire_struct){0};
    if (header->params_len == 0)
        return true;
    if (wire_open_flat(&request->message, WIRE_PRIVATE, params, header->params_len) != WIRE_OK)
        return false;
    request->message.cap_count = header->cap_count;
    request->message.caps = &request->caps;
    if (method->params_pointers > 0 && wire_verify(&request->message) != WIRE_OK)
        return false;
    request->params = wire_root(&request->message);
    return request->params.state != WIRE_BROKEN;
}

static const struct capos_service_part *find_part(const struct capos_service *service, uint64_t interface_id)
{
    for (uint32_t i = 0; i < service->part_count; i++)
        if (service->parts[i].interface->id == interface_id)
            return &service->parts[i];
    return NULL;
}

/* The ops of a part: those of the object, or what they have for an inherited interface. */
static const void *ops_of(const struct capos_object *object, const struct capos_service_part *part)
{
    if (part->ops_offset == CAPOS_OPS_OWN || !object->ops)
        return object->ops;
    return *(const void *const *)((const uint8_t *)object->ops + part->ops_offset);
}

/* Runs the op that the message asks for; every check comes before it. */
static capos_status dispatch(struct capos_request *request)
{
    static const struct capos_method none = {.name = "none"};
    const struct cap_message_header *header = header_of(request);
    struct capos_server *server = request->server;
    struct capos_object *object = rt_server_find(server, header->badge);
    const struct capos_service_part *part = object ? find_part(object->service, header->interface_id) : NULL;
    bool known = part && header->method_id < part->interface->method_count;
    const struct capos_method *method = known ? &part->interface->methods[header->method_id] : &none;
    struct capos_answer *answer = &request->answer;
    request->object = object;
    bool room = rt_answer_init(answer, server->ring->runtime, method, header->call_id, answer->words,
                               answer->word_count);
    if (!object || server->ending)
        return refuse(request, EXCEPTION_TYPE_DISCONNECTED, "the object is gone");
    if (!known)
        return refuse(request, EXCEPTION_TYPE_UNIMPLEMENTED,
                      part ? "the interface has no such method" : "the object has no such interface");
    if (!open_params(request, method))
        return refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT, "the params do not decode");
    if (!room)
        return CAP_ERR_NO_MEMORY;
    return part->methods[header->method_id](request, ops_of(object, part));
}

static void serve_call(struct capos_request *request)
{
    request->deferred = false;
    capos_status status = dispatch(request);
    if (!request->deferred) {
        answer(request, status, true);
        return;
    }
    rt_caps_fini_incoming(&request->caps);
    request->answer.call_id = 0; /* the reply answers it */
    receive(request);
}

/* --- Calls sent ahead ------------------------------------------------------------------------------ */

/* What was answered to a call stands where it was built until the next message comes there. */
static const struct capos_answer *find_answer(const struct capos_server *server, uint64_t call_id)
{
    for (uint32_t i = 0; i < server->request_count; i++)
        if (server->requests[i].answer.call_id == call_id)
            return &server->requests[i].answer;
    return NULL;
}

/* Whether the target is an object of this server's that is a field of an answer: then its badge is in the
 * header. The kernel comes to the same by what it is told with the RETURN. */
static __attribute__((noinline)) bool find_target(const struct capos_server *server,
                                                  struct cap_message_header *header)
{
    const struct capos_answer *answer = find_answer(server, header->badge);
    if (!answer || answer->caps.promised || header->field >= answer->caps.fields ||
        header->field >= answer->caps.count)
        return false;
    const struct cap_transfer *cap = &answer->caps.outgoing[header->field];
    header->badge = cap->badge;
    return cap->mode == CAP_TRANSFER_MINT && cap->cap_id == server->endpoint;
}

/* For the kernel to deliver when the time comes. */
static __attribute__((cold)) void give_back(struct capos_request *request)
{
    const struct cap_sqe sqe = {
        .op = CAP_OP_RETURN, .flags = CAP_SQE_BACK, .interface_id = header_of(request)->call_id};
    request->answer.caps.count = 0;
    request->answer.is_exception = true; /* not to be returned anew */
    submit(request, &sqe, RETURNING);
}

/* --- Messages --------------------------------------------------------------------------------------- */

static __attribute__((cold)) void cancel_deferred(struct capos_server *server, uint64_t call_id)
{
    struct capos_reply *reply = server->deferred;
    while (reply && reply->answer.call_id != call_id)
        reply = reply->next;
    if (!reply)
        return;
    reply->is_cancelled = true;
    if (reply->cancelled)
        reply->cancelled(reply);
}

/* The kernel's word on how long a message is; what does not fit together cannot be believed at all. */
static bool open_message(struct capos_request *request)
{
    const struct cap_cqe *cqe = &request->pending.completion;
    const struct cap_message_header *header = header_of(request);
    uint64_t bytes = (uint64_t)cqe->result;
    uint64_t records = (uint64_t)header->cap_count * sizeof(struct cap_transfer_result);
    if (bytes < sizeof *header || bytes % 8 != 0 || bytes - sizeof *header != header->params_len ||
        header->cap_count > CAPOS_SERVER_CAPS_MAX || bytes + records > (uint64_t)request->word_count * 8)
        return false;
    rt_caps_init_incoming(&request->caps, request->server->ring->runtime, request->words + bytes / 8,
                          header->cap_count);
    return true;
}

static void take_message(struct capos_request *request)
{
    struct capos_server *server = request->server;
    struct cap_message_header *header = header_of(request);
    struct capos_object *object;
    if (!open_message(request)) {
        server->status = CAP_ERR_BAD_MESSAGE;
        rest(request);
        return;
    }
    if (header->kind == CAP_MESSAGE_AHEAD && find_target(server, header))
        header->kind = CAP_MESSAGE_CALL;
    switch (header->kind) {
    case CAP_MESSAGE_CALL:
        serve_call(request);
        return;
    case CAP_MESSAGE_AHEAD:
        give_back(request);
        return;
    case CAP_MESSAGE_CANCELLED:
        cancel_deferred(server, header->call_id);
        break;
    case CAP_MESSAGE_RELEASED:
        object = rt_server_find(server, header->badge);
        if (object)
            rt_object_drop(object);
        break;
    default: /* of a newer kernel: nothing is owed for it */
        break;
    }
    receive(request);
}

/*
 * The capabilities of an answer whose RETURN_RECV is complete. What is received, and a receive that was
 * cancelled, come after the RETURN. Any other error can be that of either half: then the RETURN is sent by
 * itself, which tells.
 */
static bool settle_caps(struct capos_request *request, int32_t result)
{
    if (result < 0 && result != CAP_ERR_CANCELLED) {
        answer(request, CAP_OK, false);
        return false;
    }
    rt_caps_conclude(&request->answer.caps, CAP_OK, 0);
    return true;
}

/* A completion has come: of a receive, of a return, or of both. */
static void take_arrival(struct capos_request *request)
{
    int32_t result = request->pending.completion.result;
    enum request_state state = (enum request_state)request->state;
    request->state = IDLE;
    if (state == RETURNING_AND_RECEIVING && !settle_caps(request, result))
        return;
    if (state == RETURNING) {
        rt_caps_conclude(&request->answer.caps, result, request->pending.completion.flags);
        if (rt_answer_is_owed(result) && !request->answer.is_exception)
            answer(request, result, true);
        else
            receive(request);
    } else if (result >= 0) {
        take_message(request);
    } else if (state == RETURNING_AND_RECEIVING) {
        receive(request); /* nobody heard the answer; if it is the receive that failed, it fails again */
    } else {
        rest(request);
        if (result != CAP_ERR_CANCELLED) /* the ring was returned: nothing has failed */
            request->server->status = result;
    }
}

static void take_arrivals(struct capos_server *server)
{
    while (server->arrivals.first && server->status == CAP_OK) {
        take_arrival((struct capos_request *)(void *)rt_take_arrival(&server->arrivals));
    }
}

/* --- Serving ------------------------------------------------------------------------------------------- */

static void receive_anew(struct capos_server *server)
{
    server->resting = false;
    for (uint32_t i = 0; i < server->request_count; i++)
        if (server->requests[i].state == IDLE)
            receive(&server->requests[i]);
}

capos_status capos_server_serve(struct capos_server *server, uint64_t timeout_ns)
{
    if (!server->ring->lent || server->serving)
        return CAP_ERR_RING_LENT;
    if (server->status < 0)
        return server->status;
    if (server->resting)
        receive_anew(server);
    capos_status status = rt_ring_await_arrival(server->ring, &server->arrivals, timeout_ns);
    if (status < 0)
        return status;
    server->serving = true;
    take_arrivals(server);
    server->serving = false;
    return server->status;
}

capos_status capos_server_run(struct capos_server *server)
{
    capos_status status = CAP_OK;
    server->stopping = false;
    while (!server->stopping && status == CAP_OK)
        status = capos_server_serve(server, CAPOS_FOREVER);
    return status;
}

void capos_server_stop(struct capos_server *server)
{
    server->stopping = true;
}

__attribute__((cold)) void capos_server_fini(struct capos_server *server)
{
    struct capos_ring *ring = server->ring;
    server->ending = true;
    server->status = CAP_OK;
    while (server->deferred)
        capos_reply_refuse(server->deferred, EXCEPTION_TYPE_DISCONNECTED, WIRE_TEXT("the server has ended"));
    for (uint32_t i = 0; i < server->request_count; i++) {
        struct capos_request *request = &server->requests[i];
        if (request->state != IDLE && request->state != RETURNING && !request->pending.is_complete)
            rt_ring_cancel(ring, &request->pending);
        take_arrivals(server);
    }
    for (uint32_t i = 0; i < server->request_count; i++) {
        struct capos_request *request = &server->requests[i];
        /* Again, where the answer is refused and an exception returned. */
        while (request->state != IDLE && rt_ring_await(ring, &request->pending, CAPOS_FOREVER) == CAP_OK) {
            server->status = CAP_OK;
            take_arrivals(server);
        }
    }
    for (uint32_t bucket = 0; bucket < CAPOS_SERVER_BUCKETS; bucket++) {
        while (server->objects[bucket])
            rt_object_remove(server->objects[bucket]);
    }
}

/* --- Within an op ----------------------------------------------------------------------------------------
 */

struct capos_object *capos_request_object(const struct capos_request *request)
{
    return request->object;
}

void *capos_request_data(const struct capos_request *request)
{
    return request->object->data;
}

struct capos_ring *capos_request_ring(const struct capos_request *request)
{
    return request->server->ring;
}

capos_status capos_request_refuse(struct capos_request *request, uint16_t type, struct wire_text text)
{
    rt_answer_refuse(&request->answer, type, text);
    return CAP_ERR_APPLICATION_EXCEPTION;
}

capos_status capos_request_refuse_method(struct capos_request *request)
{
    return refuse(request, EXCEPTION_TYPE_UNIMPLEMENTED, "the object does not implement this method");
}

struct capos_object *capos_request_own(const struct capos_request *request, struct wire_any pointer)
{
    struct wire_cap cap = wire_any_cap(pointer);
    if (cap.state != WIRE_PRESENT || cap.index >= request->caps.count)
        return NULL;
    const struct cap_transfer_result *record = &request->caps.incoming[cap.index];
    return record->flags & CAP_RECORD_OWN ? rt_server_find(request->server, record->badge) : NULL;
}
