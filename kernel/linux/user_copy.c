/*
 * Copies between the kernel and a service's program memory: a look-up in the
 * tables of its regions and places, and memcpy through the kernel's own mapping of the
 * same pages. A range may run over adjacent regions.
 */
#include "kernel/linux/linux.h"

#include <string.h>

/* Where address is here, with the access needed, and in *ret_bytes how much goes on from there; NULL:
 * nowhere. */
static uint8_t *find(const struct linux_process *process, uint64_t address, bool write, uint64_t *ret_bytes)
{
    for (uint32_t i = 0; i < process->region_count; i++) {
        const struct linux_region *region = &process->regions[i];
        uint64_t offset = address - region->address;
        if (offset < region->bytes) {
            *ret_bytes = region->bytes - offset;
            return write && !region->writable ? NULL : region->memory + offset;
        }
    }
    return linux_place_find(process, address, write, ret_bytes);
}

static bool accessible(const struct linux_process *process, uint64_t address, size_t count, bool write)
{
    uint64_t bytes;
    for (; count > 0; address += bytes, count -= bytes) {
        if (!find(process, address, write, &bytes))
            return false;
        bytes = bytes < count ? bytes : count;
    }
    return true;
}

bool port_copy_in(struct process *process, void *to, uint64_t from, size_t count)
{
    const struct linux_process *of = linux_process_of(process);
    uint64_t bytes;
    if (!accessible(of, from, count, false))
        return false;
    for (size_t done = 0; done < count; done += bytes) {
        const uint8_t *memory = find(of, from + done, false, &bytes);
        bytes = bytes < count - done ? bytes : count - done;
        memcpy((uint8_t *)to + done, memory, bytes);
    }
    return true;
}

bool port_copy_out(struct process *process, uint64_t to, const void *from, size_t count)
{
    const struct linux_process *of = linux_process_of(process);
    uint64_t bytes;
    if (!accessible(of, to, count, true))
        return false;
    for (size_t done = 0; done < count; done += bytes) {
        uint8_t *memory = find(of, to + done, true, &bytes);
        bytes = bytes < count - done ? bytes : count - done;
        memcpy(memory, (const uint8_t *)from + done, bytes);
    }
    return true;
}

bool port_writable(struct process *process, uint64_t address, size_t count)
{
    return accessible(linux_process_of(process), address, count, true);
}
