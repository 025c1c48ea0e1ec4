/*
 * How the cost of a call grows. Reads one line "KIND MILLISECONDS POINT" from the console:
 *
 *     spawn            from the request to start a service until its first call is answered
 *     services POINT   a call to one of so many live services, and the kernel's memory for each
 *     clients POINT    so many processes that each wait for their answer, one service
 *     depth POINT      so many calls in flight, 16 of each client, one service
 *     payload POINT    so many bytes: in the message, in shared memory, in memory that goes along
 *
 * Says "ROW NS", a call's time, or "# ROW: why there is none".
 */
#include <capos/handle.h>
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/text.h>

#include "bench/growth/growth.h"
#include "schema/bench.client.capos.h"
#include "schema/capos.client.capos.h"

enum { LINE_BYTES = 100, SAMPLES_MAX = 256, BETWEEN_LOOKS = 64, MEMORY_BYTES = 64 << 20 };

CAPOS_HEAP_BYTES(1 << 20)

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct console console;
static struct timer timer;
static struct memory_source memory_source;
static struct stats stats;
static struct process_spawner spawner;

/* --- What is said ----------------------------------------------------------------------------------- */

static void tell(const char *row, uint64_t number)
{
    char chars[LINE_BYTES];
    struct capos_line line;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, row);
    capos_line_string(&line, " ");
    capos_line_u64(&line, number);
    console_write_line(ring, console, capos_line_text(&line));
}

static uint64_t now(void)
{
    uint64_t ns = 0;
    timer_now(ring, timer, &ns);
    return ns;
}

/* --- Processes -------------------------------------------------------------------------------------- */

struct grant {
    const char *name;
    struct capos_transfer transfer;
};

static capos_status start(const char *binary, const struct grant *grants, uint32_t count,
                          struct process_handle *ret_process)
{
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    if (process_spawner_spawn_begin(ring, spawner, 64, &call, &params) == CAP_OK) {
        process_spawner_spawn_params_set_name(params, capos_text_of(binary));
        process_spawner_spawn_params_set_binary(params, capos_text_of(binary));
        struct wire_list_builder list = process_spawner_spawn_params_init_grants(params, count);
        for (uint32_t i = 0; i < count; i++) {
            struct spawn_grant_builder to = process_spawner_spawn_params_edit_grants_at(list, i);
            spawn_grant_set_name(to, capos_text_of(grants[i].name));
            capos_caps_pass(spawn_grant_edit_capability(to), NULL, 0, grants[i].transfer);
        }
        struct resource_profile_builder profile = process_spawner_spawn_params_init_profile(params);
        resource_profile_set_cap_slots(profile, 48);
        resource_profile_set_calls(profile, AT_ONCE);
        resource_profile_set_memory_bytes(profile, count > 1 ? MEMORY_BYTES : 1 << 20);
    }
    process_spawner_spawn_submit(ring, &call);
    capos_status status = process_spawner_spawn_wait(ring, &call, &results);
    if (status == CAP_OK)
        status = process_spawner_spawn_results_adopt_process(results, ret_process);
    else if (status == CAP_ERR_APPLICATION_EXCEPTION)
        console_write_line(ring, console, capos_call_exception(&call.call).message);
    process_spawner_spawn_finish(ring, &call);
    return status;
}

/* An endpoint, and a capability to call the depot that will be served there. */
struct service {
    struct endpoint endpoint;
    struct depot depot;
};

static capos_status service_make(uint32_t message_bytes, struct service *ret_service)
{
    struct endpoint_mint_call call;
    struct endpoint_mint_results_reader results;
    capos_status status = process_spawner_endpoint(ring, spawner, message_bytes, 1, &ret_service->endpoint);
    if (status != CAP_OK)
        return status;
    status = endpoint_mint(ring, ret_service->endpoint, DEPOT_NUMBER, DEPOT_INTERFACE_ID, &call, &results);
    if (status == CAP_OK)
        status = capos_caps_adopt(endpoint_mint_results_get_client(results), NULL, 0, DEPOT_INTERFACE_ID,
                                  &ret_service->depot.cap);
    endpoint_mint_finish(ring, &call);
    return status;
}

/* Its server, which has no more of the endpoint than we give up. With memory it takes large messages. */
static capos_status service_start(const struct service *service, bool large,
                                  struct process_handle *ret_process)
{
    const struct grant grants[] = {{"depot", endpoint_moved(service->endpoint).t},
                                   {"memory", memory_source_copied(memory_source).t}};
    return start("server", grants, large ? 2 : 1, ret_process);
}

/* --- Calls ------------------------------------------------------------------------------------------ */

static uint8_t bytes[LARGE_BYTES];

static capos_status put(struct depot depot, uint64_t count)
{
    struct depot_put_call call;
    struct depot_put_results_reader results;
    depot_put_send(ring, depot, wire_data_make(bytes, (uint32_t)count), &call);
    capos_status status = depot_put_wait(ring, &call, &results);
    if (status == CAP_OK && depot_put_results_get_bytes(results) != count)
        status = CAP_ERR_BAD_MESSAGE;
    depot_put_finish(ring, &call);
    return status;
}

static struct memory_object memory;

static capos_status look(struct depot depot, uint64_t count)
{
    struct depot_look_call call;
    struct depot_look_results_reader results;
    capos_status status = depot_look(ring, depot, count, &call, &results);
    depot_look_finish(ring, &call);
    return status;
}

static capos_status hand(struct depot depot, uint64_t count)
{
    struct depot_hand_call call;
    struct depot_hand_results_reader results;
    capos_status status = depot_hand(ring, depot, count, memory_object_copied(memory), &call, &results);
    depot_hand_finish(ring, &call);
    return status;
}

typedef capos_status (*call_fn)(struct depot depot, uint64_t count);

/* One call after the other, for so long; a fifth of it warms up. */
static capos_status measure(const char *row, call_fn one, struct depot depot, uint64_t ns, uint64_t count)
{
    uint64_t start = now(), first = 0, done = 0, at = start;
    capos_status status = CAP_OK;
    while (status == CAP_OK && (at < start + ns || done == 0)) {
        if (first == 0 && at - start >= ns / 5)
            first = at;
        for (uint32_t i = 0; i < BETWEEN_LOOKS && status == CAP_OK; i++, done += first != 0)
            status = one(depot, count);
        at = now();
    }
    if (status == CAP_OK)
        tell(row, (at - first) / done);
    return status;
}

/* --- spawn, services -------------------------------------------------------------------------------- */

static capos_status end(struct process_handle process)
{
    struct process_handle_wait_call call;
    struct process_handle_wait_results_reader results;
    capos_status status = process_handle_kill(ring, process);
    if (status == CAP_OK)
        status = process_handle_wait(ring, process, &call, &results);
    if (status == CAP_OK)
        process_handle_wait_finish(ring, &call);
    capos_handle_release(runtime, process.cap);
    return status;
}

static uint64_t median(uint64_t *times, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = i; j > 0 && times[j] < times[j - 1]; j--) {
            uint64_t swapped = times[j];
            times[j] = times[j - 1];
            times[j - 1] = swapped;
        }
    return times[count / 2];
}

static capos_status spawn_one(uint64_t *ret_ns)
{
    struct service service = {0};
    struct process_handle process = {0};
    capos_status status = service_make(SMALL_BYTES, &service);
    uint64_t start_ns = now();
    if (status == CAP_OK)
        status = service_start(&service, false, &process);
    if (status == CAP_OK)
        status = put(service.depot, DATA_BYTES);
    *ret_ns = now() - start_ns;
    if (status == CAP_OK)
        status = end(process);
    capos_handle_release(runtime, service.depot.cap);
    capos_runtime_flush_releases(runtime);
    return status;
}

static capos_status spawn(uint64_t ns, uint32_t point)
{
    uint64_t until = now() + ns, times[SAMPLES_MAX];
    capos_status status = CAP_OK;
    uint32_t count = 0;
    (void)point;
    do
        status = spawn_one(&times[count++]);
    while (status == CAP_OK && count < SAMPLES_MAX && now() < until);
    if (status == CAP_OK)
        tell("spawn-answered", median(times, count));
    return status;
}

static uint64_t arena_bytes(void)
{
    struct stats_read_call call;
    struct stats_read_results_reader results;
    uint64_t arena = 0;
    stats_read_send(ring, stats, &call);
    if (stats_read_wait(ring, &call, &results) == CAP_OK)
        arena = stats_read_results_get_arena_bytes(results);
    stats_read_finish(ring, &call);
    return arena;
}

/* All but the last are left alone, once they have answered a call: there are more of them than slots. */
static capos_status services(uint64_t ns, uint32_t point)
{
    struct service service = {0};
    struct process_handle process = {0};
    uint64_t before = arena_bytes();
    capos_status status = CAP_OK;
    for (uint32_t i = 0; i < point && status == CAP_OK; i++) {
        if (i > 0) {
            capos_handle_release(runtime, service.depot.cap);
            capos_runtime_flush_releases(runtime);
        }
        status = service_make(SMALL_BYTES, &service);
        if (status == CAP_OK)
            status = service_start(&service, false, &process);
        if (status == CAP_OK)
            status = put(service.depot, DATA_BYTES);
        capos_handle_release(runtime, process.cap);
    }
    if (status == CAP_OK && point > 0)
        tell("kernel-bytes", (arena_bytes() - before) / point);
    return status == CAP_OK ? measure("call", put, service.depot, ns, DATA_BYTES) : status;
}

/* --- clients, depth --------------------------------------------------------------------------------- */

static capos_status taken(struct depot depot, uint64_t *ret_calls, uint64_t *ret_ns)
{
    capos_status status = depot_taken(ring, depot, ret_calls);
    *ret_ns = now();
    return status;
}

static capos_status count_calls(struct depot depot, uint64_t ns, uint32_t clients)
{
    uint64_t before = 0, after = 0, start_ns = 0, end_ns = 0;
    capos_status status = CAP_OK;
    do /* all clients are there first */
        status = taken(depot, &before, &start_ns);
    while (status == CAP_OK && before < (uint64_t)clients * 2);
    if (status == CAP_OK)
        status = timer_sleep(ring, timer, ns / 5);
    if (status == CAP_OK)
        status = taken(depot, &before, &start_ns);
    if (status == CAP_OK)
        status = timer_sleep(ring, timer, ns);
    if (status == CAP_OK)
        status = taken(depot, &after, &end_ns);
    if (status == CAP_OK && after > before)
        tell("call", (end_ns - start_ns) / (after - before));
    return status;
}

/* The service is started last: until then all calls wait at its endpoint. */
static capos_status crowd(uint64_t ns, uint32_t clients, const char *kind)
{
    struct service service = {0};
    struct process_handle process = {0};
    capos_status status = service_make(SMALL_BYTES, &service);
    for (uint32_t i = 0; i < clients && status == CAP_OK; i++) {
        const struct grant grant = {kind, depot_copied(service.depot).t};
        status = start("client", &grant, 1, &process);
        capos_handle_release(runtime, process.cap);
        capos_runtime_flush_releases(runtime);
    }
    if (status == CAP_OK)
        status = service_start(&service, false, &process);
    return status == CAP_OK ? count_calls(service.depot, ns, clients) : status;
}

static capos_status clients(uint64_t ns, uint32_t point)
{
    return crowd(ns, point, "one");
}

static capos_status depth(uint64_t ns, uint32_t point)
{
    return crowd(ns, (point + AT_ONCE - 1) / AT_ONCE, "many");
}

/* --- payload ---------------------------------------------------------------------------------------- */

static capos_status share(struct depot depot, uint64_t count)
{
    uint64_t address = 0;
    capos_status status = memory_source_create(ring, memory_source, count, &memory);
    if (status == CAP_OK)
        status = memory_object_map(ring, memory, true, &address);
    if (status != CAP_OK || address == 0)
        return status;
    volatile uint8_t *to = (volatile uint8_t *)address;
    for (uint64_t i = 0; i < count; i++)
        to[i] = 1;
    return depot_share(ring, depot, memory_object_copied(memory));
}

static capos_status payload(uint64_t ns, uint32_t point)
{
    enum { AROUND = LARGE_BYTES - 24 }; /* Data of the largest message */
    struct service service = {0};
    struct process_handle process = {0};
    capos_status status = service_make(LARGE_BYTES, &service);
    if (status == CAP_OK)
        status = service_start(&service, true, &process);
    if (status == CAP_OK)
        status = share(service.depot, point);
    if (status == CAP_OK && point <= AROUND)
        status = measure("call", put, service.depot, ns / 3, point);
    else if (status == CAP_OK)
        console_write_line(ring, console, CAPOS_TEXT("# call: a message has up to 65536 bytes"));
    if (status == CAP_OK)
        status = measure("call-shared", look, service.depot, ns / 3, point);
    return status == CAP_OK ? measure("call-handed", hand, service.depot, ns / 3, point) : status;
}

/* --- The line --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    capos_status (*run)(uint64_t ns, uint32_t point);
} kinds[] = {{"spawn ", spawn},
             {"services ", services},
             {"clients ", clients},
             {"depth ", depth},
             {"payload ", payload}};

static uint64_t number(const char **at)
{
    uint64_t value = 0;
    while (**at == ' ')
        ++*at;
    while (**at >= '0' && **at <= '9')
        value = value * 10 + (uint64_t)(*(*at)++ - '0');
    return value;
}

static capos_status obey(const char *text)
{
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *at = text, *name = kinds[i].name;
        while (*name && *at == *name)
            at++, name++;
        if (*name)
            continue;
        uint64_t ns = number(&at) * 1000000;
        uint32_t point = (uint32_t)number(&at);
        return kinds[i].run(ns, point ? point : 1);
    }
    return CAP_ERR_BAD_PARAMS;
}

static capos_status read_line(char *chars)
{
    struct console_read_call call;
    struct console_read_results_reader results;
    capos_status status = console_read(ring, console, LINE_BYTES, &call, &results);
    struct wire_data data = wire_data_make("", 0);
    if (status == CAP_OK)
        data = console_read_results_get_data(results);
    for (uint32_t i = 0; i < data.size; i++)
        chars[i] = (char)data.bytes[i];
    console_read_finish(ring, &call);
    return status;
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    char chars[LINE_BYTES + 1] = {0};
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK ||
        memory_source_from_capset(runtime, "memory", &memory_source) != CAP_OK ||
        stats_from_capset(runtime, "stats", &stats) != CAP_OK ||
        process_spawner_from_capset(runtime, "spawner", &spawner) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    capos_status status = read_line(chars);
    if (status == CAP_OK)
        status = obey(chars);
    if (status != CAP_OK)
        tell("# the status, negated:", (uint64_t)-status);
    capos_runtime_return_ring(runtime, ring);
    return status != CAP_OK;
}
