#include "tests/x86_64/door/probe.h"

#include <string.h>

#include "kernel/core/text.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

extern const uint8_t door_program[], door_program_end[];

#define NEIGHBOUR_VALUE UINT64_C(0x6e65696768626f75)

enum { QUANTUM_NS = 5000, CR4_UMIP = 1 << 11, CR4_SMAP = 1 << 21 };
enum { OUTCOMES = BARE_FAULT };

static struct mini_process *neighbour;
static uint64_t looks;
static enum door_bare last;
static int64_t last_code;
static uint32_t counts[OUTCOMES];

/* The log of many deaths is not for reading. */
void __wrap_port_log(struct kernel *kernel, const char *line);
void __wrap_port_log(struct kernel *kernel, const char *line)
{
    (void)kernel;
    (void)line;
}

const struct elf_image *door_image(void)
{
    static struct elf_image image;
    struct kernel_error error = {""};
    size_t bytes = (uintptr_t)door_program_end - (uintptr_t)door_program;
    if (image.file_bytes == 0 && !elf_open(door_program, bytes, &image, &error))
        tap_fail(__FILE__, __LINE__, error.text);
    return &image;
}

volatile uint64_t *door_ring(const struct mini_process *process, uint64_t offset)
{
    return (volatile uint64_t *)(void *)((uint8_t *)process->process.ring + offset);
}

struct mini_process *door_start(uint64_t operation, uint64_t a, uint64_t b)
{
    const struct program_command command = {operation, a, b, 0};
    struct mini_process *process = mini_start(door_image(), &command);
    if (!process)
        tap_fail(__FILE__, __LINE__, "a process starts");
    return process;
}

/* --- The good ones ---------------------------------------------------------------------- */

void door_open(void)
{
    mini_open();
    x86_port.options.quantum_ns = QUANTUM_NS;
    memset(counts, 0, sizeof counts);
    neighbour = door_start(DOOR_HOLD, NEIGHBOUR_VALUE, 0);
    looks = 0;
}

static void check_good(void)
{
    struct mini_process *good = door_start(DOOR_GOOD, 0, 0);
    TAP_STOP_IF_FAILED();
    mini_wait_gone(good);
    TAP_STOP_IF_FAILED();
    TAP_CHECK(good->exited);
    TAP_EQ(good->code, DOOR_WELL);
    TAP_EQ(good->enters, 2);
    mini_free(good);
}

/* It lives, and looks again: a turn may be too short for that, some are not. */
static void check_neighbour(void)
{
    uint64_t limit = port_now(mini.kernel) + UINT64_C(5000000000);
    while (*door_ring(neighbour, DOOR_RING_COUNT) == looks && port_now(mini.kernel) < limit)
        mini_port_step(mini.kernel, 1000000);
    TAP_CHECK(!neighbour->faulted && !neighbour->exited);
    TAP_CHECK(*door_ring(neighbour, DOOR_RING_COUNT) > looks);
    looks = *door_ring(neighbour, DOOR_RING_COUNT);
}

void door_close(void)
{
    check_good();
    TAP_STOP_IF_FAILED();
    *door_ring(neighbour, DOOR_RING_STOP) = 1;
    mini_wait_gone(neighbour);
    TAP_STOP_IF_FAILED();
    TAP_EQ(neighbour->code, DOOR_WELL);
    mini_free(neighbour);
    mini_close();
}

/* --- What comes of the others ------------------------------------------------------------ */

static enum door_bare outcome_of(const struct mini_process *seen)
{
    if (seen->exited)
        return BARE_OPEN;
    switch (seen->fault.kind) {
    case FAULT_MEMORY:
        return seen->fault.signal == 7 ? BARE_STACK : BARE_MEMORY;
    case FAULT_INSTRUCTION:
        return seen->fault.signal == 4 ? BARE_ILLEGAL : BARE_PRIVILEGED;
    case FAULT_ARITHMETIC:
        return BARE_ARITHMETIC;
    case FAULT_BREAKPOINT:
        return BARE_TRAP;
    default:
        return BARE_CALL;
    }
}

static bool is_expected(enum door_bare outcome, enum door_bare expected)
{
    switch (expected) {
    case BARE_FAULT:
        return outcome != BARE_OPEN;
    case BARE_UMIP:
        return outcome == (x86_read_cr4() & CR4_UMIP ? BARE_PRIVILEGED : BARE_OPEN);
    case BARE_HARDWARE:
        return true;
    case BARE_NEWER:
        return outcome == BARE_OPEN || outcome == BARE_ILLEGAL;
    default:
        return outcome == expected;
    }
}

static void complain(enum door_bare expected, uint64_t operation, uint64_t a, uint64_t b,
                     const struct mini_process *seen)
{
    char line[200];
    struct text text = KERNEL_TEXT_IN(line);
    const uint64_t numbers[] = {
        operation, a, b, last, expected, seen->fault.address, seen->fault.instruction, (uint64_t)seen->code};
    const char *const names[] = {"operation ",  " a ",        " b ",  ": outcome ",
                                 ", expected ", ", touched ", " at ", ", code "};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        kernel_text_add(&text, names[i]);
        kernel_text_add_hex(&text, numbers[i]);
    }
    tap_note(line);
    tap_fail(__FILE__, __LINE__, "it ends as expected:");
}

static void try(enum door_bare expected, bool or_memory, uint64_t operation, uint64_t a, uint64_t b)
{
    struct mini_process *tried = door_start(operation, a, b);
    TAP_STOP_IF_FAILED();
    mini_wait_gone(tried);
    TAP_STOP_IF_FAILED();
    last = outcome_of(tried);
    last_code = tried->code;
    counts[last]++;
    bool good = is_expected(last, expected) || (or_memory && last == BARE_MEMORY);
    if (!good || (last == BARE_OPEN && (tried->code & ~(int64_t)0xffffffff) != DOOR_PASSED))
        complain(expected, operation, a, b, tried);
    mini_free(tried);
    TAP_CHECK(!neighbour->faulted && !neighbour->exited);
}

void door_try(enum door_bare expected, uint64_t operation, uint64_t a, uint64_t b)
{
    try(expected, false, operation, a, b);
}

void door_try_far(enum door_bare expected, uint64_t operation, uint64_t a, uint64_t b)
{
    try(expected, x86_read_cr4() & CR4_SMAP, operation, a, b);
}

enum door_bare door_last(void)
{
    return last;
}

int64_t door_last_code(void)
{
    return last_code;
}

void door_row(const char *what)
{
    static const char *const names[OUTCOMES] = {"passed", "privileged", "illegal", "memory",
                                                "stack",  "arithmetic", "trap",    "call"};
    enum { COLUMN = 52 };
    char line[200];
    struct text text = KERNEL_TEXT_IN(line);
    TAP_STOP_IF_FAILED();
    check_good();
    TAP_STOP_IF_FAILED();
    check_neighbour();
    TAP_STOP_IF_FAILED();
    kernel_text_add(&text, "| ");
    kernel_text_add(&text, what);
    while (text.length < COLUMN)
        kernel_text_add(&text, " ");
    for (unsigned i = 0; i < OUTCOMES; i++) {
        if (counts[i] == 0)
            continue;
        kernel_text_add(&text, " ");
        kernel_text_add_number(&text, counts[i]);
        kernel_text_add(&text, " ");
        kernel_text_add(&text, names[i]);
    }
    tap_note(line);
    memset(counts, 0, sizeof counts);
}
