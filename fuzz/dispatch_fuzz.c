/*
 * Hostile programs against the kernel core: the input is a script of what three
 * processes, each with an endpoint, facets of the others' and a spawner, those
 * that they start, and the world around them do. Held by it: docs/security.md, 1 to 4, 14 to 17, 25 to 27, 30
 * and 31.
 *
 * After each step every completion that was owed is accounted for, and what waits for answers is bounded; at
 * the end all processes are gone and the kernel holds nothing of theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/capos.capos.h"
#include "tests/kernel/fake_spawn.h"

struct script {
    const uint8_t *at;
    const uint8_t *end;
};

static void take(struct script *script, void *to, size_t count)
{
    size_t left = (size_t)(script->end - script->at);
    size_t taken = count < left ? count : left;
    memset(to, 0, count);
    memcpy(to, script->at, taken);
    script->at += taken;
}

static uint8_t take_byte(struct script *script)
{
    uint8_t byte;
    take(script, &byte, 1);
    return byte;
}

static const char *const cap_names[] = {"console", "timer", "entropySource", "bootPackage"};

/* An id of what stands in a slot, or stood there. */
static uint64_t take_cap(struct script *script, const struct process *of)
{
    uint8_t byte = take_byte(script);
    uint32_t index = byte % 16;
    return (of->caps.slots[index].generation - (byte >> 7)) << CAPOS_CAP_SLOT_SHIFT | index;
}

static struct cap_sqe make_kernel_call(struct script *script, struct process *of, uint8_t how)
{
    const struct object_type *type = object_types[1 + how % 4];
    return (struct cap_sqe){
        .op = CAP_OP_CALL,
        .method_id = how >> 2 & 3,
        .user_data = take_byte(script) % 64,
        .params_addr = FAKE_MEMORY + take_byte(script) % 16 * 64,
        .params_len = take_byte(script) % 12 * 8,
        .result_addr = FAKE_MEMORY + 4096,
        .result_len = take_byte(script) * 16u,
        .interface_id = type->interface->id,
        .cap_id = fake_cap(of, cap_names[how % 4]),
    };
}

/* Answers that are kept, calls on them: ids and fields that may mean something. */
static void take_promise(struct script *script, struct cap_sqe *sqe, uint8_t flags)
{
    if (flags & 4) {
        sqe->flags |= CAP_SQE_PROMISE;
        sqe->answer_id = take_byte(script) % 8;
    }
    if (flags & 8) {
        uint8_t target = take_byte(script);
        sqe->flags |= CAP_SQE_PIPELINE;
        sqe->cap_id = 0;
        sqe->pipeline.dep = target % 8;
        sqe->pipeline.field = target >> 6;
    }
}

static struct cap_transfer take_transfer(struct script *script, const struct process *of)
{
    uint64_t cap = take_cap(script, of);
    uint8_t mode = take_byte(script) % 6, badge = take_byte(script);
    if (mode == CAP_TRANSFER_PROMISED)
        return (struct cap_transfer){.cap_id = badge % 8, .mode = mode, .field = badge >> 6};
    return (struct cap_transfer){.cap_id = cap, .mode = mode, .badge = badge % 8};
}

/* Calls, receives and returns, with descriptors that may be good. */
static struct cap_sqe make_ipc(struct script *script, struct process *of, uint8_t how)
{
    static const uint8_t ops[] = {CAP_OP_CALL, CAP_OP_RECV, CAP_OP_RETURN, CAP_OP_CANCEL};
    uint64_t place = FAKE_MEMORY + take_byte(script) % 16 * 64;
    uint8_t flags = take_byte(script);
    struct cap_sqe sqe = {.op = ops[how & 3], .user_data = take_byte(script) % 64};
    bool call = sqe.op == CAP_OP_CALL, returns = sqe.op == CAP_OP_RETURN;
    if (returns)
        sqe.flags = flags & (CAP_SQE_EXCEPTION | CAP_SQE_RETURN_RECV | CAP_SQE_AHEAD | CAP_SQE_BACK);
    if (sqe.op == CAP_OP_RECV)
        sqe.flags = flags & CAP_SQE_AHEAD;
    bool back = sqe.flags & CAP_SQE_BACK;
    if (back)
        sqe.flags &= (uint8_t)~CAP_SQE_EXCEPTION;
    if (sqe.op == CAP_OP_CANCEL || returns)
        sqe.interface_id = take_byte(script) % 64;
    if (sqe.op == CAP_OP_CANCEL && (how & 4)) {
        sqe.op = CAP_OP_FINISH;
        sqe.answer_id = (uint32_t)sqe.interface_id % 8;
        sqe.interface_id = 0;
    }
    if (sqe.op == CAP_OP_CANCEL || sqe.op == CAP_OP_FINISH)
        return sqe;
    if ((call || returns) && !back) {
        sqe.params_addr = place;
        sqe.params_len = flags >> 7 ? 16 : 0;
    }
    if (call || sqe.op == CAP_OP_RECV || (sqe.flags & CAP_SQE_RETURN_RECV)) {
        sqe.result_addr = FAKE_MEMORY + 4096;
        sqe.result_len = IPC_RECEIVE_BYTES;
        sqe.cap_id = take_cap(script, of);
    }
    if (call) {
        static const uint64_t interfaces[] = {IPC_INTERFACE, ENDPOINT_INTERFACE_ID, CAPABILITY_INTERFACE_ID};
        sqe.interface_id = interfaces[take_byte(script) % 3];
        sqe.method_id = flags >> 5 & 1;
        sqe.result_cap_max = flags >> 4 & 3;
        take_promise(script, &sqe, flags);
    }
    if ((call || returns) && !back && !(sqe.flags & CAP_SQE_EXCEPTION)) {
        struct cap_transfer *caps = fake_memory(of, place + sqe.params_len);
        sqe.xfer_cap_count = flags & 3;
        for (int i = 0; i < sqe.xfer_cap_count; i++)
            caps[i] = take_transfer(script, of);
        if (returns && (flags & 0x40))
            sqe.result_cap_max = sqe.xfer_cap_count;
    }
    return sqe;
}

/* A submission of which the input decides every field, or one that gets past the first checks. */
static struct cap_sqe make_sqe(struct script *script, struct process *of)
{
    uint8_t how = take_byte(script);
    if (how >= 0xe0) {
        struct cap_sqe sqe;
        take(script, &sqe, sizeof sqe);
        return sqe;
    }
    return how & 0x80 ? make_ipc(script, of, how) : make_kernel_call(script, of, how);
}

/* Those that take part: the three, and what they have started. */
enum { PROCESSES = 3, PROCESSES_MAX = 12 };
static struct process *processes[PROCESSES_MAX];
static uint32_t process_count;
static uint64_t spawners[PROCESSES];

/* What was started last, if there is room to play it; else it is left alone, and ends with its spawner. */
static void meet(const struct process *of)
{
    struct process *newest = LIST_ENTRY(machine->kernel.processes.head.previous, struct process, in_kernel);
    if (newest->spawner == of && newest != processes[process_count - 1] && process_count < PROCESSES_MAX)
        processes[process_count++] = newest;
}

/* A dead process that nobody started, or that was, is gone: its record may be, too. */
static void leave(uint32_t index)
{
    struct process *of = processes[index];
    if (of->state != PROCESS_DEAD)
        return;
    kernel_process_gone(&machine->kernel, of);
    processes[index] = processes[--process_count];
}

static struct cap_sqe make_spawn(struct script *script, struct process *of, uint64_t spawner)
{
    static const char *const names[] = {"a", "b", "", "a"};
    uint8_t how = take_byte(script);
    struct spawn_request request = {
        .binary = how & 0x80 ? "bad" : "good",
        .grant_count = how & 3,
        .profile = {{take_byte(script), take_byte(script) & 63, 0, take_byte(script) & 3, how >> 4 & 3}},
    };
    for (uint32_t i = 0; i < request.grant_count; i++)
        request.grants[i] = (struct spawn_grant){
            .name = names[take_byte(script) & 3],
            .transfer = {.cap_id = take_cap(script, of), .mode = 1 + take_byte(script) % 5, .badge = 0}};
    for (uint32_t i = 0; i < request.grant_count; i++)
        if (request.grants[i].transfer.mode == CAP_TRANSFER_MINT)
            request.grants[i].transfer.badge = how;
    struct cap_sqe sqe = spawn_call(of, spawner, &request);
    sqe.result_cap_max = how >> 2 & 1 ? 0 : 1;
    return sqe;
}

/* Spawning, endpoints, and handles, which are any capabilities. */
static void step_spawn(struct script *script, struct process *of)
{
    uint8_t what = take_byte(script), number = take_byte(script) % 64;
    uint64_t spawner = CAPOS_CAP_NULL;
    struct cap_sqe sqe;
    for (int i = 0; i < PROCESSES; i++)
        if (processes[i] == of)
            spawner = spawners[i];
    if (of->spawner) /* it may have been granted one */
        spawner = take_cap(script, of);
    switch (what % 4) {
    case 0:
        sqe = make_spawn(script, of, spawner);
        break;
    case 1:
        sqe = endpoint_call(of, spawner, what & 64u, what >> 6);
        break;
    default:
        sqe = handle_call(take_cap(script, of), what >> 2 & 3);
        break;
    }
    sqe.user_data = number;
    fake_submit(of, &sqe);
    fake_poll(of);
    meet(of);
}

/* Answers that are kept, and the calls and returns that may wait for them, are bounded by the calls' records.
 */
static void check_promises(const struct process *of)
{
    uint32_t records = 0;
    for (struct list_node *node = list_first(&of->calls_free); node; node = list_next(&of->calls_free, node))
        records++;
    uint64_t alive = machine->kernel.process_pool.taken;
    if (records + of->calls_busy_count + of->calls_abandoned > KERNEL_CALLS_MAX ||
        machine->kernel.calls > alive * KERNEL_CALLS_MAX ||
        machine->kernel.answer_pool.taken > machine->kernel.calls ||
        machine->kernel.wait_pool.taken > machine->kernel.calls * (KERNEL_CAPS_MAX + 1))
        abort();
}

/* What a process is charged for is out of what it was given. */
static void check_badges(const struct process *of)
{
    uint64_t charged = 0;
    for (struct list_node *node = list_first(&of->badges); node; node = list_next(&of->badges, node))
        charged++;
    if (charged > of->granted.of[BUDGET_BADGES] - of->left.of[BUDGET_BADGES])
        abort();
}

static void check_accounts(const struct process *of)
{
    check_promises(of);
    check_badges(of);
    uint32_t unread = of->cq_tail - of->ring->header.cq_head;
    bool sane = unread <= CAPOS_CQ_ENTRIES;
    for (int kind = 0; kind < BUDGET_KINDS; kind++)
        if (of->left.of[kind] > kernel_budget_first.of[kind]) /* below nothing */
            abort();
    uint32_t owed = of->deferred_count + of->calls_busy_count + of->receives_busy_count;
    if (of->calls_busy_count + of->calls_abandoned > KERNEL_CALLS_MAX || owed > KERNEL_CREDITS ||
        (sane && unread + owed > KERNEL_CREDITS) || of->caps.reserved > of->caps.free)
        abort();
}

static void step(struct script *script, struct process *of)
{
    struct cap_sqe sqe;
    struct cap_cqe cqe;
    int64_t result;
    uint8_t what = take_byte(script);
    struct capos_ring_header *header = &of->ring->header;
    switch (what % 13) {
    case 0:
    case 1:
    case 2:
        sqe = make_sqe(script, of);
        fake_submit(of, &sqe);
        break;
    case 3:
        take(script, fake_memory(of, FAKE_MEMORY + (what >> 4) * 64), 64);
        break;
    case 4:
        if (!of->waiting)
            kernel_enter(&machine->kernel, of, take_byte(script) % 36, take_byte(script) * 10u, &result);
        break;
    case 5:
        fake_reap(of, &cqe);
        break;
    case 6:
        machine->port.now += take_byte(script);
        kernel_tick(&machine->kernel);
        break;
    case 7:
        machine->port.output_length = 0;
        machine->port.output_room = take_byte(script);
        kernel_console_output(&machine->kernel);
        break;
    case 8:
        machine->port.input = "0123456789";
        machine->port.input_length = take_byte(script) % 11;
        machine->port.input_ended = what & 0x80;
        kernel_console_input(&machine->kernel);
        break;
    case 9:
        take(script, what & 0x80 ? &header->sq_tail : &header->cq_head, 4);
        break;
    case 10:
        fake_process(of)->read_only_from = what & 0x80 ? FAKE_MEMORY + 4096 : 0;
        break;
    case 11:
        header->sq_tail = header->sq_head;
        header->cq_head = header->cq_tail;
        break;
    case 12:
        if (what & 0x80)
            ipc_kill(of);
        else if (!of->waiting)
            step_spawn(script, of);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everybody ends: nothing is kept but the kernel's own. */
static void check_end(struct kernel *kernel)
{
    struct list_node *node;
    kernel_shutdown(kernel);
    while ((node = list_first(&kernel->processes)))
        kernel_process_gone(kernel, LIST_ENTRY(node, struct process, in_kernel));
    uint64_t left = kernel->process_pool.taken + kernel->endpoint_pool.taken + kernel->facet_pool.taken +
                    kernel->queue_pool.taken + kernel->bundle_pool.taken + kernel->handle_pool.taken +
                    kernel->answer_pool.taken + kernel->wait_pool.taken + kernel->calls +
                    kernel->queued_messages + kernel->queued_bytes + kernel->carried.count +
                    kernel->answer_caps.count;
    for (int i = 0; i < KERNEL_OBJECTS; i++)
        left += kernel->objects[i].references - 1;
    if (left != 0 || kernel_deadline(kernel) != CAPOS_FOREVER || !list_empty(&kernel->console_readers) ||
        !list_empty(&kernel->console_writers))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = {data, data + size};
    fake_begin();
    processes[0] = process;
    processes[1] = fake_machine_spawn(machine, "b");
    processes[2] = fake_machine_spawn(machine, "c");
    process_count = PROCESSES;
    for (int i = 0; i < PROCESSES; i++) {
        uint64_t owned = ipc_endpoint(processes[i], IPC_MESSAGE_MAX, IPC_CAPS_MAX);
        for (int j = 0; j < PROCESSES; j++)
            ipc_facet(processes[i], owned, (uint64_t)j, processes[j]);
    }
    for (int i = 0; i < PROCESSES; i++)
        spawners[i] = spawn_begin(processes[i]);
    while (script.at < script.end) {
        uint32_t index = take_byte(&script) % process_count;
        struct process *next = processes[index];
        if (next->state == PROCESS_RUNNING)
            step(&script, next);
        check_accounts(next);
        if (index >= PROCESSES)
            leave(index);
    }
    check_end(&machine->kernel);
    fake_end();
    return 0;
}
