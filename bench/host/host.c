/*
 * The core alone, for counting its instructions under callgrind: bench/host WHAT ROUNDS, over the machine of
 * the unit tests. Only what kernel_enter() does is counted (tools/check-calls).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernel/fake_ipc.h"

static void enter(void)
{
    fake_poll(client);
}

static void timer_now(void)
{
    struct cap_cqe cqe;
    struct cap_sqe sqe = fake_now_call(process, 1);
    fake_submit(process, &sqe);
    fake_poll(process);
    fake_reap(process, &cqe);
}

/* The client calls, the server answers and receives again, the client has its results. */
static void call(void)
{
    ipc_do(client, ipc_call(client, client_cap, 1));
    ipc_reap(server);
    struct cap_sqe answer = ipc_return(server, ipc_message(server, 2)->call_id, 3);
    struct cap_sqe receive = ipc_receive(owner, 2);
    answer.flags |= CAP_SQE_RETURN_RECV;
    answer.user_data = receive.user_data;
    answer.cap_id = receive.cap_id;
    answer.result_addr = receive.result_addr;
    answer.result_len = receive.result_len;
    ipc_do(server, answer);
    struct cap_cqe cqe = ipc_reap(client);
    if (cqe.result != 16)
        exit(1);
}

static const struct {
    const char *name;
    void (*run)(void);
} measures[] = {{"enter", enter}, {"timer-now", timer_now}, {"call", call}};

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    ipc_begin();
    ipc_do(server, ipc_receive(owner, 2));
    for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++)
        for (int round = 0; strcmp(argv[1], measures[i].name) == 0 && round < atoi(argv[2]); round++)
            measures[i].run();
    return 0;
}
