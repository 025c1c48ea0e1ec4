/*
 * Memory that processes share: who holds it, where it is mapped, who is charged.
 */
#include "kernel/core/memory.h"

#include "kernel/core/kernel.h"

CAPOS_STATIC_ASSERT(KERNEL_PLACES == 64);

struct memory *kernel_memory_new(struct kernel *kernel, struct process *process, uint64_t bytes)
{
    uint64_t rounded = (bytes + CAPOS_PAGE_BYTES - 1) / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES;
    if (rounded > KERNEL_MEMORY_CHARGE_MAX - process->memory.charged_bytes ||
        rounded > process->left.of[BUDGET_MEMORY])
        return NULL;
    struct memory *memory = kernel_pool_take(&kernel->memory_pool);
    if (!memory)
        return NULL;
    if (port_memory_create(kernel, (size_t)bytes, &memory->pages) < 0) {
        kernel_pool_give(&kernel->memory_pool, memory);
        return NULL;
    }
    memory->object = (struct object){.type = &object_memory, .references = 1};
    memory->reader = (struct object){.type = &object_memory_reader};
    memory->charged = process;
    list_append(&process->memory.charges, &memory->in_charged);
    process->memory.charged_bytes += memory->pages.bytes;
    process->left.of[BUDGET_MEMORY] -= memory->pages.bytes;
    kernel->memory_bytes += memory->pages.bytes;
    return memory;
}

struct memory *kernel_memory_of(struct object *object)
{
    return object->type == &object_memory_reader ? LIST_ENTRY(object, struct memory, reader)
                                                 : LIST_ENTRY(object, struct memory, object);
}

struct object *kernel_memory_reader(struct memory *memory)
{
    if (memory->reader.references == 0)
        kernel_object_acquire(&memory->object);
    return kernel_object_acquire(&memory->reader);
}

void kernel_memory_destroy_reader(struct kernel *kernel, struct object *object)
{
    kernel_object_release(kernel, &kernel_memory_of(object)->object);
}

static void discharge(struct memory *memory)
{
    if (memory->charged) {
        memory->charged->memory.charged_bytes -= memory->inherited ? 0 : memory->pages.bytes;
        memory->charged->left.of[BUDGET_MEMORY] += memory->pages.bytes;
    }
    memory->charged = NULL;
    list_remove(&memory->in_charged);
}

void kernel_memory_destroy(struct kernel *kernel, struct object *object)
{
    struct memory *memory = kernel_memory_of(object);
    discharge(memory);
    kernel->memory_bytes -= memory->pages.bytes;
    port_memory_destroy(kernel, &memory->pages);
    kernel_pool_give(&kernel->memory_pool, memory);
}

/* --- Mappings ------------------------------------------------------------------ */

uint64_t kernel_memory_map(struct kernel *kernel, struct process *process, struct memory *memory,
                           bool writable)
{
    struct process_memory *of = &process->memory;
    if (of->used == UINT64_MAX)
        return 0;
    uint32_t place = (uint32_t)__builtin_ctzll(~of->used);
    if (port_memory_map(kernel, process, place, &memory->pages, writable) < 0)
        return 0;
    kernel_object_acquire(&memory->object);
    of->places[place] = memory;
    of->used |= UINT64_C(1) << place;
    kernel->mappings++;
    return KERNEL_PLACE_AT(place);
}

static void leave(struct kernel *kernel, struct process *process, uint64_t place)
{
    struct process_memory *of = &process->memory;
    kernel_object_release(kernel, &of->places[place]->object);
    of->places[place] = NULL;
    of->used &= ~(UINT64_C(1) << place);
    kernel->mappings--;
}

bool kernel_memory_is_at(const struct process *process, const struct memory *memory, uint64_t address)
{
    uint64_t offset = address - KERNEL_PLACES_START, place = offset / KERNEL_PLACE_BYTES;
    return place < KERNEL_PLACES && offset % KERNEL_PLACE_BYTES == 0 &&
           process->memory.places[place] == memory;
}

void kernel_memory_unmap(struct kernel *kernel, struct process *process, uint64_t address)
{
    uint64_t place = (address - KERNEL_PLACES_START) / KERNEL_PLACE_BYTES;
    port_memory_unmap(kernel, process, (uint32_t)place);
    leave(kernel, process, place);
}

/* --- The end of a process --------------------------------------------------------- */

uint64_t kernel_memory_bequeath(struct process *process)
{
    struct list_node *node;
    uint64_t bytes = 0;
    while ((node = list_take(&process->memory.charges))) {
        struct memory *memory = LIST_ENTRY(node, struct memory, in_charged);
        bytes += memory->pages.bytes;
        memory->charged = process->spawner;
        memory->inherited = true;
        if (process->spawner)
            list_append(&process->spawner->memory.charges, node);
    }
    return bytes;
}

void kernel_memory_forget(struct kernel *kernel, struct process *process)
{
    while (process->memory.used)
        leave(kernel, process, (uint64_t)__builtin_ctzll(process->memory.used));
}
