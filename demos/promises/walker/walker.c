/*
 * Serves walkers. Each is a step further than the one that made it, and is
 * gone with its last capability.
 */
#include <capos/capset.h>
#include <capos/heap.h>
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/capos.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 8, RESTING_MAX = 4 };

CAPOS_HEAP_BYTES(32768)

struct place {
    struct capos_object object;
    uint64_t steps;
};

struct rest {
    struct walker_rest_reply reply;
    bool lasts;
};

static struct capos_server server;
static char name[CAPOS_CAPSET_NAME_MAX + 1];
static struct wire_text name_text;
static struct rest rests[RESTING_MAX];

static const struct walker_ops ops;

static void leave(struct capos_object *object)
{
    capos_free(object->data);
}

/* Whoever was given is somewhere else, or here: nobody has to know. */
static capos_status step(struct capos_request *request, struct walker_step_params_reader params,
                         struct walker_step_results_builder results)
{
    const struct place *here = capos_request_data(request);
    struct walker to;
    capos_status status = walker_step_params_borrow_to(params, &to);
    if (status == CAP_OK)
        walker_step_results_pass_at(results, walker_copied(to));
    if (status != CAP_ERR_NOT_FOUND)
        return status;
    struct place *next = capos_alloc(sizeof *next);
    if (!next)
        return CAP_ERR_NO_MEMORY;
    next->steps = here->steps + 1;
    walker_object_init(&next->object, &server, &ops, next, leave);
    walker_step_results_pass_at(results, walker_minted(&next->object));
    return CAP_OK;
}

static capos_status place(struct capos_request *request, struct walker_place_results_builder results)
{
    const struct place *here = capos_request_data(request);
    walker_place_results_set_name(results, name_text);
    walker_place_results_set_steps(results, here->steps);
    return CAP_OK;
}

static void wake(struct capos_reply *reply)
{
    ((struct rest *)reply->data)->lasts = false;
    capos_reply_refuse(reply, EXCEPTION_TYPE_FAILED, WIRE_TEXT("the caller gave up"));
}

static capos_status rest(struct capos_request *request, struct walker_rest_results_builder results)
{
    struct rest *free = NULL;
    (void)results;
    for (int i = 0; i < RESTING_MAX; i++)
        if (!rests[i].lasts)
            free = &rests[i];
    if (!free)
        return CAP_ERR_NO_MEMORY;
    capos_status status = walker_rest_defer(request, 0, &free->reply);
    free->reply.reply.cancelled = wake;
    free->reply.reply.data = free;
    free->lasts = status == CAP_OK;
    return status;
}

static capos_status lose(struct capos_request *request, struct walker_lose_results_builder results)
{
    (void)request, (void)results;
    return CAP_OK;
}

static const struct walker_ops ops = {.step = step, .place = place, .rest = rest, .lose = lose};

/* The name is the one under which the manifest exports the walker. */
int64_t capos_rt_main(struct capos_runtime *runtime)
{
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct place first;
    struct capos_capset_item item;
    if (capos_capset_get(runtime, 0, &item) < 0)
        return 1;
    for (uint32_t i = 0; i < item.name.size; i++)
        name[i] = item.name.chars[i];
    name_text = wire_text_make(name, item.name.size);
    walker_object_init(&first.object, &server, &ops, &first, NULL);
    return capos_server_export(runtime, name, &server, &first.object, REQUESTS, memory) < 0;
}
