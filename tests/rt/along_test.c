/*
 * What goes along with an entry into the kernel: RELEASEs, FINISHes, and the receive with an answer.
 */
#include <capos/handle.h>
#include <capos/panic.h>

#include "schema/capos.client.capos.h"
#include "tests/rt/demo_server.h"
#include "tests/tap.h"

static struct capos_runtime *const runtime = &fake.runtime;
static struct capos_ring *ring;
static struct timer timer = {12};

static struct capos_handle_stats stats(void)
{
    struct capos_handle_stats now;
    capos_handle_stats(runtime, &now);
    return now;
}

static void begin(void)
{
    fake_start();
    capos_runtime_lend_ring(runtime, &ring);
}

/* Each is another capability. */
static void release(uint32_t count)
{
    static uint64_t serial;
    for (; count > 0; count--, serial++) {
        capos_cap cap;
        capos_handle_adopt(runtime, (serial / 40 + 1) << CAPOS_CAP_SLOT_SHIFT | (20 + serial % 40), &cap);
        capos_handle_release(runtime, cap);
    }
}

/* A kernel that holds calls, and ends one when somebody waits. */
static void end_one(void)
{
    if (fake.held_count > 0)
        fake_complete(0, 0);
}

static void hold_calls(void)
{
    begin();
    fake.hold = true;
    fake.idle = end_one;
}

/* --- RELEASE ------------------------------------------------------------------------------------ */

TAP_TEST(releases_go_along_with_the_next_entry)
{
    begin();
    release(3);
    TAP_EQ(fake.enters, 0);
    timer_now(ring, timer, &(uint64_t){0});
    TAP_EQ(fake.enters, 1);
    TAP_EQ(fake.taken, 4);
    TAP_EQ(stats().queued, 0);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
    TAP_EQ(fake.enters, 1);
    TAP_EQ(stats().released, 3);
}

TAP_TEST(what_goes_along_is_no_reason_to_come_back)
{
    struct timer_now_call call;
    hold_calls();
    release(3);
    timer_now_send(ring, timer, &call);
    TAP_EQ(timer_now_wait(ring, &call, &(struct timer_now_results_reader){0}), CAP_OK);
    TAP_EQ(fake.waits, 1);
    TAP_EQ(fake.awaited, 4);
    timer_now_finish(ring, &call);
    timer_now_send(ring, timer, &call);
    TAP_EQ(timer_now_wait(ring, &call, &(struct timer_now_results_reader){0}), CAP_OK);
    TAP_EQ(fake.awaited, 1);
    timer_now_finish(ring, &call);
}

/* Else the time would begin anew when it is over. */
TAP_TEST(a_wait_with_a_time_is_for_its_completion_alone)
{
    struct timer_now_call call;
    hold_calls();
    release(3);
    timer_now_send(ring, timer, &call);
    TAP_EQ(timer_now_wait_for(ring, &call, 1000, &(struct timer_now_results_reader){0}), CAP_OK);
    TAP_EQ(fake.awaited_with_time, 1);
    timer_now_finish(ring, &call);
}

TAP_TEST(what_goes_along_takes_the_room_that_is_left)
{
    static struct timer_now_call calls[CAPOS_SQ_ENTRIES];
    begin();
    release(RT_QUEUED_MAX);
    for (int i = 0; i < CAPOS_SQ_ENTRIES; i++)
        timer_now_send(ring, timer, &calls[i]);
    TAP_EQ(fake.enters, 0);
    timer_now_wait(ring, &calls[0], &(struct timer_now_results_reader){0});
    TAP_EQ(fake.enters, 1);
    for (uint32_t left = RT_QUEUED_MAX; left > 0; left -= CAPOS_SQ_ENTRIES) {
        TAP_EQ(stats().queued, left);
        capos_ring_flush(ring);
    }
    TAP_EQ(stats().queued, 0);
    for (int i = 0; i < CAPOS_SQ_ENTRIES; i++)
        timer_now_finish(ring, &calls[i]);
}

/* Else a program that always fills its queue with calls would run out of slots. */
TAP_TEST(a_queue_of_releases_that_is_long_takes_entries_of_its_own)
{
    begin();
    release(RT_QUEUED_MAX);
    TAP_EQ(fake.enters, 0);
    release(1);
    TAP_EQ(stats().queued, 0);
    TAP_EQ(fake.taken, RT_QUEUED_MAX + 1);
    TAP_EQ(fake.enters, 3);
    capos_runtime_return_ring(runtime, ring);
    release(RT_QUEUED_MAX + 1); /* whoever has not lent the ring does not enter */
    TAP_EQ(stats().queued, RT_QUEUED_MAX + 1);
}

TAP_TEST(a_refusal_of_what_went_along_is_told_by_the_next_flush)
{
    begin();
    release(2);
    fake.result = CAP_ERR_NOT_PERMITTED;
    timer_now(ring, timer, &(uint64_t){0});
    fake.result = CAP_OK;
    release(1);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_ERR_NOT_PERMITTED);
    TAP_EQ(stats().refused, 2);
    TAP_EQ(stats().released, 1);
    TAP_EQ(capos_runtime_flush_releases(runtime), CAP_OK);
}

/* What is queued may be what has made the program panic. */
TAP_TEST(nothing_goes_along_with_the_line_of_a_panic)
{
    begin();
    release(2);
    if (setjmp(fake.at_exit) == 0)
        capos_panic("it is wrong");
    TAP_EQ(fake.exit_code, CAPOS_EXIT_PANIC);
    TAP_EQ(fake.taken, 1);
}

/* --- FINISH ------------------------------------------------------------------------------------- */

/* The endpoint, and a timer that never answers. */
static bool keep_timer_calls(const struct cap_sqe *sqe)
{
    return (sqe->op == CAP_OP_CALL && sqe->cap_id == timer.cap) || fake_endpoint_take(sqe);
}

/* The queue is full of calls: the FINISH goes before anything waits for what it ends. */
TAP_TEST(a_promise_that_nobody_needs_ends_behind_a_full_queue)
{
    struct directory_open_call open;
    static struct timer_now_call calls[CAPOS_SQ_ENTRIES];
    struct directory_open_reply later;
    demo_start(4);
    demo_turns();
    demo.later = &later; /* the server answers never */
    directory_open_send(demo.ring, demo.directory, WIRE_TEXT("3"), &open);
    capos_ring_flush(demo.ring);
    fake.take = keep_timer_calls;
    fake.idle = NULL; /* the server has had its turn */
    for (int i = 0; i < CAPOS_SQ_ENTRIES; i++)
        timer_now_send(demo.ring, timer, &calls[i]);
    directory_open_finish(demo.ring, &open);
    TAP_EQ(open.call.status, CAP_ERR_CANCELLED);
    TAP_EQ(fake_endpoint_answers(), 0);
}

/* --- An answer and the next receive ------------------------------------------------------------------ */

static int32_t refusal;

/* The endpoint, but the next RETURN_RECV that carries something is refused. */
static bool refuse_once(const struct cap_sqe *sqe)
{
    if (refusal == 0 || !(sqe->flags & CAP_SQE_RETURN_RECV) || sqe->xfer_cap_count == 0)
        return fake_endpoint_take(sqe);
    fake_post((struct cap_cqe){.user_data = sqe->user_data, .result = refusal});
    refusal = 0;
    return true;
}

static void serve(int32_t refused)
{
    demo_start(2);
    demo_turns();
    refusal = refused;
    fake.take = refuse_once;
}

TAP_TEST(an_answer_with_capabilities_receives_as_well)
{
    struct file file = {0};
    serve(0);
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_OK);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD);
    TAP_EQ(fake_endpoint_last_return.xfer_cap_count, 1);
    TAP_EQ(fake_endpoint_receives(), 2);
    capos_handle_release(runtime, file.cap);
    demo_settle();
    TAP_EQ(demo.files[3].released, 1);
}

/* Whichever half it was that could not be taken: the RETURN by itself tells, and nothing is lost. */
TAP_TEST(a_refused_return_with_receive_is_returned_by_itself)
{
    static const int32_t refusals[] = {CAP_ERR_NO_SLOTS, CAP_ERR_STALE_CAP, CAP_ERR_NO_MEMORY};
    for (int i = 0; i < 3; i++) {
        struct file file = {0};
        uint64_t bytes = 0;
        serve(refusals[i]);
        TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_OK);
        TAP_EQ(refusal, 0);
        TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_AHEAD);
        TAP_EQ(demo.files[3].object.facets, 1);
        TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK);
        TAP_EQ(bytes, 1003);
        capos_handle_release(runtime, file.cap);
        demo_settle();
        TAP_EQ(demo.files[3].released, 1);
        TAP_STOP_IF_FAILED();
    }
}

TAP_TEST(a_receive_that_is_cancelled_came_after_its_return)
{
    struct file file = {0};
    uint64_t bytes = 0;
    serve(0);
    TAP_EQ(directory_open(demo.ring, demo.directory, WIRE_TEXT("3"), &file), CAP_OK);
    capos_runtime_return_ring(runtime, demo.ring);
    capos_runtime_lend_ring(runtime, &demo.ring);
    demo_settle();
    TAP_EQ(demo.files[3].object.facets, 1);
    TAP_EQ(file_size(demo.ring, file, &bytes), CAP_OK);
    capos_handle_release(runtime, file.cap);
    demo_settle();
    TAP_EQ(demo.files[3].released, 1);
}

static capos_status pass_on(struct capos_request *request, struct directory_replace_params_reader params,
                            struct directory_replace_results_builder results)
{
    (void)request;
    struct file file;
    capos_status status = entry_borrow_file(directory_replace_params_get_entry(params), &file);
    if (status == CAP_OK)
        entry_pass_file(directory_replace_results_init_old(results), file_copied(file));
    return status;
}

/* What is passed on stays until it is known to have arrived. */
TAP_TEST(an_answer_that_passes_on_what_came_is_returned_by_itself)
{
    static struct directory_ops ops;
    struct directory_replace_call call;
    struct directory_replace_params_builder params;
    struct directory_replace_results_reader results;
    struct file file;
    serve(0);
    ops.replace = pass_on;
    demo.root.ops = &ops;
    if (directory_replace_begin(demo.ring, demo.directory, 32, &call, &params) == CAP_OK)
        entry_pass_file(directory_replace_params_init_entry(params),
                        (struct file_transfer){capos_transfer_copy(fake_endpoint_thing(FILE_INTERFACE_ID))});
    directory_replace_submit(demo.ring, &call);
    TAP_EQ(directory_replace_wait(demo.ring, &call, &results), CAP_OK);
    TAP_EQ(fake_endpoint_last_return.flags, CAP_SQE_AHEAD);
    TAP_EQ(entry_borrow_file(directory_replace_results_get_old(results), &file), CAP_OK);
    directory_replace_finish(demo.ring, &call);
}
