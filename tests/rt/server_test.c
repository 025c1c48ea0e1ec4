/*
 * Servers, through generated code on both sides: what is checked before an op
 * runs, answers at once and later, objects. Held by it: docs/security.md, 14.
 */
#include <string.h>

#include "schema/capos.capos.h"
#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct capos_runtime *const runtime = &fake.runtime;

static struct store_watch_results_reader nothing; /* results that nobody looks at */

TAP_TEST(an_op_answers_with_results)
{
    uint64_t value = 0, version = 0;
    demo_start(4);
    demo_turns();
    TAP_EQ(store_put(demo.ring, demo.client, 5, 70, &version), CAP_OK);
    TAP_EQ(version, 2);
    TAP_EQ(store_get(demo.ring, demo.client, 5, &value, &version), CAP_OK);
    TAP_EQ(value, 75);
    TAP_EQ(demo.calls, 2);
    TAP_EQ(fake_endpoint_owed(), 0);
}

/* One entry takes eight messages, and the next one all the answers, with as many new receives. */
TAP_TEST(several_messages_are_taken_in_one_entry)
{
    struct store_get_call calls[8];
    struct store_get_results_reader results;
    demo_start(8);
    capos_server_serve(&demo.server, 0);
    TAP_EQ(fake_endpoint_receives(), 8);
    for (uint64_t i = 0; i < 8; i++)
        store_get_send(demo.ring, demo.client, i, &calls[i]);
    uint32_t enters = fake.enters;
    demo_serve();
    TAP_EQ(demo.calls, 8);
    TAP_EQ(fake.enters, enters + 1);
    capos_ring_flush(demo.ring);
    TAP_EQ(fake.enters, enters + 2);
    TAP_EQ(fake_endpoint_receives(), 8);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD);
    for (uint64_t i = 0; i < 8; i++) {
        TAP_EQ(store_get_wait(demo.ring, &calls[i], &results), CAP_OK);
        TAP_EQ(store_get_results_get_value(results), i); /* in the order of their calls */
        store_get_finish(demo.ring, &calls[i]);
    }
}

TAP_TEST(nothing_to_serve_is_timed_out)
{
    demo_start(2);
    TAP_EQ(capos_server_serve(&demo.server, 1000), CAP_ERR_TIMED_OUT);
    capos_runtime_return_ring(runtime, demo.ring);
    TAP_EQ(capos_server_serve(&demo.server, 0), CAP_ERR_RING_LENT);
    TAP_EQ(fake_endpoint_receives(), 0);
    capos_runtime_lend_ring(runtime, &demo.ring);
    TAP_EQ(capos_server_serve(&demo.server, 0), CAP_OK); /* what came back is received anew */
    TAP_EQ(capos_server_serve(&demo.server, 0), CAP_ERR_TIMED_OUT);
    TAP_EQ(fake_endpoint_receives(), 2);
}

/* --- Exceptions ------------------------------------------------------------------------ */

static struct store_get_call refused_call;

static struct capos_exception exception_of_get(void)
{
    struct store_get_results_reader results;
    store_get_send(demo.ring, demo.client, 1, &refused_call);
    store_get_wait(demo.ring, &refused_call, &results);
    return capos_call_exception(&refused_call.call);
}

TAP_TEST(an_op_raises_an_exception)
{
    demo_start(4);
    demo_turns();
    for (demo.refuse = 1; demo.refuse <= EXCEPTION_TYPE_INVALID_ARGUMENT; demo.refuse++) {
        struct capos_exception exception = exception_of_get();
        TAP_EQ(refused_call.call.status, CAP_ERR_APPLICATION_EXCEPTION);
        TAP_EQ(exception.type, demo.refuse);
        TAP_STR_EQ(exception.message.chars, "as told");
        store_get_finish(demo.ring, &refused_call);
    }
}

TAP_TEST(a_status_of_an_op_is_an_exception_that_says_it)
{
    static const struct {
        capos_status status;
        uint16_t type;
    } rows[] = {
        {CAP_ERR_NO_MEMORY, EXCEPTION_TYPE_OVERLOADED}, {CAP_ERR_NO_SLOTS, EXCEPTION_TYPE_OVERLOADED},
        {CAP_ERR_STALE_CAP, EXCEPTION_TYPE_FAILED},     {CAP_ERR_TOO_MANY_CALLS, EXCEPTION_TYPE_OVERLOADED},
        {CAP_ERR_NOT_FOUND, EXCEPTION_TYPE_FAILED},     {CAP_ERR_QUEUE_FULL, EXCEPTION_TYPE_OVERLOADED},
    };
    demo_start(4);
    demo_turns();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        demo.fail = rows[i].status;
        struct capos_exception exception = exception_of_get();
        TAP_EQ(exception.type, rows[i].type);
        TAP_STR_EQ(exception.message.chars, capos_status_text(rows[i].status));
        store_get_finish(demo.ring, &refused_call);
    }
}

TAP_TEST(results_that_do_not_fit_the_server_are_an_exception)
{
    struct file file = {0};
    struct file_read_call call;
    struct file_read_params_builder params;
    struct file_read_results_reader results;
    demo_start(4);
    demo_turns();
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_OK);
    demo.text_bytes = 100000;
    TAP_EQ(file_read(demo.ring, file, 0, 1, &call, &results), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(capos_call_exception(&call.call).type, EXCEPTION_TYPE_OVERLOADED);
    file_read_finish(demo.ring, &call);
    /* Those that do not fit the caller are told to both. */
    demo.text_bytes = 1000;
    TAP_EQ(file_read(demo.ring, file, 0, 1, &call, &results), CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(capos_call_needed(&call.call), 16 + 1000);
    file_read_finish(demo.ring, &call);
    file_read_begin(demo.ring, file, 200, &call, &params);
    file_read_submit(demo.ring, &call);
    TAP_EQ(file_read_wait(demo.ring, &call, &results), CAP_OK);
    TAP_EQ(file_read_results_get_data(results).size, 1000);
    file_read_finish(demo.ring, &call);
}

/* --- What is checked first ------------------------------------------------------------------ */

TAP_TEST(what_nobody_implements_is_unimplemented)
{
    static const struct capos_method wrong_interface = {.interface_id = 99};
    static const struct capos_method wrong_ordinal = {.interface_id = STORE_INTERFACE_ID, .ordinal = 4};
    const struct capos_method *methods[] = {&wrong_interface, &wrong_ordinal,
                                            &store_interface.methods[STORE_METHOD_MOUNT]};
    demo_start(4);
    demo_turns();
    for (int i = 0; i < 3; i++) {
        struct capos_call call;
        uint64_t words[160];
        capos_call_begin(demo.ring, &call, methods[i], demo.client.cap, words, 160, 0, NULL);
        capos_call_submit(demo.ring, &call);
        TAP_EQ(capos_call_wait(demo.ring, &call, CAPOS_FOREVER, NULL), CAP_ERR_APPLICATION_EXCEPTION);
        TAP_EQ(capos_call_exception(&call).type, EXCEPTION_TYPE_UNIMPLEMENTED);
        capos_call_finish(demo.ring, &call);
    }
    TAP_EQ(demo.calls, 0);
}

TAP_TEST(an_object_that_is_not_there_is_disconnected)
{
    struct store nobody = {0};
    struct store_get_call call;
    struct store_get_results_reader results;
    demo_start(4);
    demo_turns();
    nobody.cap = fake_endpoint_grant(77, STORE_INTERFACE_ID);
    store_get_send(demo.ring, nobody, 1, &call);
    TAP_EQ(store_get_wait(demo.ring, &call, &results), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(capos_call_exception(&call.call).type, EXCEPTION_TYPE_DISCONNECTED);
    store_get_finish(demo.ring, &call);
}

/* Inherited methods go to the ops of the interface that declares them. */
TAP_TEST(inherited_methods_go_to_inherited_ops)
{
    struct file file = {0};
    uint64_t bytes = 0;
    demo_start(4);
    demo_turns();
    directory_open(demo.ring, demo.directory, WIRE_TEXT("2"), &file);
    TAP_EQ(node_size(demo.ring, file_as_node(file), &bytes), CAP_OK);
    TAP_EQ(bytes, 1002);
    /* The directory inherits Node, too, and has no ops for it. */
    TAP_EQ(directory_size(demo.ring, demo.directory, &bytes), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(file_write(demo.ring, file, 0, wire_data_make("x", 1)), CAP_ERR_APPLICATION_EXCEPTION);
}

/* Params that a hostile program could send: no op ever sees them. */
TAP_TEST(params_that_do_not_decode_reach_no_op)
{
    static const uint64_t words[][3] = {
        {UINT64_C(0x0002000000000000), UINT64_C(0x0000002200000011), 0}, /* text out of bounds */
        {UINT64_C(0x0002000000000000), 0, UINT64_C(0x0000000500000003)}, /* no such capability */
        {UINT64_C(0x0002000000000000), 0, UINT64_C(0x0000000100000007)}, /* no pointer at all */
        {UINT64_C(0x0000000100000001), 0, 0},                            /* the root is a list */
        {UINT64_C(0x0002000000000100), 0, 0},                            /* the root is elsewhere */
    };
    demo_start(4);
    demo_serve_all();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct cap_message_header header = {
            .badge = DEMO_ROOT,
            .interface_id = DIRECTORY_INTERFACE_ID,
            .call_id = 1000 + i,
            .params_len = sizeof words[i],
            .result_len = 100,
            .method_id = DIRECTORY_METHOD_LINK,
        };
        fake_endpoint_forge(&header, words[i], sizeof words[i], 64 + sizeof words[i]);
        demo_serve();
        capos_ring_flush(demo.ring);
        TAP_EQ(fake_endpoint_last_return.interface_id, 1000 + i);
        TAP_EQ(fake_endpoint_last_return.flags & CAP_SQE_EXCEPTION, CAP_SQE_EXCEPTION);
        TAP_EQ(fake_endpoint_last_return.method_id, EXCEPTION_TYPE_INVALID_ARGUMENT);
        demo_settle();
    }
    TAP_EQ(demo.calls, 0);
}

/* The kernel's own words do not fit together: nothing more is believed. */
TAP_TEST(messages_of_an_impossible_size_end_the_server)
{
    static const struct {
        uint32_t params_len;
        uint16_t cap_count;
        int32_t result;
    } rows[] = {{16, 0, 64}, {0, 0, 63}, {0, 0, 72}, {0, 17, 64}, {1 << 20, 0, 64 + (1 << 20)}, {4, 0, 68}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cap_message_header header = {.badge = DEMO_STORE,
                                            .interface_id = STORE_INTERFACE_ID,
                                            .params_len = rows[i].params_len,
                                            .cap_count = rows[i].cap_count};
        demo_start(2);
        demo_serve_all();
        fake_endpoint_forge(&header, NULL, 0, rows[i].result);
        TAP_EQ(capos_server_serve(&demo.server, 0), CAP_ERR_BAD_MESSAGE);
        TAP_EQ(capos_server_serve(&demo.server, 0), CAP_ERR_BAD_MESSAGE);
        TAP_EQ(demo.calls, 0);
    }
}

TAP_TEST(an_endpoint_that_is_gone_ends_the_server)
{
    demo_start(2);
    demo.server.endpoint = demo.client.cap; /* no owner's */
    TAP_EQ(capos_server_run(&demo.server), CAP_ERR_NOT_PERMITTED);
}

TAP_TEST(limits_and_memory_are_checked)
{
    static uint64_t memory[CAPOS_SERVER_WORDS(1, 64, 0)];
    struct capos_server_limits good = {1, 64, 0}, limits;
    struct capos_server server;
    size_t words = sizeof memory / 8;
    demo_start(1);
    TAP_EQ(capos_server_init(&server, demo.ring, demo.endpoint, &good, memory, words), CAP_OK);
    TAP_EQ(capos_server_init(&server, demo.ring, demo.endpoint, &good, memory, words - 1), CAP_ERR_NO_MEMORY);
    limits = (struct capos_server_limits){0, 64, 0};
    TAP_EQ(capos_server_init(&server, demo.ring, demo.endpoint, &limits, memory, words), CAP_ERR_BAD_PARAMS);
    limits = (struct capos_server_limits){33, 64, 0};
    TAP_EQ(capos_server_init(&server, demo.ring, demo.endpoint, &limits, memory, 1 << 20),
           CAP_ERR_BAD_PARAMS);
    limits = (struct capos_server_limits){1, 60, 0};
    TAP_EQ(capos_server_init(&server, demo.ring, demo.endpoint, &limits, memory, words), CAP_ERR_BAD_PARAMS);
    limits = (struct capos_server_limits){1, 64, 17};
    TAP_EQ(capos_server_init(&server, demo.ring, demo.endpoint, &limits, memory, 1 << 20),
           CAP_ERR_BAD_PARAMS);
}

/* --- The end ----------------------------------------------------------------------------------------- */

static capos_status stop(struct capos_request *request, struct directory_link_params_reader params)
{
    (void)params;
    capos_server_stop(request->server);
    return capos_server_serve(request->server, 0) == CAP_ERR_RING_LENT ? CAP_OK : -1; /* an op does not */
}

TAP_TEST(a_server_stops_when_it_is_told)
{
    struct file file = {0};
    struct directory_link_call call;
    demo_start(4);
    demo.on_link = stop;
    directory_link_send(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(file), &call);
    TAP_EQ(capos_server_run(&demo.server), CAP_OK);
    TAP_EQ(directory_link_wait(demo.ring, &call), CAP_OK);
    directory_link_finish(demo.ring, &call);
}

/* Every answer is refused, and an exception returned for it. */
static bool refuse_answers(const struct cap_sqe *sqe)
{
    if (sqe->op != CAP_OP_RETURN || (sqe->flags & CAP_SQE_EXCEPTION))
        return fake_endpoint_take(sqe);
    fake_post((struct cap_cqe){.user_data = sqe->user_data, .result = CAP_ERR_NO_MEMORY});
    return true;
}

TAP_TEST(a_server_that_ends_waits_for_what_it_returns_anew)
{
    struct directory_open_call call;
    demo_start(1);
    demo_serve_all();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &call);
    demo_serve();
    fake.take = refuse_answers;
    capos_server_fini(&demo.server);
    TAP_EQ(fake_endpoint_owed(), 0);
    TAP_EQ(demo.server.requests[0].pending.is_complete, 1);
}

TAP_TEST(a_server_that_ends_owes_nothing)
{
    struct store_watch_call watch;
    struct store_get_call get;
    struct store_get_results_reader results;
    struct file file = {0};
    demo_start(4);
    demo_turns();
    directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file);
    fake.idle = NULL;
    store_watch_send(demo.ring, demo.client, 1, 1, &watch);
    demo_serve();
    store_get_send(demo.ring, demo.client, 1, &get);
    capos_ring_flush(demo.ring); /* it has arrived, and is not looked at */
    uint32_t calls = demo.calls;
    capos_server_fini(&demo.server);
    TAP_EQ(demo.calls, calls);
    TAP_EQ(fake_endpoint_owed(), 0);
    TAP_EQ(fake_endpoint_receives(), 0);
    TAP_EQ(store_watch_wait_for(demo.ring, &watch, 1, &nothing), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(capos_call_exception(&watch.call).type, EXCEPTION_TYPE_DISCONNECTED);
    TAP_EQ(store_get_wait(demo.ring, &get, &results), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(capos_call_exception(&get.call).type, EXCEPTION_TYPE_DISCONNECTED);
    store_watch_finish(demo.ring, &watch);
    store_get_finish(demo.ring, &get);
    TAP_EQ(demo.files[3].released, 1);
    TAP_EQ(demo.root_released, 1);
    TAP_CHECK(fake_endpoint_holds(demo.endpoint));
}
