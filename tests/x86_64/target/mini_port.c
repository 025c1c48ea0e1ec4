/*
 * The bare-metal port under the mini core. The port is the machine, made once;
 * to open it is to give it a core, and to close it is to see that
 * nothing is left: no process, no frame.
 */
#include "kernel/x86_64/x86_64.h"
#include "tests/port/mini_core.h"
#include "tests/tap.h"

static uint64_t frames_before;

void mini_port_open(struct kernel *kernel)
{
    kernel->port = &x86_port;
    x86_port.kernel = kernel;
    frames_before = x86_frames_free();
}

void mini_port_close(struct kernel *kernel)
{
    (void)kernel;
    x86_texts_drop_idle();
    x86_port.kernel = NULL;
    TAP_CHECK(!list_first(&x86_port.ready) && !list_first(&x86_port.gone));
    TAP_CHECK(!x86_port.loaded);
    TAP_EQ(x86_frames_free(), frames_before);
}

void mini_port_step(struct kernel *kernel, uint64_t wait_ns)
{
    uint64_t now = port_now(kernel);
    x86_loop_step(wait_ns > CAPOS_FOREVER - now ? CAPOS_FOREVER : now + wait_ns);
}
