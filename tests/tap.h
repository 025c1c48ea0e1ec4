/*
 * TAP: the test harness. A test registers itself; the core (tap.c) needs no
 * libc, so the same test objects run in a forked child on a host
 * (tap_fork.c) and inside a kernel image (one after the other).
 *
 * A check that fails prints where and what, marks the test failed and leaves
 * the test function, so no check runs on top of a broken one. Code called
 * from a test may check too: it uses the same macros and must return void.
 */
#ifndef CAPOS_TESTS_TAP_H
#define CAPOS_TESTS_TAP_H

#include <stddef.h>
#include <stdint.h>

struct tap_test {
    const char *name;
    void (*run)(void);
};

/* Defines and registers a test: TAP_TEST(ring_refuses_a_bad_tail) { ... } */
#define TAP_TEST(test_name)                                                                                  \
    static void test_name(void);                                                                             \
    static const struct tap_test tap_test_##test_name = {#test_name, test_name};                             \
    static const struct tap_test *const tap_entry_##test_name __attribute__((section("tap_tests"), used)) =  \
        &tap_test_##test_name;                                                                               \
    static void test_name(void)

#define TAP_CHECK(condition)                                                                                 \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            tap_fail(__FILE__, __LINE__, #condition);                                                        \
            return;                                                                                          \
        }                                                                                                    \
    } while (0)

/* Compares as 64-bit integers and prints both on failure. */
#define TAP_EQ(actual, expected)                                                                             \
    do {                                                                                                     \
        if (!tap_equal(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected)))                 \
            return;                                                                                          \
    } while (0)

#define TAP_STR_EQ(actual, expected)                                                                         \
    do {                                                                                                     \
        if (!tap_string_equal(__FILE__, __LINE__, #actual, (actual), (expected)))                            \
            return;                                                                                          \
    } while (0)

#define TAP_MEM_EQ(actual, expected, bytes)                                                                  \
    do {                                                                                                     \
        if (!tap_memory_equal(__FILE__, __LINE__, #actual, (actual), (expected), (bytes)))                   \
            return;                                                                                          \
    } while (0)

/* Leaves the test; it counts as skipped, with the reason printed. */
#define TAP_SKIP(reason)                                                                                     \
    do {                                                                                                     \
        tap_skip(reason);                                                                                    \
        return;                                                                                              \
    } while (0)

/* Stops the test function if a helper that it called has failed or skipped. */
#define TAP_STOP_IF_FAILED()                                                                                 \
    do {                                                                                                     \
        if (tap_stopped())                                                                                   \
            return;                                                                                          \
    } while (0)

void tap_fail(const char *file, int line, const char *what);
int tap_equal(const char *file, int line, const char *what, int64_t actual, int64_t expected);
int tap_string_equal(const char *file, int line, const char *what, const char *actual, const char *expected);
int tap_memory_equal(const char *file, int line, const char *what, const void *actual, const void *expected,
                     size_t bytes);
void tap_skip(const char *reason);
int tap_stopped(void);

/* A line "# text" beside the results. One that starts with "| " is a row of a table, and is always shown. */
void tap_note(const char *text);

/* --- For runners -------------------------------------------------------- */

enum tap_outcome { TAP_PASSED = 0, TAP_FAILED = 1, TAP_SKIPPED = 2 };

size_t tap_count(void);
const struct tap_test *tap_get(size_t index);
/* Runs one test in this very process. */
enum tap_outcome tap_run(const struct tap_test *test);
const char *tap_skip_reason(void);

/* Supplied by the runner: where diagnostics go. */
void tap_write(const char *text, size_t length);

#endif
