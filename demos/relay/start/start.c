/*
 * Sends a baton through three programs and gets it back: each holds it for a
 * while, and nobody who has handed it on can touch it any more.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

struct race {
    struct capos_runtime *runtime;
    struct capos_ring *ring;
    struct console console;
    struct runner ada, bob, eve;
    struct baton baton;
};

static void say(const struct race *race, const char *what, uint32_t touches)
{
    struct capos_line line;
    char chars[80];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, what);
    capos_line_u64(&line, touches);
    console_write_line(race->ring, race->console, capos_line_text(&line));
}

static capos_status run(struct race *race)
{
    const struct runner nobody = {CAPOS_CAP_NULL};
    uint32_t touches = 0;
    capos_status status =
        runner_take(race->ring, race->ada, baton_moved(race->baton), runner_copied(race->bob), &touches);
    if (status < 0)
        return status;
    say(race, "through ada to bob, touches: ", touches);
    if (baton_touch(race->ring, race->baton, CAPOS_TEXT("start"), &touches) == CAP_ERR_STALE_CAP)
        say(race, "not mine any more, touches: ", touches);

    status = runner_drop(race->ring, race->bob, &race->baton);
    if (status == CAP_OK)
        status =
            runner_take(race->ring, race->eve, baton_moved(race->baton), runner_copied(nobody), &touches);
    if (status < 0)
        return status;
    say(race, "from bob to eve, touches: ", touches);

    status = runner_drop(race->ring, race->eve, &race->baton);
    if (status == CAP_OK)
        status = baton_touch(race->ring, race->baton, CAPOS_TEXT("start"), &touches);
    if (status < 0)
        return status;
    say(race, "and back, touches: ", touches);
    capos_handle_release(race->runtime, race->baton.cap);
    return runner_drop(race->ring, race->eve, &race->baton) == CAP_ERR_APPLICATION_EXCEPTION ? CAP_OK : -1;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct race race = {.runtime = runtime};
    if (console_from_capset(runtime, "console", &race.console) < 0 ||
        runner_from_capset(runtime, "ada", &race.ada) < 0 ||
        runner_from_capset(runtime, "bob", &race.bob) < 0 ||
        runner_from_capset(runtime, "eve", &race.eve) < 0 ||
        baton_from_capset(runtime, "baton", &race.baton) < 0 ||
        capos_handle_adopt(runtime, race.baton.cap, &race.baton.cap) < 0 ||
        capos_runtime_lend_ring(runtime, &race.ring) < 0)
        return 1;
    capos_status status = run(&race);
    capos_runtime_return_ring(runtime, race.ring);
    return status < 0;
}
