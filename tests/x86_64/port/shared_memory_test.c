/*
 * Shared memory on the bare machine when there are too few frames: whichever is missing, nothing changes and
 * nothing is lost.
 */
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

enum { PAGES = 5 };

/* Lets the nth frame from now on be the one that is missing; 0: none. */
static void miss(uint64_t nth)
{
    x86_port.memory.fail_at = nth ? x86_port.memory.takes + nth : 0;
}

TAP_TEST(memory_without_frames_is_refused)
{
    struct port_memory memory;
    mini_open();
    uint64_t before = x86_frames_free();
    for (uint64_t nth = 1; nth <= PAGES; nth++) {
        miss(nth);
        TAP_EQ(port_memory_create(mini.kernel, PAGES * CAPOS_PAGE_BYTES, &memory), CAP_ERR_NO_MEMORY);
        TAP_EQ(x86_frames_free(), before);
    }
    TAP_EQ(port_memory_create(mini.kernel, PAGES * CAPOS_PAGE_BYTES, &memory), CAP_OK);
    TAP_EQ(x86_frames_free(), before - PAGES);
    miss(0);
    port_memory_destroy(mini.kernel, &memory);
    TAP_EQ(x86_frames_free(), before);
    mini_close();
}

TAP_TEST(more_memory_than_there_is_is_refused)
{
    struct port_memory memories[8];
    unsigned count = 0;
    mini_open();
    uint64_t before = x86_frames_free();
    while (count < 8 && port_memory_create(mini.kernel, KERNEL_MEMORY_BYTES_MAX, &memories[count]) == CAP_OK)
        count++;
    TAP_EQ(x86_frames_free(), before - count * KERNEL_MEMORY_BYTES_MAX / CAPOS_PAGE_BYTES);
    for (unsigned i = 0; i < count; i++)
        port_memory_destroy(mini.kernel, &memories[i]);
    TAP_CHECK(count < 8);
    TAP_EQ(x86_frames_free(), before);
    mini_close();
}

/* The first page of a place takes three tables: for 512 GiB, 1 GiB, 2 MiB. A page in the next 2 MiB one more.
 */
TAP_TEST(a_map_without_frames_for_its_tables_changes_nothing)
{
    const struct program_command command = {PROGRAM_LOOK, KERNEL_PLACE_AT(0), 0, 1};
    const size_t bytes = 513 * (size_t)CAPOS_PAGE_BYTES;
    struct port_memory memory;
    uint8_t byte;
    mini_open();
    TAP_EQ(port_memory_create(mini.kernel, bytes, &memory), CAP_OK);
    for (uint64_t nth = 1; nth <= 4; nth++) {
        struct mini_process *process = mini_create(contract_image(), &command);
        TAP_CHECK(process);
        miss(nth);
        TAP_EQ(port_memory_map(mini.kernel, &process->process, 0, &memory, true), CAP_ERR_NO_MEMORY);
        miss(0);
        TAP_EQ(memory.mapped, 0);
        for (size_t at = 0; at < bytes; at += CAPOS_PAGE_BYTES)
            TAP_CHECK(!port_copy_in(&process->process, &byte, KERNEL_PLACE_AT(0) + at, 1));
        TAP_EQ(port_memory_map(mini.kernel, &process->process, 0, &memory, true), CAP_OK);
        TAP_CHECK(port_writable(&process->process, KERNEL_PLACE_AT(0), bytes));
        mini_free(process);
    }
    port_memory_destroy(mini.kernel, &memory);
    mini_close();
}
