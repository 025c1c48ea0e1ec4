/*
 * Memory runs out: what a port or a program can ask of the kernel is asked with its first
 * allocation failing, then its second, and so on until it is served untouched.
 * It must fail as such, leave nothing behind, and succeed when it is asked again: docs/security.md,
 * clause 18.
 *
 * Requests are found, not listed: every operation that the kernel does not call unsupported, and every
 * method of its objects. One that needs more than the number 1 for params fails here until it has a row.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fail_operations.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

enum { ALLOCATIONS_MAX = 100 };

/* --- What there is ------------------------------------------------------------------------ */

/* All that a request that failed must leave as it was. */
struct census {
    uint64_t memory; /* of the arena, in records that are out */
    uint64_t port_processes, references, calls, receives, completions, deadlines, slots, processes, waits;
};

static void count_process(struct census *census, const struct process *of)
{
    census->processes++;
    census->calls += of->calls_busy_count;
    census->receives += of->receives_busy_count;
    census->completions += of->deferred_count;
    census->slots += of->caps.free + (uint64_t)of->caps.reserved * 100000;
    census->waits += of->waiting;
    census->deadlines += of->wait_deadline.due != NULL;
    for (uint32_t i = 0; i < KERNEL_CALLS_MAX; i++)
        census->deadlines += of->calls[i].deadline.due != NULL;
}

static struct census take_census(void)
{
    struct kernel *kernel = &machine->kernel;
    struct census census = {.memory = kernel->arena.used,
                            .port_processes = (uint64_t)machine->port.processes};
    for (uint32_t i = 0; i < KERNEL_OBJECTS; i++)
        census.references += kernel->objects[i].references;
    for (struct list_node *node = list_first(&kernel->processes); node;
         node = list_next(&kernel->processes, node))
        count_process(&census, LIST_ENTRY(node, struct process, in_kernel));
    return census;
}

/* The kernel's own record, without counters and the place where messages are built. */
static struct kernel *copy_kernel(void)
{
    struct kernel *copy = malloc(sizeof *copy);
    memcpy(copy, &machine->kernel, sizeof *copy);
    copy->arena.takes = copy->arena.fail_at = 0;
    copy->next_process_id = copy->deadlines.sequence = copy->arrived.sequence = copy->last_order = 0;
    copy->arena.next = NULL; /* the census counts what is out */
    struct pool *const pools[] = {&copy->process_pool, &copy->endpoint_pool, &copy->facet_pool,
                                  &copy->queue_pool,   &copy->bundle_pool,   &copy->memory_pool,
                                  &copy->answer_pool,  &copy->wait_pool,     &copy->handle_pool};
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++)
        pools[i]->free = NULL;
    memset(&copy->message, 0, sizeof copy->message);
    memset(copy->results, 0, sizeof copy->results);
    memset(&copy->build, 0, sizeof copy->build);
    memset(&copy->answer_caps, 0, sizeof copy->answer_caps);
    memset(&copy->carried, 0, sizeof copy->carried);
    memset(&copy->spawn, 0, sizeof copy->spawn);
    return copy;
}

/* --- Requests ------------------------------------------------------------------------------- */

static int32_t ask_spawn(const struct fail_request *request)
{
    (void)request;
    struct process *spawned = NULL;
    const struct process_grant grants[] = {
        {"console", 7, &machine->kernel.objects[KERNEL_CAPABILITY_CONSOLE], CONSOLE_INTERFACE_ID},
        {"timer", 5, &machine->kernel.objects[KERNEL_CAPABILITY_TIMER], TIMER_INTERFACE_ID},
    };
    return kernel_process_spawn(&machine->kernel, &FAKE_START("spawned", grants, 2), &spawned);
}

/* The id of a capability of the first process, which holds one to each of the kernel's objects. */
static uint64_t cap_to(uint32_t object)
{
    for (uint32_t i = 0; i < KERNEL_CAP_SLOTS_MAX; i++) {
        const struct cap_slot *slot = &process->caps.slots[i];
        if (slot->object == &machine->kernel.objects[object])
            return slot->generation << CAPOS_CAP_SLOT_SHIFT | i;
    }
    return CAPOS_CAP_NULL;
}

/* Params whose one number, if there is one, is 1. */
static struct cap_sqe call_of(uint32_t object, uint16_t method)
{
    const struct capos_interface *interface = object_types[object]->interface;
    const struct capos_method *called = &interface->methods[method];
    struct wire_build build;
    uint64_t bytes = 0;
    wire_build_init(&build, fake_memory(process, FAKE_PARAMS), 64);
    struct wire_struct_builder params =
        wire_slot_init_struct(wire_build_root(&build), called->params_data_words, called->params_pointers);
    if (called->params_data_words > 0)
        wire_set_u64(params, 0, 1);
    wire_build_flat(&build, &bytes);
    return (struct cap_sqe){
        .op = CAP_OP_CALL,
        .method_id = method,
        .params_addr = FAKE_PARAMS,
        .params_len = (uint32_t)bytes,
        .result_addr = FAKE_RESULTS,
        .result_len = FAKE_RESULT_BYTES,
        .interface_id = interface->id,
        .cap_id = cap_to(object),
        .result_cap_max = 1,
    };
}

/* A package to read the manifest of, and to start programs from. */
static void prepare_method(void)
{
    spawn_begin(process);
}

/* --- Failing -------------------------------------------------------------------------------- */

static void complain(const struct fail_request *request, const char *what)
{
    tap_note(request->what);
    tap_fail(__FILE__, __LINE__, what);
}

static bool same(void *a, void *b, size_t bytes)
{
    bool equal = memcmp(a, b, bytes) == 0;
    free(a);
    free(b);
    return equal;
}

static int32_t ask(const struct fail_request *request)
{
    if (request->prepare)
        request->prepare();
    return request->ask(request);
}

static int32_t failure_of(const struct fail_request *request)
{
    return request->failure ? request->failure : CAP_ERR_NO_MEMORY;
}

/* Asks with the n-th allocation failing; false when there was none. */
static bool fails_at(const struct fail_request *request, uint64_t n)
{
    struct arena *arena = &machine->kernel.arena;
    if (request->prepare)
        request->prepare();
    const struct census before = take_census();
    struct kernel *kernel_before = copy_kernel();
    arena->fail_at = arena->takes + n;
    int32_t status = request->ask(request);
    bool failed = arena->takes >= arena->fail_at;
    arena->fail_at = 0;
    const struct census after = take_census();
    bool kernel_same = same(kernel_before, copy_kernel(), sizeof *kernel_before);
    if (failed ? status != failure_of(request) : status < 0)
        complain(
            request,
            "NO_MEMORY, or as the method says it, where an allocation failed, and a good status elsewhere:");
    else if (failed && (memcmp(&before, &after, sizeof before) != 0 || !kernel_same))
        complain(request, "what fails leaves everything as it was:");
    return failed;
}

/* A machine with programs that call each other, and one that has it all. */
static void begin(void)
{
    ipc_begin();
    fail_operations_begin();
    for (uint32_t i = 1; i < KERNEL_OBJECTS; i++) {
        uint64_t cap;
        if (cap_to(i) == CAPOS_CAP_NULL)
            kernel_caps_insert(&process->caps, &machine->kernel.objects[i], object_types[i]->interface->id,
                               &cap);
    }
}

/* Ends every process that was not there at first. */
static void end_others(void)
{
    struct list_node *last;
    while ((last = machine->kernel.processes.head.previous) != &other->in_kernel) {
        struct process *newer = LIST_ENTRY(last, struct process, in_kernel);
        kernel_exit(&machine->kernel, newer, 0);
        kernel_process_gone(&machine->kernel, newer);
    }
}

/* On a fresh machine each time, or on one that has served the same before. The number of allocations that
 * failed. */
static unsigned fail_each(const struct fail_request *request, bool warm)
{
    bool failed = true;
    unsigned count = 0;
    for (uint64_t n = 1; failed && n < ALLOCATIONS_MAX && !tap_stopped(); n++) {
        begin();
        if (warm) {
            ask(request);
            end_others();
        }
        failed = fails_at(request, n);
        count += failed;
        if (failed && ask(request) < 0)
            complain(request, "the same succeeds afterwards:");
        ipc_end();
    }
    if (failed && !tap_stopped())
        complain(request, "it succeeds at last:");
    return count;
}

static void try_request(const struct fail_request *request)
{
    unsigned fresh = fail_each(request, false);
    fail_each(request, true);
    if (!tap_stopped() && fresh < request->at_least)
        complain(request, "all that it allocates was made to fail:");
}

TAP_TEST(a_spawn_survives_each_allocation_that_fails)
{
    const struct fail_request spawn = {
        .what = "spawn", .ask = ask_spawn, .at_least = 3 /* the record, and the port's two */};
    try_request(&spawn);
}

/* All that can be granted: what is copied, moved, minted, and an endpoint. */
static uint64_t granted_facet, granted_endpoint;

static void prepare_grants(void)
{
    prepare_method();
    granted_facet = ipc_facet(process, owner, 70, process);
    granted_endpoint = ipc_endpoint(process, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
}

static int32_t ask_grants(const struct fail_request *request)
{
    const struct spawn_request grants = {
        .grant_count = 4,
        .grants = {{"copied", {.cap_id = fake_cap(process, "timer"), .mode = CAP_TRANSFER_COPY}},
                   {"moved", {.cap_id = granted_facet, .mode = CAP_TRANSFER_MOVE}},
                   {"minted",
                    {.cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 71, .interface_id = IPC_INTERFACE}},
                   {"served", {.cap_id = granted_endpoint, .mode = CAP_TRANSFER_MOVE}}}};
    struct fail_request call = *request;
    call.sqe = spawn_call(process, cap_to(KERNEL_CAPABILITY_PROCESS_SPAWNER), &grants);
    int32_t status = fail_ask(&call);
    bool kept =
        kernel_caps_find(&process->caps, granted_facet) && kernel_caps_find(&process->caps, granted_endpoint);
    if (kept != (status < 0))
        complain(request, "what is moved is the caller's until there is a process:");
    /* A badge for which there is no memory is found before the call is decoded. */
    return status == CAP_ERR_NO_MEMORY ? CAP_ERR_APPLICATION_EXCEPTION : status;
}

TAP_TEST(a_spawn_with_grants_survives_each_allocation_that_fails)
{
    const struct fail_request spawn = {
        .what = "spawn with grants",
        .prepare = prepare_grants,
        .ask = ask_grants,
        .at_least = 5, /* the badge, the handle, the record, and the port's two */
        .failure = CAP_ERR_APPLICATION_EXCEPTION,
    };
    if (KERNEL_CAPS_MAX < 4 || KERNEL_FACETS_MAX < 4)
        TAP_SKIP("needs four capabilities in a message");
    try_request(&spawn);
}

TAP_TEST(minting_operations_are_among_those_that_are_tried)
{
    for (size_t i = 0; i < fail_operations_count; i++)
        if (fail_operations[i].facets > KERNEL_FACETS_MAX)
            TAP_SKIP("needs more badges");
}

TAP_TEST(operations_survive_each_allocation_that_fails)
{
    for (size_t i = 0; i < fail_operations_count; i++) {
        if (fail_operations[i].facets > KERNEL_FACETS_MAX)
            continue;
        try_request(&fail_operations[i]);
        TAP_STOP_IF_FAILED();
    }
}

static bool is_tried(uint8_t op)
{
    bool found = op == CAP_OP_CALL; /* its methods */
    for (size_t i = 0; i < fail_operations_count; i++)
        found |= fail_operations[i].sqe.op == op;
    return found;
}

TAP_TEST(every_operation_of_the_kernel_is_tried)
{
    fake_begin();
    for (unsigned op = 0; op < 256; op++) {
        const struct fail_request request = {.what = "an operation that is not in the table",
                                             .sqe = {.op = (uint8_t)op}};
        if (!is_tried((uint8_t)op) && fail_ask(&request) != CAP_ERR_UNSUPPORTED_OP)
            complain(&request, "every operation is tried:");
    }
    fake_end();
}

/* The object and the method of the call at hand. */
static uint32_t called_object;
static uint16_t called_method;

static int32_t ask_method(const struct fail_request *request)
{
    struct fail_request call = *request;
    call.sqe = call_of(called_object, called_method);
    if (called_object == KERNEL_CAPABILITY_PROCESS_SPAWNER && called_method == PROCESS_SPAWNER_METHOD_SPAWN)
        call.sqe = spawn_call(process, call.sqe.cap_id, &(struct spawn_request){.grant_count = 0});
    if (called_object == KERNEL_CAPABILITY_PROCESS_SPAWNER &&
        called_method == PROCESS_SPAWNER_METHOD_ENDPOINT)
        call.sqe = endpoint_call(process, call.sqe.cap_id, 0, 0);
    return fail_ask(&call);
}

TAP_TEST(methods_survive_each_allocation_that_fails)
{
    for (called_object = 1; called_object < KERNEL_OBJECTS; called_object++) {
        const struct capos_interface *interface = object_types[called_object]->interface;
        for (called_method = 0; called_method < interface->method_count; called_method++) {
            const char *name = interface->methods[called_method].name;
            const struct fail_request call = {.what = name,
                                              .prepare = prepare_method,
                                              .ask = ask_method,
                                              .failure = CAP_ERR_APPLICATION_EXCEPTION};
            try_request(&call);
            TAP_STOP_IF_FAILED();
        }
    }
}
