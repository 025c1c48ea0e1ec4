/*
 * Physical memory: frames of 4 KiB, zeroed when they are taken. A chain of
 * frames is linked beside the memory, in one word for each frame of the
 * machine, so a process's memory is given back in one step whatever its size.
 */
#include <string.h>

#include "kernel/core/poison.h"
#include "kernel/x86_64/x86_64.h"

/* --- What there is ------------------------------------------------------------------------ */

static void add_range(struct x86_memory *memory, uint64_t start, uint64_t end)
{
    if (start < end && memory->range_count < X86_RANGES_MAX)
        memory->ranges[memory->range_count++] = (struct x86_range){start, end};
}

/* Takes [start, end) out of the ranges, which stay in ascending order. */
static void exclude(struct x86_memory *memory, uint64_t start, uint64_t end)
{
    struct x86_range before[X86_RANGES_MAX];
    uint32_t count = memory->range_count;
    memcpy(before, memory->ranges, sizeof before);
    memory->range_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        add_range(memory, before[i].start, before[i].end < start ? before[i].end : start);
        add_range(memory, before[i].start > end ? before[i].start : end, before[i].end);
    }
}

static uint64_t page_down(uint64_t address)
{
    return address / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES;
}

static uint64_t page_up(uint64_t address)
{
    return page_down(address + CAPOS_PAGE_BYTES - 1);
}

/* From the lowest range with room, which is mapped from the start. */
void *x86_memory_carve(size_t bytes)
{
    struct x86_memory *memory = &x86_port.memory;
    bytes = page_up(bytes);
    for (uint32_t i = 0; i < memory->range_count; i++) {
        struct x86_range *range = &memory->ranges[i];
        if (range->end - range->start < bytes)
            continue;
        void *carved = x86_direct(range->start);
        range->start += bytes;
        memory->free_count -= bytes / CAPOS_PAGE_BYTES;
        memory->count -= bytes / CAPOS_PAGE_BYTES;
        return carved;
    }
    return NULL;
}

void x86_memory_open(const struct x86_boot_info *info)
{
    extern const uint8_t x86_image_start[], x86_image_end[];
    struct x86_memory *memory = &x86_port.memory;
    uint64_t top = 0;
    memory->range_count = info->ram_count;
    memcpy(memory->ranges, info->ram, sizeof memory->ranges);
    exclude(memory, (uintptr_t)x86_image_start - X86_KERNEL_VADDR,
            (uintptr_t)x86_image_end - X86_KERNEL_VADDR);
    exclude(memory, page_down(info->package.start), page_up(info->package.end));
    for (uint32_t i = 0; i < memory->range_count; i++) {
        memory->free_count += (memory->ranges[i].end - memory->ranges[i].start) / CAPOS_PAGE_BYTES;
        top = memory->ranges[i].end > top ? memory->ranges[i].end : top;
    }
    memory->count = memory->free_count;
    memory->next = x86_memory_carve(top / CAPOS_PAGE_BYTES * sizeof memory->next[0]);
    if (!memory->next)
        x86_panic("no memory for the list of free frames");
}

/* --- Chains --------------------------------------------------------------------------------- */

static void append(struct x86_chain *chain, x86_frame_number frame)
{
    x86_frame_number *next = x86_port.memory.next;
    if (chain->count++ == 0)
        chain->first = frame;
    else
        next[chain->last] = frame;
    chain->last = frame;
}

static x86_frame_number take_free(struct x86_memory *memory)
{
    struct x86_chain *free = &memory->free;
    if (free->count > 0) {
        x86_frame_number frame = free->first;
        free->first = memory->next[frame];
        free->count--;
        return frame;
    }
    for (; memory->range_count > 0; memory->range_count--) {
        struct x86_range *range = &memory->ranges[memory->range_count - 1];
        if (range->start == range->end)
            continue;
        uint64_t address = range->start;
        range->start += CAPOS_PAGE_BYTES;
        return (x86_frame_number)(address / CAPOS_PAGE_BYTES);
    }
    return 0;
}

void *x86_frame_take(struct x86_chain *chain)
{
    struct x86_memory *memory = &x86_port.memory;
    if (++memory->takes == memory->fail_at)
        return NULL;
    if (memory->free_count == 0 && !x86_texts_drop_idle())
        return NULL;
    x86_frame_number frame = take_free(memory);
    memory->free_count--;
    append(chain, frame);
    void *bytes = x86_direct((uint64_t)frame * CAPOS_PAGE_BYTES);
    kernel_unpoison(bytes, CAPOS_PAGE_BYTES);
    memset(bytes, 0, CAPOS_PAGE_BYTES);
    return bytes;
}

static void poison(const struct x86_chain *chain)
{
#ifdef KERNEL_POISONS
    x86_frame_number frame = chain->first;
    for (uint64_t left = chain->count; left > 0; left--, frame = x86_port.memory.next[frame])
        kernel_poison(x86_direct((uint64_t)frame * CAPOS_PAGE_BYTES), CAPOS_PAGE_BYTES);
#else
    (void)chain; /* in one step whatever its size */
#endif
}

void x86_chain_give(struct x86_chain *chain)
{
    struct x86_memory *memory = &x86_port.memory;
    if (chain->count == 0)
        return;
    poison(chain);
    if (memory->free.count > 0)
        memory->next[chain->last] = memory->free.first;
    else
        memory->free.last = chain->last;
    memory->free.first = chain->first;
    memory->free.count += chain->count;
    memory->free_count += chain->count;
    *chain = (struct x86_chain){0};
}

uint64_t x86_frames_free(void)
{
    return x86_port.memory.free_count;
}

/* --- Texts ------------------------------------------------------------------------------------ */

static uint64_t frame_count(const struct elf_segment *segment)
{
    return segment->access & ELF_WRITE ? 0 : segment->mapped_bytes / CAPOS_PAGE_BYTES;
}

/* The part of a segment's page that the file fills: where in the page, and how much. */
static size_t filled(const struct elf_segment *segment, uint64_t page, size_t *ret_at, uint64_t *ret_offset)
{
    uint64_t start = page * CAPOS_PAGE_BYTES, end = start + CAPOS_PAGE_BYTES;
    uint64_t from = segment->lead > start ? segment->lead : start;
    uint64_t to = segment->lead + segment->file_bytes < end ? segment->lead + segment->file_bytes : end;
    *ret_at = (size_t)(from - start);
    *ret_offset = segment->file_offset + (from - segment->lead);
    return from < to ? (size_t)(to - from) : 0;
}

/* Copies in what the image says. False: its read-only pages are not as many as the text's. */
static bool fill_text(struct x86_text *text, const struct elf_image *image)
{
    x86_frame_number frame = text->frames.first;
    uint64_t left = text->frames.count;
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        for (uint64_t page = 0; page < frame_count(segment); page++) {
            size_t at;
            uint64_t offset;
            size_t bytes = filled(segment, page, &at, &offset);
            if (left-- == 0)
                return false;
            uint8_t *to = x86_direct((uint64_t)frame * CAPOS_PAGE_BYTES);
            memset(to, 0, at);
            memcpy(to + at, image->file + offset, bytes);
            memset(to + at + bytes, 0, CAPOS_PAGE_BYTES - at - bytes);
            frame = x86_port.memory.next[frame];
        }
    }
    return left == 0;
}

static bool make_text(struct x86_text *text, const struct elf_image *image)
{
    struct x86_chain frames = {0};
    for (uint32_t i = 0; i < image->segment_count; i++)
        for (uint64_t page = 0; page < frame_count(&image->segments[i]); page++)
            if (!x86_frame_take(&frames)) {
                x86_chain_give(&frames);
                return false;
            }
    *text = (struct x86_text){.file = image->file, .file_bytes = image->file_bytes, .frames = frames};
    return fill_text(text, image);
}

static void drop_text(struct x86_text *text)
{
    x86_chain_give(&text->frames);
    text->file = NULL;
}

bool x86_texts_drop_idle(void)
{
    uint64_t before = x86_frames_free();
    for (uint32_t i = 0; i < KERNEL_BINARIES_MAX; i++)
        if (x86_port.texts[i].users == 0)
            drop_text(&x86_port.texts[i]);
    return x86_frames_free() > before;
}

struct x86_text *x86_text_acquire(const struct elf_image *image)
{
    struct x86_text *place = NULL;
    for (uint32_t i = 0; i < KERNEL_BINARIES_MAX; i++) {
        struct x86_text *text = &x86_port.texts[i];
        bool same = text->file == image->file && text->file_bytes == image->file_bytes;
        /* Filled afresh when none runs: to copy takes less than to see whether the file's memory was used
         * again. */
        if (same && (text->users > 0 || fill_text(text, image))) {
            text->users++;
            return text;
        }
        if (text->users == 0 && (!place || !text->file))
            place = text;
    }
    if (!place)
        return NULL;
    place->users = 1; /* not idle while it is made */
    drop_text(place);
    place->users = 0;
    if (!make_text(place, image))
        return NULL;
    place->users = 1;
    return place;
}

void x86_text_release(struct x86_text *text)
{
    text->users--;
}

uint64_t port_pages(struct kernel *kernel)
{
    uint64_t idle = 0;
    (void)kernel;
    for (uint32_t i = 0; i < KERNEL_BINARIES_MAX; i++)
        if (x86_port.texts[i].users == 0)
            idle += x86_port.texts[i].frames.count;
    return x86_port.memory.count - x86_port.memory.free_count - idle;
}
