/*
 * Serves a Meter, for the benchmark of calls between two programs.
 */
#include <capos/server.h>

#include "schema/bench.server.capos.h"

enum { REQUESTS = 8 };

static struct capos_server server;
static struct capos_object made;

static capos_status echo(struct capos_request *request, struct meter_echo_params_reader params,
                         struct meter_echo_results_builder results)
{
    (void)request;
    meter_echo_results_set_number(results, meter_echo_params_get_number(params));
    meter_echo_results_set_data(results, meter_echo_params_get_data(params));
    return CAP_OK;
}

static capos_status take(struct capos_request *request, struct meter_take_params_reader params)
{
    (void)request, (void)params;
    return CAP_OK;
}

static capos_status make(struct capos_request *request, struct meter_make_results_builder results)
{
    (void)request;
    meter_make_results_pass_meter(results, meter_minted(&made));
    return CAP_OK;
}

static capos_status step(struct capos_request *request, struct meter_step_params_reader params,
                         struct meter_step_results_builder results)
{
    struct meter to;
    (void)request;
    capos_status status = meter_step_params_borrow_to(params, &to);
    if (status == CAP_OK)
        meter_step_results_pass_meter(results, meter_copied(to));
    return status;
}

static const struct meter_ops ops = {.echo = echo, .take = take, .make = make, .step = step};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_object meter;
    meter_object_init(&made, &server, &ops, NULL, NULL);
    meter_object_init(&meter, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "meter", &server, &meter, REQUESTS, memory) < 0;
}
