/*
 * What a call between two programs costs. Reads lines "NAME MILLISECONDS
 * DEPTH [CALLS]" from the console: calls with 64 bytes each way, DEPTH at once, for so long, or so many; says
 * "NAME NS", a call's time.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/bench.client.capos.h"
#include "schema/capos.client.capos.h"

enum { DEPTH_MAX = 16, DATA_BYTES = 40, INPUT_BYTES = 400, BETWEEN_LOOKS = 128 };

static struct capos_ring *ring;
static struct console console;
static struct timer timer;
static struct meter meter;
static bool wrong;

static uint64_t now(void)
{
    uint64_t ns = 0;
    timer_now(ring, timer, &ns);
    return ns;
}

static void batch(uint32_t depth)
{
    static struct meter_echo_call calls[DEPTH_MAX];
    static const uint8_t bytes[DATA_BYTES] = "forty bytes";
    struct meter_echo_results_reader results;
    for (uint32_t i = 0; i < depth; i++)
        meter_echo_send(ring, meter, i, wire_data_make(bytes, sizeof bytes), &calls[i]);
    for (uint32_t i = 0; i < depth; i++) {
        wrong |= meter_echo_wait(ring, &calls[i], &results) != CAP_OK;
        wrong = wrong || meter_echo_results_get_number(results) != i;
        meter_echo_finish(ring, &calls[i]);
    }
}

/* Until the time is over, or the calls are done. Returns how many calls there were. */
static uint64_t run(uint64_t ns, uint32_t depth, uint64_t calls, uint64_t *ret_took)
{
    uint64_t start = now(), took = 0, done = 0;
    do {
        for (uint32_t i = 0; i < BETWEEN_LOOKS && !(calls && done >= calls); i += depth, done += depth)
            batch(depth);
        took = now() - start;
    } while (!wrong && (calls ? done < calls : took < ns));
    *ret_took = took;
    return done;
}

static uint64_t number(const char **at, const char *end)
{
    uint64_t value = 0;
    while (*at < end && **at == ' ')
        ++*at;
    while (*at < end && **at >= '0' && **at <= '9')
        value = value * 10 + (uint64_t)(*(*at)++ - '0');
    return value;
}

static void line(const char *text, const char *end)
{
    char chars[120];
    struct capos_line said;
    const char *name_end = text;
    uint64_t took;
    while (name_end < end && *name_end != ' ')
        name_end++;
    uint32_t name_bytes = (uint32_t)(name_end - text);
    const char *at = name_end;
    uint64_t ns = number(&at, end) * 1000000;
    uint64_t depth = number(&at, end);
    uint64_t calls = number(&at, end);
    if (depth == 0 || depth > DEPTH_MAX || name_bytes > 40) {
        wrong = true;
        return;
    }
    if (!calls)
        run(ns / 5, (uint32_t)depth, 0, &took); /* warms up */
    uint64_t done = run(ns, (uint32_t)depth, calls, &took);
    capos_line_begin(&said, chars, sizeof chars);
    for (uint32_t i = 0; i < name_bytes; i++)
        capos_line_string(&said, (char[]){text[i], 0});
    capos_line_string(&said, " ");
    capos_line_u64(&said, took / done);
    console_write_line(ring, console, capos_line_text(&said));
}

static uint32_t read_input(char *text)
{
    uint32_t count = 0, got;
    do {
        struct console_read_call call;
        struct console_read_results_reader results;
        capos_status status = console_read(ring, console, INPUT_BYTES - count, &call, &results);
        struct wire_data data = wire_data_make("", 0);
        if (status == CAP_OK)
            data = console_read_results_get_data(results);
        for (uint32_t i = 0; i < data.size && count < INPUT_BYTES; i++)
            text[count++] = (char)data.bytes[i];
        got = data.size;
        console_read_finish(ring, &call);
    } while (got > 0 && count < INPUT_BYTES);
    return count;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static char text[INPUT_BYTES];
    if (console_from_capset(runtime, "console", &console) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK ||
        meter_from_capset(runtime, "meter", &meter) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    const char *end = text + read_input(text);
    for (const char *at = text; at < end && !wrong;) {
        const char *stop = at;
        while (stop < end && *stop != '\n')
            stop++;
        if (stop > at)
            line(at, stop);
        at = stop + 1;
    }
    capos_runtime_return_ring(runtime, ring);
    return wrong;
}
