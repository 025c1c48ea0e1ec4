/*
 * A directory that gives what it must not, answers twice, and then not at all.
 */
#include <capos/capset.h>
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 1 };

static struct timer timer;
static capos_status second = CAP_OK; /* of an answer that was given already */

/* The owner of an endpoint is nothing that can be given away. */
static capos_status self(struct capos_request *request, struct directory_self_results_builder results)
{
    struct directory own = {capos_request_object(request)->server->endpoint};
    directory_self_results_pass_here(results, directory_copied(own));
    return CAP_OK;
}

static capos_status list(struct capos_request *request, struct directory_list_results_builder results)
{
    struct directory_list_reply reply;
    (void)results;
    capos_status status = directory_list_defer(request, 0, &reply);
    if (status == CAP_OK)
        status = directory_list_reply_send(&reply);
    if (status == CAP_OK)
        second = directory_list_reply_send(&reply);
    return status;
}

static capos_status open(struct capos_request *request, struct directory_open_params_reader params,
                         struct directory_open_results_builder results)
{
    (void)request, (void)params, (void)results;
    return second;
}

/* The calls behind this one wait at the endpoint. */
static capos_status link(struct capos_request *request, struct directory_link_params_reader params)
{
    (void)params;
    return timer_sleep(capos_request_ring(request), timer, UINT64_C(1000000000) * 3600);
}

static const struct directory_ops ops = {.self = self, .list = list, .open = open, .link = link};

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_server server;
    static struct capos_object directory;
    if (timer_from_capset(runtime, "timer", &timer) < 0)
        return 1;
    directory_object_init(&directory, &server, &ops, NULL, NULL);
    return capos_server_export(runtime, "odd", &server, &directory, REQUESTS, memory) < 0;
}
