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
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

struct request {
    const char *what;
    void (*prepare)(void);                         /* or NULL */
    int32_t (*ask)(const struct request *request); /* CAP_OK also when it waits */
    unsigned at_least;                             /* allocations that it takes on a fresh machine */
    int32_t failure;                               /* its status when one fails; 0: CAP_ERR_NO_MEMORY */
    unsigned facets;                               /* badges of one endpoint that it comes to */
    struct cap_sqe sqe;
};

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
    copy->next_process_id = copy->deadlines.sequence = 0;
    copy->arena.next = NULL; /* the census counts what is out */
    struct pool *const pools[] = {&copy->process_pool, &copy->endpoint_pool, &copy->facet_pool,
                                  &copy->queue_pool,   &copy->bundle_pool,   &copy->memory_pool,
                                  &copy->handle_pool};
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++)
        pools[i]->free = NULL;
    memset(&copy->message, 0, sizeof copy->message);
    memset(copy->results, 0, sizeof copy->results);
    memset(&copy->build, 0, sizeof copy->build);
    memset(&copy->answer_caps, 0, sizeof copy->answer_caps);
    memset(&copy->arrived, 0, sizeof copy->arrived);
    memset(&copy->spawn, 0, sizeof copy->spawn);
    return copy;
}

/* --- Requests ------------------------------------------------------------------------------- */

static int32_t ask_spawn(const struct request *request)
{
    (void)request;
    struct process *spawned = NULL;
    const struct process_grant grants[] = {
        {"console", 7, &machine->kernel.objects[KERNEL_CAPABILITY_CONSOLE], CONSOLE_INTERFACE_ID},
        {"timer", 5, &machine->kernel.objects[KERNEL_CAPABILITY_TIMER], TIMER_INTERFACE_ID},
    };
    return kernel_process_spawn(&machine->kernel, &FAKE_START("spawned", grants, 2), &spawned);
}

/* The status of a submission's completion; CAP_OK if there is none yet. */
static int32_t submit(struct process *of, struct cap_sqe sqe)
{
    struct cap_cqe cqe;
    int32_t status = CAP_OK;
    fake_submit(of, &sqe);
    if (fake_poll(of) < 0)
        return CAP_ERR_BAD_RING;
    while (fake_reap(of, &cqe))
        if (cqe.user_data == sqe.user_data)
            status = cqe.result;
    return status;
}

static uint64_t number; /* of the last submission: below IPC_NUMBERS */

static int32_t ask_operation(const struct request *request)
{
    struct cap_sqe sqe = request->sqe;
    sqe.user_data = ++number;
    return submit(process, sqe);
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

enum { CANCELLED = 1000 };

static void prepare_cancel(void)
{
    submit(process, fake_sleep_call(process, FAKE_PARAMS, 1000, CANCELLED));
}

/* --- Requests to endpoints: the server's, and another that is the client's --------------------- */

static uint64_t to_client; /* the server's facet of the client's endpoint */
static uint64_t call_id;   /* of a call that the server owes an answer to */

static struct cap_transfer copy_of(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY};
}

static struct cap_transfer mint_of(uint64_t cap)
{
    return (struct cap_transfer){
        .cap_id = cap, .mode = CAP_TRANSFER_MINT, .badge = 100 + number, .interface_id = IPC_INTERFACE};
}

static int32_t ask_receive(const struct request *request)
{
    (void)request;
    return submit(server, ipc_receive(owner, ++number));
}

static int32_t ask_call(const struct request *request)
{
    (void)request;
    return submit(client, ipc_call(client, client_cap, ++number));
}

static int32_t call_with(struct process *from, uint64_t cap, struct cap_transfer transfer)
{
    struct cap_sqe sqe = ipc_call(from, cap, ++number);
    ipc_attach(from, &sqe, &transfer, 1);
    return submit(from, sqe);
}

static int32_t ask_copy(const struct request *request)
{
    (void)request;
    return call_with(client, client_cap, copy_of(client_cap));
}

/* Two: what the first took is given back when the second fails. */
static int32_t ask_mint(const struct request *request)
{
    struct cap_sqe sqe = ipc_call(server, to_client, ++number);
    struct cap_transfer two[] = {mint_of(owner), mint_of(owner)};
    (void)request;
    two[1].badge += 1000;
    ipc_attach(server, &sqe, two, 2);
    return submit(server, sqe);
}

/* A fresh capability each time, as it is gone afterwards. */
static int32_t ask_move(const struct request *request)
{
    struct cap_transfer transfer = copy_of(call_id);
    (void)request;
    transfer.mode = CAP_TRANSFER_MOVE;
    return call_with(client, client_cap, transfer);
}

static void prepare_move(void)
{
    call_id = ipc_facet(server, owner, 1, client);
}

static void prepare_return(void)
{
    struct cap_sqe sqe = ipc_call(client, client_cap, ++number);
    sqe.result_cap_max = 1;
    submit(client, sqe);
    call_id = ipc_take_call(server, owner);
}

static int32_t ask_return(const struct request *request)
{
    (void)request;
    return submit(server, ipc_return(server, call_id, ++number));
}

static int32_t ask_return_mint(const struct request *request)
{
    struct cap_sqe sqe = ipc_return(server, call_id, ++number);
    struct cap_transfer transfer = mint_of(owner);
    (void)request;
    ipc_attach(server, &sqe, &transfer, 1);
    return submit(server, sqe);
}

static const struct request operations[] = {
    {.what = "NOP", .ask = ask_operation, .sqe = {.op = CAP_OP_NOP}},
    {.what = "RELEASE", .ask = ask_operation, .sqe = {.op = CAP_OP_RELEASE}},
    {.what = "CANCEL",
     .prepare = prepare_cancel,
     .ask = ask_operation,
     .sqe = {.op = CAP_OP_CANCEL, .interface_id = CANCELLED}},
    {.what = "RECV", .ask = ask_receive, .sqe = {.op = CAP_OP_RECV}},
    {.what = "CALL", .ask = ask_call, .at_least = 1},
    {.what = "CALL that copies", .ask = ask_copy, .at_least = 2},
    {.what = "CALL that moves", .prepare = prepare_move, .ask = ask_move, .at_least = 2},
    {.what = "CALL that mints", .ask = ask_mint, .at_least = 4, .facets = 6},
    {.what = "RETURN", .prepare = prepare_return, .ask = ask_return, .sqe = {.op = CAP_OP_RETURN}},
    {.what = "RETURN that mints", .prepare = prepare_return, .ask = ask_return_mint, .at_least = 1},
};

/* A package to read the manifest of, and to start programs from. */
static void prepare_method(void)
{
    spawn_begin(process);
}

/* --- Failing -------------------------------------------------------------------------------- */

static void complain(const struct request *request, const char *what)
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

static int32_t ask(const struct request *request)
{
    if (request->prepare)
        request->prepare();
    return request->ask(request);
}

static int32_t failure_of(const struct request *request)
{
    return request->failure ? request->failure : CAP_ERR_NO_MEMORY;
}

/* Asks with the n-th allocation failing; false when there was none. */
static bool fails_at(const struct request *request, uint64_t n)
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
    number = 0;
    to_client = ipc_facet(client, ipc_endpoint(client, IPC_MESSAGE_MAX, IPC_CAPS_MAX), 9, server);
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
static unsigned fail_each(const struct request *request, bool warm)
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

static void fail_request(const struct request *request)
{
    unsigned fresh = fail_each(request, false);
    fail_each(request, true);
    if (!tap_stopped() && fresh < request->at_least)
        complain(request, "all that it allocates was made to fail:");
}

TAP_TEST(a_spawn_survives_each_allocation_that_fails)
{
    const struct request spawn = {
        .what = "spawn", .ask = ask_spawn, .at_least = 3 /* the record, and the port's two */};
    fail_request(&spawn);
}

TAP_TEST(minting_operations_are_among_those_that_are_tried)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (operations[i].facets > KERNEL_FACETS_MAX)
            TAP_SKIP("needs more badges");
}

TAP_TEST(operations_survive_each_allocation_that_fails)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (operations[i].facets > KERNEL_FACETS_MAX)
            continue;
        fail_request(&operations[i]);
        TAP_STOP_IF_FAILED();
    }
}

static bool is_tried(uint8_t op)
{
    bool found = op == CAP_OP_CALL; /* its methods */
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        found |= operations[i].sqe.op == op;
    return found;
}

TAP_TEST(every_operation_of_the_kernel_is_tried)
{
    fake_begin();
    for (unsigned op = 0; op < 256; op++) {
        const struct request request = {.what = "an operation that is not in the table",
                                        .sqe = {.op = (uint8_t)op}};
        if (!is_tried((uint8_t)op) && ask_operation(&request) != CAP_ERR_UNSUPPORTED_OP)
            complain(&request, "every operation is tried:");
    }
    fake_end();
}

/* The object and the method of the call at hand. */
static uint32_t called_object;
static uint16_t called_method;

static int32_t ask_method(const struct request *request)
{
    struct request call = *request;
    call.sqe = call_of(called_object, called_method);
    if (called_object == KERNEL_CAPABILITY_PROCESS_SPAWNER && called_method == PROCESS_SPAWNER_METHOD_SPAWN)
        call.sqe = spawn_call(process, call.sqe.cap_id, &(struct spawn_request){.grant_count = 0});
    if (called_object == KERNEL_CAPABILITY_PROCESS_SPAWNER &&
        called_method == PROCESS_SPAWNER_METHOD_ENDPOINT)
        call.sqe = endpoint_call(process, call.sqe.cap_id, 0, 0);
    return ask_operation(&call);
}

TAP_TEST(methods_survive_each_allocation_that_fails)
{
    for (called_object = 1; called_object < KERNEL_OBJECTS; called_object++) {
        const struct capos_interface *interface = object_types[called_object]->interface;
        for (called_method = 0; called_method < interface->method_count; called_method++) {
            const char *name = interface->methods[called_method].name;
            const struct request call = {.what = name,
                                         .prepare = prepare_method,
                                         .ask = ask_method,
                                         .failure = CAP_ERR_APPLICATION_EXCEPTION};
            fail_request(&call);
            TAP_STOP_IF_FAILED();
        }
    }
}
