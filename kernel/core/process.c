/*
 * The life of a process: spawn, end, gone.
 */
#include "kernel/core/process.h"

#include <string.h>

#include "kernel/core/ahead.h"
#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"
#include "kernel/core/ring.h"

static size_t capset_bytes(uint32_t grant_count)
{
    return sizeof(struct capos_capset_header) + grant_count * sizeof(struct capos_capset_entry);
}

uint64_t kernel_process_bytes(const struct elf_image *image)
{
    uint64_t bytes = image->stack_bytes;
    for (uint32_t i = 0; i < image->segment_count; i++)
        bytes += image->segments[i].mapped_bytes;
    return bytes;
}

static void kill_doomed(struct kernel *kernel, struct object *object);
static const struct object_type doom_type = {.destroy = kill_doomed};

/* What the process itself may use is taken out of what it may hand on. */
static void divide(struct process *process)
{
    process->left = process->granted;
    process->left.of[BUDGET_MEMORY] -= kernel_process_bytes(&process->image);
    kernel_caps_init(&process->caps, kernel_budget_keep(&process->left, BUDGET_SLOTS, KERNEL_CAP_SLOTS_MAX));
    uint32_t calls = kernel_budget_keep(&process->left, BUDGET_CALLS, KERNEL_CALLS_MAX);
    list_init(&process->calls_free);
    for (uint32_t i = 0; i < calls; i++)
        list_append(&process->calls_free, &process->calls[i].in_process);
}

static struct process *new_process(struct kernel *kernel, const struct process_start *start)
{
    struct process *process = kernel_pool_take(&kernel->process_pool);
    if (!process)
        return NULL;
    process->kernel = kernel;
    process->id = ++kernel->next_process_id;
    process->state = PROCESS_NEW;
    for (size_t i = 0; i < sizeof process->name - 1 && start->name[i]; i++)
        process->name[i] = start->name[i];
    process->image = *start->image;
    process->doom.type = &doom_type;
    process->granted = start->budget;
    divide(process);
    list_init(&process->calls_busy);
    list_init(&process->pipelined);
    list_init(&process->receives_free);
    list_init(&process->receives_busy);
    for (uint32_t i = 0; i < KERNEL_RECVS_MAX; i++)
        list_append(&process->receives_free, &process->receives[i].in_process);
    list_init(&process->memory.charges);
    list_init(&process->children);
    list_init(&process->badges);
    list_append(&kernel->processes, &process->in_kernel);
    return process;
}

static void free_process(struct kernel *kernel, struct process *process)
{
    port_process_destroy(kernel, process);
    kernel_memory_forget(kernel, process);
    list_remove(&process->in_kernel);
    process->state = PROCESS_GONE;
    kernel_process_forget(kernel, process);
}

/* A spawner's record stays until those that it started have given back what they took. */
void kernel_process_forget(struct kernel *kernel, struct process *process)
{
    while (process && process->state == PROCESS_GONE && process->calls_abandoned == 0 &&
           process->child_count == 0) {
        struct process *spawner = process->spawner;
        uint64_t bytes = kernel_memory_bequeath(process), badges = kernel_facets_bequeath(process);
        if (spawner) {
            process->granted.of[BUDGET_MEMORY] -= bytes;
            process->granted.of[BUDGET_BADGES] -= badges;
            kernel_budget_give_back(&spawner->left, &process->granted);
            spawner->left.of[BUDGET_PROCESSES]++;
            spawner->child_count--;
        }
        kernel_pool_give(&kernel->process_pool, process);
        process = spawner;
    }
}

/* The ids that give() is going to take. */
static void fill_capset(struct process *process, const struct process_grant *grants, uint32_t count)
{
    struct capos_capset_header *header = process->capset;
    struct capos_capset_entry *entries = (void *)(header + 1);
    uint32_t cursor = kernel_caps_first(&process->caps);
    for (uint32_t i = 0; i < count; i++) {
        struct capos_capset_entry *entry = &entries[i];
        entry->cap_id = kernel_caps_next(&process->caps, &cursor);
        entry->interface_id = grants[i].interface_id;
        entry->name_len = grants[i].name_bytes;
        memcpy(entry->name, grants[i].name, grants[i].name_bytes);
    }
    *header = (struct capos_capset_header){
        .magic = CAPOS_CAPSET_MAGIC,
        .version = CAPOS_CAPSET_VERSION,
        .entry_size = sizeof *entries,
        .count = count,
        .total_bytes = (uint32_t)capset_bytes(count),
    };
}

static void give(struct process *process, const struct process_grant *grants, uint32_t count)
{
    uint64_t cap_id;
    for (uint32_t i = 0; i < count; i++)
        kernel_caps_insert(&process->caps, grants[i].object, grants[i].interface_id, &cap_id);
}

/* From now on the budget is the process's, and it ends with its spawner. */
static void adopt(struct process *spawner, struct process *process)
{
    process->spawner = spawner;
    if (!spawner)
        return;
    spawner->child_count++;
    list_append(&spawner->children, &process->in_spawner);
}

/* What is granted is touched last, when nothing can fail any more. */
int32_t kernel_process_spawn(struct kernel *kernel, const struct process_start *start,
                             struct process **ret_process)
{
    struct process *process = new_process(kernel, start);
    if (!process)
        return CAP_ERR_NO_MEMORY;
    int32_t status = CAP_ERR_NO_SLOTS;
    if (process->caps.free < start->grant_count)
        goto out_record;
    status = port_process_create(kernel, process, &process->image, capset_bytes(start->grant_count));
    if (status < 0)
        goto out_record;
    fill_capset(process, start->grants, start->grant_count);
    kernel_ring_init(process);
    process->state = PROCESS_RUNNING;
    status = port_process_start(kernel, process);
    if (status < 0) {
        free_process(kernel, process);
        return status;
    }
    give(process, start->grants, start->grant_count);
    adopt(start->spawner, process);
    *ret_process = process;
    return CAP_OK;

out_record:
    list_remove(&process->in_kernel);
    kernel_pool_give(&kernel->process_pool, process);
    return status;
}

/* --- The end ------------------------------------------------------------------- */

void kernel_process_doom(struct kernel *kernel, struct process *process)
{
    if (process->state == PROCESS_RUNNING && !list_linked(&process->doom.in_dying))
        list_append(&kernel->dying, &process->doom.in_dying);
}

/*
 * Marks a process dead. What follows from that, the end of those that it started too, is
 * kernel_work()'s, so that it takes turns with the rest.
 */
static void end(struct kernel *kernel, struct process *process, enum process_end_kind kind)
{
    struct list_node *node;
    process->state = PROCESS_DEAD;
    if (process->handle)
        process->handle->end = kind;
    list_remove(&process->doom.in_dying);
    list_remove(&process->in_spawner);
    while ((node = list_take(&process->children)))
        kernel_process_doom(kernel, LIST_ENTRY(node, struct process, in_spawner));
    kernel_deadline_clear(&kernel->deadlines, &process->wait_deadline);
    list_remove(&process->in_wakes);
    while ((node = list_first(&process->receives_busy)))
        kernel_receive_end(kernel, LIST_ENTRY(node, struct receive, in_process), CAP_ERR_CANCELLED);
    while (process->delivered.root) {
        struct call *call = LIST_ENTRY(process->delivered.root, struct call, delivered);
        if (call->state == CALL_AHEAD)
            kernel_ahead_withdraw(call);
        else
            kernel_call_disconnect(kernel, call);
    }
    while ((node = list_first(&process->calls_busy)))
        kernel_call_abandon(kernel, LIST_ENTRY(node, struct call, in_process), CAP_ERR_CANCELLED);
    if (process->answers.root)
        kernel_answers_end(kernel, process);
    kernel_caps_release_all(kernel, &process->caps);
    port_process_kill(kernel, process);
}

static void kill_doomed(struct kernel *kernel, struct object *object)
{
    end(kernel, LIST_ENTRY(object, struct process, doom), PROCESS_END_KILLED);
}

void kernel_process_kill(struct kernel *kernel, struct process *process)
{
    kernel_process_doom(kernel, process);
    kernel_work(kernel);
}

/* The first process takes the system with it. */
static void end_with(struct kernel *kernel, struct process *process, const struct kernel_end *how)
{
    if (process->state != PROCESS_RUNNING)
        return;
    struct process_handle *handle = process->handle;
    if (handle && how->faulted)
        kernel_fault_reason(handle->fault, &process->image, &how->fault);
    else if (handle)
        handle->code = how->code;
    end(kernel, process, how->faulted ? PROCESS_END_FAULTED : PROCESS_END_EXITED);
    kernel_work(kernel);
    if (process == kernel->init) {
        kernel->end = *how;
        kernel_shutdown(kernel);
    }
    kernel_settle(kernel);
}

void kernel_exit(struct kernel *kernel, struct process *process, int64_t code)
{
    end_with(kernel, process, &(struct kernel_end){.code = code});
}

void kernel_fault(struct kernel *kernel, struct process *process, const struct fault *fault)
{
    end_with(kernel, process, &(struct kernel_end){.faulted = true, .fault = *fault});
}

/* --- Handles ------------------------------------------------------------------- */

struct process_handle *kernel_handle_new(struct kernel *kernel)
{
    struct process_handle *handle = kernel_pool_take(&kernel->handle_pool);
    if (!handle)
        return NULL;
    handle->object = (struct object){.type = &object_process_handle, .references = 1};
    list_init(&handle->waiters);
    return handle;
}

void kernel_handle_attach(struct process_handle *handle, struct process *process)
{
    handle->process = process;
    process->handle = handle;
}

struct process_handle *kernel_handle_of(struct object *object)
{
    return LIST_ENTRY(object, struct process_handle, object);
}

void kernel_handle_destroy(struct kernel *kernel, struct object *object)
{
    struct process_handle *handle = kernel_handle_of(object);
    if (handle->process)
        handle->process->handle = NULL;
    kernel_pool_give(&kernel->handle_pool, handle);
}

/* The process is gone: those that waited for that are told. */
static void leave(struct kernel *kernel, struct process_handle *handle)
{
    struct list_node *node;
    handle->process = NULL;
    while ((node = list_first(&handle->waiters)))
        kernel_call_run(kernel, LIST_ENTRY(node, struct call, in_object));
}

void kernel_process_gone(struct kernel *kernel, struct process *process)
{
    if (process->state == PROCESS_RUNNING)
        kernel_fault(kernel, process, &(struct fault){.kind = FAULT_KILLED, .signal = 9, .number = 9});
    if (process == kernel->init)
        kernel->init = NULL;
    struct process_handle *handle = process->handle;
    process->handle = NULL; /* the record may stay */
    free_process(kernel, process);
    if (handle)
        leave(kernel, handle);
    kernel_work(kernel);
    kernel_settle(kernel);
}

void kernel_shutdown(struct kernel *kernel)
{
    for (struct list_node *node = list_first(&kernel->processes); node;
         node = list_next(&kernel->processes, node))
        kernel_process_doom(kernel, LIST_ENTRY(node, struct process, in_kernel));
    kernel_work(kernel);
    kernel_settle(kernel);
}

bool kernel_ended(const struct kernel *kernel, struct kernel_end *ret_end)
{
    if (!list_empty(&kernel->processes))
        return false;
    *ret_end = kernel->end;
    return true;
}
