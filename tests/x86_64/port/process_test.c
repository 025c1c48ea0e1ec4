/*
 * kernel/x86_64/context.c, map_image.c, loop.c: processes come and go without
 * a trace, and take turns.
 */
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

static struct mini_process *start(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct program_command command = {operation, a, b, c};
    struct mini_process *process = mini_start(contract_image(), &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process starts");
    return process;
}

TAP_TEST(the_port_can_be_opened_again_and_again)
{
    for (int i = 0; i < 3; i++) {
        mini_open();
        struct mini_process *process = start(PROGRAM_EXIT, 5, 0, 0);
        TAP_STOP_IF_FAILED();
        mini_wait_gone(process);
        TAP_STOP_IF_FAILED();
        TAP_EQ(process->code, 5);
        mini_free(process);
        mini_close();
        TAP_STOP_IF_FAILED();
    }
}

/* Every allocation of a process's creation fails once: it is refused, and nothing is left. */
TAP_TEST(a_process_for_which_a_frame_is_missing_leaves_nothing)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    struct x86_memory *memory = &x86_port.memory;
    struct mini_process *process = NULL;
    uint64_t failed = 0;
    mini_open();
    uint64_t before = x86_frames_free();
    while (!process) {
        x86_texts_drop_idle();
        TAP_EQ(x86_frames_free(), before);
        memory->fail_at = memory->takes + failed + 1;
        process = mini_create(contract_image(), &command);
        failed += !process;
    }
    /* It failed once for each frame that it has. */
    TAP_EQ(failed, x86_process_of(&process->process)->frames.count +
                       x86_process_of(&process->process)->text->frames.count);
    mini_free(process);
    mini_close();
}

TAP_TEST(a_process_for_which_no_memory_is_left_is_refused)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    struct x86_chain all = {0};
    mini_open();
    while (x86_frame_take(&all))
        continue;
    TAP_CHECK(!mini_create(contract_image(), &command));
    x86_chain_give(&all);
    struct mini_process *process = start(PROGRAM_SECTIONS, 0, 0, 0); /* frames are zeroed, or it would see */
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(process->code, 0);
    mini_free(process);
    mini_close();
}

TAP_TEST(ten_thousand_processes_leave_the_memory_as_it_was)
{
    enum { CYCLES = 10000 };
    mini_open();
    struct mini_process *process = start(PROGRAM_EXIT, 0, 0, 0);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    mini_free(process);
    uint64_t before = x86_frames_free();
    for (int i = 0; i < CYCLES; i++) {
        process = start(i % 100 == 0 ? PROGRAM_UD2 : PROGRAM_EXIT, (uint64_t)i, 0, 0);
        TAP_STOP_IF_FAILED();
        mini_wait_gone(process);
        TAP_STOP_IF_FAILED();
        TAP_CHECK(i % 100 == 0 ? process->faulted : process->code == i);
        mini_free(process);
        TAP_EQ(x86_frames_free(), before);
    }
    mini_close();
}

/* --- Turns -------------------------------------------------------------------------------- */

TAP_TEST(processes_that_never_yield_do_not_stop_others)
{
    mini_open();
    struct mini_process *spinning[2] = {start(PROGRAM_SPIN, 0, 0, 0), start(PROGRAM_SPIN, 0, 0, 0)};
    struct mini_process *entering = start(PROGRAM_ENTER, 0, 0, 1000);
    mini_wait_gone(entering);
    TAP_STOP_IF_FAILED();
    TAP_EQ(entering->enters, 1000);
    mini_free(entering);
    for (int i = 0; i < 2; i++) {
        TAP_CHECK(!spinning[i]->gone);
        port_process_kill(mini.kernel, &spinning[i]->process);
        mini_wait_gone(spinning[i]);
        TAP_STOP_IF_FAILED();
        mini_free(spinning[i]);
    }
    mini_close();
}

/* The order in which processes enter, letters of their ids. */
static char order[16];
static unsigned entered;

static enum kernel_enter note_order(struct mini_process *process, int64_t *ret_result)
{
    *ret_result = 0;
    if (entered < sizeof order - 1)
        order[entered++] = (char)('a' + process->process.id % 3);
    return KERNEL_ENTER_RETURNS;
}

TAP_TEST(processes_run_in_the_order_in_which_they_became_ready)
{
    mini_open();
    mini.on_enter = note_order;
    struct mini_process *all[3];
    for (int i = 0; i < 3; i++)
        all[i] = start(PROGRAM_ENTER, 0, 0, 1);
    for (int i = 0; i < 3; i++) {
        mini_wait_gone(all[i]);
        TAP_STOP_IF_FAILED();
    }
    TAP_EQ(entered, 3);
    for (int i = 0; i < 3; i++)
        TAP_EQ(order[i], 'a' + (int)(all[i]->process.id % 3));
    for (int i = 0; i < 3; i++)
        mini_free(all[i]);
    mini_close();
}

TAP_TEST(a_process_that_is_killed_before_it_ran_never_runs)
{
    mini_open();
    struct mini_process *process = start(PROGRAM_ENTER, 0, 0, 1);
    TAP_STOP_IF_FAILED();
    port_process_kill(mini.kernel, &process->process);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(process->enters, 0);
    mini_free(process);
    mini_close();
}
