/*
 * What the host does to services and zygotes behind the kernel's back, and
 * what the kernel leaves behind: nothing.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/linux/linux_runner.h"
#include "tests/port/contract.h"

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

static struct mini_process *start_waiting(void)
{
    const struct program_command command = {PROGRAM_ENTER, 1, CAPOS_FOREVER, 1};
    mini.on_enter = wait_always;
    struct mini_process *process = mini_start(contract_image(), &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process starts");
    else
        mini_wait(&process->waits);
    return process;
}

static pid_t pid_of(struct mini_process *process)
{
    return linux_process_of(&process->process)->pid;
}

static void finish_waiting(struct mini_process *process)
{
    port_wake(mini.kernel, &process->process, 7);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(process->code, 7);
    mini_free(process);
}

static unsigned count_entries(const char *path)
{
    unsigned count = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static unsigned count_maps(void)
{
    char text[65536];
    unsigned count = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while ((got = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < got; i++)
            count += text[i] == '\n';
    close(fd);
    return count;
}

TAP_TEST(a_service_killed_from_outside_is_reported)
{
    mini_open();
    struct mini_process *process = start_waiting();
    TAP_STOP_IF_FAILED();
    kill(pid_of(process), SIGKILL);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(process->faulted);
    TAP_EQ(process->fault.kind, FAULT_KILLED);
    TAP_EQ(process->fault.signal, SIGKILL);
    mini_free(process);
    mini_close();
}

TAP_TEST(a_stopped_service_rings_once)
{
    mini_open();
    struct mini_process *process = start_waiting();
    TAP_STOP_IF_FAILED();
    for (int i = 0; i < 3; i++) {
        kill(pid_of(process), SIGSTOP);
        mini_port_step(mini.kernel, 2000000);
        kill(pid_of(process), SIGCONT);
        mini_port_step(mini.kernel, 2000000);
    }
    TAP_EQ(process->enters, 1);
    finish_waiting(process);
    mini_close();
}

TAP_TEST(a_dead_zygote_is_replaced_and_its_services_live_on)
{
    mini_open();
    struct mini_process *first = start_waiting();
    TAP_STOP_IF_FAILED();
    struct linux_port *port = linux_port_of(mini.kernel);
    pid_t zygote = port->zygotes->pid;
    kill(zygote, SIGKILL);
    usleep(20000);
    struct mini_process *second = start_waiting();
    TAP_STOP_IF_FAILED();
    TAP_CHECK(port->zygotes->pid != zygote);
    finish_waiting(first);
    finish_waiting(second);
    for (int i = 0; i < 1000 && port->zygotes->next; i++)
        mini_port_step(mini.kernel, 1000000);
    TAP_CHECK(!port->zygotes->next); /* the dead one is forgotten */
    mini_close();
}

static bool is_direct(const struct linux_zygote *zygote)
{
    const struct linux_port *port = linux_port_of(mini.kernel);
    for (unsigned i = 0; i < port->direct_count; i++)
        if (port->direct[i] == zygote)
            return true;
    return false;
}

static enum kernel_enter wait_if_asked(struct mini_process *process, int64_t *ret_result)
{
    *ret_result = 0;
    return process->last_min ? KERNEL_ENTER_WAITS : KERNEL_ENTER_RETURNS;
}

/* More services than the listeners that are polled directly can have: those that ring much take their place.
 */
TAP_TEST(busy_listeners_are_polled_and_silent_ones_wait)
{
    enum { ALL = (LINUX_DIRECT_LISTENERS + 2) * LINUX_ZYGOTE_SERVICES };
    static struct mini_process *all[ALL];
    const struct program_command waiting = {PROGRAM_ENTER, 1, CAPOS_FOREVER, 1},
                                 busy = {PROGRAM_ENTER, 0, 0, 300};
    mini_open();
    for (int i = 0; i < ALL; i++) {
        mini.on_enter = wait_if_asked;
        all[i] = mini_start(contract_image(), &waiting);
        TAP_CHECK(all[i]);
    }
    for (int i = 0; i < ALL; i++)
        mini_wait(&all[i]->waits);
    TAP_STOP_IF_FAILED();
    struct mini_process *ringing = mini_start(contract_image(), &busy);
    TAP_CHECK(ringing);
    struct linux_zygote *zygote = linux_process_of(&ringing->process)->zygote;
    TAP_CHECK(!is_direct(zygote));
    while (ringing->enters < 200)
        mini_port_step(mini.kernel, 1000000);
    TAP_CHECK(is_direct(zygote));
    mini_wait_gone(ringing);
    mini_free(ringing);
    for (int i = 0; i < ALL; i++)
        port_wake(mini.kernel, &all[i]->process, i);
    for (int i = 0; i < ALL; i++) {
        mini_wait_gone(all[i]);
        TAP_STOP_IF_FAILED();
        TAP_EQ(all[i]->code, i);
        mini_free(all[i]);
    }
    mini_close();
}

TAP_TEST(nothing_is_left_behind)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    mini_open();
    mini_close();
    unsigned fds = count_entries("/proc/self/fd"), maps = 0;
    mini_open();
    for (int i = 0; i < 300; i++) {
        struct mini_process *process = mini_start(contract_image(), &command);
        TAP_CHECK(process);
        mini_wait_gone(process);
        TAP_STOP_IF_FAILED();
        mini_free(process);
        if (i == 20)
            maps = count_maps();
    }
    TAP_CHECK(count_maps() <= maps + 4);
    mini_close();
    TAP_EQ(count_entries("/proc/self/fd"), fds);
}

TAP_TEST(a_process_that_does_not_fit_is_refused)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    struct rlimit old, tight = {4096, RLIM_INFINITY};
    mini_open();
    unsigned fds = count_entries("/proc/self/fd");
    getrlimit(RLIMIT_FSIZE, &old);
    tight.rlim_max = old.rlim_max;
    setrlimit(RLIMIT_FSIZE, &tight);
    TAP_CHECK(!mini_create(contract_image(), &command));
    setrlimit(RLIMIT_FSIZE, &old);
    TAP_EQ(count_entries("/proc/self/fd"), fds);
    struct mini_process *process = mini_start(contract_image(), &command);
    TAP_CHECK(process);
    mini_wait_gone(process);
    mini_free(process);
    mini_close();
}

TAP_TEST(too_few_descriptors_refuse_a_start_and_nothing_else)
{
    enum { MANY = 200 };
    static struct mini_process *all[MANY];
    const struct program_command command = {PROGRAM_ENTER, 1, CAPOS_FOREVER, 1};
    mini_open();
    mini.on_enter = wait_always;
    struct rlimit files = {40, 40};
    setrlimit(RLIMIT_NOFILE, &files);
    int started = 0;
    while (started < MANY && (all[started] = mini_start(contract_image(), &command)))
        started++;
    TAP_CHECK(started > 3 && started < 40);
    for (int i = 0; i < started; i++) {
        mini_wait(&all[i]->waits);
        TAP_STOP_IF_FAILED();
        finish_waiting(all[i]);
        TAP_STOP_IF_FAILED();
    }
    struct mini_process *again = start_waiting();
    TAP_STOP_IF_FAILED();
    finish_waiting(again);
    mini_close();
}

/* Old kernels lack some of them: without any a service must run all the same. */
TAP_TEST(every_belt_can_be_missing)
{
    for (uint32_t belt = 1; belt <= LINUX_BELTS_ALL + 1; belt *= 2) {
        runner_options.belts = belt > LINUX_BELTS_ALL ? 0 : LINUX_BELTS_ALL & ~belt;
        mini_open();
        TAP_STOP_IF_FAILED();
        TAP_EQ(linux_port_of(mini.kernel)->belts & ~runner_options.belts, 0);
        struct mini_process *process = start_waiting();
        TAP_STOP_IF_FAILED();
        finish_waiting(process);
        TAP_STOP_IF_FAILED();
        mini_close();
    }
}
