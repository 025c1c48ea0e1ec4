/*
 * kernel/x86_64/user_copy.c: the edges of pages, of what is mapped, and of
 * addresses. Holds docs/security.md, clause 4.
 */
#include <string.h>

#include "kernel/core/stack.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

enum { PAGE = CAPOS_PAGE_BYTES };

static struct mini_process *process;
static struct process *of;
static uint64_t stack; /* its first address; it ends at X86_LIMIT */
static uint8_t bytes[4 * PAGE], back[4 * PAGE];

static void begin(void)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    mini_open();
    process = mini_create(contract_image(), &command);
    TAP_CHECK(process);
    of = &process->process;
    stack = X86_LIMIT - kernel_stack_layout(contract_image(), X86_LIMIT).bytes;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / PAGE + 1);
}

static void end(void)
{
    mini_free(process);
    mini_close();
}

/* So that the pages of the stack do not lie behind one another in memory. */
static void swap_pages(uint64_t a, uint64_t b)
{
    struct x86_process *x86 = x86_process_of(of);
    uint64_t at_a = x86_physical(x86_space_find(x86, a, true)),
             at_b = x86_physical(x86_space_find(x86, b, true));
    x86_space_unmap(x86, a);
    x86_space_unmap(x86, b);
    x86_space_map(x86, a, at_b, ELF_READ | ELF_WRITE);
    x86_space_map(x86, b, at_a, ELF_READ | ELF_WRITE);
}

TAP_TEST(copies_go_across_pages_wherever_they_begin_and_end)
{
    static const size_t edges[] = {0, 1, 7, PAGE / 2, PAGE - 1};
    enum { EDGES = sizeof edges / sizeof edges[0] };
    begin();
    TAP_STOP_IF_FAILED();
    swap_pages(stack, stack + 2 * PAGE);
    swap_pages(stack + PAGE, stack + 3 * PAGE);
    for (size_t from = 0; from < EDGES; from++)
        for (size_t to = 0; to < EDGES; to++)
            for (size_t pages = 1; pages <= 3; pages++) {
                uint64_t at = stack + edges[from];
                size_t count = pages * PAGE + edges[to] - edges[from];
                memset(back, 0, sizeof back);
                TAP_CHECK(port_copy_out(of, stack, back, sizeof back)); /* zeroes */
                TAP_CHECK(port_copy_out(of, at, bytes, count));
                TAP_CHECK(port_copy_in(of, back, at, count));
                TAP_MEM_EQ(back, bytes, count);
                TAP_CHECK(port_copy_in(of, back, stack, sizeof back)); /* nothing before, nothing behind */
                for (size_t i = 0; i < sizeof back; i++)
                    TAP_EQ(back[i], i >= edges[from] && i - edges[from] < count ? bytes[i - edges[from]] : 0);
            }
    swap_pages(stack, stack + 2 * PAGE);
    swap_pages(stack + PAGE, stack + 3 * PAGE);
    end();
}

/* What was read is not known to be writable; pages that share a place do not answer for each other. */
TAP_TEST(what_was_found_of_a_page_is_found_for_it_alone)
{
    enum { PAGES = 2 * X86_FOUND_PAGES };
    begin();
    TAP_STOP_IF_FAILED();
    TAP_CHECK(port_copy_in(of, back, CAPOS_IMAGE_VADDR, 1) && port_copy_in(of, back, CAPOS_IMAGE_VADDR, 1));
    TAP_CHECK(!port_copy_out(of, CAPOS_IMAGE_VADDR, bytes, 1));
    TAP_CHECK(!port_copy_in(of, back, 0, 1));
    TAP_CHECK(port_copy_out(of, stack, "s", 1));
    for (uint64_t i = 1; i <= PAGES; i++)
        TAP_CHECK(!port_copy_in(of, back, stack - i * PAGE, 1));
    TAP_CHECK(port_copy_in(of, back, stack, 1));
    TAP_EQ(back[0], 's');
    end();
}

TAP_TEST(copies_into_what_ends_copy_nothing)
{
    uint8_t zeroes[64] = {0};
    begin();
    TAP_STOP_IF_FAILED();
    TAP_CHECK(!port_copy_out(of, X86_LIMIT - 32, bytes, 33));
    TAP_CHECK(port_copy_in(of, back, X86_LIMIT - 64, 32));
    TAP_CHECK(port_copy_out(of, X86_LIMIT - 32, bytes, 32));
    TAP_CHECK(port_copy_in(of, back, X86_LIMIT - 32, 32));
    TAP_MEM_EQ(back, bytes, 32);
    memset(back, 0, sizeof back);
    TAP_CHECK(!port_copy_in(of, back, X86_LIMIT - 32, 33));
    TAP_CHECK(!port_copy_in(of, back, stack - 1, 64));
    TAP_CHECK(!port_copy_in(of, back, stack - PAGE, 2 * PAGE));
    TAP_MEM_EQ(back, zeroes, sizeof zeroes);

    /* A hole in the middle. */
    x86_space_unmap(x86_process_of(of), stack + PAGE);
    x86_space_map(x86_process_of(of), stack + PAGE, 0, 0);
    TAP_CHECK(port_copy_out(of, stack + PAGE - 64, zeroes, 64));
    TAP_CHECK(port_copy_in(of, back, stack + PAGE - 64, 64)); /* readable, as all that is present */
    TAP_CHECK(!port_copy_out(of, stack + PAGE - 64, bytes, PAGE + 128));
    TAP_CHECK(!port_writable(of, stack + PAGE - 1, 2));
    TAP_CHECK(port_writable(of, stack + PAGE - 1, 1) && port_writable(of, stack + 2 * PAGE, 1));
    TAP_CHECK(port_copy_in(of, back, stack + PAGE - 64, 64));
    TAP_MEM_EQ(back, zeroes, 64);
    end();
}

TAP_TEST(copies_at_addresses_that_cannot_be_are_refused)
{
    static const uint64_t far[] = {
        X86_LIMIT,
        X86_LIMIT + PAGE,
        UINT64_C(1) << 47,
        UINT64_C(0xffff7fffffffffff),
        X86_DIRECT_VADDR,
        X86_DEVICE_VADDR,
        X86_KERNEL_VADDR + X86_LOAD_PADDR,
        UINT64_MAX,
        CAPOS_ENTRY_VADDR,
        CAPOS_CAPSET_VADDR,
        CAPOS_RING_VADDR,
        CAPOS_IMAGE_VADDR - 1,
        0,
    };
    begin();
    TAP_STOP_IF_FAILED();
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        TAP_CHECK(!port_copy_in(of, back, far[i], 1));
        TAP_CHECK(!port_copy_out(of, far[i], bytes, 1));
        TAP_CHECK(!port_writable(of, far[i], 1));
        TAP_CHECK(port_copy_in(of, NULL, far[i], 0) && port_copy_out(of, far[i], NULL, 0));
        TAP_CHECK(port_writable(of, far[i], 0));
    }
    /* Bits that the tables have no index for do not alias what is mapped. */
    for (unsigned bit = 47; bit < 64; bit++)
        TAP_CHECK(!port_copy_in(of, back, stack | UINT64_C(1) << bit, 1));
    TAP_CHECK(!port_writable(of, stack, (size_t)(X86_LIMIT - stack) + 1));
    TAP_CHECK(port_writable(of, stack, (size_t)(X86_LIMIT - stack)));
    TAP_CHECK(!port_writable(of, stack, SIZE_MAX) && !port_writable(of, stack, SIZE_MAX - stack + 1));
    end();
}
