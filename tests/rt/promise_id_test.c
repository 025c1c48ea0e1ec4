/*
 * The ids of promises: given, counted and given back; servers that pass promises
 * on; what is left at the end.
 */
#include <string.h>

#include "tests/rt/promise_check.h"

/* --- Answer ids --------------------------------------------------------------------------- */

TAP_TEST(answer_ids_come_back_and_run_out)
{
    static struct directory_open_call calls[FAKE_ANSWERS + 1];
    uint64_t bytes;
    start();
    for (int round = 0; round < 5 * FAKE_ANSWERS; round++) {
        directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &calls[0]);
        TAP_EQ(file_size(demo.ring, directory_open_promised_file(&calls[0]), &bytes), CAP_OK);
        directory_open_finish(demo.ring, &calls[0]);
        TAP_STOP_IF_FAILED();
    }
    capos_runtime_flush_releases(runtime);
    TAP_EQ(fake_endpoint_answers(), 0);
    for (int i = 0; i < FAKE_ANSWERS; i++)
        TAP_EQ(directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &calls[i]), CAP_OK);
    TAP_EQ(directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &calls[FAKE_ANSWERS]),
           CAP_ERR_TOO_MANY_CALLS);
    TAP_EQ(file_size(demo.ring, directory_open_promised_file(&calls[FAKE_ANSWERS]), &bytes),
           CAP_ERR_TOO_MANY_CALLS);
    directory_open_finish(demo.ring, &calls[FAKE_ANSWERS]);
    TAP_EQ(file_size(demo.ring, directory_open_promised_file(&calls[FAKE_ANSWERS - 1]), &bytes), CAP_OK);
    for (int i = 0; i < FAKE_ANSWERS; i++)
        directory_open_finish(demo.ring, &calls[i]);
    all_is_gone();
}

/* The numbers that tell promises of one id apart begin anew after 2^39. */
TAP_TEST(the_numbers_of_promises_wrap)
{
    struct directory_open_call open;
    uint64_t bytes = 0;
    start();
    runtime->promises.sequence = RT_PROMISE_NUMBERS - 3;
    for (int i = 0; i < 6; i++) {
        directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
        TAP_EQ(file_size(demo.ring, directory_open_promised_file(&open), &bytes), CAP_OK);
        directory_open_finish(demo.ring, &open);
    }
    all_is_gone();
}

TAP_TEST(a_kernel_without_answers_says_so)
{
    struct directory_open_call open;
    start();
    runtime->promises.room = 0;
    TAP_EQ(directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open), CAP_ERR_UNSUPPORTED_OP);
    directory_open_finish(demo.ring, &open);
}

/* What is waited for is counted exactly, also when ids are given anew in between. */
TAP_TEST(what_a_call_needs_is_counted_once_and_forgets_what_is_over)
{
    struct directory_self_call a, b;
    struct directory_open_call open, other;
    struct directory_open_reply later;
    struct directory_link_call link;
    start();
    start_at_first_id();
    directory_self_send(demo.ring, demo.directory, &a);
    TAP_EQ(a.call.answer_id, 1);
    struct directory parent = directory_self_promised_parent(&a);
    directory_self_send(demo.ring, parent, &b);
    directory_open_send(demo.ring, directory_self_promised_parent(&b), WIRE_TEXT("3"), &open);
    directory_link_send(demo.ring, parent, WIRE_TEXT("x"), file_copied(directory_open_promised_file(&open)),
                        &link);
    TAP_EQ(directory_link_wait(demo.ring, &link), CAP_OK); /* a is needed twice */
    TAP_EQ(fake.awaited, 4);
    directory_link_finish(demo.ring, &link);
    directory_self_finish(demo.ring, &a);
    capos_handle_release(runtime, demo.linked.cap);
    capos_runtime_flush_releases(runtime);
    demo.later = &later;
    capos_ring_flush(demo.ring);
    start_at_first_id(); /* which was that of a */
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &other);
    TAP_EQ(other.call.answer_id, 1);
    TAP_EQ(file_size(demo.ring, directory_open_promised_file(&open), &(uint64_t){0}), CAP_OK);
    TAP_EQ(fake.awaited, 1);
    directory_open_finish(demo.ring, &other);
    directory_open_finish(demo.ring, &open);
    directory_self_finish(demo.ring, &b);
    capos_reply_refuse(&later.reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("nobody hears it"));
    all_is_gone();
}

/* An id that stood for what came first is given to a call that comes later: the wait is not for that one. */
TAP_TEST(what_is_over_is_not_waited_for)
{
    struct directory_self_call a;
    struct directory_open_call open, other;
    struct directory_open_reply later, latest;
    struct directory_open_results_reader got;
    start();
    start_at_first_id();
    demo.later = &later;
    directory_self_send(demo.ring, demo.directory, &a);
    directory_open_send(demo.ring, directory_self_promised_parent(&a), WIRE_TEXT("3"), &open);
    TAP_EQ(capos_call_wait(demo.ring, &a.call, CAPOS_FOREVER, NULL), CAP_OK);
    TAP_EQ(capos_call_poll(demo.ring, &open.call, NULL), CAP_ERR_TIMED_OUT);
    directory_self_finish(demo.ring, &a);
    capos_ring_flush(demo.ring);
    start_at_first_id();
    demo.later = &latest;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &other);
    TAP_EQ(other.call.answer_id, 1);
    TAP_EQ(directory_open_wait_for(demo.ring, &open, 1000, &got), CAP_ERR_TIMED_OUT);
    TAP_EQ(fake.awaited_with_time, 1);
    directory_open_finish(demo.ring, &open);
    directory_open_finish(demo.ring, &other);
    capos_reply_refuse(&later.reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("nobody hears it"));
    capos_reply_refuse(&latest.reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("nobody hears it"));
    all_is_gone();
}

/* --- Servers ----------------------------------------------------------------------------------- */

/* An op that answers with what it was promised itself: nobody waits for it in between. */
TAP_TEST(a_server_passes_a_promise_on)
{
    static struct directory_open_call inner;
    struct directory_open_call open;
    struct directory_open_reply later;
    uint64_t bytes = 0;
    start();
    demo.later = &later;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &inner);
    demo_serve();
    demo.later = NULL;
    demo.answer = directory_open_promised_file(&inner);
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("4"), &open);
    TAP_EQ(capos_call_poll(demo.ring, &open.call, NULL), CAP_ERR_TIMED_OUT);
    TAP_EQ(fake_endpoint_parked(), 1); /* the RETURN */
    directory_open_results_pass_file(directory_open_reply_results(&later),
                                     file_minted(&demo.files[7].object));
    TAP_EQ(directory_open_reply_send(&later), CAP_OK);
    TAP_EQ(file_size(demo.ring, directory_open_promised_file(&open), &bytes), CAP_OK);
    TAP_EQ(bytes, 1007);
    directory_open_finish(demo.ring, &open);
    directory_open_finish(demo.ring, &inner);
    all_is_gone();
}

/* --- What is left ----------------------------------------------------------------------------- */

TAP_TEST(a_promise_that_is_not_finished_is_told_at_the_end)
{
    struct directory_open_call open;
    start();
    directory_open_fill(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    CAPOS_NOTED(directory_open_promise(&open));
    directory_open_submit(demo.ring, &open);
    rt_promises_report(runtime);
    TAP_CHECK(strstr(fake.line, "not finished at exit: a promise from tests/rt/promise_id_test.c:"));
    fake.line[0] = 0;
    directory_open_finish(demo.ring, &open);
    rt_promises_report(runtime);
    TAP_STR_EQ(fake.line, "");
    all_is_gone();
}
