/*
 * Copies between the kernel and a service's program memory: a look-up in the
 * table of its regions, and memcpy through the kernel's own mapping of the
 * same pages. A range may run over adjacent regions.
 */
#include "kernel/linux/linux.h"

#include <string.h>

/* The region that holds address, from *at on, which is left at its index. */
static const struct linux_region *find(const struct linux_process *process, uint64_t address, uint32_t *at)
{
    for (; *at < process->region_count; ++*at) {
        const struct linux_region *region = &process->regions[*at];
        if (address - region->address < region->bytes)
            return region;
    }
    return NULL;
}

/* How many of count bytes from address lie in the region. */
static size_t part_of(const struct linux_region *region, uint64_t address, size_t count)
{
    uint64_t room = region->bytes - (address - region->address);
    return count < room ? count : (size_t)room;
}

static bool accessible(const struct linux_process *process, uint64_t address, size_t count, bool write)
{
    uint32_t at = 0;
    while (count > 0) {
        const struct linux_region *region = find(process, address, &at);
        if (!region || (write && !region->writable))
            return false;
        size_t part = part_of(region, address, count);
        address += part;
        count -= part;
    }
    return true;
}

bool port_copy_in(struct process *process, void *to, uint64_t from, size_t count)
{
    const struct linux_process *of = linux_process_of(process);
    if (!accessible(of, from, count, false))
        return false;
    uint32_t at = 0;
    for (size_t done = 0; done < count;) {
        const struct linux_region *region = find(of, from + done, &at);
        size_t part = part_of(region, from + done, count - done);
        memcpy((uint8_t *)to + done, region->memory + (from + done - region->address), part);
        done += part;
    }
    return true;
}

bool port_copy_out(struct process *process, uint64_t to, const void *from, size_t count)
{
    const struct linux_process *of = linux_process_of(process);
    if (!accessible(of, to, count, true))
        return false;
    uint32_t at = 0;
    for (size_t done = 0; done < count;) {
        const struct linux_region *region = find(of, to + done, &at);
        size_t part = part_of(region, to + done, count - done);
        memcpy(region->memory + (to + done - region->address), (const uint8_t *)from + done, part);
        done += part;
    }
    return true;
}

bool port_writable(struct process *process, uint64_t address, size_t count)
{
    return accessible(linux_process_of(process), address, count, true);
}
