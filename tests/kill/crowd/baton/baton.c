/*
 * Serves a Baton that counts who touches it.
 */
#include <capos/server.h>

#include "schema/demo.server.capos.h"

enum { REQUESTS = 2 };

static capos_status touch(struct capos_request *request, struct baton_touch_params_reader params,
                          struct baton_touch_results_builder results)
{
    static uint32_t touches;
    (void)request, (void)params;
    baton_touch_results_set_touches(results, ++touches);
    return CAP_OK;
}

static const struct baton_ops ops = {.touch = touch};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object baton;
    baton_object_init(&baton, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "baton", &server, &baton, REQUESTS, memory) < 0;
}
