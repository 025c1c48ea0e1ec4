/*
 * Starts as many programs as it is told on the console: "alive N" starts N that
 * stay, and calls each; "cycles N" starts one after the other and waits for its
 * end; "burst N" starts N, up to 100, at once, and tells how long it took until each had
 * made a call. The system stays until its input ends.
 */
#include <capos/handle.h>
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/server.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.client.capos.h"
#include "schema/demo.server.capos.h"

CAPOS_HEAP_BYTES(1 << 18)

enum { BURST_MAX = 100, ANSWER = 4711, LINE_BYTES = 100, NODE = 1 };

static struct capos_runtime *runtime;
static struct capos_ring *ring;
static struct console console;
static struct timer timer;
static struct process_spawner spawner;
static struct stats stats;

static void say(const char *before, uint64_t number, const char *after)
{
    struct capos_line line;
    char chars[LINE_BYTES];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, before);
    capos_line_u64(&line, number);
    capos_line_string(&line, after);
    console_write_line(ring, console, capos_line_text(&line));
}

static capos_status fail(const char *what, capos_status status)
{
    say(what, (uint64_t)-status, " is the status, negated");
    return status;
}

/* A child with one grant; its handle. */
static capos_status start(const char *name, struct capos_transfer grant, struct process_handle *ret_process)
{
    struct process_spawner_spawn_call call;
    struct process_spawner_spawn_params_builder params;
    struct process_spawner_spawn_results_reader results;
    if (process_spawner_spawn_begin(ring, spawner, 64, &call, &params) == CAP_OK) {
        process_spawner_spawn_params_set_name(params, CAPOS_TEXT("one"));
        process_spawner_spawn_params_set_binary(params, CAPOS_TEXT("child"));
        struct spawn_grant_builder to = process_spawner_spawn_params_edit_grants_at(
            process_spawner_spawn_params_init_grants(params, 1), 0);
        spawn_grant_set_name(to, capos_text_of(name));
        capos_caps_pass(spawn_grant_edit_capability(to), NULL, 0, grant);
        struct resource_profile_builder profile = process_spawner_spawn_params_init_profile(params);
        resource_profile_set_cap_slots(profile, 8);
        resource_profile_set_calls(profile, 2);
        resource_profile_set_memory_bytes(profile, 1 << 20);
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

/* --- What Stats tells, in its order ----------------------------------------------------------- */

enum { ARENA_BYTES = 9, COUNTS = 14 };

struct counts {
    uint64_t of[COUNTS];
};

static struct counts read_counts(void)
{
    struct counts c;
    capos_runtime_flush_releases(runtime);
    stats_read(ring, stats, &c.of[0], &c.of[1], &c.of[2], &c.of[3], &c.of[4], &c.of[5], &c.of[6], &c.of[7],
               &c.of[8], &c.of[9], &c.of[10], &c.of[11], &c.of[12], &c.of[13]);
    return c;
}

/* --- alive ------------------------------------------------------------------------------- */

static capos_status mint(struct endpoint endpoint, struct node *ret_node)
{
    struct endpoint_mint_call call;
    struct endpoint_mint_results_reader results;
    capos_status status = endpoint_mint(ring, endpoint, NODE, NODE_INTERFACE_ID, &call, &results);
    if (status == CAP_OK)
        status = capos_caps_adopt(endpoint_mint_results_get_client(results), NULL, 0, NODE_INTERFACE_ID,
                                  &ret_node->cap);
    endpoint_mint_finish(ring, &call);
    return status;
}

/* Neither the handle nor the capability is kept: there may be more children than slots. */
static capos_status start_and_call(void)
{
    struct endpoint endpoint;
    struct node node;
    struct process_handle process;
    uint64_t bytes = 0;
    capos_status status = process_spawner_endpoint(ring, spawner, 0, 0, &endpoint);
    if (status != CAP_OK)
        return status;
    status = mint(endpoint, &node);
    if (status != CAP_OK) {
        capos_handle_release(runtime, endpoint.cap);
        return status;
    }
    status = start("node", endpoint_moved(endpoint).t, &process);
    if (status == CAP_OK) {
        capos_handle_release(runtime, process.cap);
        status = node_size(ring, node, &bytes);
    } else {
        capos_handle_release(runtime, endpoint.cap);
    }
    capos_handle_release(runtime, node.cap);
    capos_runtime_flush_releases(runtime);
    return status == CAP_OK && bytes != ANSWER ? CAP_ERR_BAD_MESSAGE : status;
}

static capos_status alive(uint64_t count)
{
    struct counts before = read_counts();
    for (uint64_t i = 0; i < count; i++) {
        capos_status status = start_and_call();
        if (status != CAP_OK) {
            say("started: ", i, "");
            return fail("the next one does not start: ", status);
        }
    }
    say("alive, and each has answered a call: ", count, "");
    if (count > 0)
        say("bytes of the kernel's arena a process: ",
            (read_counts().of[ARENA_BYTES] - before.of[ARENA_BYTES]) / count, "");
    return CAP_OK;
}

/* --- cycles ------------------------------------------------------------------------------ */

/* A child that finds no "node" to serve exits with 1. */
static capos_status cycle(void)
{
    struct process_handle process;
    struct process_handle_wait_call call;
    struct process_handle_wait_results_reader results;
    capos_status status = start("timer", timer_copied(timer).t, &process);
    if (status != CAP_OK)
        return status;
    status = process_handle_wait(ring, process, &call, &results);
    if (status == CAP_OK && process_status_get_exited(process_handle_wait_results_get_status(results)) != 1)
        status = CAP_ERR_BAD_MESSAGE;
    process_handle_wait_finish(ring, &call);
    capos_handle_release(runtime, process.cap);
    capos_runtime_flush_releases(runtime);
    return status;
}

/* The first few take what is kept for later. */
static capos_status cycles(uint64_t count)
{
    enum { WARM = 3 };
    struct counts before = {{0}}, after;
    for (uint64_t i = 0; i < WARM + count; i++) {
        if (i == WARM)
            before = read_counts();
        capos_status status = cycle();
        if (status != CAP_OK)
            return fail("a cycle fails: ", status);
    }
    after = read_counts();
    for (uint32_t i = 0; i < sizeof after.of / sizeof after.of[0]; i++)
        if (after.of[i] != before.of[i])
            return fail("not as before, among what Stats tells: ", -(capos_status)i);
    say("all is as it was after cycles: ", count, "");
    return CAP_OK;
}

/* --- burst ------------------------------------------------------------------------------- */

static uint64_t began[BURST_MAX], took[BURST_MAX];
static uint32_t arrived;

static capos_status note(struct capos_request *request, struct node_size_results_builder results)
{
    const uint64_t *start_ns = capos_request_data(request);
    uint64_t now = 0;
    timer_now(capos_request_ring(request), timer, &now);
    took[arrived++] = now - *start_ns;
    node_size_results_set_bytes(results, ANSWER);
    return CAP_OK;
}

static void sort(uint64_t *numbers, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = i; j > 0 && numbers[j] < numbers[j - 1]; j--) {
            uint64_t swapped = numbers[j];
            numbers[j] = numbers[j - 1];
            numbers[j - 1] = swapped;
        }
}

static capos_status start_burst(struct capos_object *objects, struct capos_server *server, uint32_t count)
{
    static const struct node_ops ops = {.size = note};
    for (uint32_t i = 0; i < count; i++) {
        struct process_handle process;
        node_object_init(&objects[i], server, &ops, &began[i], NULL);
        timer_now(ring, timer, &began[i]);
        capos_status status = start("ready", node_minted(&objects[i]).t, &process);
        if (status != CAP_OK)
            return fail("one does not start: ", status);
        capos_handle_release(runtime, process.cap);
    }
    return CAP_OK;
}

static capos_status burst(uint64_t count)
{
    enum { REQUESTS = 4, TENTHS = 10000 };
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object objects[BURST_MAX];
    const struct capos_server_limits limits = {REQUESTS, CAPOS_ENDPOINT_MESSAGE_DEFAULT,
                                               CAPOS_ENDPOINT_CAPS_DEFAULT};
    struct endpoint endpoint;
    uint32_t number = count < BURST_MAX ? (uint32_t)count : BURST_MAX;
    capos_status status = process_spawner_endpoint(ring, spawner, 0, 0, &endpoint);
    if (status != CAP_OK)
        return fail("no endpoint: ", status);
    status =
        capos_server_init(&server, ring, endpoint.cap, &limits, memory, sizeof memory / sizeof memory[0]);
    arrived = 0;
    if (status == CAP_OK)
        status = start_burst(objects, &server, number);
    while (status == CAP_OK && arrived < number)
        status = capos_server_serve(&server, UINT64_C(30000000000));
    capos_server_fini(&server);
    capos_handle_release(runtime, endpoint.cap);
    if (status != CAP_OK || number == 0)
        return fail("not all have called: ", status);
    sort(took, number);
    say("started at once: ", number, "");
    say("p50 us: ", took[number / 2] / 1000, "");
    say("p99 us: ", took[(number * 99 - 1) / 100] / 1000, "");
    return CAP_OK;
}

/* --- Orders ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    capos_status (*run)(uint64_t count);
} orders[] = {{"alive ", alive}, {"cycles ", cycles}, {"burst ", burst}};

/* The number behind a word that text begins with; false: it does not. */
static bool parse(struct wire_text text, const char *word, uint64_t *ret_number)
{
    uint32_t at = 0;
    for (; word[at]; at++)
        if (at == text.size || text.chars[at] != word[at])
            return false;
    for (*ret_number = 0; at < text.size && text.chars[at] >= '0' && text.chars[at] <= '9'; at++)
        *ret_number = *ret_number * 10 + (uint64_t)(text.chars[at] - '0');
    return true;
}

/* Input comes in pieces of any size: an order is a line. False: the input has ended. */
static bool read_line(char *chars, uint32_t room, uint32_t *ret_size)
{
    struct console_read_call call;
    struct console_read_results_reader results;
    bool more = true;
    *ret_size = 0;
    while (more && *ret_size < room && (*ret_size == 0 || chars[*ret_size - 1] != '\n')) {
        more = console_read(ring, console, 1, &call, &results) == CAP_OK;
        struct wire_data data = {0};
        if (more)
            data = console_read_results_get_data(results);
        more = more && data.size > 0;
        if (more)
            chars[(*ret_size)++] = (char)data.bytes[0];
        console_read_finish(ring, &call);
    }
    return more;
}

static capos_status obey(bool *ret_ended)
{
    char chars[LINE_BYTES] = {0};
    uint32_t size;
    uint64_t number;
    capos_status status = CAP_OK;
    *ret_ended = !read_line(chars, sizeof chars, &size);
    for (uint32_t i = 0; i < sizeof orders / sizeof orders[0] && !*ret_ended && status == CAP_OK; i++)
        if (parse(wire_text_make(chars, size), orders[i].name, &number))
            status = orders[i].run(number);
    return status;
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    bool ended = false;
    capos_status status = CAP_OK;
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK ||
        stats_from_capset(runtime, "stats", &stats) != CAP_OK ||
        process_spawner_from_capset(runtime, "spawner", &spawner) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    while (status == CAP_OK && !ended)
        status = obey(&ended);
    capos_runtime_return_ring(runtime, ring);
    return status != CAP_OK;
}
