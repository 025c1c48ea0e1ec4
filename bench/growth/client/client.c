/*
 * One of many clients: puts 64 bytes until it is killed, waiting for each answer, or, with the grant "many",
 * 16 at a time.
 */
#include <capos/runtime.h>

#include "bench/growth/growth.h"
#include "schema/bench.client.capos.h"

static capos_status batch(struct capos_ring *ring, struct depot depot, uint32_t count)
{
    static struct depot_put_call calls[AT_ONCE];
    static const uint8_t bytes[DATA_BYTES];
    capos_status status = CAP_OK;
    for (uint32_t i = 0; i < count; i++)
        depot_put_send(ring, depot, wire_data_make(bytes, sizeof bytes), &calls[i]);
    for (uint32_t i = 0; i < count; i++) {
        struct depot_put_results_reader results;
        capos_status one = depot_put_wait(ring, &calls[i], &results);
        depot_put_finish(ring, &calls[i]);
        status = status != CAP_OK ? status : one;
    }
    return status;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct capos_ring *ring;
    struct depot depot;
    capos_status status;
    uint32_t count = 1;
    if (depot_from_capset(runtime, "many", &depot) == CAP_OK)
        count = AT_ONCE;
    else if (depot_from_capset(runtime, "one", &depot) != CAP_OK)
        return 1;
    if (capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    do
        status = batch(ring, depot, count);
    while (status == CAP_OK);
    return status;
}
