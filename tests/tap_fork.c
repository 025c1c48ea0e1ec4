/*
 * The host's runner: every test in a forked child with a time limit, so that
 * a crash, a sanitizer report, a leak or a hang is one "not ok" and the rest
 * still run. Usage: SUITE [TEST-NAME-PART]; TAP_NOFORK=1 runs in this process
 * (for a debugger). CAPOS_TEST_SECONDS is the limit, for who knows how busy
 * the machine is; a test with CAPOS_LONG has ten times as long.
 */
#include "tests/tap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_SECONDS = 60, TEST_SECONDS_LONG = 600 };

#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
int __lsan_do_recoverable_leak_check(void);
#        define LEAKED() __lsan_do_recoverable_leak_check()
#    endif
#endif
#ifndef LEAKED
#    define LEAKED() 0
#endif

static unsigned limit(void)
{
    const char *said = getenv("CAPOS_TEST_SECONDS");
    if (said)
        return (unsigned)strtoul(said, NULL, 10);
    return getenv("CAPOS_LONG") ? TEST_SECONDS_LONG : TEST_SECONDS;
}

void tap_write(const char *text, size_t length)
{
    fwrite(text, 1, length, stdout);
}

/* Exit codes of a child; the skip's reason goes through a pipe. */
enum { CHILD_PASSED = 0, CHILD_FAILED = 101, CHILD_SKIPPED = 102, CHILD_LEAKED = 103 };

static int run_child(const struct tap_test *test, int reason_fd)
{
    enum tap_outcome got = tap_run(test);
    if (got == TAP_SKIPPED) {
        const char *why = tap_skip_reason();
        if (write(reason_fd, why, strlen(why)) < 0)
            return CHILD_FAILED;
    }
    fflush(stdout);
    if (got != TAP_PASSED)
        return got == TAP_SKIPPED ? CHILD_SKIPPED : CHILD_FAILED;
    return LEAKED() ? CHILD_LEAKED : CHILD_PASSED;
}

static int report(size_t number, const struct tap_test *test, int status, const char *reason)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == CHILD_PASSED) {
        printf("ok %zu - %s\n", number, test->name);
        return 0;
    }
    if (code == CHILD_SKIPPED) {
        printf("ok %zu - %s # SKIP %s\n", number, test->name, reason);
        return 0;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("# no end after %u s\n", limit());
    else if (WIFSIGNALED(status))
        printf("# died of signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (code != CHILD_FAILED)
        printf("# exit code %d%s\n", code, code == CHILD_LEAKED ? " (leak)" : "");
    printf("not ok %zu - %s\n", number, test->name);
    return 1;
}

static int run_forked(size_t number, const struct tap_test *test)
{
    int reason_pipe[2];
    if (pipe(reason_pipe) < 0) {
        perror("pipe");
        exit(2);
    }
    fflush(stdout);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child == 0) {
        close(reason_pipe[0]);
        alarm(limit());
        _exit(run_child(test, reason_pipe[1]));
    }
    close(reason_pipe[1]);
    char reason[200];
    size_t length = 0;
    ssize_t n;
    while (length < sizeof reason - 1 &&
           (n = read(reason_pipe[0], reason + length, sizeof reason - 1 - length)) > 0)
        length += (size_t)n;
    reason[length] = 0;
    close(reason_pipe[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return report(number, test, status, reason);
}

int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";
    int in_process = getenv("TAP_NOFORK") != NULL;
    size_t number = 0;
    int failed = 0;

    for (size_t i = 0; i < tap_count(); i++) {
        const struct tap_test *test = tap_get(i);
        if (!strstr(test->name, part))
            continue;
        number++;
        if (in_process) {
            enum tap_outcome got = tap_run(test);
            printf("%sok %zu - %s\n", got == TAP_FAILED ? "not " : "", number, test->name);
            failed += got == TAP_FAILED;
        } else {
            failed += run_forked(number, test);
        }
    }
    printf("1..%zu\n", number);
    if (number == 0) {
        printf("# no test has \"%s\" in its name\n", part);
        return 2;
    }
    return failed != 0;
}
