/*
 * Calls that come before what they are on has left: docs/abi.md, section 4, and docs/security.md, clause 36.
 */
#include <capos/text.h>

#include "schema/demo.client.capos.h"
#include "tests/rt/demo_server.h"
#include "tests/tap.h"

enum { AHEAD = 1000, TOGETHER = CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD };

static struct directory_open_call call;
static struct directory_self_call self_call;

/* The server has answered a call of open, and its answer stands in the ring: the call's id. */
static uint64_t open_file(const char *name)
{
    directory_open_send(demo.ring, demo.directory, capos_text_of(name), &call);
    demo_serve();
    return fake_endpoint_last_call;
}

/* node.size on a field of an answer comes. */
static void serve_ahead(uint64_t owed, uint16_t field)
{
    const struct cap_message_header header = {
        .badge = owed,
        .interface_id = NODE_INTERFACE_ID,
        .call_id = AHEAD,
        .result_len = 100,
        .kind = CAP_MESSAGE_AHEAD,
        .method_id = NODE_METHOD_SIZE,
        .field = field,
    };
    fake_endpoint_forge(&header, NULL, 0, 64);
    demo_serve();
    capos_ring_flush(demo.ring);
}

/* And the server has said something to it. */
static void come_ahead(uint64_t owed, uint16_t field)
{
    serve_ahead(owed, field);
    TAP_EQ(fake_endpoint_last_return.interface_id, AHEAD);
}

static void start(void)
{
    demo_start(4);
    demo_serve_all();
}

TAP_TEST(a_call_ahead_is_one_of_the_object_that_was_answered)
{
    start();
    demo.files[3].size = 77;
    come_ahead(open_file("3"), 0);
    TAP_EQ(demo.calls, 2);
    TAP_EQ(fake_endpoint_last_return.flags, TOGETHER);
    TAP_EQ(fake_endpoint_last_return.params_len, 16);
    TAP_EQ(((const uint64_t *)(uintptr_t)fake_endpoint_last_return.params_addr)[1], 77);
    demo_settle();
}

TAP_TEST(a_call_ahead_of_what_this_server_does_not_know_is_given_back)
{
    start();
    uint64_t owed = open_file("3");
    for (int row = 0; row < 2; row++) {
        come_ahead(owed + (row == 0), row == 0 ? 0 : 1); /* another call; no such field */
        TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_BACK);
        TAP_EQ(fake_endpoint_last_return.params_len, 0);
        TAP_EQ(fake_endpoint_last_return.params_addr, 0);
        TAP_EQ(demo.calls, 1);
    }
    demo_settle();
    TAP_EQ(fake_endpoint_receives(), 4);
}

TAP_TEST(a_call_ahead_of_an_exception_is_given_back)
{
    start();
    come_ahead(open_file("no such"), 0);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_BACK);
    demo_settle();
}

TAP_TEST(a_call_ahead_of_what_is_only_passed_on_is_given_back)
{
    start();
    demo.answer = (struct file){fake_endpoint_thing(FILE_INTERFACE_ID)};
    come_ahead(open_file("3"), 0);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_BACK);
    TAP_EQ(demo.calls, 1);
    demo_settle();
}

/* The op had begun its results before it deferred. */
TAP_TEST(a_call_ahead_of_a_reply_is_given_back)
{
    static struct directory_open_reply reply;
    start();
    demo.later = &reply;
    come_ahead(open_file("3"), 0);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_BACK);
    demo.later = NULL;
    TAP_EQ(directory_open_reply_send(&reply), CAP_OK);
    demo_settle();
}

/* A slot that was given back says nothing of what it answered before. */
TAP_TEST(what_was_given_back_is_no_answer)
{
    start();
    come_ahead(open_file("3") + 1, 0);
    come_ahead(AHEAD, 0);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_BACK);
    demo_settle();
}

/* An answer that carries promises is returned by itself, and may be refused. */
TAP_TEST(a_call_ahead_of_an_answer_with_promises_is_given_back)
{
    static struct directory_open_reply reply;
    start();
    demo.later = &reply;
    open_file("3");
    demo.parent = (struct directory){directory_open_promised_file(&call).cap};
    directory_self_send(demo.ring, demo.directory, &self_call);
    demo_serve();
    come_ahead(fake_endpoint_last_call, 0);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_BACK);
    TAP_EQ(demo.calls, 1); /* that of open */
    demo.later = NULL;
    TAP_EQ(directory_open_reply_send(&reply), CAP_OK);
    demo_settle();
}

/* The one that its answer holds is released, and the call was cancelled; but the reply is owed. */
TAP_TEST(an_object_stays_while_a_call_that_came_ahead_is_not_answered)
{
    static struct node_size_reply reply;
    start();
    demo.size_later = &reply;
    serve_ahead(open_file("3"), 0);
    TAP_CHECK(reply.reply.is_owed);
    directory_open_finish(demo.ring, &call);
    demo_settle();
    TAP_EQ(demo.files[3].released, 0);
    TAP_EQ(demo.files[3].object.facets, 1); /* the reply's */
    TAP_EQ(capos_reply_send(&reply.reply), CAP_ERR_UNKNOWN_CALL);
    TAP_EQ(demo.files[3].released, 1);
}
