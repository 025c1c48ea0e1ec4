#include "tests/kernel/fake_calls.h"

#include "schema/capos.capos.h"

struct cap_sqe fake_nop(uint64_t user_data)
{
    return (struct cap_sqe){.op = CAP_OP_NOP, .user_data = user_data};
}

struct cap_sqe fake_call(struct process *process, const char *cap, uint64_t interface, uint16_t method,
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
        .cap_id = fake_cap(process, cap),
    };
}

struct cap_sqe fake_now_call(struct process *process, uint64_t user_data)
{
    return fake_call(process, "timer", TIMER_INTERFACE_ID, TIMER_METHOD_NOW, user_data);
}

struct cap_sqe fake_sleep_call(struct process *process, uint64_t address, uint64_t ns, uint64_t user_data)
{
    struct cap_sqe sqe = fake_call(process, "timer", TIMER_INTERFACE_ID, TIMER_METHOD_SLEEP, user_data);
    struct wire_build build;
    wire_build_init(&build, fake_memory(process, address), 8);
    timer_sleep_params_set_ns(timer_sleep_params_build_root(&build), ns);
    sqe.params_addr = address;
    sqe.params_len = 16;
    return sqe;
}
