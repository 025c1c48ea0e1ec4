/*
 * Serves a Depot: takes bytes in a message, in memory that stays shared, and in memory that comes with the
 * call. Of memory it looks at the first byte and the last. With "memory" to have it from, it takes the
 * largest messages.
 */
#include <capos/server.h>

#include "bench/growth/growth.h"
#include "schema/bench.server.capos.h"
#include "schema/capos.client.capos.h"

enum { REQUESTS = 16, CAPS = 1 };

static const volatile uint8_t *shared;
static uint64_t calls;

/* The answers of put, look and hand are alike. */
static const uint8_t bytes[ANSWER_BYTES] = "forty bytes";
#define ANSWER(method, results, count)                                                                       \
    do {                                                                                                     \
        calls++;                                                                                             \
        depot_##method##_results_set_bytes(results, count);                                                  \
        depot_##method##_results_set_data(results, wire_data_make(bytes, sizeof bytes));                     \
    } while (0)

static capos_status put(struct capos_request *request, struct depot_put_params_reader params,
                        struct depot_put_results_builder results)
{
    (void)request;
    ANSWER(put, results, depot_put_params_get_data(params).size);
    return CAP_OK;
}

static capos_status map(struct capos_request *request, struct memory_object memory,
                        const volatile uint8_t **ret_at)
{
    uint64_t address = 0;
    capos_status status = memory_object_map(capos_request_ring(request), memory, false, &address);
    if (status == CAP_OK)
        *ret_at = (const volatile uint8_t *)address;
    return status;
}

static capos_status share(struct capos_request *request, struct depot_share_params_reader params)
{
    struct memory_object memory;
    capos_status status = depot_share_params_borrow_memory(params, &memory);
    return status == CAP_OK ? map(request, memory, &shared) : status;
}

static bool is_written(const volatile uint8_t *at, uint64_t count)
{
    return at && count > 0 && at[0] == 1 && at[count - 1] == 1;
}

static capos_status look(struct capos_request *request, struct depot_look_params_reader params,
                         struct depot_look_results_builder results)
{
    uint64_t count = depot_look_params_get_bytes(params);
    (void)request;
    if (!is_written(shared, count))
        return CAP_ERR_BAD_PARAMS;
    ANSWER(look, results, count);
    return CAP_OK;
}

static capos_status hand(struct capos_request *request, struct depot_hand_params_reader params,
                         struct depot_hand_results_builder results)
{
    struct memory_object memory;
    const volatile uint8_t *at = NULL;
    uint64_t count = depot_hand_params_get_bytes(params);
    capos_status status = depot_hand_params_borrow_memory(params, &memory);
    if (status == CAP_OK)
        status = map(request, memory, &at);
    if (status != CAP_OK)
        return status;
    bool written = is_written(at, count);
    status = memory_object_unmap(capos_request_ring(request), memory, (uint64_t)at);
    if (!written)
        return CAP_ERR_BAD_PARAMS;
    ANSWER(hand, results, count);
    return status;
}

static capos_status taken(struct capos_request *request, struct depot_taken_results_builder results)
{
    (void)request;
    depot_taken_results_set_calls(results, calls);
    return CAP_OK;
}

static const struct depot_ops ops = {.put = put, .share = share, .look = look, .hand = hand, .taken = taken};

/* Memory for messages of so many bytes. */
static capos_status begin(struct capos_runtime *runtime, struct capos_ring *ring, capos_cap endpoint,
                          struct capos_server *server)
{
    static uint64_t small[CAPOS_SERVER_WORDS(REQUESTS, SMALL_BYTES, CAPS)];
    const size_t large_words = CAPOS_SERVER_WORDS(REQUESTS, LARGE_BYTES, CAPS);
    struct capos_server_limits limits = {REQUESTS, SMALL_BYTES, CAPS};
    struct memory_source source;
    struct memory_object memory;
    uint64_t address = 0;
    if (memory_source_from_capset(runtime, "memory", &source) != CAP_OK)
        return capos_server_init(server, ring, endpoint, &limits, small, sizeof small / 8);
    limits.message_bytes = LARGE_BYTES;
    capos_status status = memory_source_create(ring, source, large_words * 8, &memory);
    if (status == CAP_OK)
        status = memory_object_map(ring, memory, true, &address);
    if (status != CAP_OK)
        return status;
    return capos_server_init(server, ring, endpoint, &limits, (uint64_t *)address, large_words);
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static struct capos_server server;
    static struct capos_object depot;
    struct capos_ring *ring;
    capos_cap endpoint;
    depot_object_init(&depot, &server, &ops, NULL, NULL);
    return capos_capset_find(runtime, "depot", ENDPOINT_INTERFACE_ID, &endpoint) != CAP_OK ||
           capos_runtime_lend_ring(runtime, &ring) != CAP_OK ||
           begin(runtime, ring, endpoint, &server) != CAP_OK ||
           capos_server_add(&server, &depot, DEPOT_NUMBER) != CAP_OK || capos_server_run(&server) != CAP_OK;
}
