/*
 * The contract between the core and a port, from the core's side: what port.h
 * says, tried with a core that does nothing else. Holds docs/security.md, clause 4.
 */
#include "tests/port/contract.h"

#include <string.h>

enum { ADDRESS_NULL = 8 };

static struct mini_process *start(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    const struct program_command command = {operation, a, b, c};
    struct mini_process *process = mini_start(contract_image(), &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process starts");
    return process;
}

/* Runs one operation in a process of its own, to its end. */
static struct mini_process run(uint64_t operation, uint64_t a, uint64_t b, uint64_t c)
{
    struct mini_process result = {.gone = false};
    struct mini_process *process = start(operation, a, b, c);
    if (!process)
        return result;
    mini_wait_gone(process);
    result = *process;
    if (process->gone)
        mini_free(process);
    return result;
}

/* --- Start ----------------------------------------------------------------------------- */

static struct program_registers seen_registers;

static void read_registers(struct mini_process *process)
{
    memcpy(&seen_registers, (const uint8_t *)process->process.ring + 0x900, sizeof seen_registers);
}

TAP_TEST(registers_at_the_start_are_as_the_abi_says)
{
    mini_open();
    mini.on_end = read_registers;
    struct mini_process *process = start(PROGRAM_EXIT, 0, 0, 0);
    uint64_t id = process->process.id;
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    const struct program_registers *r = &seen_registers;
    TAP_EQ(r->rdi, CAPOS_RING_VADDR);
    TAP_EQ(r->rsi, id);
    TAP_EQ(r->rdx, CAPOS_CAPSET_VADDR);
    TAP_EQ(r->rsp % 16, 0);
    TAP_EQ(r->rax | r->rbx | r->rcx | r->rbp | r->r8 | r->r9 | r->r10 | r->r11, 0);
    TAP_EQ(r->r12 | r->r13 | r->r14 | r->r15, 0);
    TAP_EQ(r->flags & 0x40500, 0); /* DF, TF, AC */
    mini_free(process);
    mini_close();
}

TAP_TEST(sections_and_thread_local_data_are_fresh_in_every_process)
{
    mini_open();
    for (int i = 0; i < 3; i++) {
        struct mini_process result = run(PROGRAM_SECTIONS, 0, 0, 0);
        TAP_CHECK(result.exited);
        TAP_EQ(result.code, 0);
    }
    mini_close();
}

/* --- The two calls ----------------------------------------------------------------------- */

static enum kernel_enter answer_minus_eight(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    *ret_result = CAP_ERR_BAD_RING;
    return KERNEL_ENTER_RETURNS;
}

TAP_TEST(cap_enter_carries_its_arguments_and_its_result)
{
    mini_open();
    mini.on_enter = answer_minus_eight;
    struct mini_process result = run(PROGRAM_ENTER, 0xfedcba98, UINT64_MAX - 1, 3);
    TAP_EQ(result.enters, 3);
    TAP_EQ(result.last_min, 0xfedcba98);
    TAP_EQ(result.last_timeout, UINT64_MAX - 1);
    TAP_EQ(result.code, CAP_ERR_BAD_RING);
    mini_close();
}

TAP_TEST(cap_enter_keeps_what_a_function_keeps)
{
    mini_open();
    struct mini_process result = run(PROGRAM_PRESERVE, 0, 0, 0);
    TAP_CHECK(result.exited);
    TAP_EQ(result.code, 0);
    mini_close();
}

TAP_TEST(exit_carries_the_whole_code)
{
    mini_open();
    TAP_EQ(run(PROGRAM_EXIT, 0x123456789abcdef0, 0, 0).code, 0x123456789abcdef0);
    TAP_EQ(run(PROGRAM_EXIT, (uint64_t)-1, 0, 0).code, -1);
    mini_close();
}

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

TAP_TEST(a_waiting_process_runs_on_when_it_is_woken)
{
    mini_open();
    mini.on_enter = wait_always;
    struct mini_process *process = start(PROGRAM_ENTER, 1, CAPOS_FOREVER, 2);
    for (uint64_t i = 1; i <= 2; i++) {
        mini_wait(&process->waits);
        TAP_STOP_IF_FAILED();
        TAP_EQ(process->enters, i);
        mini_port_step(mini.kernel, 1000000);
        TAP_EQ(process->enters, i);
        process->waits = false;
        port_wake(mini.kernel, &process->process, 40 + (int64_t)i);
    }
    mini_wait_gone(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(process->code, 42);
    mini_free(process);
    mini_close();
}

static enum kernel_enter end_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_ENDS;
}

TAP_TEST(a_process_that_ends_in_cap_enter_does_not_run_on)
{
    mini_open();
    mini.on_enter = end_always;
    struct mini_process result = run(PROGRAM_ENTER, 0, 0, 2);
    TAP_CHECK(result.gone && !result.exited && !result.faulted);
    TAP_EQ(result.enters, 1);
    mini_close();
}

/* --- Memory --------------------------------------------------------------------------------- */

static void check_copies(struct mini_process *process)
{
    struct process *of = &process->process;
    struct program_places places;
    uint8_t bytes[64], *many = (uint8_t[8192]){0};
    uint64_t data, first_page, stack;
    TAP_CHECK(port_copy_in(of, &places, (uint64_t)process->code, sizeof places));
    data = places.data;
    first_page = data / CAPOS_PAGE_BYTES * CAPOS_PAGE_BYTES;

    TAP_CHECK(port_copy_in(of, bytes, data, 64));
    for (int i = 0; i < 64; i++)
        TAP_EQ(bytes[i], i);
    TAP_CHECK(port_copy_in(of, bytes, places.constant, 1));
    TAP_EQ(bytes[0], 0x5a);
    TAP_CHECK(port_copy_in(of, bytes, places.code, 64));
    TAP_CHECK(port_copy_in(of, many, places.zeroes, 8192));

    TAP_CHECK(port_copy_out(of, data + 3, "capos", 5));
    TAP_CHECK(port_copy_in(of, bytes, data, 64));
    TAP_MEM_EQ(bytes, "\0\1\2capos\10\11", 10);

    /* Constants, code and the window are not for writing; the last is not for reading either. */
    TAP_CHECK(!port_copy_out(of, places.constant, "x", 1));
    TAP_CHECK(!port_copy_out(of, places.code, "x", 1));
    TAP_CHECK(!port_writable(of, places.code, 1));
    for (uint64_t at = 0; at < CAPOS_IMAGE_VADDR; at += CAPOS_PAGE_BYTES) {
        TAP_CHECK(!port_copy_in(of, bytes, at, 1));
        TAP_CHECK(!port_writable(of, at, 1));
    }

    /* From constants over into data: readable in one piece, not writable at all. */
    TAP_CHECK(port_copy_in(of, bytes, first_page - 32, 64));
    TAP_CHECK(!port_copy_out(of, first_page - 32, bytes, 64));
    TAP_CHECK(!port_copy_in(of, bytes, CAPOS_IMAGE_VADDR - 1, 2));

    /* Nothing, anywhere, is fine; too much is not. */
    TAP_CHECK(port_copy_in(of, NULL, 0, 0) && port_copy_out(of, UINT64_MAX, NULL, 0));
    TAP_CHECK(port_writable(of, 0, 0));
    TAP_CHECK(!port_writable(of, data, SIZE_MAX));
    TAP_CHECK(!port_writable(of, UINT64_MAX, 2));
    TAP_CHECK(!port_writable(of, UINT64_MAX - 63, 64));
    TAP_CHECK(!port_copy_in(of, bytes, UINT64_C(1) << 47, 1));
    TAP_CHECK(!port_copy_in(of, bytes, UINT64_C(0xffffffff80000000), 1));

    memcpy(&stack, (const uint8_t *)process->process.ring + 0x938, sizeof stack);
    TAP_CHECK(port_writable(of, stack - 4096, 4096));
    TAP_CHECK(port_copy_in(of, bytes, stack - 64, 64));
    TAP_CHECK(!port_writable(of, stack - (UINT64_C(1) << 20), UINT64_C(1) << 20));
}

TAP_TEST(copies_reach_the_program_and_nothing_else)
{
    mini_open();
    mini.on_end = check_copies;
    struct mini_process result = run(PROGRAM_TABLE, 0, 0, 0);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(result.exited);
    mini_close();
}

TAP_TEST(memory_can_be_used_before_the_start)
{
    mini_open();
    const struct program_command command = {.operation = PROGRAM_EXIT};
    struct mini_process *process = mini_create(contract_image(), &command);
    TAP_CHECK(process);
    const uint8_t *ring = (const uint8_t *)process->process.ring;
    const uint8_t *capset = process->process.capset;
    for (int i = 0; i < CAPOS_PAGE_BYTES; i++)
        TAP_EQ(ring[i], 0);
    for (int i = sizeof command; i < CAPOS_PAGE_BYTES; i++)
        TAP_EQ(capset[i], 0);
    TAP_CHECK(port_writable(&process->process, contract_image()->segments[2].address, 1));
    mini_free(process); /* destroyed without a start */
    mini_close();
}

TAP_TEST(pages_are_counted_while_somebody_has_them)
{
    const struct program_command command = {.operation = PROGRAM_EXIT};
    struct port_memory memory;
    mini_open();
    TAP_EQ(port_pages(mini.kernel), 0);
    struct mini_process *first = mini_create(contract_image(), &command);
    TAP_CHECK(first);
    const uint64_t one = port_pages(mini.kernel);
    struct mini_process *second = mini_create(contract_image(), &command);
    TAP_CHECK(second);
    const uint64_t two = port_pages(mini.kernel), own = two - one;
    TAP_CHECK(own * CAPOS_PAGE_BYTES >= contract_image()->stack_bytes);
    TAP_CHECK(own < one); /* both run one text */
    TAP_EQ(port_memory_create(mini.kernel, 3 * CAPOS_PAGE_BYTES, &memory), CAP_OK);
    TAP_EQ(port_pages(mini.kernel), two + 3);
    port_memory_destroy(mini.kernel, &memory);
    TAP_EQ(port_pages(mini.kernel), two);
    mini_free(first);
    TAP_EQ(port_pages(mini.kernel), one);
    mini_free(second);
    TAP_EQ(port_pages(mini.kernel), 0);
    second = mini_start(contract_image(), &command); /* by a text that was kept */
    TAP_CHECK(second);
    TAP_EQ(port_pages(mini.kernel), one);
    mini_wait_gone(second);
    TAP_STOP_IF_FAILED();
    mini_free(second);
    mini_close();
}

/* --- Faults ------------------------------------------------------------------------------------ */

static void check_fault(struct mini_process result, enum fault_kind kind, int signal)
{
    TAP_CHECK(result.faulted && !result.exited && result.gone);
    TAP_EQ(result.fault.kind, kind);
    TAP_EQ(result.fault.signal, signal);
}

static void check_memory_fault(uint64_t operation, uint64_t address)
{
    struct mini_process result = run(operation, address, 1, 0);
    check_fault(result, FAULT_MEMORY, 11);
    TAP_STOP_IF_FAILED();
    TAP_EQ(result.fault.address, address);
    TAP_CHECK(operation == PROGRAM_CALL || (result.fault.instruction >= CAPOS_IMAGE_VADDR &&
                                            result.fault.instruction < CAPOS_IMAGE_VADDR + 0x10000));
}

TAP_TEST(accesses_outside_are_faults_with_their_address)
{
    static const uint64_t unreadable[] = {0,        ADDRESS_NULL,      0xfffff,
                                          0x101000, 0x121000,          0x181000,
                                          0x3ff000, UINT64_C(1) << 40, UINT64_C(0x7ffffffff000) - 1};
    static const uint64_t unwritable[] = {CAPOS_ENTRY_VADDR, CAPOS_CAPSET_VADDR, CAPOS_IMAGE_VADDR};
    const struct elf_image *image = contract_image();
    mini_open();
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        check_memory_fault(PROGRAM_READ, unreadable[i]);
        check_memory_fault(PROGRAM_WRITE, unreadable[i]);
        TAP_STOP_IF_FAILED();
    }
    for (size_t i = 0; i < sizeof unwritable / sizeof unwritable[0]; i++) {
        check_memory_fault(PROGRAM_WRITE, unwritable[i]);
        TAP_STOP_IF_FAILED();
    }
    check_memory_fault(PROGRAM_WRITE, image->segments[1].address);
    check_memory_fault(PROGRAM_CALL, image->segments[1].address); /* constants */
    check_memory_fault(PROGRAM_CALL, image->segments[2].address); /* data */
    check_memory_fault(PROGRAM_CALL, CAPOS_RING_VADDR);
    check_memory_fault(PROGRAM_CALL, ADDRESS_NULL);
    mini_close();
}

TAP_TEST(faults_are_told_by_kind)
{
    mini_open();
    check_fault(run(PROGRAM_UD2, 0, 0, 0), FAULT_INSTRUCTION, 4);
    check_fault(run(PROGRAM_DIVIDE, 0, 0, 0), FAULT_ARITHMETIC, 8);
    check_fault(run(PROGRAM_INT3, 0, 0, 0), FAULT_BREAKPOINT, 5);
    check_fault(run(PROGRAM_HLT, 0, 0, 0), FAULT_INSTRUCTION, 11);
    check_fault(run(PROGRAM_OVERFLOW, 0, 0, 0), FAULT_MEMORY, 11);
    mini_close();
}

TAP_TEST(a_system_call_of_its_own_ends_a_process)
{
    mini_open();
    struct mini_process result = run(PROGRAM_SYSCALL, 39, 0, 0);
    check_fault(result, FAULT_SYSCALL, 31);
    TAP_STOP_IF_FAILED();
    TAP_EQ(result.fault.number, 39);
    TAP_CHECK(result.fault.instruction > CAPOS_IMAGE_VADDR);
    mini_close();
}

/* --- Kill ------------------------------------------------------------------------------------------ */

TAP_TEST(a_killed_process_is_gone_once)
{
    mini_open();
    mini.on_enter = wait_always;
    struct mini_process *spinning = start(PROGRAM_SPIN, 0, 0, 0);
    struct mini_process *waiting = start(PROGRAM_ENTER, 1, CAPOS_FOREVER, 1);
    struct mini_process *starting = start(PROGRAM_SPIN, 0, 0, 0);
    mini_wait(&waiting->waits);
    struct mini_process *const all[] = {spinning, waiting, starting};
    for (int i = 0; i < 3; i++) {
        port_process_kill(mini.kernel, &all[i]->process);
        port_process_kill(mini.kernel, &all[i]->process);
    }
    for (int i = 0; i < 3; i++) {
        mini_wait_gone(all[i]);
        TAP_STOP_IF_FAILED();
        TAP_CHECK(!all[i]->exited && !all[i]->faulted);
        mini_free(all[i]);
    }
    TAP_EQ(mini.running, 0);
    mini_close();
}

enum { MANY = 130 };

TAP_TEST(many_processes_wait_at_once)
{
    static struct mini_process *all[MANY];
    mini_open();
    mini.on_enter = wait_always;
    for (int i = 0; i < MANY; i++) {
        all[i] = start(PROGRAM_ENTER, 1, CAPOS_FOREVER, 1);
        TAP_STOP_IF_FAILED();
    }
    for (int i = 0; i < MANY; i++)
        mini_wait(&all[i]->waits);
    TAP_STOP_IF_FAILED();
    for (int i = 0; i < MANY; i++)
        port_wake(mini.kernel, &all[i]->process, i);
    for (int i = 0; i < MANY; i++) {
        mini_wait_gone(all[i]);
        TAP_STOP_IF_FAILED();
        TAP_EQ(all[i]->code, i);
        mini_free(all[i]);
    }
    mini_close();
}

/* --- Time and randomness ------------------------------------------------------------------------------ */

TAP_TEST(a_deadline_is_kept)
{
    mini_open();
    uint64_t before = port_now(mini.kernel);
    mini.deadline = before + 20000000;
    while (mini.ticks == 0 && port_now(mini.kernel) < before + UINT64_C(5000000000))
        mini_port_step(mini.kernel, CAPOS_FOREVER);
    TAP_EQ(mini.ticks, 1);
    TAP_CHECK(mini.first_tick >= before + 20000000);
    mini.deadline = 1; /* long over */
    mini_port_step(mini.kernel, CAPOS_FOREVER);
    TAP_EQ(mini.ticks, 2);
    mini_close();
}

TAP_TEST(time_goes_forward_and_random_bytes_differ)
{
    uint8_t first[600] = {0}, second[600] = {0};
    mini_open();
    uint64_t last = port_now(mini.kernel);
    for (int i = 0; i < 1000; i++) {
        uint64_t now = port_now(mini.kernel);
        TAP_CHECK(now >= last);
        last = now;
    }
    TAP_CHECK(port_random(mini.kernel, first, sizeof first));
    TAP_CHECK(port_random(mini.kernel, second, sizeof second));
    TAP_CHECK(memcmp(first, second, sizeof first) != 0);
    TAP_CHECK(memcmp(first, second + 300, 300) != 0);
    TAP_CHECK(port_random(mini.kernel, NULL, 0));
    mini_close();
}
