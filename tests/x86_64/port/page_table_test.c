/* kernel/x86_64/page_table.c: what is mapped, where, and how; by walking the tables themselves. */
#include <string.h>

#include "kernel/core/stack.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

enum { ENTRIES = 512, USER_ENTRIES = 256, LEVELS = 4 };
enum { PRESENT = 1 << 0, WRITE = 1 << 1, USER = 1 << 2, LARGE = 1 << 7 };
#define NO_EXECUTE (UINT64_C(1) << 63)
#define ADDRESS    UINT64_C(0x000ffffffffff000)

extern const uint8_t x86_image_start[], x86_text_end[], x86_rodata_end[], x86_image_end[];
extern const uint8_t x86_guards[], x86_stack_end[], x86_debug_stack_end[], x86_nmi_stack_end[],
    x86_fault_stack_end[];

/* A page, or a large one, with what all levels above it allow. */
struct leaf {
    uint64_t address, physical, bytes;
    bool write, execute, user;
};

/* One step of a walk over all that is mapped, without recursion: the entries above the current one. */
struct walk {
    uint64_t *tables[LEVELS];
    unsigned index[LEVELS];
    unsigned level; /* of the current table: LEVELS - 1 is the top */
};

static void walk_begin(struct walk *walk, uint64_t root, unsigned first)
{
    memset(walk, 0, sizeof *walk);
    walk->level = LEVELS - 1;
    walk->tables[LEVELS - 1] = x86_direct(root & ADDRESS);
    walk->index[LEVELS - 1] = first;
}

static struct leaf leaf_at(const struct walk *walk, uint64_t entry)
{
    struct leaf leaf = {
        .bytes = UINT64_C(1) << (12 + 9 * walk->level), .write = true, .execute = true, .user = true};
    for (unsigned level = walk->level; level < LEVELS; level++) {
        uint64_t above = walk->tables[level][walk->index[level]];
        leaf.address |= (uint64_t)walk->index[level] << (12 + 9 * level);
        leaf.write &= (above & WRITE) != 0;
        leaf.execute &= (above & NO_EXECUTE) == 0;
        leaf.user &= (above & USER) != 0;
    }
    if (leaf.address >> 47)
        leaf.address |= UINT64_C(0xffff) << 48;
    leaf.physical = entry & ADDRESS & ~(leaf.bytes - 1);
    return leaf;
}

static bool walk_next(struct walk *walk, struct leaf *ret_leaf)
{
    for (;;) {
        if (walk->index[walk->level] == ENTRIES) {
            if (++walk->level >= LEVELS)
                return false;
            walk->index[walk->level]++;
            continue;
        }
        uint64_t entry = walk->tables[walk->level][walk->index[walk->level]];
        if ((entry & PRESENT) && walk->level > 0 && !(entry & LARGE)) {
            walk->tables[--walk->level] = x86_direct(entry & ADDRESS);
            walk->index[walk->level] = 0;
            continue;
        }
        if (entry & PRESENT)
            *ret_leaf = leaf_at(walk, entry);
        walk->index[walk->level]++;
        if (entry & PRESENT)
            return true;
    }
}

static bool find(uint64_t root, uint64_t address, struct leaf *ret_leaf)
{
    struct walk walk;
    walk_begin(&walk, root, 0);
    while (walk_next(&walk, ret_leaf))
        if (address - ret_leaf->address < ret_leaf->bytes)
            return true;
    return false;
}

static bool is_mapped(const uint8_t *symbol)
{
    struct leaf leaf;
    return find(x86_kernel_tables(), (uintptr_t)symbol, &leaf);
}

/* --- The kernel's half ---------------------------------------------------------------- */

TAP_TEST(no_page_of_the_kernel_is_writable_and_executable_or_the_programs)
{
    struct walk walk;
    struct leaf leaf;
    uint64_t executable = 0, writable = 0, text_bytes = (uintptr_t)x86_text_end - (uintptr_t)x86_image_start;
    walk_begin(&walk, x86_kernel_tables(), 0);
    while (walk_next(&walk, &leaf)) {
        TAP_CHECK(leaf.address >= X86_DIRECT_VADDR);
        TAP_CHECK(!leaf.user);
        TAP_CHECK(!(leaf.write && leaf.execute));
        executable += leaf.execute ? leaf.bytes : 0;
        writable += leaf.write ? leaf.bytes : 0;
    }
    TAP_EQ(executable, text_bytes);
    TAP_CHECK(writable > (UINT64_C(100) << 20)); /* the walk did see the machine's memory */
}

TAP_TEST(code_and_constants_of_the_kernel_are_nowhere_writable)
{
    struct walk walk;
    struct leaf leaf;
    uint64_t start = (uintptr_t)x86_image_start - X86_KERNEL_VADDR;
    uint64_t end = (uintptr_t)x86_rodata_end - X86_KERNEL_VADDR;
    uint64_t seen = 0;
    walk_begin(&walk, x86_kernel_tables(), 0);
    while (walk_next(&walk, &leaf)) {
        if (leaf.physical + leaf.bytes <= start || leaf.physical >= end)
            continue;
        seen += leaf.bytes;
        TAP_CHECK(!leaf.write);
        TAP_EQ(leaf.execute, leaf.address < (uintptr_t)x86_text_end);
    }
    TAP_EQ(seen, end - start); /* and have no second address */
}

TAP_TEST(stacks_of_the_kernel_are_mapped_and_the_pages_below_them_are_not)
{
    const uint8_t *const guards[] = {x86_guards, x86_stack_end, x86_debug_stack_end, x86_nmi_stack_end};
    const uint8_t *const ends[] = {x86_stack_end, x86_debug_stack_end, x86_nmi_stack_end,
                                   x86_fault_stack_end};
    for (int i = 0; i < 4; i++) {
        TAP_CHECK(!is_mapped(guards[i]));
        for (const uint8_t *page = guards[i] + CAPOS_PAGE_BYTES; page < ends[i]; page += CAPOS_PAGE_BYTES)
            TAP_CHECK(is_mapped(page));
    }
    TAP_EQ((uintptr_t)x86_fault_stack_end, (uintptr_t)x86_image_end);
}

TAP_TEST(the_kernels_tables_map_nothing_below_the_middle)
{
    const uint64_t *top = x86_direct(x86_kernel_tables());
    TAP_EQ(x86_read_cr3() & ADDRESS, x86_kernel_tables());
    for (unsigned i = 0; i < USER_ENTRIES; i++)
        TAP_EQ(top[i], 0);
}

/* --- The program's half ------------------------------------------------------------------- */

static struct mini_process *make(void)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    struct mini_process *process = mini_create(contract_image(), &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process is created");
    return process;
}

static uint64_t tables_of(struct mini_process *process)
{
    return x86_process_of(&process->process)->tables;
}

/* What access there may be at an address: enum elf_access, 0 for none. */
static uint32_t access_at(const struct elf_image *image, uint64_t address)
{
    if (address == CAPOS_ENTRY_VADDR)
        return ELF_READ | ELF_EXECUTE;
    if (address == CAPOS_CAPSET_VADDR)
        return ELF_READ;
    if (address == CAPOS_RING_VADDR)
        return ELF_READ | ELF_WRITE;
    for (uint32_t i = 0; i < image->segment_count; i++)
        if (address - image->segments[i].address < image->segments[i].mapped_bytes)
            return image->segments[i].access | ELF_READ;
    uint64_t stack = kernel_stack_layout(image, X86_LIMIT).bytes;
    return address >= X86_LIMIT - stack && address < X86_LIMIT ? ELF_READ | ELF_WRITE : 0;
}

static uint64_t pages_of(const struct elf_image *image)
{
    uint64_t bytes = 3 * CAPOS_PAGE_BYTES + kernel_stack_layout(image, X86_LIMIT).bytes;
    for (uint32_t i = 0; i < image->segment_count; i++)
        bytes += image->segments[i].mapped_bytes;
    return bytes / CAPOS_PAGE_BYTES;
}

TAP_TEST(a_program_has_its_pages_and_no_other)
{
    struct walk walk;
    struct leaf leaf;
    uint64_t pages = 0;
    mini_open();
    struct mini_process *process = make();
    TAP_STOP_IF_FAILED();
    walk_begin(&walk, tables_of(process), 0);
    while (walk_next(&walk, &leaf) && leaf.address < X86_DIRECT_VADDR) {
        uint32_t access = access_at(contract_image(), leaf.address);
        TAP_CHECK(access != 0);
        TAP_CHECK(leaf.user && leaf.bytes == CAPOS_PAGE_BYTES);
        TAP_EQ(leaf.write, (access & ELF_WRITE) != 0);
        TAP_EQ(leaf.execute, (access & ELF_EXECUTE) != 0);
        pages++;
    }
    TAP_EQ(pages, pages_of(contract_image()));
    mini_free(process);
    mini_close();
}

TAP_TEST(every_process_has_the_kernels_half)
{
    struct mini_process *all[3];
    const uint64_t *kernel = x86_direct(x86_kernel_tables());
    mini_open();
    for (int i = 0; i < 3; i++) {
        all[i] = make();
        TAP_STOP_IF_FAILED();
    }
    for (int i = 0; i < 3; i++) {
        const uint64_t *top = x86_direct(tables_of(all[i]));
        for (unsigned entry = USER_ENTRIES; entry < ENTRIES; entry++)
            TAP_EQ(top[entry], kernel[entry]);
    }
    for (int i = 0; i < 3; i++)
        mini_free(all[i]);
    mini_close();
}

/* Each writable page of one process against all pages of another. */
static void check_apart(uint64_t writer, uint64_t other)
{
    struct walk writes, reads;
    struct leaf written, read;
    walk_begin(&writes, writer, 0);
    while (walk_next(&writes, &written) && written.address < X86_DIRECT_VADDR) {
        if (!written.write)
            continue;
        walk_begin(&reads, other, 0);
        while (walk_next(&reads, &read) && read.address < X86_DIRECT_VADDR)
            TAP_CHECK(read.physical != written.physical);
    }
}

TAP_TEST(what_one_process_can_write_no_other_can_reach)
{
    mini_open();
    struct mini_process *a = make(), *b = make();
    TAP_STOP_IF_FAILED();
    check_apart(tables_of(a), tables_of(b));
    TAP_STOP_IF_FAILED();
    check_apart(tables_of(b), tables_of(a));
    TAP_STOP_IF_FAILED();
    struct leaf of_a, of_b;
    TAP_CHECK(find(tables_of(a), CAPOS_IMAGE_VADDR, &of_a) && find(tables_of(b), CAPOS_IMAGE_VADDR, &of_b));
    TAP_EQ(of_a.physical, of_b.physical); /* code is shared */
    mini_free(a);
    mini_free(b);
    mini_close();
}
