/*
 * Memory that processes share: a chain of frames that no process owns, and
 * entries for them in the page tables of each process that has it at a place.
 * The tables themselves stay with the process for what comes to that place next.
 */
#include "kernel/core/limits.h"
#include "kernel/x86_64/x86_64.h"

CAPOS_STATIC_ASSERT(KERNEL_PLACES_START >= X86_LIMIT && KERNEL_PLACES_END <= UINT64_C(1) << 47);

enum { FIRST, LAST };

static struct x86_chain frames_of(const struct port_memory *memory)
{
    return (struct x86_chain){.first = (x86_frame_number)memory->port[FIRST],
                              .last = (x86_frame_number)memory->port[LAST],
                              .count = memory->bytes / CAPOS_PAGE_BYTES};
}

int port_memory_create(struct kernel *kernel, size_t bytes, struct port_memory *ret_memory)
{
    struct x86_chain frames = {0};
    (void)kernel;
    for (size_t taken = 0; taken < bytes; taken += CAPOS_PAGE_BYTES) {
        if (!x86_frame_take(&frames)) {
            x86_chain_give(&frames);
            return CAP_ERR_NO_MEMORY;
        }
    }
    *ret_memory = (struct port_memory){.bytes = frames.count * CAPOS_PAGE_BYTES,
                                       .port = {[FIRST] = frames.first, [LAST] = frames.last}};
    return CAP_OK;
}

void port_memory_destroy(struct kernel *kernel, struct port_memory *memory)
{
    struct x86_chain frames = frames_of(memory);
    (void)kernel;
    x86_chain_give(&frames);
}

static void clear(struct x86_process *process, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end; at += CAPOS_PAGE_BYTES)
        x86_space_unmap(process, at);
    x86_processor_forget(process);
}

int port_memory_map(struct kernel *kernel, struct process *process, uint32_t place,
                    struct port_memory *memory, bool writable)
{
    struct x86_process *of = x86_process_of(process);
    x86_frame_number frame = (x86_frame_number)memory->port[FIRST];
    const uint64_t start = KERNEL_PLACE_AT(place), end = start + memory->bytes;
    (void)kernel;
    for (uint64_t at = start; at < end; at += CAPOS_PAGE_BYTES, frame = x86_port.memory.next[frame]) {
        if (!x86_space_map(of, at, (uint64_t)frame * CAPOS_PAGE_BYTES,
                           ELF_READ | (writable ? ELF_WRITE : 0))) {
            clear(of, start, at);
            return CAP_ERR_NO_MEMORY;
        }
    }
    of->places[place] = memory;
    memory->mapped++;
    return CAP_OK;
}

void port_memory_unmap(struct kernel *kernel, struct process *process, uint32_t place)
{
    struct x86_process *of = x86_process_of(process);
    struct port_memory *memory = of->places[place];
    (void)kernel;
    clear(of, KERNEL_PLACE_AT(place), KERNEL_PLACE_AT(place) + memory->bytes);
    of->places[place] = NULL;
    memory->mapped--;
}

void x86_places_close(struct x86_process *process)
{
    for (uint32_t i = 0; i < KERNEL_PLACES; i++)
        if (process->places[i])
            process->places[i]->mapped--;
}
