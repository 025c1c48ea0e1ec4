/*
 * Calls: results, exceptions, completions in any order, calls that are dropped.
 */
#include <capos/text.h>

#include "capos-rt/smoke/smoke.h"

enum { SECOND_NS = 1000000000, MILLISECOND_NS = 1000000 };

static bool console_takes_bytes_and_lines(struct smoke *smoke)
{
    return console_write(smoke->ring, smoke->console, wire_data_make("# bytes", 7)) == CAP_OK &&
           console_write_line(smoke->ring, smoke->console, CAPOS_TEXT(" and a line")) == CAP_OK;
}

static bool clock_goes_on(struct smoke *smoke)
{
    uint64_t first = 0, second = 0;
    return timer_now(smoke->ring, smoke->timer, &first) == CAP_OK &&
           timer_sleep(smoke->ring, smoke->timer, MILLISECOND_NS) == CAP_OK &&
           timer_now(smoke->ring, smoke->timer, &second) == CAP_OK && second - first >= MILLISECOND_NS;
}

static bool manifest_can_be_read(struct smoke *smoke)
{
    struct boot_package_read_manifest_call call;
    struct boot_package_read_manifest_results_reader results;
    uint64_t bytes = 0;
    if (boot_package_manifest_size(smoke->ring, smoke->boot, &bytes) < 0 || bytes == 0)
        return false;
    struct boot_package_read_manifest_params_builder params;
    boot_package_read_manifest_begin(smoke->ring, smoke->boot, (uint32_t)(bytes / 8), &call, &params);
    boot_package_read_manifest_submit(smoke->ring, &call);
    bool good = false;
    if (boot_package_read_manifest_wait(smoke->ring, &call, &results) == CAP_OK) {
        struct manifest_reader manifest = boot_package_read_manifest_results_get_manifest(results);
        struct wire_list binaries = manifest_get_binaries(manifest);
        struct binary_reader binary = manifest_get_binaries_at(binaries, 1);
        struct wire_list services = manifest_get_services(manifest);
        good = manifest_get_schema_version(manifest) == 1 && binaries.count == 3 &&
               wire_text_equal(binary_get_name(binary), CAPOS_TEXT("smoke")) && !binary_has_elf(binary) &&
               services.count == 2 &&
               wire_text_equal(service_get_name(manifest_get_services_at(services, 1)), CAPOS_TEXT("smoke"));
    }
    boot_package_read_manifest_finish(smoke->ring, &call);
    return good;
}

/* A call of a method number that its interface does not have. */
static bool missing_method_is_unimplemented(struct smoke *smoke)
{
    static const struct capos_method none = {
        .name = "none", .interface_id = TIMER_INTERFACE_ID, .ordinal = 77};
    struct capos_call call;
    uint64_t words[32];
    capos_call_begin(smoke->ring, &call, &none, smoke->timer.cap, words, 32, 0, NULL);
    capos_call_submit(smoke->ring, &call);
    capos_status status = capos_call_wait(smoke->ring, &call, CAPOS_FOREVER, NULL);
    struct capos_exception exception = capos_call_exception(&call);
    bool good = status == CAP_ERR_APPLICATION_EXCEPTION && exception.type == EXCEPTION_TYPE_UNIMPLEMENTED &&
                exception.message.size > 0;
    capos_call_finish(smoke->ring, &call);
    return good;
}

static bool refused_argument_is_an_exception(struct smoke *smoke)
{
    struct entropy_source_fill_call call;
    struct entropy_source_fill_results_reader results;
    entropy_source_fill_send(smoke->ring, smoke->entropy, 1000000, &call);
    capos_status status = entropy_source_fill_wait(smoke->ring, &call, &results);
    struct capos_exception exception = capos_call_exception(&call.call);
    bool good = status == CAP_ERR_APPLICATION_EXCEPTION &&
                exception.type == EXCEPTION_TYPE_INVALID_ARGUMENT &&
                wire_text_equal(exception.message, CAPOS_TEXT("a count other than 1 to 4096"));
    entropy_source_fill_finish(smoke->ring, &call);
    return good;
}

static bool null_capability_is_an_exception(struct smoke *smoke)
{
    struct timer none = {CAPOS_CAP_NULL};
    uint64_t ns = 5;
    return timer_now(smoke->ring, none, &ns) == CAP_ERR_APPLICATION_EXCEPTION && ns == 5;
}

/* Submitted in one order, due in the other; however slow the machine is, they end in the order in which they
 * are due. */
static bool completions_come_in_any_order(struct smoke *smoke)
{
    enum { SLEEPS = 3, STEP_NS = 20 * MILLISECOND_NS };
    struct timer_sleep_call sleeps[SLEEPS];
    struct capos_arrivals arrivals = {NULL, NULL};
    bool good = true;
    for (uint64_t i = 0; i < SLEEPS; i++) {
        timer_sleep_send(smoke->ring, smoke->timer, (SLEEPS - i) * STEP_NS, &sleeps[i]);
        good = capos_call_gather(smoke->ring, &sleeps[i].call, &arrivals) == CAP_OK && good;
    }
    for (int i = SLEEPS - 1; good && i >= 0; i--) {
        struct capos_call *next;
        good = capos_call_next(smoke->ring, &arrivals, CAPOS_FOREVER, &next) == CAP_OK &&
               next == &sleeps[i].call && timer_sleep_wait(smoke->ring, &sleeps[i]) == CAP_OK;
    }
    for (int i = 0; i < SLEEPS; i++)
        timer_sleep_finish(smoke->ring, &sleeps[i]);
    return good;
}

static bool wait_gives_up_in_time(struct smoke *smoke)
{
    struct timer_sleep_call call;
    timer_sleep_send(smoke->ring, smoke->timer, 3600 * (uint64_t)SECOND_NS, &call);
    bool good = capos_call_wait(smoke->ring, &call.call, MILLISECOND_NS, NULL) == CAP_ERR_TIMED_OUT;
    timer_sleep_finish(smoke->ring, &call);
    return good;
}

static bool dropped_call_is_cancelled(struct smoke *smoke)
{
    struct capos_ring_stats before, after;
    struct timer_sleep_call call;
    capos_ring_stats(smoke->ring, &before);
    timer_sleep_send(smoke->ring, smoke->timer, 3600 * (uint64_t)SECOND_NS, &call);
    timer_sleep_finish(smoke->ring, &call);
    capos_ring_stats(smoke->ring, &after);
    return after.owed == before.owed && call.call.pending.completion.result == CAP_ERR_CANCELLED;
}

static bool returned_ring_has_no_calls(struct smoke *smoke)
{
    struct timer_sleep_call call;
    struct capos_ring_stats stats;
    timer_sleep_send(smoke->ring, smoke->timer, 3600 * (uint64_t)SECOND_NS, &call);
    capos_runtime_return_ring(smoke->runtime, smoke->ring);
    capos_ring_stats(smoke->ring, &stats);
    bool good = stats.owed == 0 && timer_sleep_wait(smoke->ring, &call) == CAP_ERR_CANCELLED;
    timer_sleep_finish(smoke->ring, &call);
    return capos_runtime_lend_ring(smoke->runtime, &smoke->ring) == CAP_OK && good;
}

const struct smoke_test smoke_call_tests[] = {
    {"the console takes bytes and lines", console_takes_bytes_and_lines},
    {"the clock goes on while a program sleeps", clock_goes_on},
    {"the manifest can be read, without its binaries", manifest_can_be_read},
    {"a missing method is unimplemented", missing_method_is_unimplemented},
    {"a refused argument is an exception", refused_argument_is_an_exception},
    {"a call to the null capability is an exception", null_capability_is_an_exception},
    {"completions come in any order", completions_come_in_any_order},
    {"a wait gives up in time", wait_gives_up_in_time},
    {"a dropped call is cancelled", dropped_call_is_cancelled},
    {"a returned ring has no pending calls", returned_ring_has_no_calls},
    {0},
};
