/*
 * The life of a process: spawn, end, gone.
 */
#include "kernel/core/process.h"

#include <string.h>

#include "kernel/core/cap_table.h"
#include "kernel/core/endpoint.h"
#include "kernel/core/kernel.h"
#include "kernel/core/ring.h"

static size_t capset_bytes(uint32_t grant_count)
{
    return sizeof(struct capos_capset_header) + grant_count * sizeof(struct capos_capset_entry);
}

static struct process *new_process(struct kernel *kernel, const char *name)
{
    struct process *process = kernel_pool_take(&kernel->process_pool);
    if (!process)
        return NULL;
    process->kernel = kernel;
    process->id = ++kernel->next_process_id;
    process->state = PROCESS_NEW;
    for (size_t i = 0; i < sizeof process->name - 1 && name[i]; i++)
        process->name[i] = name[i];
    kernel_caps_init(&process->caps);
    list_init(&process->calls_free);
    list_init(&process->calls_busy);
    for (uint32_t i = 0; i < KERNEL_CALLS_MAX; i++)
        list_append(&process->calls_free, &process->calls[i].in_process);
    list_init(&process->receives_free);
    list_init(&process->receives_busy);
    for (uint32_t i = 0; i < KERNEL_RECVS_MAX; i++)
        list_append(&process->receives_free, &process->receives[i].in_process);
    list_init(&process->memory.charges);
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

void kernel_process_forget(struct kernel *kernel, struct process *process)
{
    if (process->state == PROCESS_GONE && process->calls_abandoned == 0)
        kernel_pool_give(&kernel->process_pool, process);
}

static int32_t fill_capset(struct process *process, const struct process_grant *grants, uint32_t count)
{
    struct capos_capset_header *header = process->capset;
    struct capos_capset_entry *entries = (void *)(header + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct capos_capset_entry *entry = &entries[i];
        int32_t status =
            kernel_caps_insert(&process->caps, grants[i].object, grants[i].interface_id, &entry->cap_id);
        if (status < 0)
            return status;
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
    return CAP_OK;
}

int32_t kernel_process_spawn(struct kernel *kernel, const char *name, const struct elf_image *image,
                             const struct process_grant *grants, uint32_t grant_count,
                             struct process **ret_process)
{
    struct process *process = new_process(kernel, name);
    if (!process)
        return CAP_ERR_NO_MEMORY;
    int32_t status = port_process_create(kernel, process, image, capset_bytes(grant_count));
    if (status < 0)
        goto out_record;
    status = fill_capset(process, grants, grant_count);
    if (status < 0)
        goto out_process;
    kernel_ring_init(process);
    process->state = PROCESS_RUNNING;
    status = port_process_start(kernel, process);
    if (status < 0)
        goto out_process;
    *ret_process = process;
    return CAP_OK;

out_process:
    kernel_caps_release_all(kernel, &process->caps);
    free_process(kernel, process);
    return status;
out_record:
    list_remove(&process->in_kernel);
    kernel_pool_give(&kernel->process_pool, process);
    return status;
}

void kernel_process_end(struct kernel *kernel, struct process *process)
{
    if (process->state != PROCESS_RUNNING)
        return;
    struct list_node *node;
    process->state = PROCESS_DEAD;
    kernel_deadline_clear(&kernel->deadlines, &process->wait_deadline);
    list_remove(&process->in_wakes);
    while ((node = list_first(&process->receives_busy)))
        kernel_receive_end(kernel, LIST_ENTRY(node, struct receive, in_process), CAP_ERR_CANCELLED);
    while (process->delivered.root)
        kernel_call_disconnect(kernel, LIST_ENTRY(process->delivered.root, struct call, delivered));
    while ((node = list_first(&process->calls_busy)))
        kernel_call_abandon(kernel, LIST_ENTRY(node, struct call, in_process), CAP_ERR_CANCELLED);
    if (process->answers.root)
        kernel_answers_end(kernel, process);
    kernel_caps_release_all(kernel, &process->caps);
    kernel_memory_discharge(process);
    kernel_work(kernel);
    port_process_kill(kernel, process);
}

/* The first process takes the system with it. */
static void end_with(struct kernel *kernel, struct process *process, const struct kernel_end *end)
{
    if (process->state != PROCESS_RUNNING)
        return;
    kernel_process_end(kernel, process);
    if (process == kernel->init) {
        kernel->end = *end;
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

void kernel_process_gone(struct kernel *kernel, struct process *process)
{
    if (process->state == PROCESS_RUNNING)
        kernel_fault(kernel, process, &(struct fault){.kind = FAULT_KILLED, .signal = 9, .number = 9});
    if (process == kernel->init)
        kernel->init = NULL;
    free_process(kernel, process);
    kernel_work(kernel);
}

void kernel_shutdown(struct kernel *kernel)
{
    for (struct list_node *node = list_first(&kernel->processes); node;
         node = list_next(&kernel->processes, node))
        kernel_process_end(kernel, LIST_ENTRY(node, struct process, in_kernel));
    kernel_settle(kernel);
}

bool kernel_ended(const struct kernel *kernel, struct kernel_end *ret_end)
{
    if (!list_empty(&kernel->processes))
        return false;
    *ret_end = kernel->end;
    return true;
}
