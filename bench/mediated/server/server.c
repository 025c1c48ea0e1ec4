/*
 * Serves a Meter that takes many calls at once.
 */
#include <capos/server.h>

#include "schema/bench.server.capos.h"

enum { REQUESTS = 16 };

static capos_status echo(struct capos_request *request, struct meter_echo_params_reader params,
                         struct meter_echo_results_builder results)
{
    (void)request;
    meter_echo_results_set_number(results, meter_echo_params_get_number(params));
    meter_echo_results_set_data(results, meter_echo_params_get_data(params));
    return CAP_OK;
}

static const struct meter_ops ops = {.echo = echo};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object meter;
    meter_object_init(&meter, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "meter", &server, &meter, REQUESTS, memory) != CAP_OK;
}
