/*
 * cap_enter and its operations: docs/security.md, clauses 1 to 4.
 */
#include <stdlib.h>

#include "schema/capos.capos.h"
#include "tests/kernel/fake_calls.h"
#include "tests/tap.h"

static void check_exception(struct cap_cqe cqe, uint16_t type, const char *text)
{
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.aux, type);
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(process, FAKE_RESULTS), FAKE_RESULT_BYTES);
    struct cap_exception_reader exception = {wire_root(&message)};
    TAP_EQ(cap_exception_get_type(exception), type);
    TAP_STR_EQ(cap_exception_get_message(exception).chars, text);
}

TAP_TEST(nop_completes_with_its_user_data)
{
    fake_begin();
    struct cap_sqe sqe = fake_nop(77);
    struct cap_cqe cqe = fake_run(process, &sqe);
    TAP_EQ(cqe.user_data, 77);
    TAP_EQ(cqe.result, CAP_OK);
    fake_end();
}

TAP_TEST(unknown_operations_and_flags_are_unsupported)
{
    fake_begin();
    for (int op = 0; op < 256; op++) {
        struct cap_sqe sqe = {.op = (uint8_t)op};
        if (op > CAP_OP_CANCEL)
            TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_UNSUPPORTED_OP);
    }
    for (int flag = 0x40; flag < 256; flag <<= 1) {
        struct cap_sqe sqe = fake_now_call(process, 1);
        sqe.flags = (uint8_t)flag;
        TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_UNSUPPORTED_OP);
    }
    fake_end();
}

/* Every byte of a submission that the operation does not use. */
TAP_TEST(fields_that_an_operation_does_not_use_must_be_zero)
{
    static const struct {
        struct cap_sqe sqe;
        struct cap_sqe used;
    } rows[] = {
        {{.op = CAP_OP_NOP}, {.op = 255, .user_data = UINT64_MAX}},
        {{.op = CAP_OP_RELEASE}, {.op = 255, .user_data = UINT64_MAX, .cap_id = UINT64_MAX}},
        {{.op = CAP_OP_FINISH}, {.op = 255, .user_data = UINT64_MAX, .answer_id = UINT32_MAX}},
        {{.op = CAP_OP_CANCEL}, {.op = 255, .user_data = UINT64_MAX, .interface_id = UINT64_MAX}},
        {{.op = CAP_OP_RECV},
         {.op = 255,
          .user_data = UINT64_MAX,
          .result_len = UINT32_MAX,
          .result_addr = UINT64_MAX,
          .cap_id = UINT64_MAX}},
        {{.op = CAP_OP_RETURN},
         {.op = 255,
          .flags = 255,
          .xfer_cap_count = UINT16_MAX,
          .result_cap_max = UINT16_MAX,
          .user_data = UINT64_MAX,
          .params_addr = UINT64_MAX,
          .params_len = UINT32_MAX,
          .interface_id = UINT64_MAX}},
        {{.op = CAP_OP_RETURN, .flags = CAP_SQE_EXCEPTION},
         {.op = 255,
          .flags = 255,
          .method_id = UINT16_MAX,
          .user_data = UINT64_MAX,
          .params_addr = UINT64_MAX,
          .params_len = UINT32_MAX,
          .interface_id = UINT64_MAX}},
    };
    fake_begin();
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        for (size_t byte = 0; byte < sizeof(struct cap_sqe); byte++) {
            struct cap_sqe sqe = rows[row].sqe;
            if (((const uint8_t *)&rows[row].used)[byte])
                continue;
            ((uint8_t *)&sqe)[byte] = 1;
            TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
        }
    }
    struct cap_sqe sqe = fake_now_call(process, 1);
    sqe.answer_id = 1;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
    sqe.flags = CAP_SQE_PIPELINE;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
    sqe.flags = CAP_SQE_PROMISE;
    sqe.zero = 1;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
    sqe = fake_now_call(process, 1);
    sqe.zero = 1;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
    sqe = fake_now_call(process, 1);
    sqe.flags = CAP_SQE_PIPELINE;
    sqe.pipeline.dep = 1;
    sqe.pipeline.field = 0;
    sqe.pipeline.zero = 1;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
    sqe = fake_now_call(process, 1);
    sqe.flags = CAP_SQE_RETURN_RECV;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_BAD_SQE);
    fake_end();
}

TAP_TEST(a_call_answers_with_typed_results)
{
    fake_begin();
    machine->port.now = 123456789;
    struct cap_sqe sqe = fake_now_call(process, 5);
    struct cap_cqe cqe = fake_run(process, &sqe);
    TAP_EQ(cqe.result, 16);
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(process, FAKE_RESULTS), (uint64_t)cqe.result);
    TAP_EQ(wire_get_u64(wire_root(&message), 0), 123456789);
    fake_end();
}

TAP_TEST(results_that_do_not_fit_say_what_would)
{
    fake_begin();
    struct cap_sqe sqe = fake_now_call(process, 5);
    sqe.result_len = 8;
    struct cap_cqe cqe = fake_run(process, &sqe);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, 16);
    sqe.method_id = 99;
    cqe = fake_run(process, &sqe);
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION_TRUNCATED);
    TAP_EQ(cqe.aux, EXCEPTION_TYPE_UNIMPLEMENTED);
    sqe.result_len = (uint32_t)cqe.needed;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_APPLICATION_EXCEPTION);
    fake_end();
}

TAP_TEST(calls_that_a_target_cannot_serve_are_exceptions)
{
    fake_begin();
    struct cap_sqe sqe = fake_now_call(process, 1);
    sqe.method_id = 2;
    check_exception(fake_run(process, &sqe), EXCEPTION_TYPE_UNIMPLEMENTED,
                    "the interface has no such method");
    TAP_STOP_IF_FAILED();
    sqe = fake_now_call(process, 1);
    sqe.interface_id = CONSOLE_INTERFACE_ID;
    check_exception(fake_run(process, &sqe), EXCEPTION_TYPE_UNIMPLEMENTED,
                    "the target has another interface");
    TAP_STOP_IF_FAILED();
    sqe = fake_now_call(process, 1);
    sqe.cap_id = CAPOS_CAP_NULL;
    check_exception(fake_run(process, &sqe), EXCEPTION_TYPE_FAILED, "a call to the null capability");
    TAP_STOP_IF_FAILED();
    sqe = fake_sleep_call(process, FAKE_PARAMS, UINT64_MAX, 1);
    check_exception(fake_run(process, &sqe), EXCEPTION_TYPE_INVALID_ARGUMENT,
                    "a sleep of more than 100 years");
    TAP_STOP_IF_FAILED();
    fake_end();
}

TAP_TEST(params_that_do_not_decode_are_an_exception)
{
    fake_begin();
    struct cap_sqe sqe = fake_call(process, "console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_WRITE, 1);
    uint64_t *params = fake_memory(process, FAKE_PARAMS);
    params[0] = UINT64_C(0x0001000000000000); /* a struct of one pointer */
    params[1] = UINT64_C(0x0000ff0200000001); /* data far out of bounds */
    sqe.params_len = 16;
    check_exception(fake_run(process, &sqe), EXCEPTION_TYPE_INVALID_ARGUMENT,
                    "A pointer leads out of its segment.");
    TAP_STOP_IF_FAILED();
    TAP_EQ(machine->port.output_length, 0);
    fake_end();
}

TAP_TEST(bad_buffers_are_refused)
{
    static const struct {
        uint64_t params_addr, params_len, result_addr, result_len;
        int32_t status;
    } rows[] = {
        {FAKE_PARAMS + 1, 16, FAKE_RESULTS, 64, CAP_ERR_BAD_PARAMS},
        {FAKE_PARAMS, 12, FAKE_RESULTS, 64, CAP_ERR_BAD_PARAMS},
        {0, 16, FAKE_RESULTS, 64, CAP_ERR_BAD_PARAMS},
        {CAPOS_RING_VADDR, 16, FAKE_RESULTS, 64, CAP_ERR_BAD_PARAMS},
        {UINT64_MAX - 7, 16, FAKE_RESULTS, 64, CAP_ERR_BAD_PARAMS},
        {FAKE_MEMORY + FAKE_MEMORY_BYTES - 8, 16, FAKE_RESULTS, 64, CAP_ERR_BAD_PARAMS},
        {FAKE_PARAMS, KERNEL_MESSAGE_MAX + 8, FAKE_RESULTS, 64, CAP_ERR_MESSAGE_TOO_LARGE},
        {FAKE_PARAMS, 0, FAKE_RESULTS, KERNEL_MESSAGE_MAX + 8, CAP_ERR_MESSAGE_TOO_LARGE},
        {FAKE_PARAMS, 0, FAKE_RESULTS + 4, 64, CAP_ERR_BAD_RESULT_BUFFER},
        {FAKE_PARAMS, 0, 0, 64, CAP_ERR_BAD_RESULT_BUFFER},
        {FAKE_PARAMS, 0, UINT64_MAX - 7, 64, CAP_ERR_BAD_RESULT_BUFFER},
        {FAKE_PARAMS, 0, FAKE_MEMORY + FAKE_MEMORY_BYTES - 8, 16, CAP_ERR_BAD_RESULT_BUFFER},
    };
    fake_begin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cap_sqe sqe = fake_now_call(process, 1);
        sqe.params_addr = rows[i].params_addr;
        sqe.params_len = (uint32_t)rows[i].params_len;
        sqe.result_addr = rows[i].result_addr;
        sqe.result_len = (uint32_t)rows[i].result_len;
        TAP_EQ(fake_run(process, &sqe).result, rows[i].status);
    }
    TAP_EQ(process->calls_busy_count, 0);
    fake_end();
}

TAP_TEST(a_buffer_that_turns_read_only_fails_the_call_at_its_end)
{
    fake_begin();
    /* A read waits for input; then its buffer is taken away. */
    struct cap_sqe sqe = fake_call(process, "console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_READ, 9);
    struct wire_build build;
    wire_build_init(&build, fake_memory(process, FAKE_PARAMS), 8);
    wire_set_u32(wire_slot_init_struct(wire_build_root(&build), 1, 0), 0, 10);
    sqe.params_len = 16;
    fake_submit(process, &sqe);
    TAP_EQ(fake_poll(process), 0);
    fake_process(process)->read_only_from = FAKE_RESULTS;
    machine->port.input = "abc";
    machine->port.input_length = 3;
    kernel_console_input(&machine->kernel);
    struct cap_cqe cqe;
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(cqe.result, CAP_ERR_BAD_RESULT_BUFFER);
    TAP_EQ(process->calls_busy_count, 0);
    fake_end();
}

TAP_TEST(released_and_invented_ids_are_stale)
{
    fake_begin();
    struct cap_sqe release = {.op = CAP_OP_RELEASE, .cap_id = fake_cap(process, "timer")};
    struct cap_sqe now = fake_now_call(process, 2);
    TAP_EQ(fake_run(process, &release).result, CAP_OK);
    TAP_EQ(fake_run(process, &release).result, CAP_ERR_STALE_CAP);
    TAP_EQ(fake_run(process, &now).result, CAP_ERR_STALE_CAP);
    release.cap_id = CAPOS_CAP_NULL;
    TAP_EQ(fake_run(process, &release).result, CAP_OK);
    fake_end();
}

TAP_TEST(sleeps_end_in_order_of_their_deadlines_even_when_the_clock_jumps)
{
    static const uint64_t ns[] = {300, 100, 200, 100};
    static const uint64_t order[] = {1, 3, 2, 0};
    fake_begin();
    for (uint64_t i = 0; i < 4; i++) {
        struct cap_sqe sqe = fake_sleep_call(process, FAKE_PARAMS + i * 64, ns[i], i);
        fake_submit(process, &sqe);
    }
    TAP_EQ(fake_poll(process), 0);
    TAP_EQ(kernel_deadline(&machine->kernel), 100);
    machine->port.now = 1000;
    kernel_tick(&machine->kernel);
    for (int i = 0; i < 4; i++) {
        struct cap_cqe cqe;
        TAP_CHECK(fake_reap(process, &cqe));
        TAP_EQ(cqe.user_data, order[i]);
        TAP_EQ(cqe.result, CAP_OK);
    }
    TAP_EQ(kernel_deadline(&machine->kernel), -1);
    fake_end();
}

TAP_TEST(cancel_ends_a_call_and_its_completion_comes_first)
{
    fake_begin();
    struct cap_sqe sleep = fake_sleep_call(process, FAKE_PARAMS, 1000, 42);
    struct cap_sqe cancel = {.op = CAP_OP_CANCEL, .user_data = 43, .interface_id = 42};
    fake_submit(process, &sleep);
    fake_submit(process, &cancel);
    TAP_EQ(fake_poll(process), 2);
    struct cap_cqe cqe;
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(cqe.user_data, 42);
    TAP_EQ(cqe.result, CAP_ERR_CANCELLED);
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(cqe.user_data, 43);
    TAP_EQ(cqe.result, CAP_OK);
    TAP_EQ(kernel_deadline(&machine->kernel), -1);
    TAP_EQ(fake_run(process, &cancel).result, CAP_ERR_NOT_FOUND);
    fake_end();
}

TAP_TEST(user_data_is_unique_among_unfinished_calls)
{
    fake_begin();
    struct cap_sqe sleep = fake_sleep_call(process, FAKE_PARAMS, 1000, 42),
                   again = fake_now_call(process, 42);
    fake_submit(process, &sleep);
    TAP_EQ(fake_poll(process), 0);
    TAP_EQ(fake_run(process, &again).result, CAP_ERR_BAD_SQE);
    machine->port.now = 1000;
    kernel_tick(&machine->kernel);
    struct cap_cqe cqe;
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(fake_run(process, &again).result, 16);
    fake_end();
}

TAP_TEST(calls_beyond_calls_max_are_refused)
{
    fake_begin();
    struct cap_cqe cqe;
    for (uint64_t i = 0; i < KERNEL_CALLS_MAX; i++) {
        struct cap_sqe sqe = fake_sleep_call(process, FAKE_PARAMS, 1000, i);
        fake_submit(process, &sqe);
        TAP_EQ(fake_poll(process), 0);
    }
    struct cap_sqe sqe = fake_now_call(process, 1000);
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_TOO_MANY_CALLS);
    machine->port.now = 1000;
    kernel_tick(&machine->kernel);
    for (uint64_t i = 0; i < KERNEL_CALLS_MAX; i++) {
        if (!fake_reap(process, &cqe)) {
            fake_poll(process);
            TAP_CHECK(fake_reap(process, &cqe));
        }
        TAP_EQ(cqe.user_data, i);
    }
    fake_end();
}

TAP_TEST(result_slots_that_do_not_exist_cannot_be_reserved)
{
    fake_begin();
    struct cap_sqe sqe = fake_now_call(process, 1);
    sqe.result_cap_max = UINT16_MAX;
    TAP_EQ(fake_run(process, &sqe).result, CAP_ERR_NO_SLOTS);
    sqe.result_cap_max = 4;
    TAP_EQ(fake_run(process, &sqe).result, 16);
    TAP_EQ(process->caps.reserved, 0);
    fake_end();
}
