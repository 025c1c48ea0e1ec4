#include "tests/kernel/fake_ahead.h"

#include "tests/tap.h"

#define EXPECT(value, wanted)                                                                                \
    tap_equal(__FILE__, __LINE__, #value, (int64_t)(value), (int64_t)(wanted)) /* where a value is returned  \
                                                                                */

void ahead_receive(uint64_t number)
{
    struct cap_sqe sqe = ipc_receive(owner, number);
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
}

uint64_t ahead_begin(uint64_t receives)
{
    ipc_begin();
    ipc_do(client, ipc_keep(ipc_call(client, client_cap, 1), 1));
    uint64_t id = ipc_take(server, owner, 1, 1);
    for (uint64_t i = 0; i < receives; i++)
        ahead_receive(50 + i);
    return id;
}

uint64_t ahead_expect(uint64_t receive, uint64_t owed, uint16_t field, uint64_t number)
{
    ipc_expect(server, receive, AHEAD_RECEIVED);
    const struct cap_message_header *header = ipc_message(server, receive);
    EXPECT(header->kind, CAP_MESSAGE_AHEAD);
    EXPECT(header->badge, owed);
    EXPECT(header->field, field);
    EXPECT(header->interface_id, IPC_INTERFACE);
    EXPECT(header->method_id, IPC_METHOD);
    EXPECT(header->result_len, IPC_RESULT_BYTES);
    EXPECT(header->cap_count, 0);
    EXPECT(((const uint64_t *)(header + 1))[1], number);
    return header->call_id;
}

int32_t ahead_give_back(uint64_t call_id)
{
    ipc_do(server, (struct cap_sqe){
                       .op = CAP_OP_RETURN, .flags = CAP_SQE_BACK, .user_data = 45, .interface_id = call_id});
    struct cap_cqe cqe = ipc_reap(server);
    EXPECT(cqe.user_data, 45);
    return cqe.result;
}

int32_t ahead_answer(uint64_t call_id)
{
    ipc_do(server, ipc_return(server, call_id, 46));
    struct cap_cqe cqe = ipc_reap(server);
    EXPECT(cqe.user_data, 46);
    return cqe.result;
}

void ahead_return_resolved(uint64_t call_id, uint16_t count)
{
    struct cap_sqe sqe = ipc_return(server, call_id, 40);
    struct cap_transfer caps[2];
    for (uint16_t i = 0; i < count; i++)
        caps[i] = (struct cap_transfer){
            .cap_id = owner, .mode = CAP_TRANSFER_MINT, .badge = 7u + i, .interface_id = IPC_INTERFACE};
    ipc_attach(server, &sqe, caps, count);
    sqe.result_cap_max = count;
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
    struct cap_cqe cqe = ipc_reap(server);
    if (cqe.user_data != 40) /* a message came of it */
        cqe = ipc_reap(server);
    EXPECT(cqe.user_data, 40);
    EXPECT(cqe.result, CAP_OK);
}

void ahead_return_copy(uint64_t call_id, uint64_t cap)
{
    struct cap_sqe sqe = ipc_return(server, call_id, 40);
    ipc_attach(server, &sqe, &(struct cap_transfer){.cap_id = cap, .mode = CAP_TRANSFER_COPY}, 1);
    sqe.result_cap_max = 1;
    sqe.flags = CAP_SQE_AHEAD;
    ipc_do(server, sqe);
    ipc_expect(server, 40, CAP_OK);
}

void ahead_expect_call(struct process *of, uint64_t receive, uint64_t number)
{
    ipc_expect(of, receive, AHEAD_RECEIVED);
    EXPECT(ipc_message(of, receive)->kind, CAP_MESSAGE_CALL);
    EXPECT(((const uint64_t *)(ipc_message(of, receive) + 1))[1], number);
}

void ahead_expect_cancelled(uint64_t receive, uint64_t call_id)
{
    ipc_expect(server, receive, 64);
    EXPECT(ipc_message(server, receive)->kind, CAP_MESSAGE_CANCELLED);
    EXPECT(ipc_message(server, receive)->badge, 0);
    EXPECT(ipc_message(server, receive)->call_id, call_id);
}
