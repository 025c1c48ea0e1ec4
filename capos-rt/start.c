/*
 * From _start to the program's capos_rt_main(), through the entry page that
 * abi.h puts into every process. Apart from runtime.c, so that tests on a host link the rest.
 */
#include "capos-rt/rt.h"

/* Called by _start, with what the kernel put into the registers. */
__attribute__((noreturn)) void rt_start(uint64_t ring_addr, uint64_t process_id, uint64_t capset_addr);

void rt_start(uint64_t ring_addr, uint64_t process_id, uint64_t capset_addr)
{
    static struct capos_runtime runtime;
    static const struct rt_kernel kernel = {
        .enter = (capos_cap_enter_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_CAP_ENTER),
        .exit = (capos_exit_fn)(CAPOS_ENTRY_VADDR + CAPOS_ENTRY_EXIT),
    };
    int64_t code = CAPOS_EXIT_START;
    if (rt_init(&runtime, ring_addr, process_id, capset_addr, &kernel)) {
        code = capos_rt_main(&runtime);
        rt_promises_report(&runtime);
        rt_handles_report(&runtime);
    }
    for (;;)
        kernel.exit(code);
}
