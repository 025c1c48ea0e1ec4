/*
 * Answers that are kept, and calls on them: docs/abi.md, section 4, and docs/security.md, clauses 30 and 31.
 */
#include "kernel/core/answer.h"

#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"
#include "tests/tap.h"

enum { DONE = 16 };

/* The client's call to the server, with its answer kept; the server has taken it: its id. */
static uint64_t open_kept(uint64_t number, uint32_t answer)
{
    ipc_do(client, ipc_keep(ipc_call(client, client_cap, number), answer));
    return ipc_take(server, owner, 1, number);
}

/* Answer 1, which has arrived, with the fields of so many badges from 7 on. */
static void keep_badges(uint16_t count, uint16_t fields)
{
    ipc_return_badges(open_kept(1, 1), 40, 7, count, fields);
    ipc_expect(client, 1, DONE);
}

/* --- Promise and pipeline ---------------------------------------------------------------- */

TAP_TEST(a_call_on_a_promise_waits_and_goes_out_when_the_answer_arrives)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server);
    ipc_return_badges(id, 40, 7, 1, 1);
    ipc_expect(server, 5, 64 + 16);
    TAP_EQ(ipc_message(server, 5)->badge, 7);
    ipc_expect(client, 1, DONE);
    ipc_expect_nothing(client);
    ipc_do(server, ipc_return(server, ipc_message(server, 5)->call_id, 41));
    ipc_expect(server, 41, CAP_OK);
    ipc_expect(client, 2, DONE);
    ipc_end();
}

TAP_TEST(a_call_on_an_answer_that_has_arrived_goes_out_at_once)
{
    ipc_begin();
    keep_badges(2, 2);
    ipc_do(client, ipc_pipeline(client, 1, 1, 2));
    ipc_take(server, owner, 8, 2);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_expect(server, 5, 64 + 16);
    TAP_EQ(ipc_message(server, 5)->badge, 7);
    ipc_end();
}

/* The kernel stores nothing of the payload: its pointers may say what they like. */
TAP_TEST(misleading_payload_bytes_change_no_resolution)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    struct cap_sqe sqe = ipc_return(server, id, 40);
    const uint64_t words[] = {UINT64_C(0x0001000000000000), UINT64_C(0x0000000100000003)}; /* capability 1 */
    const struct cap_transfer caps[] = {
        {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 7, .interface_id = IPC_INTERFACE},
        {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 8, .interface_id = IPC_INTERFACE},
    };
    memcpy(fake_memory(server, sqe.params_addr), words, sizeof words);
    ipc_attach(server, &sqe, caps, 2);
    sqe.result_cap_max = 2;
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_OK);
    ipc_take(server, owner, 7, 2);
    ipc_end();
}

TAP_TEST(only_fields_can_be_called_and_null_is_a_broken_promise)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    struct cap_sqe sqe = ipc_return(server, id, 40);
    const struct cap_transfer caps[] = {
        {.mode = CAP_TRANSFER_COPY},
        {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 7, .interface_id = IPC_INTERFACE},
    };
    ipc_attach(server, &sqe, caps, 2);
    sqe.result_cap_max = 1;
    ipc_do(client, ipc_pipeline(client, 1, 1, 2));
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_ERR_BUFFER_TOO_SMALL); /* record 1 is nobody's: no field, and no slot for it */
    ipc_expect(client, 2, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(client, 3, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(client, 1, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(ipc_finish(client, 1), CAP_OK);

    struct cap_sqe call = ipc_keep(ipc_call(client, client_cap, 4), 1);
    call.result_cap_max = 2;
    ipc_do(client, call);
    sqe.interface_id = ipc_take(server, owner, 1, 4);
    ipc_do(client, ipc_pipeline(client, 1, 1, 2)); /* there, and no field: an old server's */
    ipc_do(client, ipc_pipeline(client, 1, 0, 3)); /* a field, and null */
    ipc_do(server, sqe);
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 3, CAP_ERR_BROKEN_PROMISE);
    ipc_expect(client, 4, DONE);
    ipc_do(client, ipc_pipeline(client, 1, UINT16_MAX, 2));
    ipc_expect(client, 2, CAP_ERR_BROKEN_PROMISE);
    ipc_end();
}

TAP_TEST(answer_ids_are_checked)
{
    ipc_begin();
    TAP_EQ(client->ring->header.answers_max, KERNEL_ANSWERS_MAX);
    const uint32_t bad[] = {0, KERNEL_ANSWERS_MAX, UINT32_MAX};
    for (unsigned i = 0; i < 3; i++) {
        ipc_do(client, ipc_keep(ipc_call(client, client_cap, 1), bad[i]));
        ipc_expect(client, 1, CAP_ERR_BAD_ANSWER);
        ipc_do(client, ipc_pipeline(client, bad[i], 0, 1));
        ipc_expect(client, 1, CAP_ERR_BAD_ANSWER);
        TAP_EQ(ipc_finish(client, bad[i]), CAP_ERR_BAD_ANSWER);
    }
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 1), 1)); /* itself */
    ipc_expect(client, 1, CAP_ERR_BAD_ANSWER);
    uint64_t id = open_kept(1, KERNEL_ANSWERS_MAX - 1);
    ipc_do(client, ipc_keep(ipc_call(client, client_cap, 2), KERNEL_ANSWERS_MAX - 1));
    ipc_expect(client, 2, CAP_ERR_BAD_ANSWER);
    ipc_do(other, ipc_pipeline(other, KERNEL_ANSWERS_MAX - 1, 0, 2)); /* another's */
    ipc_expect(other, 2, CAP_ERR_BAD_ANSWER);
    ipc_do(server, ipc_return(server, id, 40));
    ipc_expect(server, 40, CAP_OK);
    ipc_expect(client, 1, DONE);
    TAP_EQ(ipc_finish(client, KERNEL_ANSWERS_MAX - 1), CAP_OK);
    TAP_EQ(ipc_finish(client, KERNEL_ANSWERS_MAX - 1), CAP_ERR_BAD_ANSWER);
    ipc_do(client, ipc_pipeline(client, KERNEL_ANSWERS_MAX - 1, 0, 2));
    ipc_expect(client, 2, CAP_ERR_BAD_ANSWER);
    open_kept(3, KERNEL_ANSWERS_MAX - 1); /* free again */
    ipc_end();
}

TAP_TEST(a_submission_that_is_refused_keeps_no_answer)
{
    ipc_begin();
    ipc_do(client, ipc_keep(ipc_call(client, 12345 << 16, 1), 1));
    ipc_expect(client, 1, CAP_ERR_STALE_CAP);
    TAP_EQ(machine->kernel.answer_pool.taken, 0);
    struct cap_sqe sqe = ipc_keep(ipc_call(client, client_cap, 1), 1);
    ipc_attach(client, &sqe, &(struct cap_transfer){.mode = 77}, 1);
    ipc_do(client, sqe);
    ipc_expect(client, 1, CAP_ERR_BAD_TRANSFER);
    TAP_EQ(ipc_finish(client, 1), CAP_ERR_BAD_ANSWER);
    open_kept(2, 1);
    ipc_end();
}

TAP_TEST(answers_that_are_not_finished_count_as_calls)
{
    ipc_begin();
    for (uint32_t i = 1; i <= KERNEL_CALLS_MAX; i++) {
        struct cap_sqe sqe = ipc_keep(fake_now_call(client, i), i);
        TAP_EQ(fake_run(client, &sqe).result, DONE);
    }
    struct cap_sqe sqe = fake_now_call(client, 200);
    TAP_EQ(fake_run(client, &sqe).result, CAP_ERR_TOO_MANY_CALLS);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_expect(client, 3, CAP_ERR_TOO_MANY_CALLS);
    TAP_EQ(machine->kernel.calls, KERNEL_CALLS_MAX);
    TAP_EQ(ipc_finish(client, 3), CAP_OK);
    TAP_EQ(fake_run(client, &sqe).result, DONE);
    ipc_end();
}

/* --- What an answer holds ------------------------------------------------------------------ */

TAP_TEST(an_answer_keeps_its_capabilities_whatever_becomes_of_the_callers)
{
    ipc_begin();
    struct cap_sqe call = ipc_keep(ipc_call(client, client_cap, 1), 1);
    call.result_cap_max = 1;
    ipc_do(client, call);
    ipc_return_badges(ipc_take(server, owner, 1, 1), 40, 7, 1, 1);
    struct cap_cqe cqe = ipc_reap(client);
    TAP_EQ(cqe.cap_count, 1);
    ipc_release(client, ipc_result_records(client, 1, cqe)[0].cap_id);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    uint64_t id = ipc_take(server, owner, 7, 2);
    TAP_EQ(ipc_finish(client, 1), CAP_OK);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect_nothing(server); /* the call holds it still */
    ipc_do(server, ipc_return(server, id, 41));
    ipc_expect(server, 41, CAP_OK);
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->kind, CAP_MESSAGE_RELEASED);
    TAP_EQ(ipc_message(server, 5)->badge, 7);
    ipc_end();
}

TAP_TEST(a_caller_that_sets_nothing_aside_reaches_the_fields_through_the_answer)
{
    ipc_begin();
    struct cap_sqe call = ipc_keep(ipc_call(client, client_cap, 1), 1);
    uint32_t used = client->caps.used;
    call.result_len = 16;
    ipc_do(client, call);
    ipc_return_badges(ipc_take(server, owner, 1, 1), 40, 7, 2, 2);
    struct cap_cqe cqe = ipc_reap(client);
    TAP_EQ(cqe.result, DONE);
    TAP_EQ(cqe.cap_count, 0);
    TAP_EQ(client->caps.used, used);
    ipc_do(client, ipc_pipeline(client, 1, 1, 2));
    ipc_take(server, owner, 8, 2);

    call = ipc_keep(ipc_call(client, client_cap, 3), 2);
    call.result_cap_max = 1;
    call.result_len = 16 + 32;
    ipc_do(client, call);
    ipc_return_badges(ipc_take(server, owner, 1, 3), 41, 7, 2, 2);
    cqe = ipc_reap(client);
    TAP_EQ(cqe.result, DONE);
    TAP_EQ(cqe.cap_count, 1);
    TAP_EQ(client->caps.used, used + 1);
    TAP_EQ(client->caps.reserved, 0);
    ipc_end();
}

TAP_TEST(what_was_moved_into_an_answer_alone_is_the_answers)
{
    ipc_begin();
    uint64_t moved = ipc_facet(server, owner, 7, server);
    uint64_t id = open_kept(1, 1);
    struct cap_sqe sqe = ipc_return(server, id, 40);
    ipc_attach(server, &sqe, &(struct cap_transfer){.cap_id = moved, .mode = CAP_TRANSFER_MOVE}, 1);
    sqe.result_cap_max = 1;
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_OK);
    TAP_CHECK(!kernel_caps_find(&server->caps, moved));
    TAP_EQ(machine->kernel.facet_pool.taken, 3);
    ipc_expect(client, 1, DONE);
    TAP_EQ(ipc_finish(client, 1), CAP_OK);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_expect(server, 5, 64);
    TAP_EQ(ipc_message(server, 5)->badge, 7);
    ipc_end();
}

/* --- Failure ------------------------------------------------------------------------------- */

static void expect_message(uint64_t number, const char *text)
{
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(client, ipc_results(number)), 1024);
    struct wire_text got = cap_exception_get_message((struct cap_exception_reader){wire_root(&message)});
    TAP_STR_EQ(got.chars, text);
}

TAP_TEST(an_exception_is_passed_on_along_the_chain)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 3, 3));
    ipc_do(server, ipc_return_exception(server, id, 40, EXCEPTION_TYPE_OVERLOADED, "no more of these"));
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_OVERLOADED);
    ipc_expect_exception(client, 3, EXCEPTION_TYPE_OVERLOADED);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_OVERLOADED);
    expect_message(2, "no more of these");
    expect_message(3, "no more of these");
    TAP_STOP_IF_FAILED();
    ipc_do(client, ipc_pipeline(client, 1, 0, 4)); /* afterwards, too */
    ipc_expect_exception(client, 4, EXCEPTION_TYPE_OVERLOADED);
    ipc_end();
}

/* 255 bytes of letters and a character of two: it would be cut in half. */
TAP_TEST(a_long_exception_is_cut_before_a_character)
{
    char text[300];
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    struct cap_sqe call = ipc_pipeline(client, 1, 0, 2);
    call.result_addr = FAKE_MEMORY + 0x30000;
    call.result_len = 1024;
    ipc_do(client, call);
    memset(text, 'a', sizeof text);
    memcpy(text + 255, "\xc3\xa9", 2);
    text[280] = 0;
    ipc_do(server, ipc_return_exception(server, id, 40, EXCEPTION_TYPE_FAILED, text));
    ipc_expect(server, 40, CAP_OK);
    ipc_expect(client, 2, CAP_ERR_APPLICATION_EXCEPTION);
    ipc_expect(client, 1, CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED);
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(client, call.result_addr), 1024);
    struct wire_text got = cap_exception_get_message((struct cap_exception_reader){wire_root(&message)});
    TAP_EQ(got.size, 255);
    ipc_end();
}

TAP_TEST(an_exception_that_does_not_decode_is_passed_on_without_a_message)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    struct cap_sqe sqe = ipc_return(server, id, 40);
    sqe.flags = CAP_SQE_EXCEPTION;
    sqe.method_id = EXCEPTION_TYPE_FAILED;
    memset(fake_memory(server, sqe.params_addr), 0x7f, 16);
    ipc_do(server, sqe);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_FAILED);
    expect_message(2, "");
    TAP_STOP_IF_FAILED();
    ipc_end();
}

TAP_TEST(a_transport_failure_passes_its_code_on)
{
    ipc_begin();
    struct cap_sqe call = ipc_keep(ipc_call(client, client_cap, 1), 1);
    call.result_len = 8;
    ipc_do(client, call);
    uint64_t id = ipc_take(server, owner, 1, 1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    ipc_do(server, ipc_return(server, id, 40));
    ipc_expect(client, 1, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(client, 3, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(client, 2, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_expect(server, 40, CAP_ERR_BUFFER_TOO_SMALL);
    ipc_end();
}

TAP_TEST(a_target_that_is_gone_disconnects_what_depends_on_it)
{
    ipc_begin();
    open_kept(1, 1);
    ipc_do(client, ipc_pipeline(client, 1, 0, 2));
    ipc_kill(server);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_end();
}

/* Both the call at the server and a field that an answer holds. */
TAP_TEST(a_badge_that_is_revoked_disconnects_what_depends_on_it)
{
    ipc_begin();
    keep_badges(1, 1);
    ipc_do(client, ipc_keep(ipc_pipeline(client, 1, 0, 2), 2));
    ipc_take(server, owner, 7, 2);
    ipc_do(client, ipc_pipeline(client, 2, 0, 3));
    kernel_endpoint_revoke(&machine->kernel, kernel_endpoint_of(kernel_caps_find(&server->caps, owner)), 7);
    kernel_settle(&machine->kernel);
    ipc_expect_exception(client, 3, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    ipc_do(client, ipc_pipeline(client, 1, 0, 3));
    ipc_expect_exception(client, 3, EXCEPTION_TYPE_DISCONNECTED);
    ipc_end();
}

/* What the endpoint of a promise refuses is known only then. */
TAP_TEST(what_the_target_does_not_take_ends_the_call_when_it_is_known)
{
    ipc_begin();
    uint64_t id = open_kept(1, 1);
    struct cap_sqe large = ipc_pipeline(client, 1, 0, 2);
    large.params_len = IPC_MESSAGE_MAX + 8;
    ipc_do(client, large);
    struct cap_sqe watch = ipc_pipeline(client, 1, 0, 3);
    watch.interface_id = CAPABILITY_INTERFACE_ID;
    watch.method_id = CAPABILITY_METHOD_WATCH;
    ipc_do(client, watch);
    ipc_return_badges(id, 40, 7, 1, 1);
    ipc_expect(client, 2, CAP_ERR_MESSAGE_TOO_LARGE);
    ipc_expect(client, 1, DONE);
    ipc_expect_nothing(client);
    ipc_kill(server);
    ipc_expect_exception(client, 3, EXCEPTION_TYPE_DISCONNECTED);
    ipc_end();
}

TAP_TEST(a_queue_that_is_full_when_the_target_is_known_refuses_the_call)
{
    ipc_begin();
    if (KERNEL_CALLS_MAX < KERNEL_QUEUE_MAX + 2)
        TAP_SKIP("needs more calls");
    keep_badges(1, 1);
    for (uint64_t i = 0; i < KERNEL_QUEUE_MAX; i++)
        ipc_do(client, ipc_pipeline(client, 1, 0, 2 + i));
    ipc_do(client, ipc_pipeline(client, 1, 0, 2 + KERNEL_QUEUE_MAX));
    ipc_expect(client, 2 + KERNEL_QUEUE_MAX, CAP_ERR_QUEUE_FULL);
    ipc_end();
}
