/*
 * Sends much, as fast as the other side takes it, and learns what became of it.
 */
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { PIECE_MAX = 30000 };

CAPOS_HEAP_BYTES(1 << 18) /* for the pieces in flight */

struct source {
    struct capos_ring *ring;
    struct console console;
    struct sink quick, slow;
};

static uint8_t piece[PIECE_MAX];
static struct capos_line line;
static char chars[120];

static void begin(const char *what)
{
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
}

static void say_number(const char *before, uint64_t number, const char *after)
{
    capos_line_string(&line, before);
    capos_line_u64(&line, number);
    capos_line_string(&line, after);
}

static void end(const struct source *source)
{
    console_write_line(source->ring, source->console, capos_line_text(&line));
}

/* Sends so many pieces of so many bytes each, of which one may be bad; says how many were sent. */
static uint32_t pour(struct sink_put_stream *stream, uint32_t pieces, uint32_t bytes, uint32_t bad)
{
    for (uint32_t i = 1; i <= pieces; i++) {
        piece[0] = i == bad ? '!' : 'x';
        if (sink_put_stream_send(stream, wire_data_make(piece, bytes)) != CAP_OK)
            return i - 1;
    }
    return pieces;
}

static void say_taken(const struct source *source, struct sink sink, bool held)
{
    struct sink_taken_call call;
    struct sink_taken_results_reader results;
    sink_taken_send(source->ring, sink, &call);
    if (sink_taken_wait(source->ring, &call, &results) == CAP_OK) {
        say_number("", sink_taken_results_get_bytes(results), " bytes in ");
        say_number("", sink_taken_results_get_calls(results), " pieces");
        if (held) {
            say_number(", unanswered at most ", sink_taken_results_get_most_calls(results), "");
            say_number(" of ", sink_taken_results_get_most_bytes(results), " bytes");
        }
    }
    sink_taken_finish(source->ring, &call);
}

/* To a part of a sink that is not there when the first piece is sent. */
static void send_to_part(const struct source *source, const char *what, struct sink sink, uint32_t pieces,
                         uint32_t bytes)
{
    struct sink_put_stream stream;
    struct sink_part_call part;
    sink_part_send(source->ring, sink, &part);
    sink_put_stream_start(source->ring, sink_part_promised_sink(&part), &stream);
    pour(&stream, pieces, bytes, 0);
    capos_status status = sink_put_stream_end(&stream);
    begin(what);
    if (status == CAP_OK)
        say_taken(source, sink_part_promised_sink(&part), sink.cap == source->slow.cap);
    else
        capos_line_string(&line, capos_status_name(status));
    end(source);
    sink_part_finish(source->ring, &part);
}

/* What the sink refuses is told at the next send that can know it, and by the end. */
static void send_bad(const struct source *source, const char *what, uint32_t pieces, uint32_t bad)
{
    struct sink_put_stream stream;
    sink_put_stream_start(source->ring, source->quick, &stream);
    uint32_t sent = pour(&stream, pieces, 100, bad);
    capos_status status = sink_put_stream_end(&stream);
    begin(what);
    capos_line_string(&line, sent == pieces ? "all were sent" : "a send has told");
    capos_line_string(&line, sent <= bad + CAPOS_STREAM_CALLS ? ", within the window; " : ", too late; ");
    capos_line_string(&line, "the end: ");
    capos_line_string(&line, capos_status_name(status));
    end(source);
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct source source;
    if (console_from_capset(runtime, "console", &source.console) != CAP_OK ||
        sink_from_capset(runtime, "quick", &source.quick) != CAP_OK ||
        sink_from_capset(runtime, "slow", &source.slow) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &source.ring) != CAP_OK)
        return 1;
    send_to_part(&source, "quick, small: ", source.quick, 200, 256);
    send_to_part(&source, "quick, large: ", source.quick, 20, PIECE_MAX);
    send_to_part(&source, "slow, small: ", source.slow, 20, 256);
    send_to_part(&source, "slow, large: ", source.slow, 6, PIECE_MAX);
    send_bad(&source, "the third of forty is refused: ", 40, 3);
    send_bad(&source, "the last of forty is refused: ", 40, 40);
    capos_runtime_return_ring(runtime, source.ring);
    return 0;
}
