/*
 * Timer: the clock, and sleeping until a deadline.
 */
#include "kernel/core/kernel.h"
#include "kernel/objects/objects.h"
#include "schema/capos.capos.h"

#define SLEEP_NS_MAX (UINT64_C(100) * 365 * 24 * 3600 * 1000000000)

static enum call_progress now(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)call;
    timer_now_results_set_ns((struct timer_now_results_builder){results}, port_now(kernel));
    return CALL_DONE;
}

static bool decode_sleep(struct kernel *kernel, struct call *call, struct wire_struct params)
{
    (void)kernel;
    call->argument.number = timer_sleep_params_get_ns((struct timer_sleep_params_reader){params});
    if (call->argument.number <= SLEEP_NS_MAX)
        return true;
    kernel_call_raise(call, EXCEPTION_TYPE_INVALID_ARGUMENT, "a sleep of more than 100 years");
    return false;
}

static void awake(struct kernel *kernel, struct deadline *deadline)
{
    struct call *call = LIST_ENTRY(deadline, struct call, deadline);
    kernel_call_begin_results(kernel, call);
    kernel_call_complete(kernel, call);
}

static enum call_progress sleep(struct kernel *kernel, struct call *call, struct wire_struct_builder results)
{
    (void)results;
    kernel_deadline_set(&kernel->deadlines, &call->deadline, port_now(kernel) + call->argument.number, awake);
    return CALL_WAITS;
}

static const struct object_method methods[] = {
    [TIMER_METHOD_NOW] = {.perform = now},
    [TIMER_METHOD_SLEEP] = {.decode = decode_sleep, .perform = sleep},
};

const struct object_type object_timer = {
    .interface = &timer_interface,
    .methods = methods,
    .transferable = true,
};
