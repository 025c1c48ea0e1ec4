/*
 * Panic: a line on the console when there is one, and the end.
 */
#include <capos/panic.h>

#include <capos/capset.h>
#include <capos/text.h>

#include "capos-rt/rt.h"
#include "schema/capos.capos.h"

/*
 * Writes the line by hand: no heap, no lending, and nothing awaited but this one
 * completion. Submitting reads the completions that are there, which frees the credit that it
 * needs; when as many calls are outstanding as may be, one of them makes way.
 */
__attribute__((cold)) void rt_console_write_line(struct capos_runtime *runtime, struct wire_text line)
{
    struct capos_ring *ring = &runtime->ring;
    capos_cap console;
    uint64_t words[CAPOS_PANIC_BYTES_MAX / 8 + 8];
    struct wire_build params;
    uint64_t bytes = 0;
    if (capos_capset_find(runtime, "console", CONSOLE_INTERFACE_ID, &console) < 0)
        return;
    wire_build_init(&params, words, sizeof words / 8);
    console_write_line_params_set_text(console_write_line_params_build_root(&params), line);
    if (!wire_build_flat(&params, &bytes))
        return;
    const struct cap_sqe call = {
        .op = CAP_OP_CALL,
        .method_id = CONSOLE_METHOD_WRITE_LINE,
        .params_addr = (uintptr_t)words,
        .params_len = (uint32_t)bytes,
        .interface_id = CONSOLE_INTERFACE_ID,
        .cap_id = console,
    };
    struct cap_cqe done = rt_ring_run(ring, &call);
    for (uint32_t place = 0; place < CAPOS_RING_CREDITS && done.result == CAP_ERR_TOO_MANY_CALLS; place++) {
        if (!ring->places[place])
            continue;
        rt_ring_cancel(ring, ring->places[place]);
        done = rt_ring_run(ring, &call);
    }
}

__attribute__((cold)) void capos_panic(const char *message)
{
    static bool panicking;
    char chars[CAPOS_PANIC_BYTES_MAX + 1];
    struct capos_line line;
    struct capos_runtime *runtime = rt_current;
    if (!runtime)
        __builtin_trap();
    if (!panicking) {
        panicking = true;
        runtime->handles.stats.queued = runtime->promises.queued = 0; /* nothing goes along */
        capos_line_begin(&line, chars, sizeof chars);
        capos_line_string(&line, "panic: ");
        capos_line_string(&line, message);
        rt_console_write_line(runtime, capos_line_text(&line));
    }
    capos_runtime_exit(runtime, CAPOS_EXIT_PANIC);
}
