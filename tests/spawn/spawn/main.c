/*
 * Starts programs of every kind, waits for them, and looks after what they
 * leave behind: a line each. Its transcript is the same on every kernel.
 */
#include <capos/heap.h>

#include "tests/spawn/spawn/spawn.h"

CAPOS_HEAP_BYTES(1 << 20)

struct capos_runtime *runtime;
struct capos_ring *ring;
struct timer timer;
struct process_spawner spawner;
bool all_good = true;

static struct console console;
static struct stats stats;
static struct memory_source memory_source;

/* --- What is said ---------------------------------------------------------------------- */

static bool begins_with(const char *text, const char *start)
{
    while (*start && *text == *start)
        text++, start++;
    return !*start;
}

/* Without the places in programs, which differ between compilers. */
static uint32_t length_of(const char *text)
{
    uint32_t length = 0;
    while (text[length] && !begins_with(text + length, " at 0x4"))
        length++;
    return length;
}

static void tell(bool good, const char *what, const char *detail)
{
    struct capos_line line;
    char chars[TEXT_BYTES + 100];
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, good ? "ok: " : "NOT OK: ");
    capos_line_string(&line, what);
    if (detail[0])
        capos_line_string(&line, ": ");
    capos_line_bytes(&line, detail, length_of(detail));
    console_write_line(ring, console, capos_line_text(&line));
    all_good = all_good && good;
}

void check(bool good, const char *what)
{
    tell(good, what, "");
}

void check_saying(bool good, const char *what)
{
    tell(good, what, said);
}

/* --- What is left ------------------------------------------------------------------------ */

struct counts count(void)
{
    struct counts counts = {0};
    uint64_t calls, receives, messages, bytes, bundles, arena, memory_bytes, pages;
    capos_runtime_flush_releases(runtime);
    stats_read(ring, stats, &counts.processes, &counts.slots, &calls, &receives, &counts.endpoints,
               &counts.facets, &messages, &bytes, &bundles, &arena, &counts.memories, &memory_bytes,
               &counts.mappings, &pages);
    return counts;
}

static bool same(const struct counts *a, const struct counts *b)
{
    return a->processes == b->processes && a->slots == b->slots && a->endpoints == b->endpoints &&
           a->facets == b->facets && a->memories == b->memories && a->mappings == b->mappings;
}

bool settles(const struct counts *wanted)
{
    enum { TRIES = 5000, PAUSE_NS = 1000000 };
    for (int i = 0; i < TRIES; i++) {
        struct counts now = count();
        if (same(&now, wanted))
            return true;
        timer_sleep(ring, timer, PAUSE_NS);
    }
    return false;
}

/* --- Ends of every kind ------------------------------------------------------------------ */

static struct request role(const char *name)
{
    return (struct request){
        .name = name, .count = 1, .grants = {{.name = name, .transfer = timer_copied(timer).t}}};
}

static void ends(void)
{
    int64_t code = 0;
    struct request request = role("exit");
    check(run(&request, &code) == PROCESS_STATUS_WHICH_EXITED && code == 7, "exits with 7");
    request = role("exit far");
    check(run(&request, &code) == PROCESS_STATUS_WHICH_EXITED && code == -(INT64_C(1) << 40),
          "exits with a code of 64 bits");
    request = role("crash");
    check_saying(run(&request, &code) == PROCESS_STATUS_WHICH_FAULTED, "crashes");
    said[0] = 0;
}

/* One that sleeps, or one that does not even do that. */
static void kills(const char *name, const char *what)
{
    struct process_handle process;
    struct request request = role(name);
    int64_t code;
    if (start(&request, &process) != CAP_OK) {
        check(false, what);
        return;
    }
    bool good = ask(process) == PROCESS_STATUS_WHICH_RUNNING;
    good = process_handle_kill(ring, process) == CAP_OK && good;
    good = wait_for(process, &code) == PROCESS_STATUS_WHICH_KILLED && good;
    good = process_handle_kill(ring, process) == CAP_OK && good; /* harmless */
    good = ask(process) == PROCESS_STATUS_WHICH_KILLED && good;
    capos_handle_release(runtime, process.cap);
    check(good, what);
}

static void families(void)
{
    struct counts before = count();
    int64_t code = -1;
    const struct request parent = {
        .name = "parent",
        .processes = 1,
        .memory = UINT64_C(512) << 20,
        .slots = 512,
        .calls = 128,
        .count = 2,
        .grants = {{.name = "parent", .transfer = process_spawner_copied(spawner).t},
                   {.name = "timer", .transfer = timer_copied(timer).t}},
    };
    struct request orphan = parent;
    check(run(&parent, &code) == PROCESS_STATUS_WHICH_EXITED && code == CAP_OK,
          "a child starts a grandchild and exits");
    check(settles(&before), "the grandchild has ended with it");
    orphan.processes = 0;
    check(run(&orphan, &code) == PROCESS_STATUS_WHICH_EXITED && code == CAP_ERR_APPLICATION_EXCEPTION,
          "a child that may start none does not");
}

/* --- Servers ----------------------------------------------------------------------------- */

capos_status client_of(struct endpoint endpoint, struct directory *ret_docs)
{
    struct endpoint_mint_call call;
    struct endpoint_mint_results_reader results;
    capos_status status = endpoint_mint(ring, endpoint, 1, DIRECTORY_INTERFACE_ID, &call, &results);
    if (status == CAP_OK)
        status = capos_caps_adopt(endpoint_mint_results_get_client(results), NULL, 0, DIRECTORY_INTERFACE_ID,
                                  &ret_docs->cap);
    endpoint_mint_finish(ring, &call);
    return status;
}

static capos_status serve(struct capos_transfer owner, struct process_handle *ret_server)
{
    const struct request request = {
        .name = "files", .binary = "files", .count = 1, .grants = {{.name = "docs", .transfer = owner}}};
    return start(&request, ret_server);
}

static bool letter_says(struct directory docs, const char *wanted)
{
    struct file file;
    struct file_read_call call;
    struct file_read_results_reader results;
    if (directory_open(ring, docs, CAPOS_TEXT("letter"), &file) != CAP_OK)
        return false;
    bool good = file_read(ring, file, 0, 100, &call, &results) == CAP_OK;
    if (good) {
        struct wire_data data = file_read_results_get_data(results);
        good = wire_text_equal(wire_text_make((const char *)data.bytes, data.size), capos_text_of(wanted));
    }
    file_read_finish(ring, &call);
    capos_handle_release(runtime, file.cap);
    return good;
}

/* Children that call a server which is a child, too. */
static void use(struct directory docs)
{
    int64_t code = -1;
    const struct request call = {.count = 1,
                                 .grants = {{.name = "call", .transfer = directory_copied(docs).t}}};
    const struct request hoard = {.count = 1,
                                  .grants = {{.name = "hoard", .transfer = directory_copied(docs).t}}};
    check(run(&call, &code) == PROCESS_STATUS_WHICH_EXITED && code == 0, "a child calls another");
    check(letter_says(docs, "from a child"), "what it wrote is there");
    struct counts before = count();
    bool queued = run(&hoard, &code) == PROCESS_STATUS_WHICH_EXITED && code == 8;
    check(queued && settles(&before), "releases that a child did not come to send are done");
}

static bool disconnected(struct directory docs)
{
    struct directory_list_call call;
    struct directory_list_results_reader results;
    capos_status status = directory_list(ring, docs, &call, &results);
    keep_exception(&call.call);
    directory_list_finish(ring, &call);
    return status == CAP_ERR_APPLICATION_EXCEPTION && said_type == EXCEPTION_TYPE_DISCONNECTED;
}

static void servers(void)
{
    struct endpoint endpoint;
    struct directory docs;
    struct process_handle server;
    int64_t code;
    if (process_spawner_endpoint(ring, spawner, 0, 0, &endpoint) != CAP_OK ||
        client_of(endpoint, &docs) != CAP_OK || serve(endpoint_moved(endpoint).t, &server) != CAP_OK) {
        check(false, "a server");
        return;
    }
    check(capos_handle_owners(runtime, endpoint.cap) == 0, "an endpoint is moved to a server");
    use(docs);
    process_handle_kill(ring, server);
    check(wait_for(server, &code) == PROCESS_STATUS_WHICH_KILLED && disconnected(docs),
          "its clients learn that it is gone");
    capos_handle_release(runtime, server.cap);
    capos_handle_release(runtime, docs.cap);
}

/* The endpoint has an owner beside the server: calls wait for the next one. */
static void successors(void)
{
    struct endpoint endpoint;
    struct directory docs;
    struct process_handle first, second;
    struct directory_create_call call;
    struct directory_create_results_reader results;
    int64_t code;
    if (process_spawner_endpoint(ring, spawner, 0, 0, &endpoint) != CAP_OK ||
        client_of(endpoint, &docs) != CAP_OK || serve(endpoint_copied(endpoint).t, &first) != CAP_OK) {
        check(false, "a server");
        return;
    }
    process_handle_kill(ring, first);
    bool good = wait_for(first, &code) == PROCESS_STATUS_WHICH_KILLED;
    directory_create_send(ring, docs, CAPOS_TEXT("letter"), &call);
    good = serve(endpoint_copied(endpoint).t, &second) == CAP_OK && good;
    good = directory_create_wait(ring, &call, &results) == CAP_OK && good;
    directory_create_finish(ring, &call);
    check(good, "a call waits for the server's successor");
    capos_handle_release(runtime, first.cap);
    process_handle_kill(ring, second);
    wait_for(second, &code);
    capos_handle_release(runtime, second.cap);
    capos_handle_release(runtime, docs.cap);
    capos_handle_release(runtime, endpoint.cap);
}

/* --- Memory ------------------------------------------------------------------------------ */

static void share(void)
{
    struct memory_object memory;
    uint64_t address;
    int64_t code = -1;
    if (memory_source_create(ring, memory_source, 4096, &memory) != CAP_OK ||
        memory_object_map(ring, memory, true, &address) != CAP_OK) {
        check(false, "memory");
        return;
    }
    volatile uint64_t *words = (volatile uint64_t *)(uintptr_t)address;
    words[0] = 41;
    const struct request request = {
        .count = 1, .grants = {{.name = "memory", .transfer = memory_object_copied(memory).t}}};
    check(run(&request, &code) == PROCESS_STATUS_WHICH_EXITED && code == 0 && words[1] == 42,
          "memory is shared with a child");
    memory_object_unmap(ring, memory, address);
    capos_handle_release(runtime, memory.cap);
}

int64_t capos_rt_main(struct capos_runtime *lent)
{
    runtime = lent;
    if (console_from_capset(runtime, "console", &console) != CAP_OK ||
        timer_from_capset(runtime, "timer", &timer) != CAP_OK ||
        stats_from_capset(runtime, "stats", &stats) != CAP_OK ||
        memory_source_from_capset(runtime, "memory", &memory_source) != CAP_OK ||
        process_spawner_from_capset(runtime, "spawner", &spawner) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    struct counts before = count();
    ends();
    kills("sleep", "one that sleeps is killed");
    kills("spin", "one that never rests is killed");
    families();
    servers();
    successors();
    share();
    mint_in_vain();
    ask_for_what_must_not_be();
    check(settles(&before), "nothing of all that is left");
    capos_runtime_return_ring(runtime, ring);
    return !all_good;
}
