/*
 * The kernel's own objects, and the end of a process: docs/security.md, clause 8.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_calls.h"
#include "tests/tap.h"

static struct wire_message answer;

/* Begins params in the memory of the process; the builder is good until the next. */
static struct wire_build *begin(uint64_t address)
{
    static struct wire_build build;
    wire_build_init(&build, fake_memory(process, address), 512);
    return &build;
}

static struct cap_sqe write_call(uint64_t address, const char *text, uint64_t user_data)
{
    struct cap_sqe sqe = fake_call(process, "console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_WRITE_LINE, 0);
    struct wire_build *build = begin(address);
    struct wire_struct_builder params = wire_slot_init_struct(wire_build_root(build), 0, 1);
    wire_slot_set_text(wire_slot_of(params, 0), wire_text_make(text, (uint32_t)strlen(text)));
    uint64_t bytes = 0;
    wire_build_flat(build, &bytes);
    sqe.user_data = user_data;
    sqe.params_addr = address;
    sqe.params_len = (uint32_t)bytes;
    return sqe;
}

static struct cap_sqe number_call(const char *cap, uint64_t interface, uint16_t method, uint32_t number)
{
    struct cap_sqe sqe = fake_call(process, cap, interface, method, 0);
    wire_set_u32(wire_slot_init_struct(wire_build_root(begin(FAKE_PARAMS)), 1, 0), 0, number);
    sqe.params_len = 16;
    return sqe;
}

static struct wire_struct results(struct cap_cqe cqe)
{
    wire_open_flat(&answer, WIRE_PRIVATE, fake_memory(process, FAKE_RESULTS), (uint64_t)cqe.result);
    return wire_root(&answer);
}

static void check_output(const char *text)
{
    machine->port.output[machine->port.output_length] = 0;
    TAP_STR_EQ(machine->port.output, text);
}

TAP_TEST(console_writes_lines_and_bytes)
{
    fake_begin();
    struct cap_sqe sqe = write_call(FAKE_PARAMS, "hello", 1);
    TAP_EQ(fake_run(process, &sqe).result, 0);
    sqe.method_id = CONSOLE_METHOD_WRITE; /* text as data: with its zero byte */
    TAP_EQ(fake_run(process, &sqe).result, 0);
    TAP_EQ(machine->port.output_length, 12);
    TAP_MEM_EQ(machine->port.output, "hello\nhello\0", 12);
    sqe = fake_call(process, "console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_WRITE_LINE, 0);
    TAP_EQ(fake_run(process, &sqe).result, 0);
    TAP_EQ(machine->port.output_length, 13);
    fake_end();
}

TAP_TEST(a_full_console_keeps_lines_whole_and_in_order)
{
    fake_begin();
    machine->port.output_room = 3;
    struct process *other = fake_machine_spawn(machine, "other");
    struct cap_sqe first = write_call(FAKE_PARAMS, "first", 1),
                   second = write_call(FAKE_PARAMS + 4096, "second", 2);
    fake_submit(process, &first);
    fake_submit(process, &second);
    TAP_EQ(fake_poll(process), 0);
    struct process *mine = process;
    process = other;
    struct cap_sqe third = write_call(FAKE_PARAMS, "third", 3);
    fake_submit(other, &third);
    machine->port.output_room = 1;
    TAP_EQ(fake_poll(other), 0);
    for (int i = 0; i < 20; i++) {
        machine->port.output_room = 1;
        kernel_console_output(&machine->kernel);
    }
    check_output("first\nsecond\nthird\n");
    TAP_STOP_IF_FAILED();
    struct cap_cqe cqe;
    TAP_CHECK(fake_reap(mine, &cqe) && cqe.user_data == 1 && cqe.result == 0);
    TAP_CHECK(fake_reap(mine, &cqe) && cqe.user_data == 2 && cqe.result == 0);
    TAP_CHECK(fake_reap(other, &cqe) && cqe.user_data == 3 && cqe.result == 0);
    fake_end();
}

TAP_TEST(a_line_that_waits_is_decoded_afresh)
{
    fake_begin();
    machine->port.output_room = 2;
    struct cap_sqe sqe = write_call(FAKE_PARAMS, "abcdef", 1);
    fake_submit(process, &sqe);
    TAP_EQ(fake_poll(process), 0);
    uint64_t *params = fake_memory(process, FAKE_PARAMS);
    params[1] |= UINT64_C(0x7fffffff) << 32; /* the text now claims to be huge */
    machine->port.output_room = 100;
    kernel_console_output(&machine->kernel);
    struct cap_cqe cqe;
    TAP_CHECK(fake_reap(process, &cqe));
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(machine->port.output_length, 2);
    fake_end();
}

TAP_TEST(console_reads_wait_for_input_and_see_its_end)
{
    fake_begin();
    struct cap_sqe sqe = number_call("console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_READ, 4);
    fake_submit(process, &sqe);
    TAP_EQ(fake_poll(process), 0);
    machine->port.input = "abcdef";
    machine->port.input_length = 6;
    kernel_console_input(&machine->kernel);
    struct cap_cqe cqe;
    TAP_CHECK(fake_reap(process, &cqe));
    struct wire_data data = wire_get_data(results(cqe), 0);
    TAP_EQ(data.size, 4);
    TAP_MEM_EQ(data.bytes, "abcd", 4);
    data = wire_get_data(results(fake_run(process, &sqe)), 0);
    TAP_EQ(data.size, 2);
    machine->port.input_ended = true;
    data = wire_get_data(results(fake_run(process, &sqe)), 0);
    TAP_EQ(data.size, 0);
    fake_end();
}

TAP_TEST(console_reads_no_more_than_the_buffer_takes)
{
    fake_begin();
    machine->port.input = "abcdefghijklmnopqrstuvwxyz";
    machine->port.input_length = 26;
    struct cap_sqe sqe = number_call("console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_READ, 1000);
    for (uint32_t room = 0; room < 24; room++) {
        sqe.result_len = room;
        TAP_CHECK(fake_run(process, &sqe).result < 0);
    }
    TAP_EQ(machine->port.input_length, 26);
    sqe.result_len = 39;
    struct wire_data data = wire_get_data(results(fake_run(process, &sqe)), 0);
    TAP_EQ(data.size, 16);
    sqe.result_len = 24;
    data = wire_get_data(results(fake_run(process, &sqe)), 0);
    TAP_EQ(data.size, 8);
    TAP_MEM_EQ(data.bytes, "qrstuvwx", 8);
    fake_end();
}

TAP_TEST(entropy_fills_1_to_4096_bytes)
{
    static const uint32_t bad[] = {0, 4097, UINT32_MAX};
    fake_begin();
    struct cap_sqe sqe;
    for (int i = 0; i < 3; i++) {
        sqe = number_call("entropySource", ENTROPY_SOURCE_INTERFACE_ID, ENTROPY_SOURCE_METHOD_FILL, bad[i]);
        TAP_EQ(fake_run(process, &sqe).aux, EXCEPTION_TYPE_INVALID_ARGUMENT);
    }
    sqe = number_call("entropySource", ENTROPY_SOURCE_INTERFACE_ID, ENTROPY_SOURCE_METHOD_FILL, 4096);
    struct wire_data data = wire_get_data(results(fake_run(process, &sqe)), 0);
    TAP_EQ(data.size, 4096);
    for (uint32_t i = 0; i < data.size; i++)
        TAP_EQ(data.bytes[i], i % 256);
    machine->port.random_fails = true;
    struct cap_cqe cqe = fake_run(process, &sqe);
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.aux, EXCEPTION_TYPE_FAILED);
    fake_end();
}

TAP_TEST(a_process_that_ends_leaves_nothing_behind)
{
    fake_begin();
    struct process *other = fake_machine_spawn(machine, "other");
    struct process *mine = process;
    process = other;
    struct cap_sqe read = number_call("console", CONSOLE_INTERFACE_ID, CONSOLE_METHOD_READ, 4);
    struct cap_sqe sleep = fake_sleep_call(other, FAKE_PARAMS + 4096, 1000, 2);
    uint64_t references = machine->kernel.objects[KERNEL_CAPABILITY_TIMER].references;
    fake_submit(other, &read);
    fake_submit(other, &sleep);
    int64_t result;
    TAP_EQ(kernel_enter(&machine->kernel, other, 1, 5000, &result), KERNEL_ENTER_WAITS);
    kernel_exit(&machine->kernel, other, 7);
    TAP_CHECK(fake_process(other)->killed);
    TAP_CHECK(!fake_process(other)->woken);
    TAP_EQ(kernel_enter(&machine->kernel, other, 0, 0, &result), KERNEL_ENTER_ENDS);
    TAP_EQ(kernel_deadline(&machine->kernel), -1);
    TAP_CHECK(list_empty(&machine->kernel.console_readers));
    TAP_EQ(machine->kernel.objects[KERNEL_CAPABILITY_TIMER].references, references - 1);
    kernel_process_gone(&machine->kernel, other);
    TAP_EQ(machine->port.processes, 1);
    process = mine;
    fake_end();
}

TAP_TEST(a_spawn_that_fails_leaves_nothing_behind)
{
    fake_begin();
    uint64_t references = machine->kernel.objects[KERNEL_CAPABILITY_CONSOLE].references;
    machine->port.creates_left = 0;
    TAP_CHECK(!fake_machine_spawn(machine, "x"));
    machine->port.creates_left = 1;
    machine->port.starts_left = 0;
    TAP_CHECK(!fake_machine_spawn(machine, "x"));
    TAP_EQ(machine->port.processes, 1);
    TAP_EQ(machine->kernel.objects[KERNEL_CAPABILITY_CONSOLE].references, references);
    machine->port.creates_left = machine->port.starts_left = 1000;
    int spawned = 0;
    while (fake_machine_spawn(machine, "x") && spawned < 1000)
        spawned++;
    TAP_CHECK(spawned > 10 && spawned < 1000); /* until the arena is used up */
    TAP_EQ(machine->port.processes, spawned + 1);
    fake_end();
}
