/*
 * Two guests are invited, and one lets a third in. When its door is taken
 * back, the third's is gone with it, also for the calls that are under way;
 * the other guest notices nothing.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"

enum { ADA, BOB, EVE, GUESTS, PAUSE_NS = 1000000 };

static const char *const names[GUESTS] = {"ada", "bob", "eve"};

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct console console;
static struct timer timer;
static struct keeper keeper;
static struct guest guests[GUESTS];

static void say(const char *who, const char *what, struct wire_text how)
{
    struct capos_line line;
    char chars[100];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, who);
    capos_line_string(&line, what);
    capos_line_bytes(&line, how.chars, how.size);
    console_write_line(ring, console, capos_line_text(&line));
}

/* What is not given is released. */
static capos_status give(int to, struct door door)
{
    capos_status status = guest_take(ring, guests[to], door_moved(door));
    if (status != CAP_OK && capos_handle_keep(runtime, &door.cap) == CAP_OK)
        capos_handle_release(runtime, door.cap);
    return status;
}

static capos_status invite(int who)
{
    struct door door;
    capos_status status = keeper_invite(ring, keeper, (uint32_t)who, &door);
    return status == CAP_OK ? give(who, door) : status;
}

static capos_status lend(int from, int to)
{
    struct door door;
    capos_status status = guest_lend(ring, guests[from], &door);
    return status == CAP_OK ? give(to, door) : status;
}

static capos_status all_knock(void)
{
    capos_status status = CAP_OK;
    for (int i = 0; i < GUESTS && status == CAP_OK; i++) {
        struct guest_knock_call call;
        struct guest_knock_results_reader got;
        status = guest_knock(ring, guests[i], &call, &got);
        if (status == CAP_OK)
            say(names[i], " knocks: ", guest_knock_results_get_answer(got));
        guest_knock_finish(ring, &call);
    }
    return status;
}

/* --- Calls under way ---------------------------------------------------------------------- */

static struct guest_stay_call stays[GUESTS];

static capos_status all_go_in(void)
{
    capos_status status = CAP_OK;
    uint32_t count = 0;
    for (int i = 0; i < GUESTS; i++)
        guest_stay_send(ring, guests[i], &stays[i]);
    while (status == CAP_OK && count < GUESTS) {
        timer_sleep(ring, timer, PAUSE_NS);
        status = keeper_inside(ring, keeper, &count);
    }
    return status;
}

static capos_status comes_out(int who)
{
    struct guest_stay_results_reader got;
    capos_status status = guest_stay_wait(ring, &stays[who], &got);
    if (status == CAP_OK)
        say(names[who], " was inside: ", guest_stay_results_get_answer(got));
    guest_stay_finish(ring, &stays[who]);
    return status;
}

/* The one who is left inside is let go only after that. */
static capos_status all_come_out(void)
{
    capos_status status = comes_out(ADA);
    if (status == CAP_OK)
        status = comes_out(EVE);
    if (status == CAP_OK)
        status = keeper_let_go(ring, keeper);
    return status == CAP_OK ? comes_out(BOB) : status;
}

/* --- What happens --------------------------------------------------------------------------- */

static capos_status meet(void)
{
    capos_status status = invite(ADA);
    if (status == CAP_OK)
        status = invite(BOB);
    return status == CAP_OK ? lend(ADA, EVE) : status;
}

static capos_status expel_ada(void)
{
    uint32_t unheard = 0;
    capos_status status = keeper_expel(ring, keeper, ADA, &unheard);
    struct capos_line line;
    char chars[60];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "ada's door is taken back; stays that ended: ");
    capos_line_u64(&line, unheard);
    console_write_line(ring, console, capos_line_text(&line));
    return status;
}

static capos_status invite_ada_again(void)
{
    console_write_line(ring, console, CAPOS_TEXT("ada is invited again"));
    return invite(ADA);
}

static capos_status run(void)
{
    capos_status (*const steps[])(void) = {meet,         all_knock, all_go_in,        expel_ada,
                                           all_come_out, all_knock, invite_ada_again, all_knock};
    capos_status status = CAP_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == CAP_OK; i++)
        status = steps[i]();
    return status;
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK ||
        keeper_from_capset(runtime, "keeper", &keeper) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    for (int i = 0; i < GUESTS; i++)
        if (guest_from_capset(runtime, names[i], &guests[i]) != CAP_OK)
            return 1;
    capos_status status = run();
    capos_runtime_return_ring(runtime, ring);
    return status != CAP_OK;
}
