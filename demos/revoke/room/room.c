/*
 * Serves a room: a door for each guest, by a badge of its own. To take a door
 * back is to revoke the badge, whoever has the door by then.
 */
#include <capos/runtime.h>
#include <capos/server.h>

#include "schema/capos.client.capos.h"
#include "schema/demo.server.capos.h"

enum { REQUESTS = 4, GUESTS = 2, INSIDE_MAX = 4, FIRST_BADGE = 2 };

struct stay {
    struct door_stay_reply reply;
    uint32_t guest;
    bool lasts;
};

static struct capos_server server;
static struct endpoint endpoint;
static struct capos_object doors[GUESTS];
static struct stay stays[INSIDE_MAX];
static uint32_t knocks;

/* --- Doors ------------------------------------------------------------------------------- */

static uint32_t badge_of(uint32_t guest)
{
    return FIRST_BADGE + guest;
}

static capos_status knock(struct capos_request *request, struct door_knock_results_builder results)
{
    (void)request;
    door_knock_results_set_knocks(results, ++knocks);
    return CAP_OK;
}

static capos_status stay(struct capos_request *request)
{
    struct stay *free = NULL;
    for (int i = 0; i < INSIDE_MAX; i++)
        if (!stays[i].lasts)
            free = &stays[i];
    if (!free)
        return CAP_ERR_NO_MEMORY;
    capos_status status = door_stay_defer(request, 0, &free->reply);
    free->guest = (uint32_t)(capos_request_object(request) - doors);
    free->lasts = status == CAP_OK;
    return status;
}

static const struct door_ops door_ops = {.knock = knock, .stay = stay};

/* --- The keeper -------------------------------------------------------------------------- */

static capos_status refuse_guest(struct capos_request *request)
{
    return capos_request_refuse(request, EXCEPTION_TYPE_INVALID_ARGUMENT, WIRE_TEXT("guests are 0 and 1"));
}

static capos_status invite(struct capos_request *request, struct keeper_invite_params_reader params,
                           struct keeper_invite_results_builder results)
{
    uint32_t guest = keeper_invite_params_get_guest(params);
    struct endpoint_mint_call call;
    struct endpoint_mint_results_reader minted;
    struct door door;
    if (guest >= GUESTS)
        return refuse_guest(request);
    capos_status status = endpoint_mint(capos_request_ring(request), endpoint, badge_of(guest),
                                        DOOR_INTERFACE_ID, &call, &minted);
    if (status == CAP_OK)
        status =
            capos_caps_adopt(endpoint_mint_results_get_client(minted), NULL, 0, DOOR_INTERFACE_ID, &door.cap);
    endpoint_mint_finish(capos_request_ring(request), &call);
    if (status == CAP_OK)
        keeper_invite_results_pass_door(results, door_moved(door));
    return status;
}

static capos_status inside(struct capos_request *request, struct keeper_inside_results_builder results)
{
    uint32_t count = 0;
    (void)request;
    for (int i = 0; i < INSIDE_MAX; i++)
        count += stays[i].lasts;
    keeper_inside_results_set_count(results, count);
    return CAP_OK;
}

/* The kernel has answered the guest's calls, those that are under way, too: what the room owed is owed no
 * more. */
static capos_status expel(struct capos_request *request, struct keeper_expel_params_reader params,
                          struct keeper_expel_results_builder results)
{
    uint32_t guest = keeper_expel_params_get_guest(params), unheard = 0;
    if (guest >= GUESTS)
        return refuse_guest(request);
    capos_status status = endpoint_revoke(capos_request_ring(request), endpoint, badge_of(guest));
    if (status != CAP_OK)
        return status;
    for (int i = 0; i < INSIDE_MAX; i++)
        if (stays[i].lasts && stays[i].guest == guest) {
            unheard += capos_reply_send(&stays[i].reply.reply) == CAP_ERR_UNKNOWN_CALL;
            stays[i].lasts = false;
        }
    keeper_expel_results_set_unheard(results, unheard);
    return CAP_OK;
}

static capos_status let_go(struct capos_request *request)
{
    capos_status status = CAP_OK;
    (void)request;
    for (int i = 0; i < INSIDE_MAX && status == CAP_OK; i++)
        if (stays[i].lasts) {
            status = capos_reply_send(&stays[i].reply.reply);
            stays[i].lasts = false;
        }
    return status;
}

static const struct keeper_ops keeper_ops = {
    .invite = invite, .inside = inside, .expel = expel, .let_go = let_go};

/* The keeper is number 1, as in all exports; the doors have those of their badges. */
static capos_status serve(struct capos_ring *ring)
{
    static const struct capos_server_limits limits = {REQUESTS, CAPOS_ENDPOINT_MESSAGE_DEFAULT,
                                                      CAPOS_ENDPOINT_CAPS_DEFAULT};
    static uint64_t memory[CAPOS_EXPORT_WORDS(REQUESTS)];
    static struct capos_object keeper;
    capos_status status =
        capos_server_init(&server, ring, endpoint.cap, &limits, memory, sizeof memory / sizeof memory[0]);
    if (status != CAP_OK)
        return status;
    keeper_object_init(&keeper, &server, &keeper_ops, NULL, NULL);
    status = capos_server_add(&server, &keeper, 1);
    for (uint32_t i = 0; i < GUESTS && status == CAP_OK; i++) {
        door_object_init(&doors[i], &server, &door_ops, NULL, NULL);
        status = capos_server_add(&server, &doors[i], badge_of(i));
    }
    if (status == CAP_OK)
        status = capos_server_run(&server);
    capos_server_fini(&server);
    return status;
}

int64_t capos_rt_main(struct capos_runtime *runtime)
{
    struct capos_ring *ring;
    if (endpoint_from_capset(runtime, "keeper", &endpoint) != CAP_OK ||
        capos_runtime_lend_ring(runtime, &ring) != CAP_OK)
        return 1;
    capos_status status = serve(ring);
    capos_runtime_return_ring(runtime, ring);
    return status != CAP_OK;
}
