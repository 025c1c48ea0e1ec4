/*
 * The core of the harness: the list of tests, the checks, and running one
 * test. It needs no libc: what it prints goes to the runner's tap_write().
 */
#include "tests/tap.h"

extern const struct tap_test *const __start_tap_tests[]
    __attribute__((weak)); /* none where no test is linked */
extern const struct tap_test *const __stop_tap_tests[] __attribute__((weak));

static enum tap_outcome outcome;
static const char *reason;

static void put(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    tap_write(text, n);
}

static void put_number(int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        digits[--at] = '-';
    tap_write(digits + at, sizeof digits - at);
}

static void put_place(const char *file, int line, const char *what)
{
    put("# ");
    put(file);
    put(":");
    put_number(line);
    put(": ");
    put(what);
}

void tap_fail(const char *file, int line, const char *what)
{
    put_place(file, line, what);
    put(" does not hold\n");
    outcome = TAP_FAILED;
}

int tap_equal(const char *file, int line, const char *what, int64_t actual, int64_t expected)
{
    if (actual == expected)
        return 1;
    put_place(file, line, what);
    put(" is ");
    put_number(actual);
    put(", expected ");
    put_number(expected);
    put("\n");
    outcome = TAP_FAILED;
    return 0;
}

int tap_string_equal(const char *file, int line, const char *what, const char *actual, const char *expected)
{
    size_t i = 0;
    while (actual && expected && actual[i] && actual[i] == expected[i])
        i++;
    if (actual && expected && actual[i] == expected[i])
        return 1;
    put_place(file, line, what);
    put(" is \"");
    put(actual ? actual : "(null)");
    put("\", expected \"");
    put(expected ? expected : "(null)");
    put("\"\n");
    outcome = TAP_FAILED;
    return 0;
}

int tap_memory_equal(const char *file, int line, const char *what, const void *actual, const void *expected,
                     size_t bytes)
{
    const unsigned char *a = actual, *b = expected;
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] == b[i])
            continue;
        put_place(file, line, what);
        put(" differs at byte ");
        put_number((int64_t)i);
        put(": ");
        put_number(a[i]);
        put(", expected ");
        put_number(b[i]);
        put("\n");
        outcome = TAP_FAILED;
        return 0;
    }
    return 1;
}

void tap_skip(const char *why)
{
    reason = why;
    outcome = TAP_SKIPPED;
}

int tap_stopped(void)
{
    return outcome != TAP_PASSED;
}

void tap_note(const char *text)
{
    put("# ");
    put(text);
    put("\n");
}

size_t tap_count(void)
{
    return (size_t)(__stop_tap_tests - __start_tap_tests);
}

const struct tap_test *tap_get(size_t index)
{
    return __start_tap_tests[index];
}

enum tap_outcome tap_run(const struct tap_test *test)
{
    outcome = TAP_PASSED;
    reason = "";
    test->run();
    return outcome;
}

const char *tap_skip_reason(void)
{
    return reason;
}
