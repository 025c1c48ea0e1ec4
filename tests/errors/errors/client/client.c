/*
 * Is refused in every way that a program with generated clients can be, and
 * says which sentence it got: a line for each CAP_ERR_*.
 */
#include <capos/handle.h>
#include <capos/heap.h>
#include <capos/ring.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { HEAP_BYTES = 1 << 20, MANY = 100, LARGE = 100000 };
CAPOS_HEAP_BYTES(HEAP_BYTES)

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct console console;
static struct timer timer;
static struct boot_package boot;
static struct directory odd, docs;
static struct wire_text said; /* what the exception at hand says */
static char said_chars[CAPOS_CALL_EXCEPTION_BYTES];

static void keep_exception(const struct capos_call *call)
{
    struct wire_text text = capos_call_exception(call).message;
    for (uint32_t i = 0; i < text.size; i++)
        said_chars[i] = text.chars[i];
    said = wire_text_make(said_chars, text.size);
}

/* --- Of the kernel -------------------------------------------------------------------------- */

static capos_status stale_cap(void)
{
    struct file file;
    bool is_new;
    uint64_t bytes;
    capos_status status = directory_create(ring, docs, CAPOS_TEXT("notes"), &file, &is_new);
    if (status != CAP_OK)
        return status;
    capos_handle_release(runtime, file.cap);
    capos_runtime_flush_releases(runtime);
    return file_size(ring, file, &bytes);
}

static capos_status buffer_too_small(void)
{
    struct boot_package_read_manifest_call call;
    struct boot_package_read_manifest_results_reader results;
    capos_status status = boot_package_read_manifest(ring, boot, &call, &results);
    boot_package_read_manifest_finish(ring, &call);
    return status;
}

static capos_status message_too_large(void)
{
    static uint8_t bytes[LARGE];
    return console_write(ring, console, wire_data_make(bytes, sizeof bytes));
}

static capos_status bad_transfer(void)
{
    struct directory_replace_call call;
    struct directory_replace_params_builder params;
    struct directory_replace_results_reader results;
    struct file file;
    bool is_new;
    capos_status status = directory_create(ring, docs, CAPOS_TEXT("notes"), &file, &is_new);
    if (status != CAP_OK)
        return status;
    if (directory_replace_begin(ring, docs, 64, &call, &params) == CAP_OK) {
        struct entry_builder entry = directory_replace_params_init_entry(params);
        entry_pass_file(entry, file_moved(file));
        entry_link_pass_node(entry_init_link(entry), (struct node_transfer){capos_transfer_move(file.cap)});
    }
    directory_replace_submit(ring, &call);
    status = directory_replace_wait(ring, &call, &results);
    directory_replace_finish(ring, &call);
    capos_handle_release(runtime, file.cap);
    return status;
}

static capos_status not_transferable(void)
{
    struct directory_self_call call;
    struct directory_self_results_reader results;
    directory_self_send(ring, odd, &call);
    capos_status status = directory_self_wait(ring, &call, &results);
    keep_exception(&call.call);
    directory_self_finish(ring, &call);
    return status;
}

static capos_status unknown_call(void)
{
    struct directory_list_call list;
    struct directory_list_results_reader listed;
    struct directory_open_call call;
    struct directory_open_results_reader results;
    directory_list(ring, odd, &list, &listed);
    directory_list_finish(ring, &list);
    directory_open_send(ring, odd, CAPOS_TEXT(""), &call);
    capos_status status = directory_open_wait(ring, &call, &results);
    keep_exception(&call.call);
    directory_open_finish(ring, &call);
    return status;
}

static capos_status cancelled(void)
{
    struct timer_sleep_call call;
    timer_sleep_send(ring, timer, UINT64_C(1000000000), &call);
    capos_call_cancel(ring, &call.call);
    capos_status status = timer_sleep_wait(ring, &call);
    timer_sleep_finish(ring, &call);
    return status;
}

/* So many sleeps that the last is one too many. */
static capos_status too_many_calls(void)
{
    static struct timer_sleep_call calls[MANY];
    for (int i = 0; i < MANY; i++)
        timer_sleep_send(ring, timer, UINT64_C(1000000000), &calls[i]);
    capos_status status = timer_sleep_wait(ring, &calls[MANY - 1]);
    for (int i = 0; i < MANY; i++)
        timer_sleep_finish(ring, &calls[i]);
    return status;
}

/* Files are opened, and kept, until there is no slot for another. */
static capos_status no_slots(void)
{
    static capos_cap held[4096];
    struct file file;
    uint32_t count = 0;
    capos_status status;
    while ((status = directory_open(ring, docs, CAPOS_TEXT("notes"), &file)) == CAP_OK && count < 4096)
        held[count++] = file.cap;
    while (count > 0)
        capos_handle_release(runtime, held[--count]);
    capos_runtime_flush_releases(runtime);
    return status;
}

/* The server sleeps in the first; the others wait. It is the last row: the server does not come back. */
static capos_status queue_full(void)
{
    static struct directory_link_call calls[MANY / 2];
    const struct file none = {CAPOS_CAP_NULL};
    for (int i = 0; i < MANY / 2; i++)
        directory_link_send(ring, odd, CAPOS_TEXT("x"), file_copied(none), &calls[i]);
    capos_status status = directory_link_wait(ring, &calls[MANY / 2 - 1]);
    for (int i = 0; i < MANY / 2; i++)
        directory_link_finish(ring, &calls[i]);
    return status;
}

/* --- Of the runtime ------------------------------------------------------------------------- */

static capos_status not_permitted(void)
{
    return directory_link(ring, docs, CAPOS_TEXT("x"), (struct file_transfer){directory_moved(docs).t});
}

static capos_status not_found(void)
{
    struct timer missing;
    return timer_from_capset(runtime, "missing", &missing);
}

static capos_status wrong_interface(void)
{
    struct timer wrong;
    return timer_from_capset(runtime, "console", &wrong);
}

static capos_status no_memory(void)
{
    struct directory_replace_call call;
    struct directory_replace_params_builder params;
    capos_status status = directory_replace_begin(ring, docs, HEAP_BYTES, &call, &params);
    directory_replace_finish(ring, &call);
    return status;
}

static capos_status timed_out(void)
{
    struct timer_sleep_call call;
    timer_sleep_send(ring, timer, UINT64_C(1000000000), &call);
    capos_status status = timer_sleep_wait_for(ring, &call, 1000);
    timer_sleep_finish(ring, &call);
    return status;
}

static capos_status ring_lent(void)
{
    uint64_t ns;
    capos_runtime_return_ring(runtime, ring);
    capos_status status = timer_now(ring, timer, &ns);
    capos_runtime_lend_ring(runtime, &ring);
    return status;
}

/* --- As they are, for what generated code cannot say ------------------------------------------ */

static capos_status perform(struct cap_sqe sqe)
{
    struct cap_cqe cqe;
    capos_status status = capos_ring_perform(ring, &sqe, &cqe);
    return status != CAP_OK ? status : cqe.result;
}

static capos_status bad_sqe(void)
{
    return perform((struct cap_sqe){.op = CAP_OP_NOP, .method_id = 1});
}

static capos_status unsupported_op(void)
{
    return perform((struct cap_sqe){.op = 200});
}

static capos_status bad_answer(void)
{
    return perform((struct cap_sqe){.op = CAP_OP_FINISH, .answer_id = 1});
}

static capos_status bad_params(void)
{
    return perform((struct cap_sqe){.op = CAP_OP_CALL,
                                    .interface_id = TIMER_INTERFACE_ID,
                                    .cap_id = timer.cap,
                                    .params_addr = 8,
                                    .params_len = 8});
}

static capos_status bad_result_buffer(void)
{
    return perform((struct cap_sqe){.op = CAP_OP_CALL,
                                    .interface_id = TIMER_INTERFACE_ID,
                                    .cap_id = timer.cap,
                                    .result_addr = 8,
                                    .result_len = 64});
}

static capos_status exception_truncated(void)
{
    static uint64_t words[1];
    return perform((struct cap_sqe){.op = CAP_OP_CALL,
                                    .method_id = 99,
                                    .interface_id = TIMER_INTERFACE_ID,
                                    .cap_id = timer.cap,
                                    .result_addr = (uintptr_t)words,
                                    .result_len = sizeof words});
}

static const struct row {
    capos_status (*provoke)(void);
    capos_status wanted;
    capos_status told; /* the status of the server's that the exception is to tell; 0: none */
} rows[] = {
    {bad_sqe, CAP_ERR_BAD_SQE, 0},
    {unsupported_op, CAP_ERR_UNSUPPORTED_OP, 0},
    {bad_answer, CAP_ERR_BAD_ANSWER, 0},
    {bad_params, CAP_ERR_BAD_PARAMS, 0},
    {bad_result_buffer, CAP_ERR_BAD_RESULT_BUFFER, 0},
    {bad_transfer, CAP_ERR_BAD_TRANSFER, 0},
    {buffer_too_small, CAP_ERR_BUFFER_TOO_SMALL, 0},
    {message_too_large, CAP_ERR_MESSAGE_TOO_LARGE, 0},
    {stale_cap, CAP_ERR_STALE_CAP, 0},
    {not_transferable, CAP_ERR_APPLICATION_EXCEPTION, CAP_ERR_NOT_TRANSFERABLE},
    {not_permitted, CAP_ERR_NOT_PERMITTED, 0},
    {cancelled, CAP_ERR_CANCELLED, 0},
    {unknown_call, CAP_ERR_APPLICATION_EXCEPTION, CAP_ERR_UNKNOWN_CALL},
    {not_found, CAP_ERR_NOT_FOUND, 0},
    {no_slots, CAP_ERR_NO_SLOTS, 0},
    {too_many_calls, CAP_ERR_TOO_MANY_CALLS, 0},
    {no_memory, CAP_ERR_NO_MEMORY, 0},
    {exception_truncated, CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED, 0},
    {ring_lent, CAP_ERR_RING_LENT, 0},
    {wrong_interface, CAP_ERR_WRONG_INTERFACE, 0},
    {timed_out, CAP_ERR_TIMED_OUT, 0},
    {queue_full, CAP_ERR_QUEUE_FULL, 0},
};

static bool show(const struct row *row)
{
    struct capos_line line;
    char chars[300];
    said = CAPOS_TEXT("");
    capos_status status = row->provoke();
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, capos_status_name(status));
    capos_line_string(&line, ": ");
    capos_line_string(&line, capos_status_text(status));
    if (said.size > 0)
        capos_line_string(&line, ": ");
    capos_line_bytes(&line, said.chars, said.size);
    console_write_line(ring, console, capos_line_text(&line));
    return status == row->wanted &&
           (row->told == 0 || wire_text_equal(said, capos_text_of(capos_status_text(row->told))));
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    bool good = true;
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) < 0 ||
        timer_from_capset(runtime, "timer", &timer) < 0 ||
        boot_package_from_capset(runtime, "boot", &boot) < 0 ||
        directory_from_capset(runtime, "odd", &odd) < 0 ||
        directory_from_capset(runtime, "docs", &docs) < 0 || capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        good = show(&rows[i]) && good;
    capos_runtime_return_ring(runtime, ring);
    return !good;
}
