/*
 * Statuses that reach a program through generated code, with their names and
 * sentences: those that a kernel answers, whichever it is, and those that only
 * a broken kernel, or a lying server, makes the runtime say. What a real
 * kernel answers to whom is in tests/errors.
 */
#include <capos/status.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"
#include "tests/rt/fake_kernel.h"
#include "tests/tap.h"

static struct capos_ring *ring;
static struct timer timer = {12};

static void start(void)
{
    fake_start();
    TAP_EQ(capos_runtime_lend_ring(&fake.runtime, &ring), CAP_OK);
}

static const struct status {
    capos_status status;
    const char *name;
    const char *sentence;
} all[] = {
#define ROW(name, value, sentence) {value, #name, sentence},
    CAP_ERRORS(ROW)
#undef ROW
};

TAP_TEST(what_a_kernel_answers_is_what_a_generated_call_returns)
{
    enum { OF_THE_RUNTIME = -50 };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct timer_now_call call;
        struct timer_now_results_reader results;
        TAP_STR_EQ(capos_status_name(all[i].status), all[i].name);
        TAP_STR_EQ(capos_status_text(all[i].status), all[i].sentence);
        if (all[i].status <= OF_THE_RUNTIME)
            continue;
        start();
        TAP_STOP_IF_FAILED();
        fake.result = all[i].status;
        timer_now_send(ring, timer, &call);
        TAP_EQ(timer_now_wait(ring, &call, &results), all[i].status);
        timer_now_finish(ring, &call);
    }
}

/* No kernel keeps answers yet, and no program of ours asks for one. */
TAP_TEST(answers_that_are_not_there)
{
    uint64_t ns;
    const capos_status statuses[] = {CAP_ERR_BAD_ANSWER, CAP_ERR_BROKEN_PROMISE};
    for (int i = 0; i < 2; i++) {
        start();
        TAP_STOP_IF_FAILED();
        fake.result = statuses[i];
        TAP_EQ(timer_now(ring, timer, &ns), statuses[i]);
    }
}

/* A ring that the kernel does not believe ends the program: nobody is left who could be told. */
TAP_TEST(a_bad_ring_ends_the_program)
{
    uint64_t ns;
    start();
    TAP_STOP_IF_FAILED();
    fake.refusal = CAP_ERR_BAD_RING;
    if (setjmp(fake.at_exit) == 0)
        timer_now(ring, timer, &ns);
    TAP_EQ(fake.exit_code, CAPOS_EXIT_BAD_RING);
}

TAP_TEST(a_capset_that_is_none)
{
    struct timer found;
    fake_start();
    fake.capset.header.magic++;
    fake.runtime = (struct capos_runtime){0};
    rt_init_at(&fake.runtime, &fake.page, 7, &fake.capset, &fake_entry);
    TAP_EQ(timer_from_capset(&fake.runtime, "timer", &found), CAP_ERR_BAD_CAPSET);
}

/* A root pointer that leads out of the message. */
TAP_TEST(results_that_do_not_decode)
{
    static const uint64_t nonsense[] = {UINT64_C(0x0000000100001000)};
    uint64_t ns;
    start();
    TAP_STOP_IF_FAILED();
    fake.payload = nonsense;
    fake.payload_bytes = sizeof nonsense;
    fake.result = sizeof nonsense;
    TAP_EQ(timer_now(ring, timer, &ns), CAP_ERR_BAD_MESSAGE);
}
