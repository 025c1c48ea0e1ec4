/*
 * Handles: who owns what, and the queue of what nobody owns any more.
 */
#include "capos-rt/handle.h"

#include <capos/heap.h>
#include <capos/panic.h>
#include <capos/text.h>

#include <string.h>

#include "capos-rt/rt.h"

static const char *noted; /* of the program: there is one thread */

void capos_handle_note(const char *place)
{
    noted = place;
}

const char *rt_handles_noted(void)
{
    return noted;
}

void rt_handles_init(struct rt_handles *handles)
{
    handles->queue_head = handles->queue_tail = RT_NO_SLOT;
    handles->entries = handles->first;
    handles->room = RT_HANDLES_FIRST;
}

/* --- Entries ------------------------------------------------------------------------ */

/* The entry of a capability, whatever its state; null if its slot has none, or holds another one. */
static struct rt_handle *find(const struct capos_runtime *runtime, capos_cap cap)
{
    const struct rt_handles *handles = &runtime->handles;
    uint32_t slot = CAPOS_CAP_SLOT(cap);
    if (cap == CAPOS_CAP_NULL || slot >= handles->room || handles->entries[slot].cap != cap)
        return NULL;
    return &handles->entries[slot];
}

static bool grow(struct rt_handles *handles, uint32_t slot)
{
    uint32_t room = handles->room;
    while (room <= slot)
        room *= 2;
    struct rt_handle *entries = capos_alloc(room * sizeof *entries);
    if (!entries)
        return false;
    memcpy(entries, handles->entries, handles->room * sizeof *entries);
    memset(entries + handles->room, 0, (room - handles->room) * sizeof *entries);
    if (handles->entries != handles->first)
        capos_free(handles->entries);
    handles->entries = entries;
    handles->room = room;
    return true;
}

static void unlink_queued(struct rt_handles *handles, uint32_t slot)
{
    uint32_t *link = &handles->queue_head, before = RT_NO_SLOT;
    for (uint32_t left = handles->stats.queued; left > 0 && *link != slot; left--) {
        before = *link;
        link = &handles->entries[before].next;
    }
    *link = handles->entries[slot].next;
    if (handles->queue_tail == slot)
        handles->queue_tail = before;
    handles->stats.queued--;
}

/*
 * The entry for a capability that the kernel has just put into its slot, so
 * that whatever was there before is gone; null without memory.
 */
static struct rt_handle *claim(struct rt_handles *handles, capos_cap cap)
{
    uint32_t slot = CAPOS_CAP_SLOT(cap);
    if (slot >= handles->room && !grow(handles, slot))
        return NULL;
    struct rt_handle *handle = &handles->entries[slot];
    if (handle->cap == cap)
        return handle;
    if (handle->state == RT_HANDLE_QUEUED)
        unlink_queued(handles, slot);
    else if (handle->state != RT_HANDLE_NONE)
        handles->stats.held--;
    *handle = (struct rt_handle){.cap = cap, .next = RT_NO_SLOT};
    return handle;
}

/* --- Owners --------------------------------------------------------------------------- */

static capos_status add_owner(struct rt_handle *handle, capos_cap *ret_cap)
{
    if (handle->owners == RT_HANDLE_OWNERS_MAX)
        return CAP_ERR_NO_MEMORY;
    handle->owners++;
    *ret_cap = handle->cap;
    return CAP_OK;
}

capos_status(capos_handle_adopt)(struct capos_runtime *runtime, capos_cap cap CAPOS_USES,
                                 capos_cap *ret_cap CAPOS_ACQUIRES)
{
    struct rt_handles *handles = &runtime->handles;
    if (cap == CAPOS_CAP_NULL) {
        *ret_cap = cap;
        return CAP_OK;
    }
    if (rt_is_promised(cap))
        return CAP_ERR_NOT_PERMITTED;
    bool known = find(runtime, cap) != NULL;
    struct rt_handle *handle = claim(handles, cap);
    if (!handle)
        return CAP_ERR_NO_MEMORY;
    if (known && handle->state != RT_HANDLE_OWNED)
        return CAP_ERR_STALE_CAP;
    if (!known) {
        handle->state = RT_HANDLE_OWNED;
        handle->origin = noted;
        handles->stats.held++;
    }
    return add_owner(handle, ret_cap);
}

capos_status(capos_handle_acquire)(struct capos_runtime *runtime, capos_cap cap CAPOS_USES,
                                   capos_cap *ret_cap CAPOS_ACQUIRES)
{
    struct rt_handle *handle = find(runtime, cap);
    if (cap == CAPOS_CAP_NULL) {
        *ret_cap = cap;
        return CAP_OK;
    }
    return handle && handle->state == RT_HANDLE_OWNED ? add_owner(handle, ret_cap) : CAP_ERR_STALE_CAP;
}

/* A queue that has become long does not wait for room any more: slots are few. */
static void enqueue(struct capos_runtime *runtime, struct rt_handle *handle)
{
    struct rt_handles *handles = &runtime->handles;
    uint32_t slot = CAPOS_CAP_SLOT(handle->cap);
    handle->state = RT_HANDLE_QUEUED;
    handle->next = RT_NO_SLOT;
    if (handles->queue_tail == RT_NO_SLOT)
        handles->queue_head = slot;
    else
        handles->entries[handles->queue_tail].next = slot;
    handles->queue_tail = slot;
    handles->stats.queued++;
    if (handles->stats.queued > RT_QUEUED_MAX && runtime->ring.lent)
        rt_ring_settle(&runtime->ring);
}

static void release_stray(struct rt_handles *handles, const struct rt_handle *handle)
{
    handles->stats.stray++;
#ifdef CAPOS_DEBUG
    char chars[CAPOS_PANIC_BYTES_MAX];
    struct capos_line line;
    if (!handle)
        return;
    capos_line_begin(&line, chars, sizeof chars);
    capos_line_string(&line, "a capability is released twice; it came from ");
    capos_line_string(&line, handle->origin ? handle->origin : "a place that nobody noted");
    capos_panic(chars);
#else
    (void)handle;
#endif
}

void capos_handle_release(struct capos_runtime *runtime, capos_cap cap CAPOS_RELEASES)
{
    struct rt_handles *handles = &runtime->handles;
    struct rt_handle *handle = find(runtime, cap);
    if (cap == CAPOS_CAP_NULL)
        return;
    if (!handle || handle->state != RT_HANDLE_OWNED) {
        release_stray(handles, handle);
        return;
    }
    if (--handle->owners > 0)
        return;
    handles->stats.held--;
    enqueue(runtime, handle);
}

uint32_t capos_handle_owners(const struct capos_runtime *runtime, capos_cap cap)
{
    const struct rt_handle *handle = find(runtime, cap);
    return handle && handle->state == RT_HANDLE_OWNED ? handle->owners : 0;
}

void capos_handle_stats(const struct capos_runtime *runtime, struct capos_handle_stats *ret_stats)
{
    *ret_stats = runtime->handles.stats;
}

/* --- Giving away ----------------------------------------------------------------------- */

capos_status rt_handle_give(struct capos_runtime *runtime, capos_cap cap)
{
    struct rt_handle *handle = find(runtime, cap);
    if (!handle)
        return CAP_ERR_NOT_PERMITTED;
    if (handle->state == RT_HANDLE_MOVING)
        return CAP_ERR_BAD_TRANSFER;
    if (handle->state != RT_HANDLE_OWNED)
        return CAP_ERR_STALE_CAP;
    if (handle->owners > 1)
        return CAP_ERR_NOT_PERMITTED;
    handle->state = RT_HANDLE_MOVING;
    return CAP_OK;
}

/* Its slot may have another capability by now: then it is gone whatever is said. */
void rt_handle_given(struct capos_runtime *runtime, capos_cap cap, bool given)
{
    struct rt_handle *handle = find(runtime, cap);
    if (!handle || handle->state != RT_HANDLE_MOVING)
        return;
    handle->state = given ? RT_HANDLE_NONE : RT_HANDLE_OWNED;
    handle->owners = given ? 0 : 1;
    runtime->handles.stats.held -= given;
}

/* --- The release queue -------------------------------------------------------------------- */

static struct cap_sqe release_of(capos_cap cap)
{
    return (struct cap_sqe){.op = CAP_OP_RELEASE, .cap_id = cap};
}

/* Counts what became of a RELEASE. */
static void count_release(struct rt_handles *handles, int32_t result)
{
    bool refused = result < 0 && result != CAP_ERR_STALE_CAP;
    handles->stats.released += !refused;
    handles->stats.refused += refused;
    if (refused && handles->refused == CAP_OK)
        handles->refused = result;
}

static __attribute__((noinline)) void count_completed(struct rt_handles *handles)
{
    while (handles->completed.first) {
        struct capos_pending *release = rt_take_arrival(&handles->completed);
        count_release(handles, release->completion.result);
        release->next = handles->spare;
        handles->spare = release;
    }
}

static capos_cap dequeue(struct rt_handles *handles)
{
    struct rt_handle *handle = &handles->entries[handles->queue_head];
    handles->queue_head = handle->next;
    if (handles->queue_head == RT_NO_SLOT)
        handles->queue_tail = RT_NO_SLOT;
    handle->state = RT_HANDLE_NONE;
    handles->stats.queued--;
    return handle->cap;
}

/* For a RELEASE that goes along; null if as many are under way as can be. */
static struct capos_pending *take_spare(struct rt_handles *handles)
{
    struct capos_pending *release = handles->spare;
    if (release)
        handles->spare = release->next;
    else if (handles->used < RT_RELEASES_MAX)
        release = &handles->releases[handles->used++];
    return release;
}

void rt_releases_send(struct capos_runtime *runtime)
{
    struct rt_handles *handles = &runtime->handles;
    struct capos_pending *release;
    count_completed(handles);
    while (handles->stats.queued > 0 && rt_ring_has_room(&runtime->ring) &&
           (release = take_spare(handles)) != NULL) {
        const struct cap_sqe sqe = release_of(dequeue(handles));
        rt_ring_put_at_once(&runtime->ring, &sqe, release);
        release->arrivals = &handles->completed;
    }
}

capos_status capos_runtime_flush_releases(struct capos_runtime *runtime)
{
    struct rt_handles *handles = &runtime->handles;
    rt_ring_settle(&runtime->ring);
    count_completed(handles);
    capos_status first = handles->refused;
    handles->refused = CAP_OK;
    return first;
}

void rt_handle_drop(struct capos_runtime *runtime, capos_cap cap)
{
    struct rt_handles *handles = &runtime->handles;
    if (cap == CAPOS_CAP_NULL)
        return;
    struct rt_handle *handle = claim(handles, cap);
    if (handle && handle->state == RT_HANDLE_NONE) {
        enqueue(runtime, handle);
    } else {
        struct cap_sqe sqe = release_of(cap);
        count_release(handles, rt_ring_run(&runtime->ring, &sqe).result);
    }
}

/* --- What is left at the end ------------------------------------------------------------------ */

__attribute__((cold)) void rt_handles_report(struct capos_runtime *runtime)
{
    struct rt_handles *handles = &runtime->handles;
    for (uint32_t slot = 0; noted && handles->stats.held > 0 && slot < handles->room; slot++) {
        const struct rt_handle *handle = &handles->entries[slot];
        char chars[CAPOS_PANIC_BYTES_MAX];
        struct capos_line line;
        if (handle->state != RT_HANDLE_OWNED)
            continue;
        capos_line_begin(&line, chars, sizeof chars);
        capos_line_string(&line, "still held at exit: a capability from ");
        capos_line_string(&line, handle->origin ? handle->origin : "a place that nobody noted");
        rt_console_write_line(runtime, capos_line_text(&line));
    }
}
