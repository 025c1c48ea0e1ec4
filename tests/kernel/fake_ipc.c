#include "tests/kernel/fake_ipc.h"

#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "schema/capos.capos.h"
#include "tests/tap.h"

struct process *server, *client, *other;
uint64_t owner, client_cap, other_cap;

void ipc_begin(void)
{
    fake_begin();
    server = process;
    client = fake_machine_spawn(machine, "client");
    other = fake_machine_spawn(machine, "other");
    owner = ipc_endpoint(server, IPC_MESSAGE_MAX, IPC_CAPS_MAX);
    client_cap = ipc_facet(server, owner, 1, client);
    other_cap = ipc_facet(server, owner, 2, other);
}

/* Everything ends, and every record is back in its pool. */
void ipc_end(void)
{
    struct kernel *kernel = &machine->kernel;
    struct list_node *node;
    kernel_shutdown(kernel);
    while ((node = list_first(&kernel->processes)))
        kernel_process_gone(kernel, LIST_ENTRY(node, struct process, in_kernel));
    uint64_t left = kernel->process_pool.taken + kernel->endpoint_pool.taken + kernel->facet_pool.taken +
                    kernel->queue_pool.taken + kernel->bundle_pool.taken + kernel->answer_pool.taken +
                    kernel->wait_pool.taken + kernel->memory_pool.taken + kernel->handle_pool.taken +
                    kernel->memory_bytes + kernel->mappings + (uint64_t)machine->port.memories +
                    kernel->calls + kernel->queued_messages + kernel->queued_bytes + kernel->carried.count +
                    kernel->answer_caps.count;
    for (int i = 0; i < KERNEL_OBJECTS; i++)
        left += kernel->objects[i].references - 1;
    fake_end();
    TAP_EQ(left, 0);
}

uint64_t ipc_endpoint(struct process *of, uint32_t message_max, uint32_t caps_max)
{
    uint64_t cap = 0;
    struct endpoint *endpoint = kernel_endpoint_new(of->kernel, message_max, caps_max);
    kernel_caps_insert(&of->caps, &endpoint->object, ENDPOINT_INTERFACE_ID, &cap);
    return cap;
}

uint64_t ipc_facet(struct process *of, uint64_t endpoint_cap, uint64_t badge, struct process *to)
{
    uint64_t cap = 0;
    struct endpoint *endpoint = kernel_endpoint_of(kernel_caps_find(&of->caps, endpoint_cap));
    struct facet *facet = kernel_facet_find(endpoint, badge);
    bool fresh = !facet;
    if (fresh)
        facet = kernel_facet_new(of->kernel, endpoint, badge);
    kernel_facet_mint(facet, fresh);
    kernel_caps_insert(&to->caps, &facet->object, IPC_INTERFACE, &cap);
    kernel_object_release(of->kernel, &facet->object);
    return cap;
}

uint64_t ipc_params(uint64_t number)
{
    return FAKE_MEMORY + number * 256;
}

uint64_t ipc_results(uint64_t number)
{
    return FAKE_MEMORY + 0x8000 + number * IPC_RESULT_BYTES;
}

uint64_t ipc_receive_at(uint64_t number)
{
    return FAKE_MEMORY + 0x10000 + number * 256;
}

static void put_params(struct process *from, uint64_t number)
{
    uint64_t words[2] = {UINT64_C(0x0000000100000000), number};
    memcpy(fake_memory(from, ipc_params(number)), words, sizeof words);
}

struct cap_sqe ipc_call(struct process *from, uint64_t cap, uint64_t number)
{
    put_params(from, number);
    return (struct cap_sqe){
        .op = CAP_OP_CALL,
        .method_id = IPC_METHOD,
        .user_data = number,
        .params_addr = ipc_params(number),
        .params_len = 16,
        .result_len = IPC_RESULT_BYTES,
        .result_addr = ipc_results(number),
        .interface_id = IPC_INTERFACE,
        .cap_id = cap,
    };
}

struct cap_sqe ipc_receive(uint64_t endpoint, uint64_t number)
{
    return (struct cap_sqe){
        .op = CAP_OP_RECV,
        .user_data = number,
        .result_len = IPC_RECEIVE_BYTES,
        .result_addr = ipc_receive_at(number),
        .cap_id = endpoint,
    };
}

struct cap_sqe ipc_return(struct process *from, uint64_t call_id, uint64_t number)
{
    put_params(from, number);
    return (struct cap_sqe){
        .op = CAP_OP_RETURN,
        .user_data = number,
        .params_addr = ipc_params(number),
        .params_len = 16,
        .interface_id = call_id,
    };
}

void ipc_attach(struct process *from, struct cap_sqe *sqe, const struct cap_transfer *caps, uint16_t count)
{
    memcpy(fake_memory(from, sqe->params_addr + sqe->params_len), caps, count * sizeof *caps);
    sqe->xfer_cap_count = count;
}

struct cap_sqe ipc_keep(struct cap_sqe call, uint32_t answer)
{
    call.flags |= CAP_SQE_PROMISE;
    call.answer_id = answer;
    return call;
}

struct cap_sqe ipc_pipeline(struct process *from, uint32_t answer, uint16_t field, uint64_t number)
{
    struct cap_sqe call = ipc_call(from, CAPOS_CAP_NULL, number);
    call.flags |= CAP_SQE_PIPELINE;
    call.pipeline.dep = answer;
    call.pipeline.field = field;
    return call;
}

struct cap_transfer ipc_promised(uint32_t answer, uint16_t field)
{
    return (struct cap_transfer){.cap_id = answer, .mode = CAP_TRANSFER_PROMISED, .field = field};
}

int32_t ipc_finish(struct process *of, uint32_t answer)
{
    struct cap_sqe sqe = {.op = CAP_OP_FINISH, .user_data = 1002, .answer_id = answer};
    ipc_do(of, sqe);
    struct cap_cqe cqe = ipc_reap(of);
    while (cqe.user_data != 1002 && cqe.result != -1000)
        cqe = ipc_reap(of);
    return cqe.result;
}

void ipc_return_badges(uint64_t call_id, uint64_t number, uint64_t badge, uint16_t count, uint16_t fields)
{
    struct cap_sqe sqe = ipc_return(server, call_id, number);
    struct cap_transfer caps[KERNEL_CAPS_MAX];
    for (uint16_t i = 0; i < count; i++)
        caps[i] = (struct cap_transfer){
            .cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = badge + i, .interface_id = IPC_INTERFACE};
    ipc_attach(server, &sqe, caps, count);
    sqe.result_cap_max = fields;
    ipc_do(server, sqe);
    struct cap_cqe cqe = ipc_reap(server);
    if (cqe.user_data != number) /* a message came of it */
        cqe = ipc_reap(server);
    tap_equal(__FILE__, __LINE__, "the return's completion", (int64_t)cqe.user_data, (int64_t)number);
    tap_equal(__FILE__, __LINE__, "the return's status", cqe.result, CAP_OK);
}

struct cap_sqe ipc_return_exception(struct process *from, uint64_t call_id, uint64_t number, uint16_t type,
                                    const char *message)
{
    struct cap_sqe sqe = ipc_return(from, call_id, number);
    struct wire_build build;
    uint64_t bytes = 0;
    wire_build_init(&build, fake_memory(from, FAKE_MEMORY + 0x20000), 256);
    struct cap_exception_builder exception = cap_exception_build_root(&build);
    cap_exception_set_type(exception, type);
    cap_exception_set_message(exception, wire_text_make(message, (uint32_t)strlen(message)));
    wire_build_flat(&build, &bytes);
    sqe.flags = CAP_SQE_EXCEPTION;
    sqe.method_id = type;
    sqe.params_addr = FAKE_MEMORY + 0x20000;
    sqe.params_len = (uint32_t)bytes;
    return sqe;
}

void ipc_do(struct process *of, struct cap_sqe sqe)
{
    fake_submit(of, &sqe);
    fake_poll(of);
}

struct cap_cqe ipc_reap(struct process *of)
{
    struct cap_cqe cqe = {.result = -1000};
    if (!fake_reap(of, &cqe))
        tap_fail(__FILE__, __LINE__, "a completion comes");
    return cqe;
}

void ipc_expect(struct process *of, uint64_t number, int32_t result)
{
    struct cap_cqe cqe = ipc_reap(of);
    TAP_EQ(cqe.user_data, number);
    TAP_EQ(cqe.result, result);
}

void ipc_expect_nothing(struct process *of)
{
    struct cap_cqe cqe;
    fake_poll(of);
    TAP_CHECK(!fake_reap(of, &cqe));
}

void ipc_expect_exception(struct process *of, uint64_t number, uint16_t type)
{
    struct cap_cqe cqe = ipc_reap(of);
    TAP_EQ(cqe.user_data, number);
    TAP_EQ(cqe.result, CAP_ERR_APPLICATION_EXCEPTION);
    TAP_EQ(cqe.aux, type);
    struct wire_message message;
    wire_open_flat(&message, WIRE_PRIVATE, fake_memory(of, ipc_results(number)), IPC_RESULT_BYTES);
    TAP_EQ(cap_exception_get_type((struct cap_exception_reader){wire_root(&message)}), type);
}

uint64_t ipc_take_call(struct process *of, uint64_t endpoint)
{
    const uint64_t number = IPC_NUMBERS - 1;
    ipc_do(of, ipc_receive(endpoint, number));
    struct cap_cqe cqe = ipc_reap(of);
    const struct cap_message_header *header = ipc_message(of, number);
    if (cqe.result < 64 || header->kind != CAP_MESSAGE_CALL)
        tap_fail(__FILE__, __LINE__, "a call is received");
    return header->call_id;
}

const struct cap_message_header *ipc_taken(struct process *of)
{
    return ipc_message(of, IPC_NUMBERS - 1);
}

uint64_t ipc_take(struct process *of, uint64_t endpoint, uint64_t badge, uint64_t number)
{
    uint64_t id = ipc_take_call(of, endpoint);
    const struct cap_message_header *header = ipc_taken(of);
    tap_equal(__FILE__, __LINE__, "the badge that is called", (int64_t)header->badge, (int64_t)badge);
    tap_equal(__FILE__, __LINE__, "the call's number", (int64_t)((const uint64_t *)(header + 1))[1],
              (int64_t)number);
    return id;
}

const struct cap_message_header *ipc_message(struct process *of, uint64_t number)
{
    return fake_memory(of, ipc_receive_at(number));
}

const struct cap_transfer_result *ipc_message_records(struct process *of, uint64_t number)
{
    const struct cap_message_header *header = ipc_message(of, number);
    return (const void *)((const char *)(header + 1) + header->params_len);
}

const struct cap_transfer_result *ipc_result_records(struct process *of, uint64_t number, struct cap_cqe cqe)
{
    return fake_memory(of, ipc_results(number) + (uint64_t)cqe.result);
}

void ipc_release(struct process *of, uint64_t cap)
{
    struct cap_sqe sqe = {.op = CAP_OP_RELEASE, .user_data = 1000, .cap_id = cap};
    TAP_EQ(fake_run(of, &sqe).result, CAP_OK);
}

void ipc_cancel(struct process *of, uint64_t number)
{
    ipc_do(of, (struct cap_sqe){.op = CAP_OP_CANCEL, .user_data = 1001, .interface_id = number});
}

void ipc_kill(struct process *of)
{
    kernel_fault(of->kernel, of, &(struct fault){.kind = FAULT_KILLED, .signal = 9, .number = 9});
}
