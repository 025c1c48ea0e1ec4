/*
 * What gcc's kernel address sanitizer calls. A byte of shadow says for 8 bytes of memory
 * how many of them may be touched (0: all; negative: none). There is shadow for
 * the kernel image, where the compiler poisons redzones around globals and
 * stack variables, and for the direct map of the first 128 MiB, where freed frames
 * and records are poisoned. Accesses elsewhere pass.
 *
 * The shadow lies in the image's zeroed memory. Two entries of every top page
 * table lead to it: of the boot's tables, before C begins (__wrap_x86_main), then of the kernel's and of
 * each process's, when they are made. Compiled without sanitizers; rules.mk wraps the functions.
 */
#include <string.h>

#define KERNEL_POISONS 1 /* as the kernel that it is for */
#include "kernel/core/poison.h"
#include "kernel/x86_64/instructions.h"
#include "tests/x86_64/sanitizer/report.h"

/* As -fasan-shadow-offset of rules.mk. */
#define SHADOW_OFFSET 0xdffffc0000000000
enum { GRAIN = 8, LARGE = 2 << 20, ENTRIES = 512 };
enum { DIRECT_BYTES = 128 << 20, IMAGE_BYTES = 64 << 20 };
enum { DIRECT_SHADOW = DIRECT_BYTES / GRAIN, IMAGE_SHADOW = IMAGE_BYTES / GRAIN };
enum { PRESENT_WRITABLE = 3, PTE_LARGE = 0x80 };
#define NO_EXECUTE (UINT64_C(1) << 63)

enum poison {
    POISON_FREE = 0xfb,
    POISON_GLOBAL = 0xf9,
};

static uint8_t direct_shadow[DIRECT_SHADOW] __attribute__((aligned(LARGE)));
static uint8_t image_shadow[IMAGE_SHADOW] __attribute__((aligned(LARGE)));

/* For each of the two: the tables of the third and the second level. The kernel's own lie outside of the
 * image. */
typedef uint64_t shadow_tables[2][2][ENTRIES];
static shadow_tables boot_tables __attribute__((aligned(CAPOS_PAGE_BYTES)));

static uint64_t shadow_address(uint64_t address)
{
    return (address >> 3) + SHADOW_OFFSET;
}

static bool has_shadow(uint64_t address, size_t bytes)
{
    return (address >= X86_DIRECT_VADDR && address + bytes <= X86_DIRECT_VADDR + DIRECT_BYTES) ||
           (address >= X86_KERNEL_VADDR && address - X86_KERNEL_VADDR + bytes <= IMAGE_BYTES);
}

/* --- Mapping -------------------------------------------------------------------------------- */

static unsigned index_of(uint64_t address, unsigned level)
{
    return address >> (12 + 9 * level) & (ENTRIES - 1);
}

static uint64_t physical_of(const void *memory)
{
    uintptr_t address = (uintptr_t)memory;
    return address >= X86_KERNEL_VADDR ? address - X86_KERNEL_VADDR : x86_physical(memory);
}

static void hang_in(uint64_t *top, uint64_t memory, uint64_t tables[2][ENTRIES], const uint8_t *shadow,
                    size_t bytes)
{
    uint64_t address = shadow_address(memory);
    top[index_of(address, 3)] = physical_of(tables[0]) | PRESENT_WRITABLE;
    tables[0][index_of(address, 2)] = physical_of(tables[1]) | PRESENT_WRITABLE;
    for (size_t at = 0; at < bytes; at += LARGE)
        tables[1][index_of(address + at, 1)] =
            (physical_of(shadow) + at) | PRESENT_WRITABLE | PTE_LARGE | NO_EXECUTE;
}

static void map_shadow(uint64_t top_table, shadow_tables tables)
{
    uint64_t *top = x86_direct(top_table);
    hang_in(top, X86_DIRECT_VADDR, tables[0], direct_shadow, sizeof direct_shadow);
    hang_in(top, X86_KERNEL_VADDR, tables[1], image_shadow, sizeof image_shadow);
}

SANITIZER_ENTRY(void, __real_x86_map_kernel, (const struct x86_boot_info *info));
SANITIZER_ENTRY(bool, __real_x86_space_make, (struct x86_process * process));
SANITIZER_ENTRY(void, __real_x86_main, (uint32_t start_info));

SANITIZER_ENTRY(void, __wrap_x86_map_kernel, (const struct x86_boot_info *info))
{
    __real_x86_map_kernel(info);
    void *tables = x86_memory_carve(sizeof(shadow_tables));
    if (!tables)
        x86_panic("no memory for the tables of the shadow");
    memset(tables, 0, sizeof(shadow_tables));
    map_shadow(x86_kernel_tables(), tables);
}

SANITIZER_ENTRY(bool, __wrap_x86_space_make, (struct x86_process * process))
{
    if (!__real_x86_space_make(process))
        return false;
    const uint64_t *kernel = x86_direct(x86_kernel_tables());
    uint64_t *top = x86_direct(process->tables);
    const unsigned direct = index_of(shadow_address(X86_DIRECT_VADDR), 3),
                   image = index_of(shadow_address(X86_KERNEL_VADDR), 3);
    top[direct] = kernel[direct];
    top[image] = kernel[image];
    return true;
}

SANITIZER_ENTRY(void, __wrap_x86_main, (uint32_t start_info))
{
    extern void (*const x86_init_array[])(void), (*const x86_init_array_end[])(void);
    map_shadow(x86_read_cr3() & ~(uint64_t)(CAPOS_PAGE_BYTES - 1), boot_tables);
    for (void (*const *constructor)(void) = x86_init_array; constructor < x86_init_array_end; constructor++)
        (*constructor)();
    __real_x86_main(start_info);
}

/* --- Poison --------------------------------------------------------------------------------- */

static void set_shadow(uint64_t address, size_t bytes, uint8_t value)
{
    if (has_shadow(address, bytes))
        memset((void *)shadow_address(address), value, bytes / GRAIN);
}

void kernel_poison(const void *memory, size_t bytes)
{
    set_shadow((uintptr_t)memory, bytes, POISON_FREE);
}

void kernel_unpoison(const void *memory, size_t bytes)
{
    set_shadow((uintptr_t)memory, bytes, 0);
}

struct global {
    uintptr_t start;
    size_t bytes, bytes_with_redzone;
    const char *name, *module;
    size_t has_constructor;
    void *place;
    size_t indicator;
};

SANITIZER_ENTRY(void, __asan_register_globals, (const struct global *globals, size_t count))
{
    for (size_t i = 0; i < count; i++) {
        const struct global *global = &globals[i];
        size_t whole = (global->bytes + GRAIN - 1) / GRAIN * GRAIN;
        if (global->bytes % GRAIN)
            *(uint8_t *)shadow_address(global->start + whole - GRAIN) = global->bytes % GRAIN;
        set_shadow(global->start + whole, global->bytes_with_redzone - whole, POISON_GLOBAL);
    }
}

SANITIZER_ENTRY(void, __asan_unregister_globals, (const struct global *globals, size_t count))
{
    (void)globals, (void)count;
}

/* A longjmp, or a panic that a test goes on after: the frames that it leaves clear nothing. */
SANITIZER_ENTRY(void, __asan_handle_no_return, (void))
{
    extern const uint8_t x86_guards[], x86_stack_end[];
    set_shadow((uintptr_t)x86_guards, (size_t)(x86_stack_end - x86_guards), 0);
}

/* --- Checks ----------------------------------------------------------------------------------- */

static const char *kind_of(uint8_t shadow)
{
    switch (shadow) {
    case POISON_FREE:
        return "memory that is free";
    case POISON_GLOBAL:
        return "beyond a global";
    default:
        return shadow < GRAIN ? "beyond the end of an object" : "beyond a variable on the stack";
    }
}

static _Noreturn void report(uint64_t address, size_t bytes, const char *access, const void *from)
{
    char line[160];
    struct text text = KERNEL_TEXT_IN(line);
    uint8_t shadow = 0;
    for (uint64_t at = address & ~(uint64_t)(GRAIN - 1); at < address + bytes && !shadow; at += GRAIN)
        shadow = *(const uint8_t *)shadow_address(at);
    kernel_text_add(&text, "kasan: ");
    kernel_text_add(&text, access);
    kernel_text_add(&text, " of ");
    kernel_text_add_number(&text, bytes);
    kernel_text_add(&text, " bytes at ");
    kernel_text_add_hex(&text, address);
    kernel_text_add(&text, ", ");
    kernel_text_add(&text, kind_of(shadow));
    kernel_text_add(&text, ", by the code at ");
    kernel_text_add_hex(&text, (uintptr_t)from);
    __asan_handle_no_return();
    x86_panic(line);
}

static bool good(uint64_t address, size_t bytes)
{
    if (bytes == 0 || !has_shadow(address, bytes))
        return true;
    for (uint64_t at = address & ~(uint64_t)(GRAIN - 1); at < address + bytes; at += GRAIN) {
        int8_t shadow = *(const int8_t *)shadow_address(at);
        uint64_t end = address + bytes < at + GRAIN ? address + bytes - at : GRAIN;
        if (shadow != 0 && (shadow < 0 || end > (uint64_t)shadow))
            return false;
    }
    return true;
}

#define CHECK(address, bytes, access)                                                                        \
    if (!good(address, bytes))                                                                               \
    report(address, bytes, access, __builtin_return_address(0))

#define CHECKS(bytes)                                                                                        \
    SANITIZER_ENTRY(void, __asan_load##bytes##_noabort, (uint64_t address))                                  \
    {                                                                                                        \
        CHECK(address, bytes, "a read");                                                                     \
    }                                                                                                        \
    SANITIZER_ENTRY(void, __asan_store##bytes##_noabort, (uint64_t address))                                 \
    {                                                                                                        \
        CHECK(address, bytes, "a write");                                                                    \
    }

CHECKS(1)
CHECKS(2)
CHECKS(4)
CHECKS(8)
CHECKS(16)

SANITIZER_ENTRY(void, __asan_loadN_noabort, (uint64_t address, size_t bytes))
{
    CHECK(address, bytes, "a read");
}

SANITIZER_ENTRY(void, __asan_storeN_noabort, (uint64_t address, size_t bytes))
{
    CHECK(address, bytes, "a write");
}
