/*
 * What a PVH boot loader leaves: the command line, the memory map, the boot
 * package as the first module. All of it lies in memory that is about to be
 * used, the lists only 4-byte aligned: so everything is copied out first.
 */
#include <string.h>

#include "kernel/x86_64/x86_64.h"

enum { START_MAGIC = 0x336ec578, MEMORY_RAM = 1, FIRST_VERSION_WITH_MAP = 1 };
enum { MEMORY_ENTRIES_MAX = 128 };

struct start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map;
    uint32_t memory_entries;
    uint32_t zero;
};

struct module {
    uint64_t address;
    uint64_t bytes;
    uint64_t command_line;
    uint64_t zero;
};

struct memory_entry {
    uint64_t address;
    uint64_t bytes;
    uint32_t type;
    uint32_t zero;
};

/* Only the first GiB is mapped yet. */
static void copy_low(void *to, uint64_t from, size_t count)
{
    const uint64_t mapped = UINT64_C(1) << 30;
    if (from > mapped || count > mapped - from)
        x86_panic("the boot loader's information lies above 1 GiB");
    memcpy(to, x86_direct(from), count);
}

/* In ascending order. */
static void add_ram(struct x86_boot_info *info, const struct memory_entry *entry)
{
    const uint64_t page = CAPOS_PAGE_BYTES;
    uint64_t start = entry->address < X86_LOAD_PADDR ? X86_LOAD_PADDR : entry->address;
    uint64_t end = entry->address + entry->bytes;
    start = (start + page - 1) / page * page;
    end = end / page * page;
    if (entry->type != MEMORY_RAM || end < entry->address || end <= start ||
        info->ram_count == X86_RANGES_MAX)
        return;
    uint32_t at = info->ram_count++;
    for (; at > 0 && info->ram[at - 1].start > start; at--)
        info->ram[at] = info->ram[at - 1];
    info->ram[at] = (struct x86_range){start, end};
}

static void read_command_line(struct x86_boot_info *info, uint64_t at)
{
    for (size_t i = 0; at != 0 && i < sizeof info->command_line - 1; i++) {
        copy_low(&info->command_line[i], at + i, 1);
        if (info->command_line[i] == 0)
            return;
    }
    info->command_line[sizeof info->command_line - 1] = 0;
}

void x86_pvh_read(uint32_t start_info, struct x86_boot_info *ret_info)
{
    struct start_info start;
    struct module module = {0};
    memset(ret_info, 0, sizeof *ret_info);
    copy_low(&start, start_info, sizeof start);
    if (start.magic != START_MAGIC || start.version < FIRST_VERSION_WITH_MAP)
        x86_panic(
            "not started by a PVH boot loader with a memory map: start it by qemu-system-x86_64 -kernel");
    read_command_line(ret_info, start.command_line);
    for (uint32_t i = 0; i < start.memory_entries && i < MEMORY_ENTRIES_MAX; i++) {
        struct memory_entry entry;
        copy_low(&entry, start.memory_map + i * sizeof entry, sizeof entry);
        add_ram(ret_info, &entry);
    }
    if (start.module_count > 0)
        copy_low(&module, start.modules, sizeof module);
    ret_info->package = (struct x86_range){module.address, module.address + module.bytes};
}
