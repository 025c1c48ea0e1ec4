/*
 * Memory that processes share: a memfd each, mapped here for the kernel's own
 * copies. Only a service itself can map it into its address space. So what the
 * core wants is noted for each place, and a service whose cap_enter is about to return gets
 * orders first: system calls that it makes from the orders slot of its entry
 * page, one at a time. Each stops at the door (doorbell.c), is compared with what
 * was ordered to the last register, and passes once.
 *
 * The service could write to where the orders stand, or jump to the slot. Then it
 * comes to the door with what nobody ordered, and ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/linux/linux.h"

CAPOS_STATIC_ASSERT(KERNEL_PLACES == 64);
CAPOS_STATIC_ASSERT(KERNEL_PLACES_START >= LINUX_LIMIT && KERNEL_PLACES_END <= LINUX_ZYGOTE_VADDR);
CAPOS_STATIC_ASSERT(LINUX_ORDERS_VADDR == CAPOS_PRIVATE_VADDR);

/* --- The memory itself ------------------------------------------------------------------------ */

enum { MEMFD, MAPPED_AT };

static int memfd_of(const struct port_memory *memory)
{
    return (int)memory->port[MEMFD];
}

static uint8_t *bytes_of(const struct port_memory *memory)
{
    return (uint8_t *)(uintptr_t)memory->port[MAPPED_AT];
}

int port_memory_create(struct kernel *kernel, size_t bytes, struct port_memory *ret_memory)
{
    bytes = (bytes + CAPOS_PAGE_BYTES - 1) / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES;
    int memfd;
    uint8_t *mapped = linux_memory_make("capos-memory", bytes, &memfd);
    if (!mapped)
        return CAP_ERR_NO_MEMORY;
    linux_port_of(kernel)->pages += bytes / CAPOS_PAGE_BYTES;
    *ret_memory = (struct port_memory){
        .bytes = bytes,
        .port = {[MEMFD] = (uint64_t)memfd, [MAPPED_AT] = (uintptr_t)mapped},
    };
    return CAP_OK;
}

void port_memory_destroy(struct kernel *kernel, struct port_memory *memory)
{
    munmap(bytes_of(memory), memory->bytes);
    close(memfd_of(memory));
    linux_port_of(kernel)->pages -= memory->bytes / CAPOS_PAGE_BYTES;
}

/* --- Places -------------------------------------------------------------------------------------- */

int port_memory_map(struct kernel *kernel, struct process *process, uint32_t place,
                    struct port_memory *memory, bool writable)
{
    struct linux_process *of = linux_process_of(process);
    (void)kernel;
    of->places[place].memory = memory;
    of->places[place].writable = writable;
    of->places_changed |= UINT64_C(1) << place;
    memory->mapped++;
    return CAP_OK;
}

void port_memory_unmap(struct kernel *kernel, struct process *process, uint32_t place)
{
    struct linux_process *of = linux_process_of(process);
    (void)kernel;
    of->places[place].memory->mapped--;
    of->places[place].memory = NULL;
    of->places_changed |= UINT64_C(1) << place;
    if (of->order.place == place && of->order.written.number == LINUX_NR_MMAP)
        of->order.withdrawn = true;
}

void linux_places_close(struct linux_process *process)
{
    for (uint32_t i = 0; i < KERNEL_PLACES; i++)
        if (process->places[i].memory)
            process->places[i].memory->mapped--;
}

uint8_t *linux_place_find(const struct linux_process *process, uint64_t address, bool write,
                          uint64_t *ret_bytes)
{
    if (address < KERNEL_PLACES_START || address >= KERNEL_PLACES_END)
        return NULL;
    uint64_t offset = (address - KERNEL_PLACES_START) % KERNEL_PLACE_BYTES;
    const struct linux_place *place = &process->places[(address - KERNEL_PLACES_START) / KERNEL_PLACE_BYTES];
    if (!place->memory || offset >= place->memory->bytes || (write && !place->writable))
        return NULL;
    *ret_bytes = place->memory->bytes - offset;
    return bytes_of(place->memory) + offset;
}

/* --- Orders ---------------------------------------------------------------------------------------- */

/* Reading what others write is all that a private mapping can do: to write it would make a copy. */
static struct linux_orders order_to_map(uint32_t place, const struct linux_place *wanted)
{
    int protection = wanted->writable ? PROT_READ | PROT_WRITE : PROT_READ;
    int flags = MAP_FIXED_NOREPLACE | (wanted->writable ? MAP_SHARED : MAP_PRIVATE);
    return (struct linux_orders){
        .number = LINUX_NR_MMAP,
        .arguments = {KERNEL_PLACE_AT(place), wanted->memory->bytes, (uint64_t)protection, (uint64_t)flags, 0,
                      0},
    };
}

/* Chooses the next order and writes it down, twice: for the service and, to compare, for ourselves. */
static bool write_order(struct linux_process *process, uint64_t result)
{
    struct linux_order *order = &process->order;
    *order = (struct linux_order){.written = {.number = 0}};
    while (process->places_changed && order->written.number == 0) {
        order->place = (uint32_t)__builtin_ctzll(process->places_changed);
        const struct linux_place *place = &process->places[order->place];
        if (place->there)
            order->written = (struct linux_orders){
                .number = LINUX_NR_MUNMAP, .arguments = {KERNEL_PLACE_AT(order->place), place->there}};
        else if (place->memory)
            order->written = order_to_map(order->place, place);
        else
            process->places_changed &= ~(UINT64_C(1) << order->place);
    }
    order->written.result = result;
    *process->orders = order->written;
    return order->written.number != 0;
}

bool linux_orders_begin(struct linux_process *process, int64_t result)
{
    return process->places_changed && write_order(process, (uint64_t)result);
}

bool linux_order_is(const struct linux_process *process, int number, const uint64_t arguments[6])
{
    const struct linux_orders *written = &process->order.written;
    return written->number != 0 && (uint64_t)number == written->number &&
           memcmp(arguments, written->arguments, sizeof written->arguments) == 0;
}

struct linux_order_answer linux_order_take(struct linux_process *process)
{
    struct linux_order done = process->order;
    struct linux_place *place = &process->places[done.place];
    struct linux_order_answer answer = {.pass = true, .descriptor = -1};
    if (done.withdrawn) {
        answer.pass = false;
    } else if (done.written.number == LINUX_NR_MMAP) {
        answer.descriptor = memfd_of(place->memory);
        place->there = place->memory->bytes;
        process->places_changed &= ~(UINT64_C(1) << done.place);
    } else {
        place->there = 0;
    }
    write_order(process, done.written.result);
    return answer;
}
