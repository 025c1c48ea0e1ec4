/*
 * A shell for a Store that another program serves: commands are read from the
 * console, a line each. A watch is told when a later put has answered it.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { LINE_BYTES_MAX = 80, WORDS_MAX = 3 };

struct shell {
    struct capos_ring *ring;
    struct console console;
    struct store store;
    struct store_watch_call watch;
    bool watches;
    char line[LINE_BYTES_MAX];
    uint32_t count; /* bytes of the line at hand; one more than it has room for: it is too long */
};

/* "what: number" */
static void say(struct shell *shell, const char *what, uint64_t number)
{
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
    capos_line_string(&line, ": ");
    capos_line_u64(&line, number);
    console_write_line(shell->ring, shell->console, capos_line_text(&line));
}

static void say_failed(struct shell *shell, const struct capos_call *call, capos_status status)
{
    struct wire_text message = capos_call_exception(call).message;
    console_write_line(shell->ring, shell->console,
                       message.size > 0 ? message : capos_text_of(capos_status_text(status)));
}

/* --- Commands --------------------------------------------------------------------------- */

static void get(struct shell *shell, uint64_t key, uint64_t unused)
{
    struct store_get_call call;
    struct store_get_results_reader got;
    (void)unused;
    store_get_send(shell->ring, shell->store, key, &call);
    capos_status status = store_get_wait(shell->ring, &call, &got);
    if (status == CAP_OK)
        say(shell, "value", store_get_results_get_value(got));
    else
        say_failed(shell, &call.call, status);
    store_get_finish(shell->ring, &call);
}

/* The store answers watches before the put that they wait for. */
static void look_at_watch(struct shell *shell)
{
    struct store_watch_results_reader seen;
    capos_status status = store_watch_wait_for(shell->ring, &shell->watch, 0, &seen);
    shell->watches = false;
    if (status == CAP_OK)
        say(shell, "watch saw", store_watch_results_get_value(seen));
    store_watch_finish(shell->ring, &shell->watch);
}

static void put(struct shell *shell, uint64_t key, uint64_t value)
{
    struct store_put_call call;
    struct store_put_results_reader results;
    store_put_send(shell->ring, shell->store, key, value, &call);
    capos_status status = store_put_wait(shell->ring, &call, &results);
    if (status == CAP_OK)
        say(shell, "version", store_put_results_get_version(results));
    else
        say_failed(shell, &call.call, status);
    store_put_finish(shell->ring, &call);
    if (shell->watches && capos_call_poll(shell->ring, &shell->watch.call, NULL) != CAP_ERR_TIMED_OUT)
        look_at_watch(shell);
}

/* One at a time: the next one takes the place of the last. */
static void watch(struct shell *shell, uint64_t key, uint64_t version)
{
    if (shell->watches)
        store_watch_finish(shell->ring, &shell->watch);
    store_watch_send(shell->ring, shell->store, key, version, &shell->watch);
    shell->watches = true;
}

static const struct {
    const char *name;
    uint32_t numbers;
    void (*run)(struct shell *shell, uint64_t first, uint64_t second);
} commands[] = {
    {"get", 1, get},
    {"put", 2, put},
    {"watch", 2, watch},
};

/* --- Lines ------------------------------------------------------------------------------ */

static bool read_number(struct wire_text word, uint64_t *ret_number)
{
    enum { DIGITS_MAX = 18 };
    uint64_t number = 0;
    if (word.size == 0 || word.size > DIGITS_MAX)
        return false;
    for (uint32_t i = 0; i < word.size; i++) {
        if (word.chars[i] < '0' || word.chars[i] > '9')
            return false;
        number = number * 10 + (uint32_t)(word.chars[i] - '0');
    }
    *ret_number = number;
    return true;
}

/* Words beyond `max` are counted, too. */
static uint32_t split(const struct shell *shell, struct wire_text *words, uint32_t max)
{
    uint32_t count = 0, at = 0;
    while (at < shell->count) {
        uint32_t start = at;
        while (at < shell->count && shell->line[at] != ' ')
            at++;
        if (at > start && count++ < max)
            words[count - 1] = wire_text_make(shell->line + start, at - start);
        at += at < shell->count;
    }
    return count;
}

static void run_line(struct shell *shell)
{
    struct wire_text words[WORDS_MAX];
    uint64_t numbers[WORDS_MAX - 1] = {0};
    if (shell->count > LINE_BYTES_MAX) {
        say(shell, "the line is longer than it may be, bytes", LINE_BYTES_MAX);
        shell->count = 0;
        return;
    }
    uint32_t count = split(shell, words, WORDS_MAX);
    shell->count = 0;
    if (count == 0)
        return;
    for (uint32_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        bool good =
            wire_text_equal(words[0], capos_text_of(commands[i].name)) && count == 1 + commands[i].numbers;
        for (uint32_t j = 0; good && j < commands[i].numbers; j++)
            good = read_number(words[1 + j], &numbers[j]);
        if (good) {
            commands[i].run(shell, numbers[0], numbers[1]);
            return;
        }
    }
    console_write_line(shell->ring, shell->console,
                       CAPOS_TEXT("there are: get KEY, put KEY VALUE, watch KEY VERSION; all numbers"));
}

static void take(struct shell *shell, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (bytes[i] == '\n')
            run_line(shell);
        else if (shell->count < LINE_BYTES_MAX)
            shell->line[shell->count++] = (char)bytes[i];
        else
            shell->count = LINE_BYTES_MAX + 1;
    }
}

/* One read: false at the end of the input. */
static bool step(struct shell *shell)
{
    struct console_read_call call;
    struct console_read_results_reader results;
    bool more = false;
    if (console_read(shell->ring, shell->console, LINE_BYTES_MAX, &call, &results) == CAP_OK) {
        struct wire_data data = console_read_results_get_data(results);
        more = data.size > 0;
        take(shell, data.bytes, data.size);
    }
    console_read_finish(shell->ring, &call);
    return more;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static struct shell shell;
    if (console_from_capset(runtime, "console", &shell.console) != CAP_OK ||
        store_from_capset(runtime, "store", &shell.store) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &shell.ring) != CAP_OK)
        return 1;
    while (step(&shell))
        continue;
    run_line(&shell);
    if (shell.watches)
        store_watch_finish(shell.ring, &shell.watch);
    capos_runtime_return_ring(runtime, shell.ring);
    return 0;
}
