/*
 * The contract between the core and a port, for memory that processes share.
 * Holds docs/security.md, clause 23.
 */
#include <string.h>

#include "tests/port/contract.h"

enum { PAGE = CAPOS_PAGE_BYTES, LAST_PLACE = KERNEL_PLACES - 1 };

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

static struct mini_process *start(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct program_command command = {operation, a, b, c};
    struct mini_process *process = mini_start(contract_image(), &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process starts");
    return process;
}

/* A process that waits in its first cap_enter. */
static struct mini_process *start_waiting(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    mini.on_enter = wait_always;
    struct mini_process *process = start(operation, a, b, c);
    if (process)
        mini_wait(&process->waits);
    return process;
}

static void wake(struct mini_process *process)
{
    process->waits = false;
    port_wake(mini.kernel, &process->process, 1);
}

static struct mini_process run_on(struct mini_process *process)
{
    wake(process);
    mini_wait_gone(process);
    struct mini_process result = *process;
    if (process->gone)
        mini_free(process);
    return result;
}

static void make(struct port_memory *memory, size_t bytes)
{
    TAP_EQ(port_memory_create(mini.kernel, bytes, memory), CAP_OK);
    TAP_EQ(memory->bytes, (bytes + PAGE - 1) / PAGE * PAGE);
    TAP_EQ(memory->mapped, 0);
}

static void map(struct mini_process *process, uint32_t place, struct port_memory *memory, bool writable)
{
    TAP_EQ(port_memory_map(mini.kernel, &process->process, place, memory, writable), CAP_OK);
}

static void unmap(struct mini_process *process, uint32_t place)
{
    port_memory_unmap(mini.kernel, &process->process, place);
}

static void destroy(struct port_memory *memory)
{
    TAP_EQ(memory->mapped, 0);
    port_memory_destroy(mini.kernel, memory);
}

static void check_fault_at(struct mini_process result, uint64_t address)
{
    TAP_CHECK(result.faulted && !result.exited);
    TAP_EQ(result.fault.kind, FAULT_MEMORY);
    TAP_EQ(result.fault.address, address);
}

TAP_TEST(what_one_writes_others_read)
{
    const uint64_t written_at = KERNEL_PLACE_AT(0) + 2 * PAGE + 17;
    const uint64_t read_at = KERNEL_PLACE_AT(LAST_PLACE) + 2 * PAGE + 17;
    uint8_t byte = 0;
    mini_open();
    struct port_memory memory;
    make(&memory, 3 * PAGE);
    struct mini_process *writer = start_waiting(PROGRAM_PUT, written_at, 0xa5, 1);
    struct mini_process *reader = start_waiting(PROGRAM_LOOK, read_at, 0, 1);
    struct mini_process *late = start_waiting(PROGRAM_LOOK, written_at, 0, 1);
    TAP_STOP_IF_FAILED();
    map(reader, LAST_PLACE, &memory, false);
    map(writer, 0, &memory, true);
    TAP_EQ(memory.mapped, 2);
    wake(writer);
    mini_wait(&writer->waits);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(port_copy_in(&reader->process, &byte, read_at, 1));
    TAP_EQ(byte, 0xa5);
    TAP_CHECK(!port_copy_in(&late->process, &byte, written_at, 1));
    TAP_EQ(run_on(reader).code, 0xa5);
    TAP_EQ(memory.mapped, 1);
    TAP_EQ(run_on(writer).code, 0xa5);
    TAP_EQ(memory.mapped, 0);
    map(late, 0, &memory, false); /* nobody has it, and it is still as it was */
    TAP_EQ(run_on(late).code, 0xa5);
    destroy(&memory);
    mini_close();
}

TAP_TEST(memory_is_zeroed_whoever_had_it)
{
    mini_open();
    for (int i = 0; i < 3; i++) {
        struct port_memory memory;
        make(&memory, 64 * PAGE - 1);
        struct mini_process *process = start_waiting(PROGRAM_SUM, KERNEL_PLACE_AT(1), 64 * PAGE, 1);
        TAP_STOP_IF_FAILED();
        map(process, 1, &memory, true);
        struct mini_process result = run_on(process);
        TAP_CHECK(result.exited);
        TAP_EQ(result.code, 0);
        destroy(&memory);
    }
    mini_close();
}

TAP_TEST(copies_reach_what_is_mapped)
{
    const uint64_t read_only = KERNEL_PLACE_AT(3), writable = KERNEL_PLACE_AT(4);
    uint8_t bytes[64] = {0};
    mini_open();
    struct port_memory memory;
    make(&memory, 2 * PAGE);
    struct mini_process *process = start_waiting(PROGRAM_LOOK, read_only + PAGE, 0, 1);
    TAP_STOP_IF_FAILED();
    struct process *of = &process->process;
    map(process, 3, &memory, false);
    map(process, 4, &memory, true);
    TAP_CHECK(port_writable(of, writable, 2 * PAGE) && !port_writable(of, writable, 2 * PAGE + 1));
    TAP_CHECK(!port_writable(of, read_only, 1) && !port_copy_out(of, read_only, bytes, 1));
    TAP_CHECK(port_copy_out(of, writable + PAGE - 2, "capos", 5)); /* over the end of a page */
    TAP_CHECK(port_copy_in(of, bytes, read_only + PAGE - 2, 5));
    TAP_MEM_EQ(bytes, "capos", 5);
    TAP_CHECK(port_copy_in(of, bytes, read_only + 2 * PAGE - 64, 64));
    TAP_CHECK(!port_copy_in(of, bytes, read_only + 2 * PAGE - 63, 64));
    TAP_CHECK(!port_copy_in(of, bytes, read_only - 1, 2) && !port_copy_in(of, bytes, read_only - 1, 1));
    TAP_CHECK(!port_copy_in(of, bytes, KERNEL_PLACES_END, 1) &&
              !port_copy_in(of, bytes, KERNEL_PLACE_AT(5), 1));
    TAP_CHECK(!port_writable(of, writable, SIZE_MAX) && !port_writable(of, writable, (size_t)0 - writable));
    TAP_EQ(run_on(process).code, 'p');
    destroy(&memory);
    mini_close();
}

TAP_TEST(memory_that_is_only_for_reading_stays_so)
{
    const uint64_t at = KERNEL_PLACE_AT(2);
    uint8_t byte = 1;
    mini_open();
    struct port_memory memory;
    make(&memory, PAGE);
    struct mini_process *process = start_waiting(PROGRAM_PUT, at + 5, 9, 1);
    struct mini_process *other = start_waiting(PROGRAM_LOOK, at, 0, 1);
    TAP_STOP_IF_FAILED();
    map(process, 2, &memory, false);
    map(other, 2, &memory, true);
    check_fault_at(run_on(process), at + 5);
    TAP_CHECK(port_copy_in(&other->process, &byte, at + 5, 1));
    TAP_EQ(byte, 0);
    run_on(other);
    destroy(&memory);
    mini_close();
}

TAP_TEST(shared_memory_is_never_executable)
{
    const uint8_t returns = 0xc3;
    mini_open();
    struct port_memory memory;
    make(&memory, PAGE);
    for (uint32_t place = 0; place < 2; place++) {
        struct mini_process *process = start_waiting(PROGRAM_VISIT, KERNEL_PLACE_AT(place), 0, 1);
        TAP_STOP_IF_FAILED();
        map(process, 0, &memory, true);
        TAP_CHECK(port_copy_out(&process->process, KERNEL_PLACE_AT(0), &returns, 1));
        map(process, 1, &memory, false);
        check_fault_at(run_on(process), KERNEL_PLACE_AT(place));
    }
    destroy(&memory);
    mini_close();
}

TAP_TEST(around_a_place_there_is_nothing)
{
    const uint64_t around[] = {KERNEL_PLACE_AT(7) - 1, KERNEL_PLACE_AT(7) + PAGE, KERNEL_PLACE_AT(8),
                               KERNEL_PLACES_END, KERNEL_PLACE_AT(7) + KERNEL_MEMORY_BYTES_MAX};
    mini_open();
    struct port_memory memory;
    make(&memory, 1);
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        struct mini_process *process = start_waiting(PROGRAM_LOOK, around[i], 0, 1);
        TAP_STOP_IF_FAILED();
        map(process, 7, &memory, true);
        check_fault_at(run_on(process), around[i]);
    }
    destroy(&memory);
    mini_close();
}

TAP_TEST(what_is_unmapped_is_gone)
{
    const uint64_t at = KERNEL_PLACE_AT(6);
    uint8_t byte;
    mini_open();
    struct port_memory memory;
    make(&memory, 2 * PAGE);
    struct mini_process *process = start_waiting(PROGRAM_PUT, at + PAGE, 1, 1);
    TAP_STOP_IF_FAILED();
    map(process, 6, &memory, true);
    wake(process);
    mini_wait(&process->waits); /* it has used it by now */
    TAP_CHECK(port_copy_in(&process->process, &byte, at + PAGE, 1));
    unmap(process, 6);
    TAP_CHECK(!port_copy_in(&process->process, &byte, at + PAGE, 1));
    destroy(&memory);
    check_fault_at(run_on(process), at + PAGE);
    mini_close();
}

TAP_TEST(memory_is_withdrawn_at_the_last_moment)
{
    const uint64_t at = KERNEL_PLACE_AT(6);
    mini_open();
    struct port_memory first, second;
    make(&first, PAGE);
    make(&second, PAGE);
    struct mini_process *process = start_waiting(PROGRAM_LOOK, at, 0, 1);
    struct mini_process *other = start_waiting(PROGRAM_LOOK, at, 0, 1);
    TAP_STOP_IF_FAILED();
    map(process, 6, &first, true);
    map(other, 6, &first, true);
    wake(process);
    wake(other);
    unmap(process, 6);
    unmap(other, 6);
    destroy(&first);
    map(other, 6, &second, true);
    TAP_CHECK(port_copy_out(&other->process, at, "s", 1));
    mini_wait_gone(process);
    mini_wait_gone(other);
    TAP_STOP_IF_FAILED();
    check_fault_at(*process, at);
    TAP_EQ(other->code, 's');
    mini_free(process);
    mini_free(other);
    destroy(&second);
    mini_close();
}

TAP_TEST(a_process_that_never_enters_holds_nobody_up)
{
    mini_open();
    struct port_memory memory;
    make(&memory, PAGE);
    struct mini_process *spinning = start(PROGRAM_SPIN, 0, 0, 0);
    for (int i = 0; i < 100; i++) {
        map(spinning, 0, &memory, true);
        unmap(spinning, 0);
        map(spinning, 1, &memory, true);
        if (i < 99)
            unmap(spinning, 1);
    }
    TAP_EQ(memory.mapped, 1);
    struct mini_process *process = start_waiting(PROGRAM_LOOK, KERNEL_PLACE_AT(0), 0, 1);
    TAP_STOP_IF_FAILED();
    map(process, 0, &memory, false);
    TAP_CHECK(run_on(process).exited);
    port_process_kill(mini.kernel, &spinning->process);
    mini_wait_gone(spinning);
    TAP_STOP_IF_FAILED();
    mini_free(spinning);
    destroy(&memory);
    mini_close();
}

/* Before the start, and by a call that returns at once. */
static struct port_memory *to_map;

static enum kernel_enter map_and_return(struct mini_process *process, int64_t *ret_result)
{
    if (process->enters == 1)
        map(process, 1, to_map, true);
    *ret_result = 1;
    return KERNEL_ENTER_RETURNS;
}

TAP_TEST(memory_can_come_at_any_time)
{
    const struct program_command command = {PROGRAM_SUM, KERNEL_PLACE_AT(0), PAGE, 1};
    mini_open();
    struct port_memory memory;
    make(&memory, PAGE);
    struct mini_process *early = mini_create(contract_image(), &command);
    TAP_CHECK(early);
    map(early, 0, &memory, true);
    TAP_EQ(port_process_start(mini.kernel, &early->process), CAP_OK);
    mini.running++;
    mini_wait_gone(early);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(early->exited);
    mini_free(early);

    to_map = &memory;
    mini.on_enter = map_and_return;
    struct mini_process *process = start(PROGRAM_SUM, KERNEL_PLACE_AT(1), PAGE, 1);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(process->exited);
    TAP_EQ(process->code, 7 * PAGE / 8); /* what the other one has left there */
    mini_free(process);

    struct mini_process *never = mini_create(contract_image(), &command);
    map(never, 0, &memory, true);
    mini_free(never);
    destroy(&memory);
    mini_close();
}

TAP_TEST(a_place_changes_hands_in_one_step)
{
    const uint64_t at = KERNEL_PLACE_AT(9);
    mini_open();
    struct port_memory first, second, third;
    make(&first, 4 * PAGE);
    make(&second, PAGE);
    make(&third, 2 * PAGE);
    struct mini_process *process = start_waiting(PROGRAM_LOOK, at + 1, 0, 3);
    struct mini_process *small = start_waiting(PROGRAM_LOOK, at + PAGE, 0, 2);
    TAP_STOP_IF_FAILED();
    map(process, 9, &first, true);
    TAP_CHECK(port_copy_out(&process->process, at, "\1\1", 2));
    wake(process);
    mini_wait(&process->waits);
    unmap(process, 9);
    map(process, 9, &second, true);
    TAP_CHECK(port_copy_out(&process->process, at, "\2\2", 2));
    unmap(process, 9);
    map(process, 9, &third, true);
    TAP_CHECK(port_copy_out(&process->process, at, "\3\3", 2));
    wake(process);
    mini_wait(&process->waits);
    unmap(process, 9); /* and the same again */
    map(process, 9, &third, false);
    TAP_EQ(run_on(process).code, 3);

    map(small, 9, &first, false);
    wake(small);
    mini_wait(&small->waits);
    unmap(small, 9);
    map(small, 9, &second, false);
    check_fault_at(run_on(small), at + PAGE); /* where the larger one was */
    destroy(&first);
    destroy(&second);
    destroy(&third);
    mini_close();
}

TAP_TEST(every_place_can_be_taken)
{
    mini_open();
    struct port_memory memory;
    make(&memory, PAGE);
    for (uint32_t round = 0; round < 2; round++) {
        struct mini_process *process =
            start_waiting(PROGRAM_LOOK, KERNEL_PLACE_AT(round ? LAST_PLACE : LAST_PLACE / 2) + 100, 0, 1);
        TAP_STOP_IF_FAILED();
        for (uint32_t place = 0; place < KERNEL_PLACES; place++)
            map(process, place, &memory, place % 2 == 0);
        TAP_CHECK(port_copy_out(&process->process, KERNEL_PLACE_AT(0) + 100, "x", 1));
        TAP_EQ(memory.mapped, KERNEL_PLACES);
        TAP_EQ(run_on(process).code, 'x');
    }
    destroy(&memory);
    mini_close();
}

TAP_TEST(the_largest_memory_is_mapped_to_its_end)
{
    const uint64_t last = KERNEL_PLACE_AT(LAST_PLACE) + KERNEL_MEMORY_BYTES_MAX - 1;
    mini_open();
    struct port_memory memory;
    make(&memory, KERNEL_MEMORY_BYTES_MAX);
    struct mini_process *process = start_waiting(PROGRAM_LOOK, last, 0, 1);
    TAP_STOP_IF_FAILED();
    map(process, LAST_PLACE, &memory, true);
    TAP_CHECK(port_copy_out(&process->process, last, "z", 1));
    TAP_EQ(run_on(process).code, 'z');
    destroy(&memory);
    mini_close();
}

/* --- Thousands of times ------------------------------------------------------------------------ */

enum { ROUNDS = 4000 };
static struct port_memory moving;

/* Each cap_enter finds the memory at another place than the last one, and every tenth finds another memory.
 */
static enum kernel_enter move(struct mini_process *process, int64_t *ret_result)
{
    uint32_t place = (uint32_t)(process->enters % KERNEL_PLACES);
    uint32_t before = (place + LAST_PLACE) % KERNEL_PLACES;
    if (process->enters > 1)
        unmap(process, before);
    if (process->enters % 10 == 0) {
        destroy(&moving);
        make(&moving, 3 * PAGE);
    }
    map(process, place, &moving, process->enters % 2 == 0);
    *ret_result = 1;
    return KERNEL_ENTER_RETURNS;
}

TAP_TEST(thousands_of_maps_leave_nothing_behind)
{
    mini_open();
    make(&moving, PAGE);
    mini.on_enter = move;
    struct mini_process *process = start(PROGRAM_LOOK, KERNEL_PLACE_AT(ROUNDS % KERNEL_PLACES), 0, ROUNDS);
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(process->exited);
    TAP_EQ(process->enters, ROUNDS);
    mini_free(process);
    destroy(&moving);
    mini_close(); /* the port of the bare machine counts its frames there */
}
