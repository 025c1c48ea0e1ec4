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
    struct baton granted;
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

/* Gives the baton away; what cannot be given is released. */
static capos_status give(const struct race *race, struct baton baton, struct runner to, struct runner next,
                         const char *what)
{
    uint32_t touches = 0;
    capos_status status = runner_take(race->ring, to, baton_moved(baton), runner_copied(next), &touches);
    if (status == CAP_OK)
        say(race, what, touches);
    else if (capos_handle_keep(race->runtime, &baton.cap) == CAP_OK)
        capos_handle_release(race->runtime, baton.cap);
    return status;
}

static capos_status from_bob_to_eve(const struct race *race)
{
    const struct runner nobody = {CAPOS_CAP_NULL};
    struct baton baton;
    capos_status status = runner_drop(race->ring, race->bob, &baton);
    return status == CAP_OK ? give(race, baton, race->eve, nobody, "from bob to eve, touches: ") : status;
}

static capos_status and_back(const struct race *race)
{
    struct baton baton;
    uint32_t touches = 0;
    capos_status status = runner_drop(race->ring, race->eve, &baton);
    if (status != CAP_OK)
        return status;
    status = baton_touch(race->ring, baton, CAPOS_TEXT("start"), &touches);
    if (status == CAP_OK)
        say(race, "and back, touches: ", touches);
    capos_handle_release(race->runtime, baton.cap);
    return status;
}

static capos_status run(const struct race *race)
{
    struct baton baton;
    uint32_t touches = 0;
    capos_status status = capos_handle_adopt(race->runtime, race->granted.cap, &baton.cap);
    if (status == CAP_OK)
        status = give(race, baton, race->ada, race->bob, "through ada to bob, touches: ");
    if (status != CAP_OK)
        return status;
    if (baton_touch(race->ring, race->granted, CAPOS_TEXT("start"), &touches) == CAP_ERR_STALE_CAP)
        console_write_line(race->ring, race->console, CAPOS_TEXT("not mine any more"));
    status = from_bob_to_eve(race);
    return status == CAP_OK ? and_back(race) : status;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct race race = {.runtime = runtime};
    if (console_from_capset(runtime, "console", &race.console) < 0 ||
        runner_from_capset(runtime, "ada", &race.ada) < 0 ||
        runner_from_capset(runtime, "bob", &race.bob) < 0 ||
        runner_from_capset(runtime, "eve", &race.eve) < 0 ||
        baton_from_capset(runtime, "baton", &race.granted) < 0 ||
        capos_runtime_lend_ring(runtime, &race.ring) < 0)
        return 1;
    capos_status status = run(&race);
    capos_runtime_return_ring(runtime, race.ring);
    return status != CAP_OK;
}
