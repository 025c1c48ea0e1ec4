#include "tests/kernel/fail_operations.h"

#include "kernel/core/cap_table.h"
#include "schema/capos.capos.h"
#include "tests/kernel/fake_ipc.h"

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

int32_t fail_ask(const struct fail_request *request)
{
    struct cap_sqe sqe = request->sqe;
    sqe.user_data = ++number;
    return submit(process, sqe);
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

static int32_t ask_receive(const struct fail_request *request)
{
    (void)request;
    return submit(server, ipc_receive(owner, ++number));
}

static int32_t ask_call(const struct fail_request *request)
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

static int32_t ask_copy(const struct fail_request *request)
{
    (void)request;
    return call_with(client, client_cap, copy_of(client_cap));
}

/* Two: what the first took is given back when the second fails. */
static int32_t ask_mint(const struct fail_request *request)
{
    struct cap_sqe sqe = ipc_call(server, to_client, ++number);
    struct cap_transfer two[] = {mint_of(owner), mint_of(owner)};
    (void)request;
    two[1].badge += 1000;
    ipc_attach(server, &sqe, two, 2);
    return submit(server, sqe);
}

/* A fresh capability each time, as it is gone afterwards. */
static int32_t ask_move(const struct fail_request *request)
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

static int32_t ask_return(const struct fail_request *request)
{
    (void)request;
    return submit(server, ipc_return(server, call_id, ++number));
}

static int32_t ask_return_mint(const struct fail_request *request)
{
    struct cap_sqe sqe = ipc_return(server, call_id, ++number);
    struct cap_transfer transfer = mint_of(owner);
    (void)request;
    ipc_attach(server, &sqe, &transfer, 1);
    return submit(server, sqe);
}

/* --- Promises: one answer that the server owes the client, and one that the client owes the server ---------
 */

static bool kept;

static void prepare_answers(void)
{
    if (!kept) {
        submit(client, ipc_keep(ipc_call(client, client_cap, ++number), 1));
        ipc_take_call(server, owner);
        submit(server, ipc_keep(ipc_call(server, to_client, ++number), 1));
    }
    kept = true;
}

static void prepare_finish(void)
{
    submit(process, ipc_keep(fake_now_call(process, ++number), 1));
}

static int32_t ask_keep(const struct fail_request *request)
{
    (void)request;
    int32_t status = submit(client, ipc_keep(ipc_call(client, client_cap, ++number), 2));
    if (status == CAP_OK)
        submit(client, (struct cap_sqe){.op = CAP_OP_FINISH, .user_data = ++number, .answer_id = 2});
    return status;
}

/* With a mint and a promise on top of the promised target. */
static int32_t ask_pipeline(const struct fail_request *request)
{
    struct cap_transfer caps[] = {mint_of(owner), ipc_promised(1, 1)};
    struct cap_sqe sqe = ipc_pipeline(server, 1, 0, ++number);
    (void)request;
    ipc_attach(server, &sqe, caps, 2);
    return submit(server, sqe);
}

static int32_t ask_promised(const struct fail_request *request)
{
    (void)request;
    return call_with(client, client_cap, ipc_promised(1, 0));
}

static void prepare_promised_return(void)
{
    prepare_answers();
    prepare_return();
}

static int32_t ask_return_promised(const struct fail_request *request)
{
    struct cap_transfer caps[] = {mint_of(owner), ipc_promised(1, 0)};
    struct cap_sqe sqe = ipc_return(server, call_id, ++number);
    (void)request;
    ipc_attach(server, &sqe, caps, 2);
    return submit(server, sqe);
}

const struct fail_request fail_operations[] = {
    {.what = "NOP", .ask = fail_ask, .sqe = {.op = CAP_OP_NOP}},
    {.what = "RELEASE", .ask = fail_ask, .sqe = {.op = CAP_OP_RELEASE}},
    {.what = "CANCEL",
     .prepare = prepare_cancel,
     .ask = fail_ask,
     .sqe = {.op = CAP_OP_CANCEL, .interface_id = CANCELLED}},
    {.what = "RECV", .ask = ask_receive, .sqe = {.op = CAP_OP_RECV}},
    {.what = "CALL", .ask = ask_call, .at_least = 1},
    {.what = "CALL that copies", .ask = ask_copy, .at_least = 2},
    {.what = "CALL that moves", .prepare = prepare_move, .ask = ask_move, .at_least = 2},
    {.what = "CALL that mints", .ask = ask_mint, .at_least = 4, .facets = 6},
    {.what = "RETURN", .prepare = prepare_return, .ask = ask_return, .sqe = {.op = CAP_OP_RETURN}},
    {.what = "FINISH",
     .prepare = prepare_finish,
     .ask = fail_ask,
     .sqe = {.op = CAP_OP_FINISH, .answer_id = 1}},
    {.what = "CALL whose answer is kept", .prepare = prepare_answers, .ask = ask_keep, .at_least = 1},
    {.what = "CALL on a promise",
     .prepare = prepare_answers,
     .ask = ask_pipeline,
     .at_least = 4,
     .facets = 4},
    {.what = "CALL that carries a promise", .prepare = prepare_answers, .ask = ask_promised, .at_least = 2},
    {.what = "RETURN that carries a promise",
     .prepare = prepare_promised_return,
     .ask = ask_return_promised,
     .at_least = 3,
     .facets = 4},
    {.what = "RETURN that mints", .prepare = prepare_return, .ask = ask_return_mint, .at_least = 1},
};

const size_t fail_operations_count = sizeof fail_operations / sizeof fail_operations[0];

void fail_operations_begin(void)
{
    number = 0;
    kept = false;
    to_client = ipc_facet(client, ipc_endpoint(client, IPC_MESSAGE_MAX, IPC_CAPS_MAX), 9, server);
}
