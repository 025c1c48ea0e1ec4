/*
 * The port for tests.
 */
#include "tests/kernel/fake_port.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/core/process.h"
#include "schema/capos.capos.h"
#include "tests/tap.h"

static struct fake_port *port_of(struct kernel *kernel)
{
    return kernel->port;
}

struct fake_process *fake_process(struct process *process)
{
    return process->port;
}

uint64_t port_now(struct kernel *kernel)
{
    return port_of(kernel)->now;
}

bool port_random(struct kernel *kernel, void *bytes, size_t count)
{
    struct fake_port *port = port_of(kernel);
    for (size_t i = 0; i < count; i++)
        ((uint8_t *)bytes)[i] = port->random_next++;
    return !port->random_fails;
}

/* Shared memory: port[0] is where its bytes are. There are no more than these, however large it is. */
enum { SHARED_BYTES = 65536 };

static void *translate_place(const struct fake_process *fake, uint64_t address, size_t count, bool write)
{
    uint64_t offset = address - KERNEL_PLACES_START, place = offset / KERNEL_PLACE_BYTES;
    const struct port_memory *memory = place < KERNEL_PLACES ? fake->places[place] : NULL;
    offset %= KERNEL_PLACE_BYTES;
    size_t bytes = memory && memory->bytes < SHARED_BYTES ? memory->bytes : SHARED_BYTES;
    if (!memory || offset > bytes || count > bytes - offset ||
        (write && !(fake->writable_places >> place & 1)))
        return NULL;
    return (uint8_t *)(uintptr_t)memory->port[0] + offset;
}

static void *translate(struct process *process, uint64_t address, size_t count, bool write)
{
    struct fake_process *fake = fake_process(process);
    uint64_t offset = address - FAKE_MEMORY;
    if (address >= KERNEL_PLACES_START)
        return translate_place(fake, address, count, write);
    if (address < FAKE_MEMORY || offset > FAKE_MEMORY_BYTES || count > FAKE_MEMORY_BYTES - offset)
        return NULL;
    if (write && fake->read_only_from && address + count > fake->read_only_from)
        return NULL;
    return fake->memory + offset;
}

bool port_copy_in(struct process *process, void *to, uint64_t from, size_t count)
{
    const void *memory = translate(process, from, count, false);
    if (count > 0 && memory)
        memcpy(to, memory, count);
    return count == 0 || memory;
}

bool port_copy_out(struct process *process, uint64_t to, const void *from, size_t count)
{
    struct fake_port *port = process->kernel->port;
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (port->stack_low == 0 || frame < port->stack_low)
        port->stack_low = frame;
    void *memory = translate(process, to, count, true);
    if (count > 0 && memory)
        memcpy(memory, from, count);
    return count == 0 || memory;
}

bool port_writable(struct process *process, uint64_t address, size_t count)
{
    return count == 0 || translate(process, address, count, true);
}

int port_memory_create(struct kernel *kernel, size_t bytes, struct port_memory *ret_memory)
{
    struct fake_port *port = port_of(kernel);
    bytes = (bytes + CAPOS_PAGE_BYTES - 1) / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES;
    if (kernel_arena_fails(&kernel->arena) || port->memories_left == 0)
        return CAP_ERR_NO_MEMORY;
    void *memory = calloc(1, bytes < SHARED_BYTES ? bytes : SHARED_BYTES);
    if (!memory)
        return CAP_ERR_NO_MEMORY;
    port->memories_left--;
    port->memories++;
    port->pages += bytes / CAPOS_PAGE_BYTES;
    *ret_memory = (struct port_memory){.bytes = bytes, .port = {(uintptr_t)memory}};
    return CAP_OK;
}

/* What a test may have done wrong ends here. */
static void expect(bool good, const char *what)
{
    if (!good)
        tap_fail(__FILE__, __LINE__, what);
}

void port_memory_destroy(struct kernel *kernel, struct port_memory *memory)
{
    expect(memory->mapped == 0, "memory that is destroyed is mapped nowhere");
    port_of(kernel)->memories--;
    port_of(kernel)->pages -= memory->bytes / CAPOS_PAGE_BYTES;
    free((void *)(uintptr_t)memory->port[0]);
}

int port_memory_map(struct kernel *kernel, struct process *process, uint32_t place,
                    struct port_memory *memory, bool writable)
{
    struct fake_port *port = port_of(kernel);
    struct fake_process *fake = fake_process(process);
    expect(place < KERNEL_PLACES && !fake->places[place], "a place that memory is mapped at is empty");
    if (kernel_arena_fails(&kernel->arena) || port->maps_left == 0)
        return CAP_ERR_NO_MEMORY;
    port->maps_left--;
    fake->places[place] = memory;
    fake->writable_places &= ~(UINT64_C(1) << place);
    fake->writable_places |= (uint64_t)writable << place;
    memory->mapped++;
    return CAP_OK;
}

void port_memory_unmap(struct kernel *kernel, struct process *process, uint32_t place)
{
    struct fake_process *fake = fake_process(process);
    (void)kernel;
    expect(place < KERNEL_PLACES && fake->places[place], "a place that is emptied has memory");
    fake->places[place]->mapped--;
    fake->places[place] = NULL;
}

uint64_t port_pages(struct kernel *kernel)
{
    return port_of(kernel)->pages;
}

int port_process_create(struct kernel *kernel, struct process *process, const struct elf_image *image,
                        size_t capset_bytes)
{
    struct fake_port *port = port_of(kernel);
    (void)image;
    if (kernel_arena_fails(&kernel->arena) || port->creates_left == 0 ||
        capset_bytes > sizeof fake_process(process)->capset)
        return CAP_ERR_NO_MEMORY;
    struct fake_process *fake = port->spare ? port->spare : malloc(sizeof *fake);
    if (!fake)
        return CAP_ERR_NO_MEMORY;
    port->spare = port->spare ? fake->next_spare : NULL;
    memset(fake, 0, sizeof *fake);
    port->creates_left--;
    port->processes++;
    port->pages += FAKE_PAGES;
    process->port = fake;
    process->ring = &fake->ring;
    process->capset = fake->capset;
    return CAP_OK;
}

int port_process_start(struct kernel *kernel, struct process *process)
{
    struct fake_port *port = port_of(kernel);
    if (kernel_arena_fails(&kernel->arena) || port->starts_left == 0)
        return CAP_ERR_NO_MEMORY;
    port->starts_left--;
    fake_process(process)->started = true;
    return CAP_OK;
}

void port_process_kill(struct kernel *kernel, struct process *process)
{
    (void)kernel;
    fake_process(process)->killed = true;
}

void port_process_destroy(struct kernel *kernel, struct process *process)
{
    struct fake_process *fake = fake_process(process);
    for (uint32_t i = 0; i < KERNEL_PLACES; i++)
        if (fake->places[i])
            fake->places[i]->mapped--;
    port_of(kernel)->processes--;
    port_of(kernel)->pages -= FAKE_PAGES;
    if (!port_of(kernel)->recycles) {
        free(fake);
        return;
    }
    fake->next_spare = port_of(kernel)->spare;
    port_of(kernel)->spare = fake;
}

void port_wake(struct kernel *kernel, struct process *process, int64_t result)
{
    (void)kernel;
    fake_process(process)->woken = true;
    fake_process(process)->wake_result = result;
}

size_t port_console_write(struct kernel *kernel, const void *data, size_t count)
{
    struct fake_port *port = port_of(kernel);
    size_t room = sizeof port->output - port->output_length;
    size_t taken = count < port->output_room ? count : port->output_room;
    if (taken > room)
        taken = room;
    if (taken > 0)
        memcpy(port->output + port->output_length, data, taken);
    port->output_length += taken;
    port->output_room -= taken;
    return taken;
}

int64_t port_console_read(struct kernel *kernel, void *data, size_t count)
{
    struct fake_port *port = port_of(kernel);
    if (port->input_length == 0)
        return port->input_ended ? 0 : PORT_CONSOLE_LATER;
    size_t taken = count < port->input_length ? count : port->input_length;
    memcpy(data, port->input, taken);
    port->input += taken;
    port->input_length -= taken;
    return (int64_t)taken;
}

void port_log(struct kernel *kernel, const char *line)
{
    struct fake_port *port = port_of(kernel);
    for (size_t i = 0; line[i] && port->log_length + 2 < sizeof port->log; i++)
        port->log[port->log_length++] = line[i];
    port->log[port->log_length++] = '\n';
}

const struct elf_image fake_image;

/* --- The machine ------------------------------------------------------------------ */

enum { ARENA_BYTES = 1 << 20 };

void fake_machine_start(struct fake_machine *machine)
{
    machine->port.output_room = SIZE_MAX;
    machine->port.creates_left = machine->port.starts_left = UINT32_MAX;
    machine->port.memories_left = machine->port.maps_left = UINT32_MAX;
    machine->arena = aligned_alloc(16, ARENA_BYTES);
    kernel_init(&machine->kernel, &machine->port, machine->arena, ARENA_BYTES);
    machine->process = fake_machine_spawn(machine, "first");
}

struct process *fake_machine_spawn(struct fake_machine *machine, const char *name)
{
    struct kernel *kernel = &machine->kernel;
    static const struct {
        const char *name;
        uint16_t capability;
    } names[] = {
        {"console", KERNEL_CAPABILITY_CONSOLE},
        {"timer", KERNEL_CAPABILITY_TIMER},
        {"entropySource", KERNEL_CAPABILITY_ENTROPY_SOURCE},
        {"bootPackage", KERNEL_CAPABILITY_BOOT_PACKAGE},
    };
    struct process_grant grants[4];
    for (size_t i = 0; i < 4; i++)
        grants[i] = (struct process_grant){
            .name = names[i].name,
            .name_bytes = (uint8_t)strlen(names[i].name),
            .object = &kernel->objects[names[i].capability],
            .interface_id = object_types[names[i].capability]->interface->id,
        };
    struct process *process = NULL;
    kernel_process_spawn(kernel, &FAKE_START(name, grants, sizeof grants / sizeof grants[0]), &process);
    return process;
}

void fake_machine_stop(struct fake_machine *machine)
{
    struct list_node *node;
    kernel_shutdown(&machine->kernel);
    while ((node = list_first(&machine->kernel.processes)))
        kernel_process_gone(&machine->kernel, LIST_ENTRY(node, struct process, in_kernel));
    for (struct fake_process *spare = machine->port.spare, *next; spare; spare = next) {
        next = spare->next_spare;
        free(spare);
    }
    free(machine->arena);
}

uint64_t fake_cap(struct process *process, const char *name)
{
    const struct capos_capset_header *header = process->capset;
    const struct capos_capset_entry *entries = (const void *)(header + 1);
    for (uint32_t i = 0; i < header->count; i++)
        if (entries[i].name_len == strlen(name) && memcmp(entries[i].name, name, entries[i].name_len) == 0)
            return entries[i].cap_id;
    return 0;
}

void *fake_memory(struct process *process, uint64_t address)
{
    return fake_process(process)->memory + (address - FAKE_MEMORY);
}

void fake_submit(struct process *process, const struct cap_sqe *sqe)
{
    struct capos_ring_page *ring = process->ring;
    ring->sq[ring->header.sq_tail % CAPOS_SQ_ENTRIES] = *sqe;
    ring->header.sq_tail++;
}

bool fake_reap(struct process *process, struct cap_cqe *ret_cqe)
{
    struct capos_ring_page *ring = process->ring;
    if (ring->header.cq_head == ring->header.cq_tail)
        return false;
    *ret_cqe = ring->cq[ring->header.cq_head % CAPOS_CQ_ENTRIES];
    ring->header.cq_head++;
    return true;
}

int64_t fake_poll(struct process *process)
{
    int64_t result = -1000;
    kernel_enter(process->kernel, process, 0, 0, &result);
    return result;
}

struct cap_cqe fake_run(struct process *process, const struct cap_sqe *sqe)
{
    struct cap_cqe cqe = {.result = -1000};
    fake_submit(process, sqe);
    fake_poll(process);
    if (!fake_reap(process, &cqe))
        tap_fail(__FILE__, __LINE__, "a completion comes");
    return cqe;
}
