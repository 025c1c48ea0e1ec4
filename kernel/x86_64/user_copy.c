/*
 * Copies between the kernel and a process's program memory: page by page
 * through the process's own tables and the kernel's mapping of all memory. So
 * any process can be reached, none is touched at its own addresses, and
 * nothing can fault. What the tables said of a page is kept, as the processor does.
 */
#include <string.h>

#include "kernel/x86_64/x86_64.h"

static bool lies_in(uint64_t address, size_t count, uint64_t start, uint64_t end)
{
    return address >= start && address < end && count <= end - address;
}

static bool in_program(uint64_t address, size_t count)
{
    return lies_in(address, count, CAPOS_IMAGE_VADDR, X86_LIMIT) ||
           lies_in(address, count, KERNEL_PLACES_START, KERNEL_PLACES_END);
}

/* How many of count bytes from address lie in its page. */
static size_t part_of(uint64_t address, size_t count)
{
    size_t room = CAPOS_PAGE_BYTES - address % CAPOS_PAGE_BYTES;
    return count < room ? count : room;
}

static __attribute__((noinline)) uint8_t *find_in_tables(struct x86_process *process, uint64_t address,
                                                         bool write)
{
    const uint64_t offset = address % CAPOS_PAGE_BYTES, page = address - offset;
    uint8_t *memory = in_program(page, CAPOS_PAGE_BYTES) ? x86_space_find(process, page, write) : NULL;
    if (!memory)
        return NULL;
    *x86_found_at(process, page) = (struct x86_found){page | X86_FOUND | write, memory};
    return memory + offset;
}

/* The memory behind a program's address; NULL: not the program's, or not mapped so. */
static inline uint8_t *find(struct x86_process *process, uint64_t address, bool write)
{
    const uint64_t offset = address % CAPOS_PAGE_BYTES, page = address - offset;
    const struct x86_found *found = x86_found_at(process, page);
    if ((found->page | !write) == (page | X86_FOUND | 1))
        return found->memory + offset;
    return find_in_tables(process, address, write);
}

static bool accessible(struct x86_process *process, uint64_t address, size_t count, bool write)
{
    if (count == 0)
        return true;
    const uint64_t last = address + (count - 1);
    if (last < address)
        return false;
    for (address -= address % CAPOS_PAGE_BYTES; find(process, address, write); address += CAPOS_PAGE_BYTES)
        if (last - address < CAPOS_PAGE_BYTES)
            return true;
    return false;
}

static __attribute__((noinline)) bool copy_parts_in(struct x86_process *of, uint8_t *to, uint64_t from,
                                                    size_t count)
{
    if (!accessible(of, from, count, false))
        return false;
    for (size_t done = 0, part; done < count; done += part) {
        part = part_of(from + done, count - done);
        const uint8_t *memory = find(of, from + done, false);
        if (!memory)
            return false;
        memcpy(to + done, memory, part);
    }
    return true;
}

static __attribute__((noinline)) bool copy_parts_out(struct x86_process *of, uint64_t to, const uint8_t *from,
                                                     size_t count)
{
    if (!accessible(of, to, count, true))
        return false;
    for (size_t done = 0, part; done < count; done += part) {
        part = part_of(to + done, count - done);
        uint8_t *memory = find(of, to + done, true);
        if (!memory)
            return false;
        memcpy(memory, from + done, part);
    }
    return true;
}

/* Most ranges lie in one page. */
bool port_copy_in(struct process *process, void *to, uint64_t from, size_t count)
{
    struct x86_process *of = x86_process_of(process);
    if (count == 0)
        return true;
    if (part_of(from, count) < count)
        return copy_parts_in(of, to, from, count);
    const uint8_t *memory = find(of, from, false);
    if (memory)
        memcpy(to, memory, count);
    return memory != NULL;
}

bool port_copy_out(struct process *process, uint64_t to, const void *from, size_t count)
{
    struct x86_process *of = x86_process_of(process);
    if (count == 0)
        return true;
    if (part_of(to, count) < count)
        return copy_parts_out(of, to, from, count);
    uint8_t *memory = find(of, to, true);
    if (memory)
        memcpy(memory, from, count);
    return memory != NULL;
}

bool port_writable(struct process *process, uint64_t address, size_t count)
{
    return accessible(x86_process_of(process), address, count, true);
}
