/*
 * Where everything of a process lies: in its address space (abi.h says most of
 * it), in its arena, and in this process. Nothing is checked here; the core
 * has checked the image (elf.c).
 *
 * The arena holds, in this order: CapSet, ring, fault stack, the writable
 * segments, the stack. Where an access must fault there is a gap in the
 * address space, not a page.
 */
#include "kernel/linux/linux.h"

#include <string.h>
#include <sys/mman.h>

#include "kernel/core/kernel.h"
#include "kernel/core/stack.h"
#include "kernel/linux/layout.h"

CAPOS_STATIC_ASSERT(LINUX_ENTRY_VADDR == CAPOS_ENTRY_VADDR);
CAPOS_STATIC_ASSERT(LINUX_LIMIT >= KERNEL_PROGRAM_END + KERNEL_STACK_BYTES_MAX + 4 * CAPOS_PAGE_BYTES);
CAPOS_STATIC_ASSERT(LINUX_ZYGOTE_VADDR >= LINUX_LIMIT);

/* What the seal slot pops. */
struct first_words {
    uint64_t ring;
    uint64_t process_id;
    uint64_t capset;
    uint64_t entry;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

static void add_map(struct linux_process *process, uint64_t address, uint64_t bytes, int protection,
                    enum linux_map_source source, uint64_t offset)
{
    struct linux_spawn *spawn = &process->spawn;
    spawn->maps[spawn->map_count++] = (struct linux_map){
        .address = address,
        .bytes = bytes,
        .offset = offset,
        .protection = (uint32_t)protection,
        .source = source,
    };
}

/* The next piece of the arena. */
static void add_arena(struct linux_process *process, uint64_t address, uint64_t bytes, int protection)
{
    add_map(process, address, bytes, protection, LINUX_MAP_ARENA, process->arena_bytes);
    process->arena_bytes += bytes;
}

static int protection_of(uint32_t access)
{
    return ((access & ELF_READ) ? PROT_READ : 0) | ((access & ELF_WRITE) ? PROT_WRITE : 0) |
           ((access & ELF_EXECUTE) ? PROT_EXEC : 0);
}

static void add_region(struct linux_process *process, uint64_t address, uint64_t bytes, bool writable)
{
    process->regions[process->region_count++] =
        (struct linux_region){.address = address, .bytes = bytes, .writable = writable};
}

void linux_layout(struct linux_process *process, const struct elf_image *image, size_t capset_bytes,
                  size_t fault_stack_bytes)
{
    const int read_write = PROT_READ | PROT_WRITE;
    add_map(process, CAPOS_ENTRY_VADDR, CAPOS_PAGE_BYTES, PROT_READ | PROT_EXEC, LINUX_MAP_ENTRY, 0);
    add_arena(process, CAPOS_CAPSET_VADDR, round_up(capset_bytes, CAPOS_PAGE_BYTES), PROT_READ);
    add_arena(process, CAPOS_RING_VADDR, CAPOS_PAGE_BYTES, read_write);
    add_arena(process, CAPOS_PRIVATE_VADDR, fault_stack_bytes, read_write);
    uint64_t text_offset = 0;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        bool writable = segment->access & ELF_WRITE;
        int protection = protection_of(segment->access);
        if (writable) {
            add_arena(process, segment->address, segment->mapped_bytes, protection);
        } else {
            add_map(process, segment->address, segment->mapped_bytes, protection, LINUX_MAP_TEXT,
                    text_offset);
            text_offset += segment->mapped_bytes;
        }
        add_region(process, segment->address, segment->mapped_bytes, writable);
    }
    struct stack_layout stack = kernel_stack_layout(image, LINUX_LIMIT);
    add_arena(process, LINUX_LIMIT - stack.bytes, stack.bytes, read_write);
    add_region(process, LINUX_LIMIT - stack.bytes, stack.bytes, true);

    process->image = image;
    process->spawn.stack_pointer = stack.stack_pointer - sizeof(struct first_words);
    process->spawn.fs_base = stack.thread_pointer;
}

/* --- Content --------------------------------------------------------------------- */

/* Where this process sees a service's address; only for what has been mapped above. */
static uint8_t *memory_at(const struct linux_process *process, uint64_t address)
{
    for (uint32_t i = 0; i < process->region_count; i++) {
        const struct linux_region *region = &process->regions[i];
        if (address - region->address < region->bytes)
            return region->memory + (address - region->address);
    }
    return NULL;
}

static void set_region_memory(struct linux_process *process)
{
    for (uint32_t i = 0, map = 4; i < process->region_count; i++, map++) {
        const struct linux_map *from = &process->spawn.maps[map];
        bool in_text = from->source == LINUX_MAP_TEXT;
        process->regions[i].memory = (in_text ? process->text->memory : process->arena) + from->offset;
    }
}

static void fill_tls(struct linux_process *process)
{
    const struct elf_image *image = process->image;
    struct stack_layout stack = kernel_stack_layout(image, LINUX_LIMIT);
    memcpy(memory_at(process, stack.tls_block), image->file + image->tls_file_offset, image->tls_file_bytes);
    memcpy(memory_at(process, stack.thread_pointer), &stack.thread_pointer, sizeof stack.thread_pointer);
}

void linux_fill_arena(struct linux_process *process)
{
    const struct elf_image *image = process->image;
    set_region_memory(process);
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->access & ELF_WRITE)
            memcpy(process->regions[i].memory + segment->lead, image->file + segment->file_offset,
                   segment->file_bytes);
    }
    if (image->tls_bytes)
        fill_tls(process);
    struct first_words words = {
        .ring = CAPOS_RING_VADDR,
        .process_id = process->process->id,
        .capset = CAPOS_CAPSET_VADDR,
        .entry = image->entry,
    };
    memcpy(memory_at(process, process->spawn.stack_pointer), &words, sizeof words);
    process->process->capset = process->arena + process->spawn.maps[1].offset;
    process->process->ring = (void *)(process->arena + process->spawn.maps[2].offset);
    process->mailbox = (void *)process->process->ring->header.port_private;
    process->orders = (void *)(process->arena + process->spawn.maps[3].offset);
}
