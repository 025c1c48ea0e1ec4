/*
 * Calls that are answered after their op has returned. Held by it:
 * docs/security.md, 14.
 */
#include <capos/heap.h>

#include <string.h>

#include "schema/capos.capos.h"
#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct store_watch_results_reader nothing; /* results that nobody looks at */

TAP_TEST(a_deferred_call_is_answered_from_inside_another)
{
    struct store_watch_call watches[3];
    struct store_watch_results_reader results;
    uint64_t version = 0;
    demo_start(4);
    demo_serve_all();
    for (uint64_t i = 0; i < 3; i++)
        store_watch_send(demo.ring, demo.client, 1, 1, &watches[i]);
    demo_serve();
    TAP_EQ(fake_endpoint_owed(), 3);
    TAP_EQ(capos_call_poll(demo.ring, &watches[0].call, NULL), CAP_ERR_TIMED_OUT);
    TAP_EQ(fake_endpoint_receives(), 4); /* what is deferred takes no request away */
    demo_turns();
    TAP_EQ(store_put(demo.ring, demo.client, 1, 42, &version), CAP_OK);
    for (int i = 0; i < 3; i++) {
        TAP_EQ(store_watch_wait(demo.ring, &watches[i], &results), CAP_OK);
        TAP_EQ(store_watch_results_get_value(results), 42);
        TAP_EQ(store_watch_results_get_version(results), 2);
        store_watch_finish(demo.ring, &watches[i]);
    }
    TAP_EQ(fake_endpoint_owed(), 0);
}

TAP_TEST(a_reply_is_answered_once)
{
    struct store_watch_call watch;
    demo_start(4);
    demo_serve_all();
    store_watch_send(demo.ring, demo.client, 1, 1, &watch);
    demo_serve();
    TAP_EQ(capos_reply_refuse(&demo.watchers[0].reply.reply, EXCEPTION_TYPE_OVERLOADED, WIRE_TEXT("later")),
           CAP_OK);
    TAP_EQ(store_watch_reply_send(&demo.watchers[0].reply), CAP_ERR_UNKNOWN_CALL);
    TAP_EQ(capos_reply_refuse(&demo.watchers[0].reply.reply, 0, WIRE_TEXT("")), CAP_ERR_UNKNOWN_CALL);
    TAP_EQ(store_watch_wait_for(demo.ring, &watch, 1000, &nothing), CAP_ERR_APPLICATION_EXCEPTION);
    TAP_STR_EQ(capos_call_exception(&watch.call).message.chars, "later");
    store_watch_finish(demo.ring, &watch);
}

TAP_TEST(a_caller_that_gives_up_is_seen_and_its_answer_is_owed_still)
{
    struct store_watch_call watches[2];
    demo_start(4);
    demo_serve_all();
    for (int answers = 0; answers < 2; answers++) {
        demo.answers_cancelled = answers;
        store_watch_send(demo.ring, demo.client, 1, 1, &watches[answers]);
        demo_serve();
        TAP_EQ(store_watch_wait_for(demo.ring, &watches[answers], 1000, &nothing), CAP_ERR_TIMED_OUT);
        store_watch_finish(demo.ring, &watches[answers]);
        demo_serve();
        TAP_CHECK(demo.watchers[0].cancelled && demo.watchers[0].reply.reply.is_cancelled);
        TAP_EQ(demo.watchers[0].waits, !answers);
        TAP_EQ(fake_endpoint_owed(), !answers);
        if (!answers)
            TAP_EQ(store_watch_reply_send(&demo.watchers[0].reply), CAP_OK);
        demo.watchers[0].waits = false;
        TAP_EQ(fake_endpoint_owed(), 0);
    }
}

TAP_TEST(a_large_reply_borrows_from_the_heap)
{
    struct capos_heap_stats before, after;
    struct store_watch_call watch;
    uint64_t version = 0;
    demo_start(4);
    demo_serve_all();
    capos_heap_stats(&before);
    store_watch_send(demo.ring, demo.client, 1, 101, &watch);
    demo_serve();
    capos_heap_stats(&after);
    TAP_EQ(after.used_blocks, before.used_blocks + 1);
    demo_turns();
    TAP_EQ(store_put(demo.ring, demo.client, 1, 1, &version), CAP_OK);
    capos_heap_stats(&after);
    TAP_EQ(after.used_blocks, before.used_blocks);
    TAP_EQ(store_watch_wait_for(demo.ring, &watch, 1, &nothing), CAP_OK);
    store_watch_finish(demo.ring, &watch);
}

static capos_status defer_another(struct capos_request *request, struct directory_link_params_reader params)
{
    static struct store_watch_reply reply;
    (void)params;
    return store_watch_defer(request, 0, &reply);
}

static struct directory_link_reply link_reply;

static capos_status defer_twice(struct capos_request *request, struct directory_link_params_reader params)
{
    (void)params;
    capos_status status = directory_link_defer(request, 0, &link_reply);
    struct directory_link_reply again;
    return status < 0 ? status : directory_link_defer(request, 0, &again) == CAP_ERR_BAD_PARAMS ? CAP_OK : -1;
}

TAP_TEST(a_request_is_deferred_once_and_as_what_it_is)
{
    struct file file = {0};
    struct directory_link_call call;
    demo_start(4);
    demo_turns();
    demo.on_link = defer_another;
    TAP_EQ(directory_link(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(file)),
           CAP_ERR_APPLICATION_EXCEPTION);
    demo.on_link = defer_twice;
    file.cap = fake_endpoint_thing(FILE_INTERFACE_ID);
    uint32_t held = fake_endpoint_held();
    directory_link_send(demo.ring, demo.directory, WIRE_TEXT("a"), file_copied(file), &call);
    demo_serve();
    TAP_EQ(directory_link_reply_send(&link_reply), CAP_OK);
    TAP_EQ(directory_link_wait(demo.ring, &call), CAP_OK);
    directory_link_finish(demo.ring, &call);
    TAP_EQ(fake_endpoint_held(), held); /* what came along ended with the op */
}
