/*
 * The console on pipes, files and /dev/null: nothing blocks, nothing is lost,
 * and the descriptions that others share stay as they were.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/linux/linux_runner.h"
#include "tests/tap.h"

enum { MUCH = 1 << 20 };

static int input_pipe[2], output_pipe[2];

static void open_with_pipes(void)
{
    TAP_EQ(pipe2(input_pipe, O_CLOEXEC), 0);
    TAP_EQ(pipe2(output_pipe, O_CLOEXEC), 0);
    runner_options.in = input_pipe[0];
    runner_options.out = output_pipe[1];
    mini_open();
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 7 + at / 251);
}

/* Reads what is there; false when it is not the pattern that goes on at *at. */
static bool read_pattern(size_t *at)
{
    uint8_t bytes[8192];
    ssize_t got = read(output_pipe[0], bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++)
        if (bytes[i] != pattern((*at)++))
            return false;
    return got > 0;
}

TAP_TEST(output_that_nobody_reads_waits_and_is_not_lost)
{
    static uint8_t data[MUCH];
    open_with_pipes();
    TAP_STOP_IF_FAILED();
    for (size_t i = 0; i < MUCH; i++)
        data[i] = pattern(i);
    size_t written = 0, seen = 0;
    while (seen < MUCH) {
        unsigned reports = mini.outputs;
        size_t taken = port_console_write(mini.kernel, data + written, MUCH - written);
        written += taken;
        mini_port_step(mini.kernel, 0);
        if (written < MUCH && taken == 0)
            TAP_EQ(mini.outputs, reports);
        TAP_CHECK(read_pattern(&seen));
        for (int i = 0; i < 3; i++)
            mini_port_step(mini.kernel, 0);
    }
    TAP_EQ(written, MUCH);
    TAP_CHECK(mini.outputs > 0);
    TAP_CHECK(!(fcntl(output_pipe[1], F_GETFL) & O_NONBLOCK));
    mini_close();
}

TAP_TEST(output_takes_what_fits_and_reports_room_once)
{
    static uint8_t data[MUCH];
    open_with_pipes();
    TAP_STOP_IF_FAILED();
    size_t taken = port_console_write(mini.kernel, data, MUCH);
    TAP_CHECK(taken > 0 && taken < MUCH);
    for (int i = 0; i < 20; i++) {
        mini_port_step(mini.kernel, 0);
        taken += port_console_write(mini.kernel, data, MUCH);
    }
    TAP_EQ(port_console_write(mini.kernel, data, 1), 0);
    unsigned reports = mini.outputs;
    mini_port_step(mini.kernel, 10000000);
    TAP_EQ(mini.outputs, reports);
    while (mini.outputs == reports && taken > 0) {
        ssize_t got = read(output_pipe[0], data, MUCH);
        TAP_CHECK(got > 0);
        taken -= (size_t)got;
        mini_port_step(mini.kernel, 10000000);
    }
    TAP_EQ(mini.outputs, reports + 1);
    mini_close();
}

TAP_TEST(a_reader_that_goes_away_ends_the_system)
{
    open_with_pipes();
    TAP_STOP_IF_FAILED();
    close(output_pipe[0]);
    mini_wait(&mini.shut_down);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(linux_port_of(mini.kernel)->failed);
    TAP_EQ(port_console_write(mini.kernel, "more", 4), 4);
    mini_port_step(mini.kernel, 0);
    mini_close();
}

static void write_to(int fd)
{
    runner_options.in = runner_options.out = fd;
    mini_open();
    TAP_STOP_IF_FAILED();
    TAP_EQ(port_console_write(mini.kernel, "hello, ", 7), 7);
    TAP_EQ(port_console_write(mini.kernel, "world", 5), 5);
    mini_port_step(mini.kernel, 0);
    TAP_CHECK(!mini.shut_down);
    mini_close();
}

TAP_TEST(output_to_files_and_dev_null_works)
{
    char text[16] = "";
    char path[] = "/tmp/capos-console-XXXXXX";
    int file = mkostemp(path, O_CLOEXEC);
    TAP_CHECK(file >= 0);
    unlink(path);
    write_to(file);
    TAP_STOP_IF_FAILED();
    TAP_EQ(pread(file, text, sizeof text, 0), 12);
    TAP_STR_EQ(text, "hello, world");
    write_to(open("/dev/null", O_RDWR | O_CLOEXEC));
}

TAP_TEST(output_that_cannot_be_written_ends_the_system)
{
    runner_options.out = open("/dev/full", O_RDWR | O_CLOEXEC);
    runner_options.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    mini_open();
    TAP_STOP_IF_FAILED();
    port_console_write(mini.kernel, "hello", 5);
    mini_port_step(mini.kernel, 0);
    TAP_CHECK(mini.shut_down);
    mini_close();
}

/* The write that fails is one that the core waits for, not one of the loop's. */
TAP_TEST(output_that_fails_while_the_core_writes_ends_the_system)
{
    static char bytes[60000];
    runner_options.out = open("/dev/full", O_RDWR | O_CLOEXEC);
    runner_options.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    mini_open();
    TAP_STOP_IF_FAILED();
    for (int i = 0; i < 4; i++)
        port_console_write(mini.kernel, bytes, sizeof bytes);
    TAP_CHECK(linux_port_of(mini.kernel)->console.out_error != 0);
    mini_port_step(mini.kernel, 0);
    TAP_CHECK(mini.shut_down);
    mini_close();
}

TAP_TEST(input_is_reported_when_it_comes_and_read_when_asked)
{
    char text[16] = "";
    open_with_pipes();
    TAP_STOP_IF_FAILED();
    TAP_EQ(write(input_pipe[1], "early", 5), 5);
    mini_port_step(mini.kernel, 0);
    TAP_EQ(mini.inputs, 0); /* the core has not asked */
    TAP_EQ(port_console_read(mini.kernel, text, 3), 3);
    TAP_EQ(port_console_read(mini.kernel, text + 3, sizeof text - 3), 2);
    TAP_STR_EQ(text, "early");
    TAP_EQ(port_console_read(mini.kernel, text, 1), PORT_CONSOLE_LATER);
    TAP_EQ(port_console_read(mini.kernel, text, 1), PORT_CONSOLE_LATER);
    mini_port_step(mini.kernel, 1000000);
    TAP_EQ(mini.inputs, 0);
    TAP_EQ(write(input_pipe[1], "x", 1), 1);
    mini_port_step(mini.kernel, 1000000000);
    mini_port_step(mini.kernel, 0);
    TAP_EQ(mini.inputs, 1);
    TAP_EQ(port_console_read(mini.kernel, text, 5), 1);
    TAP_EQ(port_console_read(mini.kernel, text, 5), PORT_CONSOLE_LATER);
    close(input_pipe[1]);
    mini_port_step(mini.kernel, 1000000000);
    TAP_EQ(mini.inputs, 2);
    TAP_EQ(port_console_read(mini.kernel, text, 5), 0);
    TAP_EQ(port_console_read(mini.kernel, text, 5), 0);
    TAP_CHECK(!(fcntl(input_pipe[0], F_GETFL) & O_NONBLOCK));
    mini_close();
}

TAP_TEST(input_from_dev_null_and_from_nowhere_is_at_its_end)
{
    char byte;
    runner_options.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    mini_open();
    TAP_STOP_IF_FAILED();
    TAP_EQ(port_console_read(mini.kernel, &byte, 1), 0);
    mini_close();
    runner_options.in = 900; /* not open */
    mini_open();
    TAP_STOP_IF_FAILED();
    TAP_EQ(port_console_read(mini.kernel, &byte, 1), 0);
    mini_close();
}
