/*
 * Polling, with the test as the service: it rings at the mailbox of a process that is not started. Then what
 * the entry page does with a mailbox that the kernel has looked at. Holds docs/security.md, clause 32.
 */
#include "tests/linux/linux_runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/port/contract.h"
#include "tests/tap.h"

static struct linux_port *port;
static enum kernel_enter how;
static int64_t result;

static enum kernel_enter answer(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    *ret_result = result;
    return how;
}

/* A process that enters once, and is looked at; it is not started. */
static struct mini_process *begin(void)
{
    static const struct program_command command = {PROGRAM_ENTER, 1, CAPOS_FOREVER, 1};
    runner_options.polling = true;
    runner_options.belts &= ~(uint32_t)LINUX_BELT_TSC_OFF;
    mini_open();
    mini.on_enter = answer;
    how = KERNEL_ENTER_RETURNS;
    port = linux_port_of(mini.kernel);
    struct mini_process *process = mini_create(contract_image(), &command);
    if (port->polling.window == 0)
        tap_fail(__FILE__, __LINE__, "the port polls");
    else if (process)
        linux_polling_add(port, linux_process_of(&process->process));
    else
        tap_fail(__FILE__, __LINE__, "a process is made");
    return process;
}

static struct linux_mailbox *mailbox_of(struct mini_process *process)
{
    return linux_process_of(&process->process)->mailbox;
}

static void ring(struct mini_process *process, uint32_t min_complete, uint64_t timeout_ns)
{
    struct linux_mailbox *mailbox = mailbox_of(process);
    mailbox->min_complete = min_complete;
    mailbox->timeout_ns = timeout_ns;
    mailbox->bell++;
}

static void stop_looking(void)
{
    port->polling.switches_left = 0;
    while (linux_polling_step(port))
        ;
}

TAP_TEST(a_ring_at_the_mailbox_is_an_entry_and_is_answered_there)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    for (uint32_t i = 1; i <= 3; i++) {
        result = 40 + (int64_t)i;
        ring(process, 6 + i, UINT64_MAX - i);
        TAP_CHECK(linux_polling_step(port));
        TAP_EQ(process->enters, i);
        TAP_EQ(process->last_min, 6 + i);
        TAP_EQ(process->last_timeout, UINT64_MAX - i);
        TAP_EQ(mailbox_of(process)->answered, i);
        TAP_EQ(mailbox_of(process)->result, result);
        linux_polling_step(port);
        TAP_EQ(process->enters, i);
    }
    mini_free(process);
    mini_close();
}

TAP_TEST(the_number_of_a_ring_wraps)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    mailbox_of(process)->bell = linux_process_of(&process->process)->bell = UINT32_MAX - 1;
    for (uint32_t i = 1; i <= 3; i++) {
        ring(process, 1, 0);
        TAP_CHECK(linux_polling_step(port));
        TAP_EQ(process->enters, i);
        TAP_EQ(mailbox_of(process)->answered, UINT32_MAX - 1 + i);
    }
    mini_free(process);
    mini_close();
}

TAP_TEST(who_rings_while_it_is_owed_an_answer_is_not_heard)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    how = KERNEL_ENTER_WAITS;
    ring(process, 1, CAPOS_FOREVER);
    linux_polling_step(port);
    TAP_EQ(process->enters, 1);
    TAP_EQ(mailbox_of(process)->answered, 0);
    ring(process, 1, CAPOS_FOREVER);
    linux_polling_step(port);
    TAP_EQ(process->enters, 1);
    port_wake(mini.kernel, &process->process, 5);
    TAP_EQ(mailbox_of(process)->answered, 1);
    TAP_EQ(mailbox_of(process)->result, 5);
    linux_polling_step(port);
    TAP_EQ(process->enters, 2);
    mini_free(process);
    mini_close();
}

TAP_TEST(after_a_silence_nobody_is_looked_at)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    TAP_EQ(mailbox_of(process)->window, port->polling.window);
    uint64_t until = port_now(mini.kernel) + UINT64_C(5000000000);
    while (linux_polling_step(port) && port_now(mini.kernel) < until)
        ;
    TAP_EQ(mailbox_of(process)->window, 0);
    TAP_EQ(port->polling.count, 0);
    ring(process, 1, 0);
    TAP_CHECK(!linux_polling_step(port));
    TAP_EQ(process->enters, 0);
    mini_free(process);
    mini_close();
}

TAP_TEST(a_processor_that_others_need_is_not_polled_on)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    port->polling.calm = 2;
    TAP_CHECK(!linux_polling_step(port));
    TAP_EQ(mailbox_of(process)->window, 0);
    for (int i = 0; i < 2; i++) {
        linux_polling_add(port, linux_process_of(&process->process));
        TAP_EQ(mailbox_of(process)->window, 0);
    }
    linux_polling_add(port, linux_process_of(&process->process));
    TAP_EQ(mailbox_of(process)->window, port->polling.window);
    mini_free(process);
    mini_close();
}

TAP_TEST(calls_are_calm_for_as_long_as_makes_up_for_a_yield)
{
    struct linux_polling polling = {.window = 1024, .switches_left = 4};
    const uint64_t hogged = (uint64_t)LINUX_POLL_HOGGED * polling.window;
    linux_polling_yielded(&polling, 10);
    TAP_EQ(polling.switches_left, 4);
    linux_polling_yielded(&polling, hogged);
    TAP_EQ(polling.switches_left, 3);
    TAP_EQ(polling.calm, 0);
    linux_polling_yielded(&polling, 100 * UINT64_C(1024));
    TAP_EQ(polling.calm, 100 * LINUX_CALM);
    polling.calm = 0;
    linux_polling_yielded(&polling, hogged + 1);
    TAP_EQ(polling.calm, 400 * LINUX_CALM);
    linux_polling_yielded(&polling, UINT64_MAX);
    TAP_EQ(polling.calm, LINUX_CALM_MAX);
    TAP_EQ(polling.calm_next, LINUX_CALM_MAX);
}

TAP_TEST(a_ring_that_never_rests_keeps_nobody_from_being_heard)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    bool listens = false;
    uint64_t until = port_now(mini.kernel) + UINT64_C(5000000000);
    linux_polling_listens(port);
    while (!listens && port_now(mini.kernel) < until) {
        ring(process, 1, 0);
        TAP_CHECK(linux_polling_step(port));
        listens = linux_polling_listens(port);
    }
    TAP_CHECK(listens);
    mini_free(process);
    mini_close();
}

TAP_TEST(who_is_silent_leaves_the_others_polled)
{
    struct mini_process *silent = begin();
    TAP_STOP_IF_FAILED();
    static const struct program_command command = {PROGRAM_ENTER, 1, CAPOS_FOREVER, 1};
    struct mini_process *busy = mini_create(contract_image(), &command);
    linux_polling_add(port, linux_process_of(&busy->process));
    TAP_EQ(port->polling.count, 2);
    uint64_t until = port_now(mini.kernel) + UINT64_C(5000000000);
    while (port->polling.count == 2 && port_now(mini.kernel) < until) {
        ring(busy, 1, 0);
        linux_polling_step(port);
        linux_polling_listens(port);
    }
    TAP_EQ(mailbox_of(silent)->window, 0);
    TAP_EQ(mailbox_of(busy)->window, port->polling.window);
    mini_free(silent);
    mini_free(busy);
    mini_close();
}

TAP_TEST(an_ended_process_is_not_looked_at)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    ring(process, 1, 0);
    port_process_kill(mini.kernel, &process->process);
    TAP_EQ(port->polling.count, 0);
    linux_polling_add(port, linux_process_of(&process->process));
    TAP_EQ(port->polling.count, 0);
    mini_free(process);
    mini_close();
}

/* --- The trap after the mailbox ------------------------------------------------------------------- */

static void start(struct mini_process *process)
{
    TAP_EQ(port_process_start(mini.kernel, &process->process), CAP_OK);
    mini.running++;
}

TAP_TEST(a_trap_joins_what_was_rung_for)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    how = KERNEL_ENTER_WAITS;
    ring(process, 1, CAPOS_FOREVER);
    linux_polling_step(port);
    stop_looking();
    start(process);
    TAP_STOP_IF_FAILED();
    while (linux_process_of(&process->process)->call == LINUX_CALL_RANG)
        mini_port_step(mini.kernel, 1000000);
    TAP_EQ(linux_process_of(&process->process)->call, LINUX_CALL_TRAPPED);
    TAP_EQ(process->enters, 1);
    port_wake(mini.kernel, &process->process, 9);
    mini_wait_gone(process);
    TAP_EQ(process->code, 9);
    mini_free(process);
    mini_close();
}

TAP_TEST(a_trap_that_comes_late_gets_the_answer_once)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    result = 11;
    ring(process, 1, CAPOS_FOREVER);
    linux_polling_step(port);
    TAP_EQ(mailbox_of(process)->answered, 1);
    stop_looking();
    mailbox_of(process)->bell = 0; /* so that the program's first is number 1 */
    result = 12;
    start(process);
    TAP_STOP_IF_FAILED();
    mini_wait_gone(process);
    TAP_EQ(process->code, 11);
    TAP_EQ(process->enters, 1);
    mini_free(process);
    mini_close();
}

static struct linux_mailbox left;

static void keep_mailbox(struct mini_process *process)
{
    left = *mailbox_of(process);
}

TAP_TEST(the_entry_page_takes_an_answer_from_the_mailbox)
{
    struct mini_process *process = begin();
    TAP_STOP_IF_FAILED();
    struct linux_mailbox *mailbox = mailbox_of(process);
    how = KERNEL_ENTER_ENDS; /* of what traps */
    mini.on_end = keep_mailbox;
    mailbox->answered = 1;
    mailbox->result = 13;
    linux_polling_remove(port, linux_process_of(&process->process));
    mailbox->window = UINT32_MAX / 8;
    start(process);
    TAP_STOP_IF_FAILED();
    mini_wait_gone(process);
    TAP_EQ(process->code, 13);
    TAP_EQ(process->enters, 0);
    TAP_EQ(left.bell, 1);
    TAP_EQ(left.min_complete, 1);
    TAP_EQ(left.timeout_ns, CAPOS_FOREVER);
    mini_free(process);
    mini_close();
}

/* --- Turns ---------------------------------------------------------------------------------------- */

static struct mini_process *begin_waiting(void)
{
    struct mini_process *process = begin();
    how = KERNEL_ENTER_WAITS;
    if (process)
        start(process);
    return process;
}

static void end_waiting(struct mini_process *process)
{
    port_process_kill(mini.kernel, &process->process);
    mini_wait_gone(process);
    mini_free(process);
    mini_close();
}

/* Schedulers that share a processor among sessions would else give a turn to a session, not to a process. */
TAP_TEST(services_are_in_the_session_of_the_kernel_and_in_another_process_group)
{
    struct mini_process *process = begin_waiting();
    TAP_STOP_IF_FAILED();
    pid_t pid = linux_process_of(&process->process)->pid;
    TAP_EQ(getsid(pid), getsid(0));
    TAP_CHECK(getpgid(pid) > 0);
    TAP_CHECK(getpgid(pid) != getpgid(0));
    end_waiting(process);
}

/* What Linux tells as the slice of a process, ns: "se.slice : 700000". 0: this Linux does not tell. */
static unsigned long slice_of(pid_t pid)
{
    char path[64];
    char line[128];
    unsigned long slice = 0;
    snprintf(path, sizeof path, "/proc/%d/sched", (int)pid);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (colon && strncmp(line, "se.slice", 8) == 0)
            slice = strtoul(colon + 1, NULL, 10);
    }
    if (file)
        fclose(file);
    return slice;
}

TAP_TEST(a_kernel_that_polls_has_half_the_slice_of_a_service)
{
    struct mini_process *process = begin_waiting();
    TAP_STOP_IF_FAILED();
    unsigned long service = slice_of(linux_process_of(&process->process)->pid);
    unsigned long own = slice_of(getpid());
    end_waiting(process);
    if (service == 0)
        TAP_SKIP("this Linux tells no slices");
    TAP_EQ(own, service / 2);
}

TAP_TEST(services_that_cannot_read_the_counter_are_not_polled)
{
    runner_options.polling = true;
    runner_hides_cpu = true;
    runner_options.belts |= LINUX_BELT_TSC_OFF;
    mini_open();
    TAP_EQ(linux_port_of(mini.kernel)->polling.window, 0);
    mini_close();
}
