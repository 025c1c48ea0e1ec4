/*
 * Promises, through generated code on both sides, on a kernel of variables: docs/security.md, clause 35;
 * invariant 8, failures, and that calls and promises end in any order. What
 * needs several processes is in demos/promises.
 */
#include "tests/rt/promise_check.h"

TAP_TEST(a_file_is_opened_read_and_closed_in_one_entry)
{
    struct directory_open_call open;
    struct file_read_call read;
    struct file_read_results_reader got;
    start();
    demo.text_bytes = 5;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    file_read_send(demo.ring, directory_open_promised_file(&open), 0, 100, &read);
    TAP_EQ(file_read_wait(demo.ring, &read, &got), CAP_OK);
    TAP_EQ(file_read_results_get_data(got).size, 5);
    TAP_EQ(fake.waits, 1);
    TAP_EQ(fake.awaited, 2);
    file_read_finish(demo.ring, &read);
    directory_open_finish(demo.ring, &open);
    all_is_gone();
    TAP_EQ(demo.files[3].released, 1);
}

TAP_TEST(a_call_that_is_no_promise_says_nothing_of_answers)
{
    struct directory_open_call open;
    struct file file = {0};
    start();
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_OK);
    capos_handle_release(runtime, file.cap);
    directory_open_fill(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    directory_open_submit(demo.ring, &open);
    capos_ring_flush(demo.ring);
    TAP_EQ(runtime->promises.sequence, 0);
    TAP_EQ(file_size(demo.ring, directory_open_promised_file(&open), &(uint64_t){0}), CAP_ERR_BAD_ANSWER);
    directory_open_finish(demo.ring, &open);
    all_is_gone();
}

TAP_TEST(promised_capabilities_of_an_answer_that_is_there)
{
    struct directory_open_call open;
    struct directory_open_results_reader results;
    struct file file = {0};
    uint64_t bytes = 0;
    start();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    TAP_EQ(directory_open_wait(demo.ring, &open, &results), CAP_OK);
    TAP_EQ(file_size(demo.ring, directory_open_promised_file(&open), &bytes), CAP_OK);
    TAP_EQ(bytes, 1003);
    TAP_EQ(directory_open_results_adopt_file(results, &file), CAP_OK);
    directory_open_finish(demo.ring, &open);
    TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK); /* adopted: it lives on */
    capos_handle_release(runtime, file.cap);
    all_is_gone();
}

TAP_TEST(a_promise_goes_along_with_a_call)
{
    struct directory_open_call open;
    struct directory_link_call link;
    uint64_t bytes = 0;
    start();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    directory_link_send(demo.ring, demo.directory, WIRE_TEXT("name"),
                        file_copied(directory_open_promised_file(&open)), &link);
    directory_open_finish(demo.ring, &open); /* nothing is lost: it is waited for */
    TAP_EQ(directory_link_wait(demo.ring, &link), CAP_OK);
    directory_link_finish(demo.ring, &link);
    TAP_EQ(fake_endpoint_answers(), 0);
    TAP_EQ(file_size(demo.ring, demo.linked, &bytes), CAP_OK);
    TAP_EQ(bytes, 1003);
    capos_handle_release(runtime, demo.linked.cap);
    all_is_gone();
}

/* Give the directory to itself, so often, and ask the last one: each link is a promise of the one before. */
static void chain(uint32_t depth)
{
    static struct directory_self_call calls[64];
    struct directory at = demo.directory;
    struct file_size_call size;
    struct directory_open_call open;
    struct node_size_results_reader got;
    for (uint32_t i = 0; i + 2 < depth; i++) {
        directory_self_send(demo.ring, at, &calls[i]);
        at = directory_self_promised_parent(&calls[i]);
    }
    directory_open_send(demo.ring, at, WIRE_TEXT("4"), &open);
    file_size_send(demo.ring, directory_open_promised_file(&open), &size);
    TAP_EQ(file_size_wait(demo.ring, &size, &got), CAP_OK);
    TAP_EQ(node_size_results_get_bytes(*&got), 1004);
    file_size_finish(demo.ring, &size);
    directory_open_finish(demo.ring, &open);
    for (uint32_t i = 0; i + 2 < depth; i++)
        directory_self_finish(demo.ring, &calls[i]);
}

TAP_TEST(chains_are_one_entry_up_to_the_queue_and_may_be_longer)
{
    static const uint32_t depths[] = {2, 4, 9, 16, 60};
    for (int i = 0; i < 5; i++) {
        start();
        chain(depths[i]);
        if (depths[i] <= CAPOS_SQ_ENTRIES) {
            TAP_EQ(fake.waits, 1);
            TAP_EQ(fake.awaited, depths[i]);
        }
        all_is_gone();
        TAP_STOP_IF_FAILED();
    }
}

/* --- Which record --------------------------------------------------------------------- */

TAP_TEST(invariant_8_a_promise_is_a_record_whatever_the_payload_says)
{
    struct directory_self_call self;
    struct directory_self_results_reader results;
    struct file file = {0};
    struct directory here = {7};
    uint64_t bytes = 0;
    start();
    demo.swap = true; /* the payload's pointers name each other's records */
    directory_self_send(demo.ring, demo.directory, &self);
    TAP_EQ(directory_open(demo.ring, directory_self_promised_parent(&self), WIRE_TEXT("5"), &file), CAP_OK);
    TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK);
    TAP_EQ(bytes, 1005);
    capos_handle_release(runtime, file.cap);
    TAP_EQ(directory_open(demo.ring, directory_self_promised_here(&self), WIRE_TEXT("5"), &file),
           CAP_ERR_BROKEN_PROMISE);
    TAP_EQ(directory_self_wait(demo.ring, &self, &results), CAP_OK);
    TAP_EQ(directory_self_results_adopt_here(results, &here), CAP_ERR_BAD_MESSAGE);
    TAP_EQ(directory_self_results_adopt_parent(results, &here), CAP_ERR_BAD_MESSAGE);
    TAP_EQ(here.cap, 7);
    directory_self_finish(demo.ring, &self);
    all_is_gone();
}

/* A server whose schema ends before the field: the results are those of another method, with fewer records.
 */
TAP_TEST(an_old_server_and_a_newer_client_are_safe)
{
    struct directory_open_call open;
    struct file_size_call size;
    start();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    struct file newer = {capos_call_promised(&open.call, DIRECTORY_SELF_RECORD_PARENT)};
    file_size_send(demo.ring, newer, &size);
    TAP_EQ(capos_call_wait(demo.ring, &size.call, CAPOS_FOREVER, NULL), CAP_ERR_BROKEN_PROMISE);
    file_size_finish(demo.ring, &size);
    TAP_EQ(capos_call_wait(demo.ring, &open.call, CAPOS_FOREVER, NULL), CAP_OK);
    directory_open_finish(demo.ring, &open);
    all_is_gone();
}

/* --- Failure --------------------------------------------------------------------------- */

TAP_TEST(a_broken_promise_says_its_cause)
{
    struct directory_open_call open;
    struct file_size_call size;
    start();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("not there"), &open);
    file_size_send(demo.ring, directory_open_promised_file(&open), &size);
    TAP_EQ(capos_call_wait(demo.ring, &size.call, CAPOS_FOREVER, NULL), CAP_ERR_APPLICATION_EXCEPTION);
    struct capos_exception exception = capos_call_exception(&size.call);
    TAP_EQ(exception.type, EXCEPTION_TYPE_INVALID_ARGUMENT);
    TAP_STR_EQ(exception.message.chars, "no such file");
    directory_open_finish(demo.ring, &open);
    file_size_finish(demo.ring, &size);
    all_is_gone();
}

TAP_TEST(a_promise_that_was_not_submitted_passes_its_status_on)
{
    struct directory_open_call open;
    struct file_size_call size;
    start();
    capos_runtime_return_ring(runtime, demo.ring);
    TAP_EQ(directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open), CAP_ERR_RING_LENT);
    capos_runtime_lend_ring(runtime, &demo.ring);
    TAP_EQ(file_size_send(demo.ring, directory_open_promised_file(&open), &size), CAP_ERR_RING_LENT);
    file_size_finish(demo.ring, &size);
    directory_open_finish(demo.ring, &open);
    TAP_EQ(runtime->promises.kept, 0);
}

TAP_TEST(a_promise_is_borrowed)
{
    struct directory_open_call open;
    struct directory_link_call link;
    capos_cap cap;
    start();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    struct file file = directory_open_promised_file(&open);
    TAP_EQ(capos_handle_adopt(runtime, file.cap, &cap), CAP_ERR_NOT_PERMITTED);
    TAP_EQ(capos_handle_acquire(runtime, file.cap, &cap), CAP_ERR_STALE_CAP);
    TAP_EQ(capos_handle_owners(runtime, file.cap), 0);
    struct capos_handle_stats before, after;
    capos_handle_stats(runtime, &before);
    capos_handle_release(runtime, file.cap); /* does nothing, and is counted */
    capos_handle_stats(runtime, &after);
    TAP_EQ(after.stray, before.stray + 1);
    TAP_EQ(after.queued, before.queued);
    TAP_EQ(directory_link_send(demo.ring, demo.directory, WIRE_TEXT("name"), file_moved(file), &link),
           CAP_ERR_NOT_PERMITTED);
    directory_link_finish(demo.ring, &link);
    TAP_EQ(file_size(demo.ring, file, &(uint64_t){0}), CAP_OK);
    directory_open_finish(demo.ring, &open);
    all_is_gone();
}

/* --- The end of a promise, in any order ------------------------------------------------- */

TAP_TEST(what_is_named_after_its_end_reaches_nobody)
{
    struct directory_open_call open, other;
    struct file_size_call size;
    struct directory_link_call link;
    start();
    start_at_first_id();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    TAP_EQ(open.call.answer_id, 1);
    struct file file = directory_open_promised_file(&open);
    file_size_begin(demo.ring, file, 0, &size, &(struct node_size_params_builder){0});
    struct directory_link_params_builder params;
    directory_link_begin(demo.ring, demo.directory, 0, &link, &params);
    directory_link_params_pass_file(params, file_copied(file));
    directory_open_finish(demo.ring, &open);
    capos_runtime_flush_releases(runtime);
    capos_ring_flush(demo.ring);
    uint64_t submitted = runtime->ring.stats.submitted;
    TAP_EQ(file_size(demo.ring, file, &(uint64_t){0}), CAP_ERR_BAD_ANSWER);
    TAP_EQ(runtime->ring.stats.submitted, submitted);
    /* The id is given anew: to something that must not be reached by the old name. */
    start_at_first_id();
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("4"), &other);
    TAP_EQ(open.call.answer_id, 0);
    TAP_EQ(other.call.answer_id, 1);
    TAP_EQ(file_size_submit(demo.ring, &size), CAP_ERR_BAD_ANSWER);
    TAP_EQ(directory_link_submit(demo.ring, &link), CAP_ERR_BAD_ANSWER);
    TAP_EQ(file_size(demo.ring, file, &(uint64_t){0}), CAP_ERR_BAD_ANSWER);
    file_size_finish(demo.ring, &size);
    directory_link_finish(demo.ring, &link);
    directory_open_finish(demo.ring, &other);
    all_is_gone();
}

/* Three calls, each on the one before, ended in each of the six orders, waited for or not. */
TAP_TEST(calls_and_promises_end_in_any_order)
{
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int i = 0; i < 12; i++) {
        struct directory_self_call self;
        struct directory_open_call open;
        struct file_size_call size;
        struct node_size_results_reader got;
        start();
        directory_self_send(demo.ring, demo.directory, &self);
        directory_open_send(demo.ring, directory_self_promised_parent(&self), WIRE_TEXT("6"), &open);
        file_size_send(demo.ring, directory_open_promised_file(&open), &size);
        bool waited = i >= 6;
        for (int step = 0; step < 3; step++) {
            int which = orders[i % 6][step];
            if (which == 0)
                directory_self_finish(demo.ring, &self);
            else if (which == 1)
                directory_open_finish(demo.ring, &open);
            if (which < 2)
                continue;
            if (waited) {
                TAP_EQ(file_size_wait(demo.ring, &size, &got), CAP_OK);
                TAP_EQ(node_size_results_get_bytes(got), 1006);
            }
            file_size_finish(demo.ring, &size);
        }
        all_is_gone();
        TAP_STOP_IF_FAILED();
    }
}

TAP_TEST(a_promise_that_nobody_needs_is_cancelled_with_its_call)
{
    struct directory_open_call open;
    struct directory_open_reply later;
    start();
    demo.later = &later; /* the server answers never */
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    capos_ring_flush(demo.ring);
    directory_open_finish(demo.ring, &open);
    TAP_EQ(open.call.status, CAP_ERR_CANCELLED);
    TAP_EQ(runtime->ring.stats.unknown, 0);
    TAP_EQ(fake_endpoint_answers(), 0);
    capos_reply_refuse(&later.reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("nobody hears it"));
    all_is_gone();
}

TAP_TEST(cancelling_a_promise_cancels_what_was_called_on_it)
{
    struct directory_open_call open;
    struct directory_open_reply later;
    struct file_size_call size;
    start();
    demo.later = &later;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    file_size_send(demo.ring, directory_open_promised_file(&open), &size);
    capos_ring_flush(demo.ring);
    TAP_EQ(capos_call_cancel(demo.ring, &open.call), CAP_OK);
    TAP_EQ(capos_call_wait(demo.ring, &size.call, CAPOS_FOREVER, NULL), CAP_ERR_CANCELLED);
    directory_open_finish(demo.ring, &open);
    file_size_finish(demo.ring, &size);
    capos_reply_refuse(&later.reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("nobody hears it"));
    all_is_gone();
}

TAP_TEST(a_deadline_ends_one_call_and_not_the_promise)
{
    struct directory_open_call open;
    struct directory_open_reply later;
    struct file_size_call first, second;
    struct node_size_results_reader got;
    start();
    demo.later = &later;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    file_size_send(demo.ring, directory_open_promised_file(&open), &first);
    TAP_EQ(file_size_wait_for(demo.ring, &first, 1000, &got), CAP_ERR_TIMED_OUT);
    file_size_finish(demo.ring, &first);
    file_size_send(demo.ring, directory_open_promised_file(&open), &second);
    TAP_EQ(capos_call_poll(demo.ring, &second.call, NULL), CAP_ERR_TIMED_OUT);
    directory_open_results_pass_file(directory_open_reply_results(&later),
                                     file_minted(&demo.files[3].object));
    TAP_EQ(directory_open_reply_send(&later), CAP_OK);
    TAP_EQ(file_size_wait(demo.ring, &second, &got), CAP_OK);
    TAP_EQ(node_size_results_get_bytes(got), 1003);
    file_size_finish(demo.ring, &second);
    directory_open_finish(demo.ring, &open);
    all_is_gone();
}

TAP_TEST(a_returned_ring_ends_promises_and_what_waits_for_them)
{
    struct directory_open_call open;
    struct file_size_call size;
    struct directory_open_reply later;
    start();
    demo.later = &later;
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    file_size_send(demo.ring, directory_open_promised_file(&open), &size);
    capos_ring_flush(demo.ring);
    capos_runtime_return_ring(runtime, demo.ring);
    TAP_EQ(capos_call_wait(demo.ring, &size.call, CAPOS_FOREVER, NULL), CAP_ERR_CANCELLED);
    file_size_finish(demo.ring, &size);
    directory_open_finish(demo.ring, &open);
    capos_runtime_lend_ring(runtime, &demo.ring);
    capos_ring_flush(demo.ring);
    TAP_EQ(fake_endpoint_answers(), 0);
    TAP_EQ(runtime->ring.stats.unknown, 0);
}
