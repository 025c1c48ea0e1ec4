/* kernel/x86_64/pvh.c: what a boot loader says, right, odd and wrong. */
#include <string.h>

#include "kernel/x86_64/x86_64.h"
#include "tests/tap.h"
#include "tests/x86_64/target/panics.h"

enum { START_MAGIC = 0x336ec578, RAM = 1, RESERVED = 2, ENTRIES = 40 };

/* As Xen's public/arch-x86/hvm/start_info.h has it. */
static struct loader {
    struct {
        uint32_t magic, version, flags, module_count;
        uint64_t modules, command_line, rsdp, memory_map;
        uint32_t memory_entries, zero;
    } start;
    struct {
        uint64_t address, bytes, command_line, zero;
    } modules[2];
    struct {
        uint64_t address, bytes;
        uint32_t type, zero;
    } map[ENTRIES];
    char line[2000];
} * loader;

static struct x86_boot_info info;

/* A loader that says nothing but its name. */
static void begin(void)
{
    loader = x86_memory_carve(sizeof *loader);
    memset(loader, 0, sizeof *loader);
    loader->start.magic = START_MAGIC;
    loader->start.version = 1;
    loader->start.memory_map = x86_physical(loader->map);
    memset(&info, 0xff, sizeof info);
}

static void add(uint64_t address, uint64_t bytes, uint32_t type)
{
    uint32_t at = loader->start.memory_entries++;
    loader->map[at].address = address;
    loader->map[at].bytes = bytes;
    loader->map[at].type = type;
}

static void read_it(void)
{
    x86_pvh_read((uint32_t)x86_physical(loader), &info);
}

TAP_TEST(a_loader_that_says_nothing_gives_nothing)
{
    begin();
    read_it();
    TAP_EQ(info.ram_count, 0);
    TAP_STR_EQ(info.command_line, "");
    TAP_EQ(info.package.start, 0);
    TAP_EQ(info.package.end, 0);
}

TAP_TEST(memory_is_whole_pages_above_one_mebibyte_in_ascending_order)
{
    begin();
    add(0x40000000, 0x100000, RAM);
    add(0, 0x9fc00, RAM);                 /* below */
    add(0xf0000, 0x20fff, RAM);           /* across; ends within a page */
    add(0x7ff000, 0x1000, RESERVED);      /* not memory */
    add(0x200001, 0x2ffe, RAM);           /* one whole page in it */
    add(0x300001, 0x1ffe, RAM);           /* none */
    add(0x500000, 0, RAM);                /* nothing */
    add(UINT64_MAX - 0xfff, 0x2000, RAM); /* beyond the end of addresses */
    read_it();
    TAP_EQ(info.ram_count, 3);
    TAP_EQ(info.ram[0].start, 0x100000);
    TAP_EQ(info.ram[0].end, 0x110000);
    TAP_EQ(info.ram[1].start, 0x201000);
    TAP_EQ(info.ram[1].end, 0x202000);
    TAP_EQ(info.ram[2].start, 0x40000000);
    TAP_EQ(info.ram[2].end, 0x40100000);
}

TAP_TEST(more_memory_ranges_than_places_are_left_out)
{
    begin();
    for (uint64_t i = 0; i < ENTRIES; i++)
        add(0x10000000 - i * 0x100000, 0x1000, RAM);
    read_it();
    TAP_EQ(info.ram_count, X86_RANGES_MAX);
    for (uint32_t i = 1; i < X86_RANGES_MAX; i++)
        TAP_CHECK(info.ram[i - 1].end <= info.ram[i].start);
}

TAP_TEST(the_first_module_is_the_package_to_the_byte)
{
    begin();
    loader->start.module_count = 2;
    loader->start.modules = x86_physical(loader->modules);
    loader->modules[0].address = 0x123008;
    loader->modules[0].bytes = 77;
    loader->modules[1].address = 0x999000;
    loader->modules[1].bytes = 5;
    read_it();
    TAP_EQ(info.package.start, 0x123008);
    TAP_EQ(info.package.end, 0x123008 + 77);
}

TAP_TEST(the_command_line_is_copied_and_cut_at_its_room)
{
    begin();
    loader->start.command_line = x86_physical(loader->line);
    memcpy(loader->line, "echo quantum=7", 15);
    read_it();
    TAP_STR_EQ(info.command_line, "echo quantum=7");
    memset(loader->line, 'x', sizeof loader->line);
    read_it();
    TAP_EQ(strlen(info.command_line), X86_COMMAND_LINE_MAX - 1);
}

TAP_TEST(what_is_no_pvh_loader_is_told)
{
    static const char text[] =
        "not started by a PVH boot loader with a memory map: start it by qemu-system-x86_64 -kernel";
    begin();
    loader->start.magic++;
    TAP_STR_EQ(target_panics(read_it), text);
    loader->start.magic--;
    loader->start.version = 0;
    TAP_STR_EQ(target_panics(read_it), text);
    loader->start.version = 1;
    TAP_CHECK(!target_panics(read_it));
}

TAP_TEST(a_loader_with_lists_that_are_not_mapped_is_told)
{
    static const char text[] = "the boot loader's information lies above 1 GiB";
    begin();
    loader->start.command_line = UINT64_C(1) << 30;
    TAP_STR_EQ(target_panics(read_it), text);
    loader->start.command_line = UINT64_MAX; /* its end is beyond the last address */
    TAP_STR_EQ(target_panics(read_it), text);
    loader->start.command_line = 0;
    loader->start.memory_entries = 1;
    loader->start.memory_map = UINT64_MAX - 7;
    TAP_STR_EQ(target_panics(read_it), text);
}
