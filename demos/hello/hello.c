/*
 * The smallest program: it was given a console, and says so.
 */
#include <capos/runtime.h>
#include <capos/text.h>

#include "schema/capos.client.capos.h"

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct capos_ring *ring;
    struct console console;
    if (console_from_capset(runtime, "console", &console) < 0 || capos_runtime_lend_ring(runtime, &ring) < 0)
        return 1;
    capos_status status = console_write_line(ring, console, CAPOS_TEXT("hello from a confined program"));
    capos_runtime_return_ring(runtime, ring);
    return status != CAP_OK;
}
