/*
 * Endpoints, their facets and queues.
 */
#include "kernel/core/endpoint.h"

#include "kernel/core/ahead.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/kernel.h"

static void destroy_facet(struct kernel *kernel, struct object *object);
static const struct object_type client_type = {.transferable = true, .destroy = destroy_facet};

struct endpoint *kernel_endpoint_of(struct object *object)
{
    return object->type == &object_endpoint ? LIST_ENTRY(object, struct endpoint, object) : NULL;
}

struct facet *kernel_facet_of(struct object *object)
{
    return object->type == &client_type ? LIST_ENTRY(object, struct facet, object) : NULL;
}

struct endpoint *kernel_endpoint_new(struct kernel *kernel, uint32_t message_max, uint32_t caps_max)
{
    struct endpoint *endpoint = kernel_pool_take(&kernel->endpoint_pool);
    if (!endpoint)
        return NULL;
    endpoint->object.type = &object_endpoint;
    endpoint->message_max = message_max;
    endpoint->caps_max = caps_max;
    list_init(&endpoint->turns);
    list_init(&endpoint->cancelled);
    list_init(&endpoint->released);
    list_init(&endpoint->receivers);
    list_init(&endpoint->watchers);
    list_init(&endpoint->ahead);
    return endpoint;
}

void kernel_endpoint_ready(struct kernel *kernel, struct endpoint *endpoint)
{
    bool waits = !list_empty(&endpoint->turns) || !list_empty(&endpoint->released) ||
                 !list_empty(&endpoint->cancelled);
    if (waits && !list_empty(&endpoint->receivers) && !list_linked(&endpoint->in_ready))
        list_append(&kernel->ready, &endpoint->in_ready);
}

/* --- Facets --------------------------------------------------------------------- */

struct facet *kernel_facet_find(const struct endpoint *endpoint, uint64_t badge)
{
    struct tree_node *node = kernel_tree_find(&endpoint->facets, badge);
    return node ? LIST_ENTRY(node, struct facet, by_badge) : NULL;
}

struct facet *kernel_facet_new(struct kernel *kernel, struct endpoint *endpoint, uint64_t badge,
                               struct process *minter)
{
    if (endpoint->facet_count == KERNEL_FACETS_MAX || minter->left.of[BUDGET_BADGES] == 0)
        return NULL;
    struct facet *facet = kernel_pool_take(&kernel->facet_pool);
    if (!facet)
        return NULL;
    facet->object.type = &client_type;
    facet->endpoint = endpoint;
    facet->by_badge.key = badge;
    list_init(&facet->calls);
    endpoint->facet_count++;
    facet->charged = minter;
    minter->left.of[BUDGET_BADGES]--;
    list_append(&minter->badges, &facet->in_charged);
    return facet;
}

static void give_back(struct kernel *kernel, struct facet *facet)
{
    list_remove(&facet->in_charged);
    if (facet->charged)
        facet->charged->left.of[BUDGET_BADGES]++;
    kernel_pool_give(&kernel->facet_pool, facet);
}

uint64_t kernel_facets_bequeath(struct process *process)
{
    struct list_node *node;
    uint64_t count = 0;
    for (; (node = list_take(&process->badges)); count++) {
        LIST_ENTRY(node, struct facet, in_charged)->charged = process->spawner;
        if (process->spawner)
            list_append(&process->spawner->badges, node);
    }
    return count;
}

void kernel_facet_discard(struct kernel *kernel, struct facet *facet)
{
    facet->endpoint->facet_count--;
    give_back(kernel, facet);
}

void kernel_facet_mint(struct facet *facet, bool fresh)
{
    if (fresh)
        kernel_tree_insert(&facet->endpoint->facets, &facet->by_badge, facet->by_badge.key);
    list_remove(&facet->object.in_dying);
    kernel_object_acquire(&facet->object);
}

/* What the endpoint knew of the facet it knows no more. */
static void detach(struct facet *facet)
{
    kernel_tree_remove(&facet->endpoint->facets, &facet->by_badge);
    facet->endpoint->facet_count--;
    facet->endpoint = NULL;
}

void kernel_facet_free(struct kernel *kernel, struct facet *facet)
{
    list_remove(&facet->object.in_dying);
    detach(facet);
    give_back(kernel, facet);
}

/* The notice that the badge is free takes the place of the facet. */
static void destroy_facet(struct kernel *kernel, struct object *object)
{
    struct facet *facet = LIST_ENTRY(object, struct facet, object);
    if (!facet->endpoint) {
        give_back(kernel, facet);
        return;
    }
    list_append(&facet->endpoint->released, &object->in_dying);
    kernel_endpoint_ready(kernel, facet->endpoint);
}

/* Ends what waits for a facet; delivered calls only if they are to be taken from their servers. */
static void disconnect(struct kernel *kernel, struct facet *facet, bool delivered)
{
    struct list_node *next;
    for (struct list_node *node = list_first(&facet->calls); node; node = next) {
        struct call *call = LIST_ENTRY(node, struct call, in_facet);
        next = list_next(&facet->calls, node);
        if (delivered || !kernel_call_at_server(call->state))
            kernel_call_disconnect(kernel, call);
    }
}

/* A facet that nobody refers to is a notice only. */
static void cut_off(struct kernel *kernel, struct facet *facet, bool delivered)
{
    bool held = facet->object.references > 0;
    if (held)
        kernel_object_acquire(&facet->object);
    disconnect(kernel, facet, delivered);
    if (!held) {
        kernel_facet_free(kernel, facet);
        return;
    }
    detach(facet);
    kernel_object_release(kernel, &facet->object);
}

void kernel_endpoint_revoke(struct kernel *kernel, struct endpoint *endpoint, uint64_t badge)
{
    struct facet *facet = kernel_facet_find(endpoint, badge);
    if (facet)
        cut_off(kernel, facet, true);
}

/* --- The end -------------------------------------------------------------------- */

void kernel_endpoint_destroy(struct kernel *kernel, struct object *object)
{
    struct endpoint *endpoint = LIST_ENTRY(object, struct endpoint, object);
    struct list_node *node;
    while ((node = list_first(&endpoint->receivers)))
        kernel_receive_end(kernel, LIST_ENTRY(node, struct receive, in_endpoint), CAP_ERR_STALE_CAP);
    while ((node = list_first(&endpoint->watchers)))
        kernel_call_disconnect(kernel, LIST_ENTRY(node, struct call, in_object));
    while (endpoint->facets.root)
        cut_off(kernel, LIST_ENTRY(endpoint->facets.root, struct facet, by_badge), false);
    while ((node = list_first(&endpoint->ahead)))
        kernel_ahead_withdraw(LIST_ENTRY(node, struct call, in_facet));
    while (list_take(&endpoint->cancelled))
        ;
    list_remove(&endpoint->in_ready);
    if (endpoint->charged)
        endpoint->charged->left.of[BUDGET_ENDPOINTS]++;
    kernel_pool_give(&kernel->endpoint_pool, endpoint);
}

void kernel_endpoint_leave(struct kernel *kernel, struct process *process, struct endpoint *endpoint)
{
    struct list_node *next;
    if (kernel_caps_own(&process->caps, &endpoint->object))
        return;
    for (struct list_node *node = list_first(&endpoint->receivers); node; node = next) {
        struct receive *receive = LIST_ENTRY(node, struct receive, in_endpoint);
        next = list_next(&endpoint->receivers, node);
        if (receive->process == process)
            kernel_receive_end(kernel, receive, CAP_ERR_STALE_CAP);
    }
}

/* --- Queues --------------------------------------------------------------------- */

int32_t kernel_queue_enter(struct kernel *kernel, struct endpoint *endpoint, const struct process *process,
                           struct queue **ret_queue)
{
    struct tree_node *node = kernel_tree_find(&endpoint->queues, process->id);
    struct queue *queue = node ? LIST_ENTRY(node, struct queue, by_process) : NULL;
    if (queue && queue->count == KERNEL_QUEUE_MAX)
        return CAP_ERR_QUEUE_FULL;
    if (!queue) {
        queue = kernel_pool_take(&kernel->queue_pool);
        if (!queue)
            return CAP_ERR_NO_MEMORY;
        queue->endpoint = endpoint;
        list_init(&queue->calls);
        kernel_tree_insert(&endpoint->queues, &queue->by_process, process->id);
        list_append(&endpoint->turns, &queue->in_turns);
    }
    *ret_queue = queue;
    return CAP_OK;
}

static uint64_t order_of(const struct list_node *node)
{
    return LIST_ENTRY(node, const struct call, in_object)->argument.waits.order;
}

void kernel_queue_append(struct kernel *kernel, struct queue *queue, struct call *call)
{
    struct list_node *before = queue->calls.head.previous;
    call->state = CALL_QUEUED;
    call->queue = queue;
    if (call->argument.waits.order == 0)
        call->argument.waits.order = ++kernel->last_order;
    while (before != &queue->calls.head && order_of(before) > call->argument.waits.order)
        before = before->previous;
    list_insert_after(before, &call->in_object);
    queue->count++;
    kernel->queued_messages++;
    kernel->queued_bytes += call->sqe.params_len;
    kernel_queue_settle(kernel, queue);
}

/* A queue whose first call waits for a promise has no turn. */
void kernel_queue_settle(struct kernel *kernel, struct queue *queue)
{
    const struct list_node *first = list_first(&queue->calls);
    if (!first || LIST_ENTRY(first, struct call, in_object)->missing > 0) {
        list_remove(&queue->in_turns);
        return;
    }
    if (!list_linked(&queue->in_turns))
        list_append(&queue->endpoint->turns, &queue->in_turns);
    kernel_endpoint_ready(kernel, queue->endpoint);
}

void kernel_queue_leave(struct kernel *kernel, struct queue *queue, struct call *call)
{
    if (call) {
        list_remove(&call->in_object);
        queue->count--;
        kernel->queued_messages--;
        kernel->queued_bytes -= call->sqe.params_len;
    }
    if (queue->count > 0) {
        kernel_queue_settle(kernel, queue);
        return;
    }
    kernel_tree_remove(&queue->endpoint->queues, &queue->by_process);
    list_remove(&queue->in_turns);
    kernel_pool_give(&kernel->queue_pool, queue);
}
