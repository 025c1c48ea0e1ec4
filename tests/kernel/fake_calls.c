#include "tests/kernel/fake_calls.h"

#include <stdlib.h>

#include "schema/capos.capos.h"

struct fake_machine *machine;
struct process *process;

void fake_begin(void)
{
    machine = calloc(1, sizeof *machine);
    fake_machine_start(machine);
    process = machine->process;
}

void fake_end(void)
{
    fake_machine_stop(machine);
    free(machine);
}

struct cap_sqe fake_nop(uint64_t user_data)
{
    return (struct cap_sqe){.op = CAP_OP_NOP, .user_data = user_data};
}

struct cap_sqe fake_call(struct process *of, const char *cap, uint64_t interface, uint16_t method,
                         uint64_t user_data)
{
    return (struct cap_sqe){
        .op = CAP_OP_CALL,
        .method_id = method,
        .user_data = user_data,
        .params_addr = FAKE_PARAMS,
        .result_len = FAKE_RESULT_BYTES,
        .result_addr = FAKE_RESULTS,
        .interface_id = interface,
        .cap_id = fake_cap(of, cap),
    };
}

struct cap_sqe fake_now_call(struct process *of, uint64_t user_data)
{
    return fake_call(of, "timer", TIMER_INTERFACE_ID, TIMER_METHOD_NOW, user_data);
}

struct cap_sqe fake_sleep_call(struct process *of, uint64_t address, uint64_t ns, uint64_t user_data)
{
    struct cap_sqe sqe = fake_call(of, "timer", TIMER_INTERFACE_ID, TIMER_METHOD_SLEEP, user_data);
    struct wire_build build;
    wire_build_init(&build, fake_memory(of, address), 8);
    timer_sleep_params_set_ns(timer_sleep_params_build_root(&build), ns);
    sqe.params_addr = address;
    sqe.params_len = 16;
    return sqe;
}
