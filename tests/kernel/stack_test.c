/*
 * Where stack and thread-local data lie, for every size and alignment that elf_open() lets through.
 */
#include "kernel/core/stack.h"

#include "capos/abi.h"
#include "kernel/core/elf.h"
#include "tests/tap.h"

enum { TLS_MAX = 4096 };
static const uint64_t limit = UINT64_C(0x400001000000);

TAP_TEST(a_stack_ends_at_the_limit)
{
    const struct elf_image image = {.stack_bytes = 3 * CAPOS_PAGE_BYTES};
    struct stack_layout layout = kernel_stack_layout(&image, limit);
    TAP_EQ(layout.bytes, 3 * CAPOS_PAGE_BYTES);
    TAP_EQ(layout.stack_pointer, limit);
    TAP_EQ(layout.thread_pointer, 0);
}

TAP_TEST(thread_local_data_never_takes_from_the_stack)
{
    for (uint64_t align = 1; align <= TLS_MAX; align *= 2) {
        for (uint64_t bytes = 1; bytes <= TLS_MAX; bytes++) {
            const struct elf_image image = {
                .stack_bytes = CAPOS_PAGE_BYTES, .tls_bytes = bytes, .tls_align = align};
            struct stack_layout layout = kernel_stack_layout(&image, limit);
            TAP_EQ(layout.bytes % CAPOS_PAGE_BYTES, 0);
            TAP_EQ(layout.stack_pointer % 16, 0);
            TAP_EQ(layout.thread_pointer % align, 0);
            TAP_EQ(layout.tls_block % align, 0);
            TAP_CHECK(layout.thread_pointer + 64 <= limit);
            TAP_CHECK(layout.tls_block + bytes <= layout.thread_pointer);
            TAP_CHECK(layout.stack_pointer <= layout.tls_block);
            TAP_CHECK(layout.stack_pointer - (limit - layout.bytes) >= image.stack_bytes);
        }
    }
}
