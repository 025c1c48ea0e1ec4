/*
 * Objects that are served: their numbers, and the badges that lead to them.
 *
 * Each MINT has a badge of its own: the object's number and a count. So a
 * RELEASED that is under way while the object is minted anew is about the old
 * badge, and the object is released with its last one.
 */
#include <capos/server.h>

#include "capos-rt/server.h"
#include "capos-rt/transfer.h"

static struct capos_object **bucket_of(struct capos_server *server, uint32_t number)
{
    return &server->objects[number % CAPOS_SERVER_BUCKETS];
}

struct capos_object *rt_server_find(struct capos_server *server, uint64_t badge)
{
    struct capos_object *object = *bucket_of(server, (uint32_t)badge);
    while (object && object->number != (uint32_t)badge)
        object = object->next;
    return object;
}

static void insert(struct capos_object *object, uint32_t number)
{
    struct capos_object **bucket = bucket_of(object->server, number);
    object->number = number;
    object->next = *bucket;
    *bucket = object;
}

static void take_out(struct capos_object *object)
{
    struct capos_object **link = bucket_of(object->server, object->number);
    while (*link != object)
        link = &(*link)->next;
    *link = object->next;
    object->number = 0;
}

void capos_object_init(struct capos_object *object, struct capos_server *server,
                       const struct capos_service *service, const void *ops, void *data,
                       capos_released_fn released)
{
    *object = (struct capos_object){
        .server = server, .service = service, .ops = ops, .data = data, .released = released};
}

capos_status capos_server_add(struct capos_server *server, struct capos_object *object, uint32_t number)
{
    if (number == 0 || number > CAPOS_SERVER_NUMBER_MAX || object->number != 0 ||
        rt_server_find(server, number))
        return CAP_ERR_BAD_PARAMS;
    insert(object, number);
    object->kept = true;
    return CAP_OK;
}

/* A number above those that programs choose, that is not in use: they go round after 2^31 objects. */
static uint32_t new_number(struct capos_server *server)
{
    do
        server->next_number = (server->next_number + 1) | (CAPOS_SERVER_NUMBER_MAX + 1u);
    while (rt_server_find(server, server->next_number));
    return server->next_number;
}

uint64_t rt_object_hold(struct capos_object *object)
{
    if (object->number == 0)
        insert(object, new_number(object->server));
    object->facets++;
    return (uint64_t)++object->minted << 32 | object->number;
}

capos_cap rt_object_endpoint(const struct capos_object *object)
{
    return object->server->endpoint;
}

void rt_object_remove(struct capos_object *object)
{
    object->facets = 0;
    object->kept = false;
    take_out(object);
    if (object->released)
        object->released(object);
}

void rt_object_drop(struct capos_object *object)
{
    if (object->facets > 0 && --object->facets == 0 && !object->kept)
        rt_object_remove(object);
}
