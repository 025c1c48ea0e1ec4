/*
 * Reads what a person types and says each line back, numbered, until the end
 * of the input: calls that wait, and lines that come in pieces.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"

enum { LINE_BYTES_MAX = 200, NUMBER_BYTES = 12 };

struct echo {
    struct capos_ring *ring;
    struct console console;
    uint32_t lines;
    uint32_t count; /* bytes of the line at hand */
    char line[NUMBER_BYTES + LINE_BYTES_MAX];
};

/* "7: " in front of the line; returns where that starts. */
static char *put_number(struct echo *echo)
{
    char *at = echo->line + NUMBER_BYTES;
    *--at = ' ';
    *--at = ':';
    uint32_t rest = ++echo->lines;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    return at;
}

static capos_status say(struct echo *echo)
{
    const char *start = put_number(echo);
    const char *end = echo->line + NUMBER_BYTES + echo->count;
    echo->count = 0;
    return console_write_line(echo->ring, echo->console, wire_text_make(start, (uint32_t)(end - start)));
}

/* A line that is too long is said in pieces. */
static capos_status take(struct echo *echo, const uint8_t *bytes, uint32_t count)
{
    capos_status status = CAP_OK;
    for (uint32_t i = 0; i < count && status == CAP_OK; i++) {
        if (bytes[i] != '\n')
            echo->line[NUMBER_BYTES + echo->count++] = (char)bytes[i];
        if (bytes[i] == '\n' || echo->count == LINE_BYTES_MAX)
            status = say(echo);
    }
    return status;
}

/* One read: how many bytes there were, or what went wrong. */
static int64_t step(struct echo *echo)
{
    struct console_read_call call;
    struct console_read_results_reader results;
    struct wire_data data = wire_data_make("", 0);
    capos_status status = console_read(echo->ring, echo->console, 100, &call, &results);
    if (status == CAP_OK) {
        data = console_read_results_get_data(results);
        status = take(echo, data.bytes, data.size);
    }
    console_read_finish(echo->ring, &call);
    return status < 0 ? (int64_t)status : (int64_t)data.size;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct echo echo = {.lines = 0};
    int64_t got;
    if (console_from_capset(runtime, "console", &echo.console) < 0 ||
        capos_runtime_lend_ring(runtime, &echo.ring) < 0)
        return 1;
    while ((got = step(&echo)) > 0)
        continue;
    if (got == 0 && echo.count > 0)
        got = say(&echo);
    capos_runtime_return_ring(runtime, echo.ring);
    return got < 0;
}
