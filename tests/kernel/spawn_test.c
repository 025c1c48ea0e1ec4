/*
 * Programs that start programs: what they are granted, what they may use, how
 * they end. Holds docs/security.md, clauses 25, 26 and 27.
 */
#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/text.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"
#include "tests/tap.h"

static uint64_t spawner; /* the server's */

static void begin(void)
{
    ipc_begin();
    spawner = spawn_begin(server);
}

static struct cap_transfer copied(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY};
}

static struct cap_transfer moved(uint64_t cap)
{
    return (struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_MOVE};
}

static struct cap_transfer minted(uint64_t cap, uint64_t badge)
{
    return (struct cap_transfer){
        .cap_id = cap, .mode = CAP_TRANSFER_MINT, .badge = badge, .interface_id = IPC_INTERFACE};
}

/* The process that was made last. */
static struct process *last(void)
{
    return LIST_ENTRY(machine->kernel.processes.head.previous, struct process, in_kernel);
}

static struct process *spawn(struct process *from, uint64_t by, const struct spawn_request *request,
                             uint64_t *ret_handle)
{
    *ret_handle = spawn_cap(from, spawn_call(from, by, request));
    return last();
}

static void gone(struct process *of)
{
    kernel_process_gone(&machine->kernel, of);
}

enum { WAIT = 62 };

static struct cap_sqe wait_call(uint64_t handle)
{
    struct cap_sqe sqe = handle_call(handle, PROCESS_HANDLE_METHOD_WAIT);
    sqe.user_data = WAIT;
    return sqe;
}

/* What a call to a handle answered with. */
static struct process_status_reader status_of(struct process *from)
{
    static struct wire_message results;
    tap_equal(__FILE__, __LINE__, "results come", ipc_reap(from).result > 0, true);
    wire_open_flat(&results, WIRE_PRIVATE, fake_memory(from, SPAWN_RESULTS), 4096);
    return process_handle_status_results_get_status(
        (struct process_handle_status_results_reader){wire_root(&results)});
}

static struct process_status_reader ask_status(struct process *from, uint64_t handle)
{
    ipc_do(from, handle_call(handle, PROCESS_HANDLE_METHOD_STATUS));
    return status_of(from);
}

/* --- Grants ---------------------------------------------------------------------------------- */

TAP_TEST(a_child_holds_what_it_was_granted_and_nothing_else)
{
    uint64_t handle, timer;
    if (KERNEL_CAPS_MAX < 3)
        TAP_SKIP("needs three capabilities in a message");
    begin();
    timer = fake_cap(server, "timer");
    uint64_t facet = ipc_facet(server, owner, 7, server);
    const struct spawn_request request = {
        .name = "kv",
        .grant_count = 3,
        .grants = {{"clock", copied(timer)}, {"mine", moved(facet)}, {"yours", minted(owner, 9)}}};
    struct process *child = spawn(server, spawner, &request, &handle);
    TAP_STR_EQ(child->name, "kv");
    TAP_EQ(child->caps.used, 3);
    TAP_CHECK(kernel_caps_find(&server->caps, timer) != NULL);
    TAP_CHECK(kernel_caps_find(&server->caps, facet) == NULL);
    TAP_CHECK(kernel_caps_find(&child->caps, fake_cap(child, "clock")) ==
              &machine->kernel.objects[KERNEL_CAPABILITY_TIMER]);
    ipc_do(child, ipc_call(child, fake_cap(child, "mine"), 1));
    ipc_take_call(server, owner);
    ipc_do(child, ipc_call(child, fake_cap(child, "yours"), 2));
    ipc_do(server, ipc_receive(owner, 5));
    ipc_reap(server);
    TAP_EQ(ipc_message(server, 5)->badge, 9);
    ipc_end();
}

TAP_TEST(a_request_that_is_wrong_is_refused_in_words_and_changes_nothing)
{
    begin();
    const uint64_t timer = fake_cap(server, "timer"), facet = ipc_facet(server, owner, 7, server);
    struct spawn_request many = {.grant_count = SPAWN_GRANTS_MAX};
    static char names[SPAWN_GRANTS_MAX][3];
    const struct {
        struct spawn_request request;
        const char *message;
    } rows[] = {
        {{.name = ""}, "name: no name; 1 to 43 bytes of UTF-8 are needed"},
        {{.name = "a\nb"}, "name \"a?b\": a name that is not printable UTF-8"},
        {{.binary = ""}, "binary \"\": no binary of that name; there are \"good\", \"bad\""},
        {{.binary = "none"}, "binary \"none\": no binary of that name; there are \"good\", \"bad\""},
        {{.binary = "bad"}, "binary \"bad\": not an ELF file; a static ELF64 program for x86-64 is needed"},
        {{.grant_count = 1, .grants = {{"", copied(timer)}}},
         "grants[0]: no name; 1 to 43 bytes of UTF-8 are needed"},
        {{.grant_count = 2, .grants = {{"a", copied(timer)}, {"a", moved(facet)}}},
         "grants[1] \"a\": a second grant of that name"},
        {{.grant_count = 2, .grants = {{"a", moved(facet)}, {"b", copied(CAPOS_CAP_NULL)}}},
         "grants[1] \"b\": no capability, or the null capability"},
        {{.grant_count = 2, .grants = {{"a", copied(timer)}, {"b", minted(owner, 3)}}, .profile = {{1}}},
         "profile.capSlots: 1, and there are grants: 2"},
        {{.profile = {.of = {[BUDGET_MEMORY] = 4096}}},
         "profile.memoryBytes: 4096, and the program and its stack take 36864"},
    };
    const uint64_t slots = server->caps.used, memory = machine->kernel.arena.used;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].request.grant_count > KERNEL_CAPS_MAX)
            continue;
        spawn_refused(server, spawn_call(server, spawner, &rows[i].request), EXCEPTION_TYPE_INVALID_ARGUMENT,
                      rows[i].message);
        TAP_STOP_IF_FAILED();
    }
    /* What is no capability of the caller's never comes to the spawner. */
    const struct spawn_request stale = {.grant_count = 1, .grants = {{"a", copied(facet + 1)}}};
    ipc_do(server, spawn_call(server, spawner, &stale));
    TAP_EQ(ipc_reap(server).result, CAP_ERR_STALE_CAP);
    for (uint32_t i = 0; i < SPAWN_GRANTS_MAX; i++) {
        names[i][0] = (char)('a' + i);
        many.grants[i] = (struct spawn_grant){names[i], copied(timer)};
    }
    ipc_do(server, spawn_call(server, spawner, &many));
    TAP_EQ(ipc_reap(server).result, CAP_ERR_MESSAGE_TOO_LARGE);
    TAP_EQ(server->caps.used, slots);
    TAP_EQ(machine->kernel.arena.used, memory);
    TAP_CHECK(kernel_caps_find(&server->caps, facet) != NULL);
    TAP_EQ(machine->port.processes, 3);
    ipc_end();
}

TAP_TEST(each_capability_that_comes_along_is_granted_once)
{
    begin();
    const uint64_t timer = fake_cap(server, "timer");
    const struct spawn_request request = {.grant_count = 2,
                                          .grants = {{"a", copied(timer)}, {"b", copied(timer)}}};
    if (KERNEL_CAPS_MAX < 2)
        TAP_SKIP("needs two capabilities in a message");
    struct cap_sqe sqe = spawn_call(server, spawner, &request);
    const struct cap_transfer one = copied(timer);
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(server, sqe.params_addr), sqe.params_len);
    message.cap_count = 2;
    struct wire_list grants = process_spawner_spawn_params_get_grants(
        (struct process_spawner_spawn_params_reader){wire_root(&message)});
    struct wire_any second =
        spawn_grant_get_capability(process_spawner_spawn_params_get_grants_at(grants, 1));
    TAP_CHECK(second.pointer != NULL);
    memset((uint8_t *)(uintptr_t)second.pointer + 4, 0, 4); /* names the first, too */
    spawn_refused(server, sqe, EXCEPTION_TYPE_INVALID_ARGUMENT,
                  "grants[1] \"b\": the same capability as an earlier grant");
    const struct spawn_request fewer = {.grant_count = 0};
    sqe = spawn_call(server, spawner, &fewer);
    memcpy(fake_memory(server, sqe.params_addr + sqe.params_len), &one, sizeof one);
    sqe.xfer_cap_count = 1;
    spawn_refused(server, sqe, EXCEPTION_TYPE_INVALID_ARGUMENT,
                  "grants: fewer than the capabilities that came with the call");
    ipc_end();
}

TAP_TEST(who_cannot_be_told_of_a_process_gets_none)
{
    begin();
    struct cap_sqe sqe = spawn_call(server, spawner, &(struct spawn_request){.grant_count = 0});
    sqe.result_cap_max = 0;
    ipc_do(server, sqe);
    struct cap_cqe cqe = ipc_reap(server);
    TAP_EQ(cqe.result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(cqe.needed, 48);
    sqe.result_cap_max = 1;
    sqe.result_len = 40;
    ipc_do(server, sqe);
    TAP_EQ(ipc_reap(server).result, CAP_ERR_BUFFER_TOO_SMALL);
    TAP_EQ(machine->port.processes, 3);
    ipc_end();
}

/* --- Budgets --------------------------------------------------------------------------------- */

/* A copy of what a process may still hand on. */
static struct budget left_of(const struct process *of)
{
    return of->left;
}

TAP_TEST(what_a_child_may_use_comes_from_its_spawner_and_goes_back)
{
    uint64_t handle;
    begin();
    const struct budget before = left_of(server);
    const struct spawn_request request = {.profile = {{10, 5, 1 << 20, 2, 3}}};
    struct process *child = spawn(server, spawner, &request, &handle);
    for (int kind = 0; kind < BUDGET_KINDS; kind++)
        TAP_EQ(before.of[kind] - server->left.of[kind],
               request.profile.of[kind] + (kind == BUDGET_PROCESSES));
    TAP_EQ(child->caps.free, KERNEL_CAP_SLOTS_MAX < 10 ? KERNEL_CAP_SLOTS_MAX : 10);
    TAP_EQ(child->left.of[BUDGET_MEMORY], (1 << 20) - kernel_process_bytes(&child->image));
    kernel_exit(&machine->kernel, child, 0);
    gone(child);
    TAP_MEM_EQ(&server->left, &before, sizeof before);
    ipc_end();
}

TAP_TEST(nobody_hands_on_more_than_it_has)
{
    uint64_t handle, other_handle;
    begin();
    const struct spawn_request request = {
        .profile = {{2 * KERNEL_CAP_SLOTS_MAX, 2 * KERNEL_CALLS_MAX, 1 << 20, 1, 1}},
        .grant_count = 1,
        .grants = {{"spawner", copied(spawner)}}};
    struct process *child = spawn(server, spawner, &request, &handle);
    const uint64_t by = fake_cap(child, "spawner");
    const uint64_t memory = child->left.of[BUDGET_MEMORY];
    char message[100];
    struct text text = KERNEL_TEXT_IN(message);
    kernel_text_add(&text, "profile.memoryBytes: 1048576 wanted; left: ");
    kernel_text_add_number(&text, memory);
    struct spawn_request of_child = {.profile = {{0, 0, 1 << 20, 0, 0}}};
    spawn_refused(child, spawn_call(child, by, &of_child), EXCEPTION_TYPE_OVERLOADED, message);
    of_child.profile = (struct budget){{0, 0, 1 << 19, 0, 2}};
    spawn_refused(child, spawn_call(child, by, &of_child), EXCEPTION_TYPE_OVERLOADED,
                  "profile.endpoints: 2 wanted; left: 1");
    of_child.profile.of[BUDGET_ENDPOINTS] = 1;
    of_child.profile.of[BUDGET_PROCESSES] = 1;
    spawn_refused(child, spawn_call(child, by, &of_child), EXCEPTION_TYPE_OVERLOADED,
                  "profile.processes: 1 wanted; left: 0");
    of_child.profile.of[BUDGET_PROCESSES] = 0;
    struct process *grandchild = spawn(child, by, &of_child, &other_handle);
    spawn_refused(child, spawn_call(child, by, &of_child), EXCEPTION_TYPE_OVERLOADED,
                  "profile.processes: 1 wanted for the program itself; left: 0");
    spawn_refused(child, endpoint_call(child, by, 0, 0), EXCEPTION_TYPE_OVERLOADED,
                  "profile.endpoints: the caller has as many as it may make");
    kernel_exit(&machine->kernel, grandchild, 0);
    gone(grandchild);
    uint64_t endpoint = spawn_cap(child, endpoint_call(child, by, 0, 0));
    spawn_refused(child, endpoint_call(child, by, 0, 0), EXCEPTION_TYPE_OVERLOADED,
                  "profile.endpoints: the caller has as many as it may make");
    ipc_release(child, endpoint);
    TAP_EQ(child->left.of[BUDGET_ENDPOINTS], 1);
    ipc_end();
}

TAP_TEST(a_record_that_stays_for_a_call_keeps_what_it_took)
{
    uint64_t handle;
    begin();
    const struct budget before = left_of(server);
    const struct spawn_request request = {.grant_count = 1, .grants = {{"a", minted(owner, 9)}}};
    struct process *child = spawn(server, spawner, &request, &handle);
    ipc_do(child, ipc_call(child, fake_cap(child, "a"), 1));
    uint64_t call = ipc_take_call(server, owner);
    kernel_exit(&machine->kernel, child, 0);
    gone(child);
    TAP_CHECK(!child->handle); /* which may end before the record */
    TAP_EQ(before.of[BUDGET_PROCESSES] - server->left.of[BUDGET_PROCESSES], 1);
    ipc_do(server, ipc_return(server, call, 2));
    TAP_MEM_EQ(&server->left, &before, sizeof before);
    ipc_end();
}

/* --- Ends ------------------------------------------------------------------------------------ */

TAP_TEST(children_end_with_their_spawner_and_so_do_theirs)
{
    uint64_t handle;
    struct process *chain[8] = {NULL};
    begin();
    struct process *from = server;
    uint64_t by = spawner;
    for (uint64_t i = 0; i < 8; i++) {
        const struct spawn_request request = {
            .profile = {{(9 - i) * KERNEL_CAP_SLOTS_MAX, (9 - i) * KERNEL_CALLS_MAX, (9 - i) << 20, 8 - i,
                         0}},
            .grant_count = 1,
            .grants = {{"spawner", copied(by)}}};
        chain[i] = spawn(from, by, &request, &handle);
        from = chain[i];
        by = fake_cap(from, "spawner");
        TAP_STOP_IF_FAILED();
    }
    ipc_kill(chain[2]);
    TAP_EQ(chain[1]->state, PROCESS_RUNNING);
    for (int i = 2; i < 8; i++) {
        TAP_EQ(chain[i]->state, PROCESS_DEAD);
        TAP_CHECK(fake_process(chain[i])->killed);
    }
    for (int i = 2; i < 8; i++) /* a spawner's record waits for those of its children */
        gone(chain[i]);
    TAP_EQ(machine->kernel.process_pool.taken, 5);
    ipc_end();
}

TAP_TEST(a_handle_tells_how_its_process_ended_when_it_is_gone)
{
    uint64_t handle;
    begin();
    struct process *child = spawn(server, spawner, &(struct spawn_request){.grant_count = 0}, &handle);
    TAP_EQ(process_status_which(ask_status(server, handle)), PROCESS_STATUS_WHICH_RUNNING);
    ipc_do(server, wait_call(handle));
    ipc_expect_nothing(server);
    kernel_exit(&machine->kernel, child, -5);
    ipc_expect_nothing(server);
    TAP_EQ(process_status_which(ask_status(server, handle)), PROCESS_STATUS_WHICH_EXITED);
    gone(child);
    TAP_EQ(process_status_get_exited(status_of(server)), -5);
    ipc_do(server, wait_call(handle));
    TAP_EQ(process_status_get_exited(status_of(server)), -5);
    ipc_do(server, handle_call(handle, PROCESS_HANDLE_METHOD_KILL));
    TAP_EQ(ipc_reap(server).result, 0);
    TAP_EQ(process_status_get_exited(ask_status(server, handle)), -5);
    ipc_release(server, handle);
    TAP_EQ(machine->kernel.handle_pool.taken, 0);
    ipc_end();
}

TAP_TEST(a_handle_tells_of_faults_in_words)
{
    uint64_t handle;
    begin();
    struct process *child = spawn(server, spawner, &(struct spawn_request){.grant_count = 0}, &handle);
    kernel_fault(&machine->kernel, child,
                 &(struct fault){.kind = FAULT_MEMORY, .signal = 11, .address = 16, .instruction = 1});
    struct wire_text text = process_status_get_faulted(ask_status(server, handle));
    TAP_STR_EQ(text.chars, "SIGSEGV: access to address 0x10 at 0x1");
    ipc_end();
}

TAP_TEST(a_handle_kills_and_dropping_it_does_not)
{
    uint64_t handle, dropped;
    begin();
    struct process *child = spawn(server, spawner, &(struct spawn_request){.grant_count = 0}, &handle);
    struct process *orphan = spawn(server, spawner, &(struct spawn_request){.grant_count = 0}, &dropped);
    ipc_release(server, dropped);
    TAP_EQ(orphan->state, PROCESS_RUNNING);
    ipc_do(server, handle_call(handle, PROCESS_HANDLE_METHOD_KILL));
    TAP_EQ(ipc_reap(server).result, 0);
    TAP_EQ(child->state, PROCESS_DEAD);
    TAP_EQ(process_status_which(ask_status(server, handle)), PROCESS_STATUS_WHICH_KILLED);
    struct cap_sqe sqe = ipc_call(server, ipc_facet(server, owner, 7, server), 1);
    const struct cap_transfer transfer = copied(handle);
    ipc_attach(server, &sqe, &transfer, 1);
    ipc_do(server, sqe);
    ipc_expect(server, 1, CAP_ERR_NOT_TRANSFERABLE);
    ipc_end();
}

TAP_TEST(who_waits_for_a_process_may_itself_end)
{
    uint64_t handle;
    begin();
    struct process *child = spawn(server, spawner, &(struct spawn_request){.grant_count = 0}, &handle);
    ipc_do(server, wait_call(handle));
    ipc_cancel(server, WAIT);
    ipc_expect(server, WAIT, CAP_ERR_CANCELLED);
    ipc_do(server, wait_call(handle));
    ipc_kill(server);
    TAP_EQ(child->state, PROCESS_DEAD);
    TAP_EQ(machine->kernel.handle_pool.taken, 0);
    ipc_end();
}

/* --- Endpoints ------------------------------------------------------------------------------- */

TAP_TEST(an_owner_facet_that_is_moved_takes_the_receives_of_its_owner_along)
{
    uint64_t handle;
    begin();
    ipc_do(server, ipc_receive(owner, 5));
    const struct spawn_request request = {.grant_count = 1, .grants = {{"serve", moved(owner)}}};
    ipc_do(server, spawn_call(server, spawner, &request));
    ipc_expect(server, 5, CAP_ERR_STALE_CAP);
    TAP_EQ(ipc_reap(server).cap_count, 1);
    struct process *child = last();
    handle = fake_cap(child, "serve");
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_do(child, ipc_return(child, ipc_take_call(child, handle), 2));
    ipc_expect(child, 2, CAP_OK);
    TAP_EQ(ipc_reap(client).result, 16);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_take_call(child, handle);
    ipc_do(client, ipc_call(client, client_cap, 2)); /* waits */
    kernel_exit(&machine->kernel, child, 0);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_exception(client, 2, EXCEPTION_TYPE_DISCONNECTED);
    TAP_EQ(machine->kernel.endpoint_pool.taken, 0);
    ipc_end();
}

TAP_TEST(an_endpoint_with_another_owner_outlives_the_program_that_served_it)
{
    uint64_t handle;
    begin();
    const struct spawn_request request = {.grant_count = 1, .grants = {{"serve", copied(owner)}}};
    struct process *child = spawn(server, spawner, &request, &handle);
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_take_call(child, fake_cap(child, "serve"));
    ipc_do(client, ipc_call(client, client_cap, 2)); /* waits */
    kernel_exit(&machine->kernel, child, 0);
    ipc_expect_exception(client, 1, EXCEPTION_TYPE_DISCONNECTED);
    ipc_expect_nothing(client);
    struct process *next = spawn(server, spawner, &request, &handle);
    ipc_do(next, ipc_return(next, ipc_take_call(next, fake_cap(next, "serve")), 3));
    TAP_EQ(ipc_reap(client).result, 16);
    ipc_end();
}

TAP_TEST(who_received_a_call_is_told_that_it_was_cancelled)
{
    uint64_t handle;
    begin();
    const struct spawn_request request = {.grant_count = 1, .grants = {{"serve", copied(owner)}}};
    struct process *child = spawn(server, spawner, &request, &handle);
    const uint64_t serve = fake_cap(child, "serve");
    ipc_do(client, ipc_call(client, client_cap, 1));
    uint64_t call = ipc_take_call(child, serve);
    ipc_do(server, ipc_receive(owner, 5));
    ipc_cancel(client, 1);
    ipc_expect_nothing(server);
    ipc_do(child, ipc_receive(serve, 6));
    ipc_reap(child);
    TAP_EQ(ipc_message(child, 6)->kind, CAP_MESSAGE_CANCELLED);
    TAP_EQ(ipc_message(child, 6)->call_id, call);
    ipc_do(other, ipc_call(other, other_cap, 2));
    ipc_reap(server);
    TAP_EQ(ipc_message(server, 5)->badge, 2);
    ipc_end();
}

TAP_TEST(owner_facets_are_given_to_programs_that_start_and_to_no_other)
{
    begin();
    uint64_t facet = ipc_facet(server, owner, 7, server);
    struct cap_sqe sqe = ipc_call(server, facet, 1);
    const struct cap_transfer transfer = copied(owner);
    ipc_attach(server, &sqe, &transfer, 1);
    ipc_do(server, sqe);
    ipc_expect(server, 1, CAP_ERR_NOT_TRANSFERABLE);
    ipc_end();
}

TAP_TEST(a_fresh_endpoint_serves_who_is_minted_a_facet)
{
    begin();
    uint64_t endpoint = spawn_cap(server, endpoint_call(server, spawner, 48, 1));
    TAP_EQ(kernel_endpoint_of(kernel_caps_find(&server->caps, endpoint))->message_max, 48);
    struct cap_sqe sqe = endpoint_call(server, spawner, 9, 0); /* two numbers as params */
    sqe.interface_id = ENDPOINT_INTERFACE_ID;
    sqe.method_id = ENDPOINT_METHOD_MINT;
    sqe.cap_id = endpoint;
    uint64_t facet = spawn_cap(server, sqe);
    ipc_do(server, ipc_call(server, facet, 1));
    TAP_CHECK(ipc_take_call(server, endpoint) != 0);
    sqe.result_cap_max = 0;
    ipc_do(server, sqe);
    TAP_EQ(ipc_reap(server).result, CAP_ERR_BUFFER_TOO_SMALL);
    spawn_refused(server, endpoint_call(server, spawner, 12, 0), EXCEPTION_TYPE_INVALID_ARGUMENT,
                  "messageMax must be a multiple of 8, and at most 65536");
    spawn_refused(server, endpoint_call(server, spawner, 8, 17), EXCEPTION_TYPE_INVALID_ARGUMENT,
                  "capsMax must be at most 16");
    ipc_end();
}
