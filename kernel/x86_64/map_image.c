/*
 * Where everything of a process lies (abi.h says most of it), and what is in
 * it at the start. Nothing is checked here; the core has checked the image
 * (elf.c). Where an access must fault there is no page.
 */
#include <string.h>

#include "kernel/core/kernel.h"
#include "kernel/core/stack.h"
#include "kernel/x86_64/x86_64.h"

CAPOS_STATIC_ASSERT(X86_ENTRY_VADDR == CAPOS_ENTRY_VADDR);
CAPOS_STATIC_ASSERT(X86_LIMIT >= KERNEL_PROGRAM_END + KERNEL_STACK_BYTES_MAX + 4 * CAPOS_PAGE_BYTES);

/* A page of the process's own: its memory, or NULL. */
static uint8_t *map_page(struct x86_process *process, uint64_t address, uint32_t access)
{
    uint8_t *page = x86_frame_take(&process->frames);
    return page && x86_space_map(process, address, x86_physical(page), access) ? page : NULL;
}

static bool map_text(struct x86_process *process, const struct elf_image *image)
{
    x86_frame_number frame = process->text->frames.first;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t end = segment->access & ELF_WRITE ? 0 : segment->mapped_bytes;
        for (uint64_t at = 0; at < end; at += CAPOS_PAGE_BYTES) {
            if (!x86_space_map(process, segment->address + at, (uint64_t)frame * CAPOS_PAGE_BYTES,
                               segment->access))
                return false;
            frame = x86_port.memory.next[frame];
        }
    }
    return true;
}

static bool map_writable(struct x86_process *process, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end; at += CAPOS_PAGE_BYTES)
        if (!map_page(process, at, ELF_READ | ELF_WRITE))
            return false;
    return true;
}

static bool map_segments(struct x86_process *process, const struct elf_image *image)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (!(segment->access & ELF_WRITE))
            continue;
        if (!map_writable(process, segment->address, segment->address + segment->mapped_bytes) ||
            !port_copy_out(process->process, segment->address + segment->lead,
                           image->file + segment->file_offset, segment->file_bytes))
            return false;
    }
    return true;
}

static bool map_stack(struct x86_process *process, const struct elf_image *image)
{
    struct stack_layout layout = kernel_stack_layout(image, X86_LIMIT);
    process->fs_base = layout.thread_pointer;
    process->frame.rsp = layout.stack_pointer;
    if (!map_writable(process, X86_LIMIT - layout.bytes, X86_LIMIT))
        return false;
    if (layout.thread_pointer == 0)
        return true;
    return port_copy_out(process->process, layout.tls_block, image->file + image->tls_file_offset,
                         image->tls_file_bytes) &&
           port_copy_out(process->process, layout.thread_pointer, &layout.thread_pointer,
                         sizeof layout.thread_pointer);
}

bool x86_map_image(struct x86_process *process, const struct elf_image *image)
{
    uint64_t entry_page = (uintptr_t)x86_entry_page - X86_KERNEL_VADDR;
    if (!x86_space_make(process) ||
        !x86_space_map(process, CAPOS_ENTRY_VADDR, entry_page, ELF_READ | ELF_EXECUTE))
        return false;
    process->process->capset = map_page(process, CAPOS_CAPSET_VADDR, ELF_READ);
    process->process->ring = (void *)map_page(process, CAPOS_RING_VADDR, ELF_READ | ELF_WRITE);
    return process->process->capset && process->process->ring && map_text(process, image) &&
           map_segments(process, image) && map_stack(process, image);
}
