/*
 * What calls between two programs take, in steps of the time stamp counter
 * from the generated function's call instruction to its return, both programs
 * and the kernel between them included: the least of many rounds. In QEMU
 * under -icount shift=0 a step is one instruction.
 */
#include <capos/handle.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/bench.client.capos.h"
#include "schema/capos.client.capos.h"

enum { ROUNDS = 1000, DATA_BYTES = 40 };

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct console console;
static struct meter meter;
static uint64_t wrong;

static uint64_t read_counter(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void do_nothing(void)
{
}

static void echo(void)
{
    static const uint8_t bytes[DATA_BYTES] = "forty bytes";
    struct meter_echo_call call;
    struct meter_echo_results_reader results;
    capos_status status = meter_echo(ring, meter, 7, wire_data_make(bytes, sizeof bytes), &call, &results);
    wrong += status < 0 || meter_echo_results_get_number(results) != 7 ||
             meter_echo_results_get_data(results).size != DATA_BYTES;
    meter_echo_finish(ring, &call);
}

static void transfer(void)
{
    wrong += meter_take(ring, meter, meter_copied(meter)) < 0;
}

/* The object is dropped outside of what is measured. */
static struct meter minted;
static void mint(void)
{
    wrong += meter_make(ring, meter, &minted) < 0;
}

/* Three links, each a promise of the one before, and a call on the last: four answers, and one entry. */
static void chain(void)
{
    enum { LINKS = 3 };
    static const uint8_t bytes[DATA_BYTES] = "forty bytes";
    static struct meter_make_call links[LINKS];
    struct meter_echo_call call;
    struct meter_echo_results_reader results;
    struct meter at = meter;
    for (int i = 0; i < LINKS; i++) {
        meter_make_send(ring, at, &links[i]);
        at = meter_make_promised_meter(&links[i]);
    }
    meter_echo_send(ring, at, 7, wire_data_make(bytes, sizeof bytes), &call);
    wrong += meter_echo_wait(ring, &call, &results) != CAP_OK || meter_echo_results_get_number(results) != 7;
    meter_echo_finish(ring, &call);
    for (int i = 0; i < LINKS; i++)
        meter_make_finish(ring, &links[i]);
}

/* With each link awaited. */
static void chain_awaited(void)
{
    enum { LINKS = 3 };
    static const uint8_t bytes[DATA_BYTES] = "forty bytes";
    struct meter_echo_call call;
    struct meter_echo_results_reader results;
    struct meter links[LINKS] = {{0}};
    struct meter at = meter;
    for (int i = 0; i < LINKS; i++) {
        wrong += meter_make(ring, at, &links[i]) < 0;
        at = links[i];
    }
    wrong += meter_echo(ring, at, 7, wire_data_make(bytes, sizeof bytes), &call, &results) < 0;
    meter_echo_finish(ring, &call);
    for (int i = 0; i < LINKS; i++)
        capos_handle_release(runtime, links[i].cap);
}

static uint64_t least(void (*call)(void))
{
    __asm__ volatile("" : "+r"(call)); /* not to be put in line */
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t start = read_counter();
        call();
        uint64_t took = read_counter() - start;
        best = took < best ? took : best;
        capos_handle_release(runtime, minted.cap);
        minted.cap = CAPOS_CAP_NULL;
        capos_runtime_flush_releases(runtime);
    }
    return best;
}

static void tell(const char *what, uint64_t number)
{
    char chars[80];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "budget: ");
    capos_line_string(&line, what);
    capos_line_string(&line, " ");
    capos_line_u64(&line, number);
    console_write_line(ring, console, capos_line_text(&line));
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    enum { EMPTY_FUNCTION = 2 }; /* a call and a return: what is left is the measuring's own */
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) < 0 ||
        meter_from_capset(runtime, "meter", &meter) < 0 || capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    uint64_t own = least(do_nothing);
    own -= own < EMPTY_FUNCTION ? own : EMPTY_FUNCTION;
    tell("call-round-trip", least(echo) - own);
    tell("transfer", least(transfer) - own);
    tell("mint", least(mint) - own);
    tell("chain-of-4", least(chain) - own);
    tell("chain-of-4-awaited", least(chain_awaited) - own);
    capos_runtime_return_ring(runtime, ring);
    return wrong != 0;
}
