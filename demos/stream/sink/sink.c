/*
 * Serves a Sink. Under the name "slow" it is as slow as can be: it answers one
 * piece at a time, and that only when nothing more comes. So it sees how much
 * its sender dares to send.
 */
#include <capos/capset.h>
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/capos.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 16, HELD_MAX = 16, MESSAGE_BYTES = 32768, QUIET_NS = 2000000 };

CAPOS_HEAP_BYTES(16384)

struct pile {
    struct capos_object object;
    uint64_t bytes, calls;
    uint32_t most_calls, most_bytes;
};

/* A piece that came and is not answered: a place in a circle. */
struct held {
    struct sink_put_reply reply;
    uint32_t bytes;
    bool waits;
};

static struct capos_server server;
static struct held held[HELD_MAX];
static uint32_t first, count;
static bool slow;

static const struct sink_ops ops;

static void give_up(struct capos_reply *reply)
{
    ((struct held *)reply->data)->waits = false;
    capos_reply_refuse(reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("the sender gave up"));
}

static capos_status hold(struct capos_request *request, struct pile *pile, uint32_t bytes)
{
    struct held *place = &held[(first + count) % HELD_MAX];
    uint32_t held_calls = 0, held_bytes = 0;
    if (count == HELD_MAX)
        return CAP_ERR_NO_MEMORY;
    capos_status status = sink_put_defer(request, 0, &place->reply);
    if (status != CAP_OK)
        return status;
    place->reply.reply.data = place;
    place->reply.reply.cancelled = give_up;
    place->bytes = bytes;
    place->waits = true;
    count++;
    for (uint32_t i = 0; i < HELD_MAX; i++) {
        held_calls += held[i].waits;
        held_bytes += held[i].waits ? held[i].bytes : 0;
    }
    pile->most_calls = held_calls > pile->most_calls ? held_calls : pile->most_calls;
    pile->most_bytes = held_bytes > pile->most_bytes ? held_bytes : pile->most_bytes;
    return CAP_OK;
}

static void answer_first(void)
{
    struct held *place = &held[first];
    first = (first + 1) % HELD_MAX;
    count--;
    if (place->waits)
        sink_put_reply_send(&place->reply);
    place->waits = false;
}

static capos_status put(struct capos_request *request, struct sink_put_params_reader params)
{
    struct pile *pile = capos_request_data(request);
    struct wire_data data = sink_put_params_get_data(params);
    if (data.size > 0 && data.bytes[0] == '!')
        return capos_request_refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT,
                                    WIRE_TEXT("this is not wanted"));
    pile->bytes += data.size;
    pile->calls++;
    return slow ? hold(request, pile, data.size) : CAP_OK;
}

static capos_status taken(struct capos_request *request, struct sink_taken_results_builder results)
{
    const struct pile *pile = capos_request_data(request);
    sink_taken_results_set_bytes(results, pile->bytes);
    sink_taken_results_set_calls(results, pile->calls);
    sink_taken_results_set_most_calls(results, pile->most_calls);
    sink_taken_results_set_most_bytes(results, pile->most_bytes);
    return CAP_OK;
}

static void forget(struct capos_object *object)
{
    capos_free(object->data);
}

static capos_status part(struct capos_request *request, struct sink_part_results_builder results)
{
    struct pile *pile = capos_alloc(sizeof *pile);
    (void)request;
    if (!pile)
        return CAP_ERR_NO_MEMORY;
    *pile = (struct pile){0};
    sink_object_init(&pile->object, &server, &ops, pile, forget);
    sink_part_results_pass_sink(results, sink_minted(&pile->object));
    return CAP_OK;
}

static const struct sink_ops ops = {.put = put, .taken = taken, .part = part};

static capos_status serve(struct capos_ring *ring, capos_cap endpoint)
{
    static uint64_t memory[CAPOS_SERVER_WORDS(REQUESTS, MESSAGE_BYTES, CAPOS_ENDPOINT_CAPS_DEFAULT)];
    static struct pile whole;
    const struct capos_server_limits limits = {
        .requests = REQUESTS, .message_bytes = MESSAGE_BYTES, .caps = CAPOS_ENDPOINT_CAPS_DEFAULT};
    capos_status status = capos_server_init(&server, ring, endpoint, &limits, memory, sizeof memory / 8);
    if (status != CAP_OK)
        return status;
    sink_object_init(&whole.object, &server, &ops, &whole, NULL);
    status = capos_server_add(&server, &whole.object, 1);
    while (status == CAP_OK) {
        status = capos_server_serve(&server, count > 0 ? QUIET_NS : CAPOS_FOREVER);
        if (status != CAP_ERR_TIMED_OUT)
            continue;
        answer_first();
        status = CAP_OK;
    }
    capos_server_fini(&server);
    return status;
}

/* The name is the one under which the manifest exports the sink. */
int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct capos_capset_item item;
    struct capos_ring *ring;
    capos_cap endpoint;
    if (capos_capset_get(runtime, 0, &item) != CAP_OK ||
        capos_capset_find(runtime, item.name.chars, ENDPOINT_INTERFACE_ID, &endpoint) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    slow = wire_text_equal(item.name, WIRE_TEXT("slow"));
    capos_status status = serve(ring, endpoint);
    capos_runtime_return_ring(runtime, ring);
    return status != CAP_OK;
}
