/*
 * Address spaces. The kernel's half is the same in all: the image in pages
 * that are writable or executable, never both; all other memory, not
 * executable; device registers. The program's half is made page by page.
 */
#include <string.h>

#include "kernel/x86_64/x86_64.h"

enum { ENTRIES = 512, LEVELS = 4, LARGE_LEVEL = 1, LARGE_BYTES = 1 << 21 };
enum { FIRST_KERNEL_ENTRY = 256, LAST_KERNEL_ENTRY = 511 };

enum {
    PTE_PRESENT = 1 << 0,
    PTE_WRITE = 1 << 1,
    PTE_USER = 1 << 2,
    PTE_UNCACHED = 1 << 4,
    PTE_LARGE = 1 << 7,
    PTE_GLOBAL = 1 << 8,
};
#define PTE_NO_EXECUTE (UINT64_C(1) << 63)
#define PTE_ADDRESS    UINT64_C(0x000ffffffffff000)

extern const uint8_t x86_image_start[], x86_text_end[], x86_rodata_end[], x86_image_end[];
extern const uint8_t x86_guards[], x86_stack_end[], x86_debug_stack_end[], x86_nmi_stack_end[];

static uint64_t *table_at(uint64_t entry)
{
    return x86_direct(entry & PTE_ADDRESS);
}

static unsigned index_of(uint64_t address, unsigned level)
{
    return address >> (12 + 9 * level) & (ENTRIES - 1);
}

/* --- The kernel's half ------------------------------------------------------------------------ */

static uint64_t *kernel_tables;
static uint8_t *spare, *spare_end; /* tables not used yet */

uint64_t x86_kernel_tables(void)
{
    return x86_physical(kernel_tables);
}

static void *take_spare(void)
{
    if (spare == spare_end)
        x86_panic("the kernel's page tables do not fit");
    void *table = spare;
    spare += CAPOS_PAGE_BYTES;
    return memset(table, 0, CAPOS_PAGE_BYTES);
}

static void map_kernel(uint64_t address, uint64_t physical, uint64_t flags, unsigned to_level)
{
    uint64_t *table = kernel_tables;
    for (unsigned level = LEVELS - 1; level > to_level; level--) {
        uint64_t *entry = &table[index_of(address, level)];
        if (!(*entry & PTE_PRESENT))
            *entry = x86_physical(take_spare()) | PTE_PRESENT | PTE_WRITE;
        table = table_at(*entry);
    }
    table[index_of(address, to_level)] = physical | flags | PTE_PRESENT | PTE_GLOBAL;
}

static void map_ram(uint64_t start, uint64_t end)
{
    const uint64_t flags = PTE_WRITE | PTE_NO_EXECUTE;
    for (uint64_t at = start; at < end;) {
        bool large = at % LARGE_BYTES == 0 && end - at >= LARGE_BYTES;
        map_kernel(X86_DIRECT_VADDR + at, at, large ? flags | PTE_LARGE : flags, large ? LARGE_LEVEL : 0);
        at += large ? LARGE_BYTES : CAPOS_PAGE_BYTES;
    }
}

/* The linker's symbols are places, not objects: they are compared as numbers. */
static uint64_t at(const uint8_t *symbol)
{
    return (uintptr_t)symbol;
}

static bool is_guard(uint64_t page)
{
    return page == at(x86_guards) || page == at(x86_stack_end) || page == at(x86_debug_stack_end) ||
           page == at(x86_nmi_stack_end);
}

static void map_image(void)
{
    for (uint64_t page = at(x86_image_start); page < at(x86_image_end); page += CAPOS_PAGE_BYTES) {
        uint64_t flags = PTE_NO_EXECUTE;
        if (page < at(x86_text_end))
            flags = 0;
        else if (page >= at(x86_rodata_end))
            flags |= PTE_WRITE;
        if (!is_guard(page))
            map_kernel(page, page - X86_KERNEL_VADDR, flags, 0);
    }
}

/* Every GiB of memory takes a table, each end of a range one more, and so does what is not memory. */
static size_t tables_needed(const struct x86_boot_info *info)
{
    enum { OTHERS = 8 };
    uint64_t top = info->ram[info->ram_count - 1].end, image = at(x86_image_end) - at(x86_image_start);
    return OTHERS + (top >> 30) + 1 + 2 * (info->ram_count + 1) + image / LARGE_BYTES + 2;
}

void x86_map_kernel(const struct x86_boot_info *info)
{
    uint64_t image = at(x86_image_start) - X86_KERNEL_VADDR, image_end = at(x86_image_end) - X86_KERNEL_VADDR;
    size_t bytes = tables_needed(info) * CAPOS_PAGE_BYTES;
    spare = x86_memory_carve(bytes);
    if (!spare)
        x86_panic("no memory for the kernel's page tables");
    spare_end = spare + bytes;
    kernel_tables = take_spare();
    for (uint32_t i = 0; i < info->ram_count; i++) {
        const struct x86_range *range = &info->ram[i];
        map_ram(range->start, range->end < image ? range->end : image);
        map_ram(range->start > image_end ? range->start : image_end, range->end);
    }
    map_image();
}

volatile void *x86_map_device(uint64_t physical, size_t bytes)
{
    static uint64_t next = X86_DEVICE_VADDR;
    uint64_t start = physical / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES, address = next + (physical - start);
    for (uint64_t at = start; at < physical + bytes; at += CAPOS_PAGE_BYTES, next += CAPOS_PAGE_BYTES)
        map_kernel(next, at, PTE_WRITE | PTE_NO_EXECUTE | PTE_UNCACHED, 0);
    return (volatile void *)address;
}

/* --- The program's half ----------------------------------------------------------------------- */

bool x86_space_make(struct x86_process *process)
{
    uint64_t *top = x86_frame_take(&process->frames);
    if (!top)
        return false;
    top[FIRST_KERNEL_ENTRY] = kernel_tables[FIRST_KERNEL_ENTRY];
    top[LAST_KERNEL_ENTRY] = kernel_tables[LAST_KERNEL_ENTRY];
    process->tables = x86_physical(top);
    return true;
}

bool x86_space_map(struct x86_process *process, uint64_t address, uint64_t physical, uint32_t access)
{
    uint64_t *table = x86_direct(process->tables);
    for (unsigned level = LEVELS - 1; level > 0; level--) {
        uint64_t *entry = &table[index_of(address, level)];
        if (!(*entry & PTE_PRESENT)) {
            void *made = x86_frame_take(&process->frames);
            if (!made)
                return false;
            *entry = x86_physical(made) | PTE_PRESENT | PTE_WRITE | PTE_USER;
        }
        table = table_at(*entry);
    }
    uint64_t flags = PTE_PRESENT | PTE_USER;
    flags |= access & ELF_WRITE ? PTE_WRITE : 0;
    flags |= access & ELF_EXECUTE ? 0 : PTE_NO_EXECUTE;
    table[index_of(address, 0)] = physical | flags;
    return true;
}

/* The entry of a page, found without looking whether the tables above it are there. */
void x86_space_unmap(struct x86_process *process, uint64_t address)
{
    uint64_t *table = x86_direct(process->tables);
    for (unsigned level = LEVELS - 1; level > 0; level--)
        table = table_at(table[index_of(address, level)]);
    table[index_of(address, 0)] = 0;
    *x86_found_at(process, address) = (struct x86_found){0};
}

uint8_t *x86_space_find(const struct x86_process *process, uint64_t address, bool write)
{
    const uint64_t needed = PTE_PRESENT | (write ? PTE_WRITE : 0); /* tables have both */
    uint64_t entry = process->tables;
#pragma GCC unroll 4
    for (int level = 0; level < LEVELS; level++) {
        entry = table_at(entry)[address << (16 + 9 * level) >> 55];
        if ((entry & needed) != needed)
            return NULL;
    }
    return (uint8_t *)x86_direct(entry & PTE_ADDRESS) + address % CAPOS_PAGE_BYTES;
}
