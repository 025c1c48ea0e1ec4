/*
 * A program that serves one object: from the CapSet to the end.
 */
#include <capos/server.h>

#include "schema/capos.capos.h"
#include "tests/rt/demo_server.h"
#include "tests/tap.h"

enum { REQUESTS = 2 };

static struct capos_server server;
static struct capos_object object;
static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
static uint32_t released;

static void count(struct capos_object *of)
{
    (void)of;
    released++;
}

static capos_status stop(struct capos_request *request, struct store_get_params_reader params,
                         struct store_get_results_builder results)
{
    (void)params;
    store_get_results_set_value(results, 42);
    capos_server_stop(capos_request_object(request)->server);
    return CAP_OK;
}

static const struct store_ops ops = {.get = stop};

/* The endpoint's owner under that name in the CapSet, and a ring that is not lent. */
static void start(const char *name, uint64_t interface_id)
{
    struct capos_ring *ring;
    capos_cap endpoint = fake_endpoint_start(&ring);
    capos_runtime_return_ring(&fake.runtime, ring);
    fake_grant(name, endpoint, interface_id);
    store_object_init(&object, &server, &ops, NULL, count);
    released = 0;
}

static capos_status serve(void)
{
    return capos_server_export(&fake.runtime, "store", &server, &object, REQUESTS, memory);
}

/* A call arrives as soon as the server waits. */
static void call_it(void)
{
    const struct cap_message_header header = {
        .badge = UINT64_C(5) << 32 | 1,
        .interface_id = STORE_INTERFACE_ID,
        .call_id = 9,
        .params_len = 16,
        .result_len = 256,
        .method_id = STORE_METHOD_GET,
    };
    static const uint64_t params[2] = {UINT64_C(0x0000000100000000), 7};
    fake.idle = NULL;
    fake_endpoint_forge(&header, params, sizeof params, sizeof header + sizeof params);
}

TAP_TEST(an_export_is_served_until_an_op_stops_it)
{
    start("store", ENDPOINT_INTERFACE_ID);
    fake.idle = call_it;
    TAP_EQ(serve(), CAP_OK);
    TAP_EQ(released, 1);
    TAP_EQ(fake_endpoint_receives(), 0);
    struct capos_ring *ring;
    TAP_EQ(capos_runtime_lend_ring(&fake.runtime, &ring), CAP_OK);
    TAP_EQ(serve(), CAP_ERR_RING_LENT);
}

TAP_TEST(an_export_needs_its_endpoint)
{
    start("other", ENDPOINT_INTERFACE_ID);
    TAP_EQ(serve(), CAP_ERR_NOT_FOUND);
    start("store", STORE_INTERFACE_ID);
    TAP_EQ(serve(), CAP_ERR_WRONG_INTERFACE);
    TAP_EQ(released, 0);
}
