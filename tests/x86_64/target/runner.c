/*
 * The runner on the bare machine: the start of a test image. TAP goes to the
 * serial port, and the exit device says whether all passed: 33, else 37.
 *
 * Each test begins with the machine as it was after the start: what the image
 * has in writable memory is put back first, which is the port, with its free
 * frames, and the tests' own static data, as in a forked child on a host. A
 * panic, and so an exception in the kernel, is the end of its test only. The
 * image has no power.c: its two functions are here.
 */
#include <setjmp.h>
#include <string.h>

#include "kernel/core/text.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/tap.h"
#include "tests/x86_64/libc/heap.h"
#include "tests/x86_64/target/options.h"
#include "tests/x86_64/target/panics.h"

enum { EXIT_DEVICE = 0xf4, EXIT_GOOD = 16, EXIT_PANIC = 17, EXIT_OTHER = 18 };
enum { HEAP_BYTES = 16 << 20 };
enum { WORD_MAX = 100 };

void x86_main(uint32_t start_info);

/* Where the linker script lays what is writable; the stacks follow. */
extern uint8_t x86_rodata_end[], x86_guards[];

/* The local interrupt controller: of vectors 64 to 95, those that wait. */
#define LOCAL_PADDR UINT64_C(0xfee00000)
enum { LOCAL_PENDING = 0x220, LOCAL_BYTES = 0x400 };

static volatile const uint32_t *local;
uint64_t target_count, target_seed;

static struct x86_boot_info info;
static jmp_buf test_end, expected_end;
static bool runs, expected;
static char expected_text[200];

void tap_write(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        x86_console_print((const char[2]){text[i], 0});
}

static void put_number(size_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    tap_write(digits + at, sizeof digits - at);
}

static _Noreturn void leave(uint8_t exit)
{
    x86_out8(EXIT_DEVICE, exit);
    for (;;)
        __asm__ volatile("cli\n\thlt");
}

void x86_power_off(int code)
{
    leave(code == 0 ? EXIT_GOOD : EXIT_OTHER);
}

void x86_panic(const char *message)
{
    if (expected) {
        struct text text = KERNEL_TEXT_IN(expected_text);
        kernel_text_add(&text, message);
        longjmp(expected_end, 1);
    }
    x86_console_print(runs ? "# panic: " : "Bail out! panic: ");
    x86_console_print(message);
    x86_console_print("\n");
    if (runs)
        longjmp(test_end, 1);
    leave(EXIT_PANIC);
}

const char *target_panics(void (*call)(void))
{
    volatile bool panicked = true;
    expected = true;
    if (setjmp(expected_end) == 0) {
        call();
        panicked = false;
    }
    expected = false;
    return panicked ? expected_text : NULL;
}

/* A word of the command line, by its start: what follows it, blanked; "" without it. */
static void take_word(char *line, const char *start, char value[WORD_MAX])
{
    char *word = strstr(line, start);
    size_t count = 0;
    if (word) {
        memset(word, ' ', strlen(start));
        for (word += strlen(start); *word && *word != ' ' && count < WORD_MAX - 1; *word++ = ' ')
            value[count++] = *word;
    }
    value[count] = 0;
}

static uint64_t take_number(char *line, const char *start)
{
    char digits[WORD_MAX];
    uint64_t number = 0;
    take_word(line, start, digits);
    for (const char *at = digits; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    return number;
}

static size_t writable_bytes(void)
{
    return (uintptr_t)x86_guards - (uintptr_t)x86_rodata_end;
}

/* Interrupts that the test before has asked for. */
static void take_pending(void)
{
    x86_port.timer_at = 0;
    x86_timer_set(0, CAPOS_FOREVER);
    x86_interrupt_done();
    while (local[LOCAL_PENDING / sizeof *local]) {
        x86_idle();
        x86_interrupt_done();
    }
}

static void restore(const void *kept)
{
    x86_processor_unload();
    take_pending();
    memcpy(x86_rodata_end, kept, writable_bytes());
    x86_console_open();
}

static enum tap_outcome run_one(const struct tap_test *test)
{
    if (setjmp(test_end) != 0)
        return TAP_FAILED;
    runs = true;
    return tap_run(test);
}

static void report(size_t number, const struct tap_test *test, enum tap_outcome outcome)
{
    x86_console_print(outcome == TAP_FAILED ? "not ok " : "ok ");
    put_number(number);
    x86_console_print(" - ");
    x86_console_print(test->name);
    if (outcome == TAP_SKIPPED) {
        x86_console_print(" # SKIP ");
        x86_console_print(tap_skip_reason());
    }
    x86_console_print("\n");
}

/* What it keeps lies on the stack, which is not put back. */
static _Noreturn void run_all(const char *part, const void *kept)
{
    size_t number = 0, failed = 0;
    for (size_t i = 0; i < tap_count(); i++) {
        const struct tap_test *test = tap_get(i);
        if (!strstr(test->name, part))
            continue;
        restore(kept);
        enum tap_outcome outcome = run_one(test);
        report(++number, test, outcome);
        failed += outcome == TAP_FAILED;
    }
    x86_console_print("1..");
    put_number(number);
    x86_console_print("\n");
    x86_power_off(failed != 0 || number == 0);
}

void x86_main(uint32_t start_info)
{
    struct x86_options options;
    struct kernel_error error = {""};
    char part[WORD_MAX];
    x86_console_open();
    x86_processor_open();
    x86_pvh_read(start_info, &info);
    take_word(info.command_line, "test=", part); /* the tests with it in their names */
    target_count = take_number(info.command_line, "count=");
    target_seed = take_number(info.command_line, "seed=");
    if (!x86_options_parse(info.command_line, &options, &error))
        x86_panic(error.text);
    x86_port_open(&info, &options);
    void *heap = x86_memory_carve(HEAP_BYTES), *kept = x86_memory_carve(writable_bytes());
    if (!heap || !kept)
        x86_panic("no memory for the tests");
    libc_heap_open(heap, HEAP_BYTES);
    local = x86_map_device(LOCAL_PADDR, LOCAL_BYTES);
    memcpy(kept, x86_rodata_end, writable_bytes());
    run_all(part, kept);
}
