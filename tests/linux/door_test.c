/*
 * The door: a hostile program makes every system call, from every place that
 * it can reach. What gets through must be named here; the table of outcomes
 * is printed. Holds docs/security.md, clause 9.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/linux/layout.h"
#include "tests/linux/door_probe.h"
#include "tests/tap.h"

enum { NUMBERS = 1024, X32_BIT = 0x40000000 };

/* What may get through: this number at the slot whose instruction ends here, with these arguments. */
static const struct {
    uint32_t number;
    uint64_t place;
    uint64_t arguments;
} allowed[] = {
    {LINUX_NR_CAP_ENTER, LINUX_IP_CAP_ENTER, DOOR_ZEROES},
    {LINUX_NR_CAP_ENTER, LINUX_IP_CAP_ENTER, DOOR_SEAL},
    {LINUX_NR_EXIT, LINUX_IP_EXIT, DOOR_ZEROES},
    {LINUX_NR_EXIT, LINUX_IP_EXIT, DOOR_SEAL},
    {LINUX_NR_CAP_ENTER, LINUX_IP_CAP_ENTER, DOOR_ORDER},
    {LINUX_NR_EXIT, LINUX_IP_EXIT, DOOR_ORDER},
    {LINUX_NR_MUNMAP, LINUX_IP_SEAL, DOOR_SEAL},   /* unmaps what is unmapped */
    {LINUX_NR_CLOSE, LINUX_IP_CLOSE, DOOR_ZEROES}, /* closes what is not open */
    {LINUX_NR_YIELD, LINUX_IP_YIELD, DOOR_ZEROES}, /* has no arguments */
    {LINUX_NR_YIELD, LINUX_IP_YIELD, DOOR_SEAL},
    {LINUX_NR_YIELD, LINUX_IP_YIELD, DOOR_ORDER},
};

/*
 * What Linux lets through whatever a filter says: uretprobe (since 6.14) and uprobe (since 6.18). They act
 * only for the kernel's own trampolines; called from elsewhere the one is SIGILL, the other returns -ENXIO.
 */
enum { CALL_URETPROBE = 335, CALL_UPROBE = 336 };

static bool is_linux_exception(const struct program_command *tried, const struct mini_process *seen)
{
    if (tried->b == DOOR_OWN_INT80 || (tried->a != CALL_URETPROBE && tried->a != CALL_UPROBE))
        return false;
    if (tried->a == CALL_UPROBE && door_outcome(seen) == OUTCOME_PASSED)
        return seen->code == (DOOR_PASSED | (-ENXIO & 0xffff)) ||
               ((tried->b + 2 == LINUX_ENTRY_VADDR + LINUX_IP_CLOSE ||
                 tried->b + 2 == LINUX_ENTRY_VADDR + LINUX_IP_YIELD) &&
                seen->code == DOOR_PASSED);
    return door_outcome(seen) == OUTCOME_FAULT; /* SIGILL, or the slot's hlt after the return */
}

static const struct {
    const char *name;
    uint64_t end;
} slots[] = {{"cap_enter", LINUX_IP_CAP_ENTER}, {"exit", LINUX_IP_EXIT},    {"seal", LINUX_IP_SEAL},
             {"fault", LINUX_IP_FAULT},         {"orders", LINUX_IP_ORDER}, {"close", LINUX_IP_CLOSE},
             {"yield", LINUX_IP_YIELD}};

static bool is_allowed(uint32_t number, uint64_t place, uint64_t arguments)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (allowed[i].number == number && LINUX_ENTRY_VADDR + allowed[i].place == place + 2 &&
            allowed[i].arguments == arguments)
            return true;
    return place == DOOR_OWN_ORDERS && number == 0; /* no order at all */
}

/* After its sched_yield cap_enter reads the time stamp counter. */
static bool is_hidden_counter(const struct program_command *tried, const struct mini_process *seen)
{
    return tried->a == LINUX_NR_YIELD && door_outcome(seen) == OUTCOME_FAULT &&
           seen->fault.instruction == LINUX_ENTRY_VADDR + LINUX_IP_YIELD;
}

static void check_call(const struct door_probe *probe)
{
    const struct program_command *tried = &probe->command;
    const struct mini_process *seen = &probe->seen;
    enum door_outcome outcome = door_outcome(seen);
    uint32_t number = (uint32_t)tried->a;
    char what[160];
    snprintf(what, sizeof what,
             "number 0x%x at 0x%llx arguments %d: outcome %d, kind %d number 0x%llx ip 0x%llx", number,
             (unsigned long long)tried->b, (int)tried->c, outcome, seen->fault.kind,
             (unsigned long long)seen->fault.number, (unsigned long long)seen->fault.instruction);
    bool good;
    if (tried->b == DOOR_OWN_STACK)
        good = outcome == OUTCOME_FAULT && seen->fault.kind == FAULT_MEMORY;
    else if (is_allowed(number, tried->b, tried->c))
        good = outcome == OUTCOME_PASSED || is_hidden_counter(tried, seen);
    else if (is_linux_exception(tried, seen))
        good = true;
    else if (number == LINUX_NR_FAULT && tried->b + 2 == LINUX_ENTRY_VADDR + LINUX_IP_FAULT)
        good = outcome == OUTCOME_FORBIDDEN || outcome == OUTCOME_FAULT; /* a lie about its own death */
    else if (tried->b == DOOR_OWN_INT80)
        good = outcome == OUTCOME_FORBIDDEN || (outcome == OUTCOME_FAULT && seen->fault.signal == 11);
    else
        good = outcome == OUTCOME_FORBIDDEN && seen->fault.number == number &&
               (tried->b < 0x1000 || seen->fault.instruction == tried->b + 2);
    if (!good) {
        tap_note(what);
        tap_fail(__FILE__, __LINE__, "nothing gets through that is not allowed");
    }
}

/* One line of the table. */
static void note_outcomes(const char *what, const struct door_probe *probes, size_t count)
{
    static const char *const names[] = {"forbidden", "faulted", "killed", "passed", "NOTHING SEEN"};
    unsigned counts[5] = {0};
    char line[200];
    int length = snprintf(line, sizeof line, "| %-40s", what);
    for (size_t i = 0; i < count; i++)
        counts[door_outcome(&probes[i].seen)]++;
    for (int i = 0; i < 5; i++)
        if (counts[i] > 0)
            length += snprintf(line + length, sizeof line - (size_t)length, " %5u %s", counts[i], names[i]);
    tap_note(line);
}

static size_t add_numbers(struct door_probe *probes, size_t count, uint32_t bits, uint64_t place,
                          uint64_t arguments)
{
    static const uint32_t own[] = {LINUX_NR_CAP_ENTER, LINUX_NR_EXIT, LINUX_NR_FAULT,
                                   0xffffffff,         0x7fffffff,    0x80000000};
    for (uint32_t number = 0; number < NUMBERS; number++)
        probes[count++].command = (struct program_command){DOOR_SYSTEM_CALL, bits | number, place, arguments};
    for (size_t i = 0; bits == 0 && i < sizeof own / sizeof own[0]; i++)
        probes[count++].command = (struct program_command){DOOR_SYSTEM_CALL, own[i], place, arguments};
    return count;
}

static void try_place(const char *what, uint32_t bits, uint64_t place, uint64_t arguments)
{
    static struct door_probe probes[NUMBERS + 8];
    memset(probes, 0, sizeof probes);
    size_t count = add_numbers(probes, 0, bits, place, arguments);
    door_run_all(probes, count);
    TAP_STOP_IF_FAILED();
    note_outcomes(what, probes, count);
    for (size_t i = 0; i < count; i++) {
        check_call(&probes[i]);
        TAP_STOP_IF_FAILED();
    }
}

static void calls_from_own_memory(void)
{
    try_place("syscall in its text", 0, DOOR_OWN_SYSCALL, DOOR_ZEROES);
    TAP_STOP_IF_FAILED();
    try_place("x32 syscall in its text", X32_BIT, DOOR_OWN_SYSCALL, DOOR_ZEROES);
    TAP_STOP_IF_FAILED();
    try_place("int 0x80 in its text", 0, DOOR_OWN_INT80, DOOR_ZEROES);
    TAP_STOP_IF_FAILED();
    try_place("syscall on its stack", 0, DOOR_OWN_STACK, DOOR_ZEROES);
}

TAP_TEST(no_system_call_from_its_own_memory)
{
    door_as_users(calls_from_own_memory);
}

static void calls_from_slots(void)
{
    static const struct {
        const char *what;
        uint32_t bits;
        uint64_t arguments;
    } with[] = {{"zeroes", 0, DOOR_ZEROES},
                {"zeroes, x32", X32_BIT, DOOR_ZEROES},
                {"the seal's arguments", 0, DOOR_SEAL},
                {"an order's arguments", 0, DOOR_ORDER}};
    char what[80];
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        for (size_t j = 0; j < sizeof with / sizeof with[0]; j++) {
            snprintf(what, sizeof what, "%s slot's syscall, %s", slots[i].name, with[j].what);
            try_place(what, with[j].bits, LINUX_ENTRY_VADDR + slots[i].end - 2, with[j].arguments);
            TAP_STOP_IF_FAILED();
        }
    }
    try_place("the orders slot, orders of its own", 0, DOOR_OWN_ORDERS, DOOR_ORDER);
}

TAP_TEST(no_other_system_call_from_the_entry_page)
{
    door_as_users(calls_from_slots);
}

/* Every byte of the entry page as a place to jump to: nothing but the slots does anything. */
static void jumps_into_the_page(void)
{
    enum { FROM = 0, TO = LINUX_SLOT_ENTER_END + 32 };
    static struct door_probe probes[TO - FROM];
    memset(probes, 0, sizeof probes);
    for (uint64_t i = FROM; i < TO; i++)
        probes[i].command =
            (struct program_command){DOOR_SYSTEM_CALL, 39, LINUX_ENTRY_VADDR + i, DOOR_ZEROES};
    door_run_all(probes, TO - FROM);
    TAP_STOP_IF_FAILED();
    note_outcomes("jump to each byte of the entry page", probes, TO - FROM);
    for (uint64_t i = FROM; i < TO; i++) {
        const struct mini_process *seen = &probes[i].seen;
        /*
         * Past the system call of cap_enter and of the seal there are only returns: nothing has happened.
         * Nor has it in the orders slot: there is no order, and no descriptor to close. From within the rest
         * of cap_enter one comes to the end of it, or enters the kernel.
         */
        bool returns = (i > 0x45 && i <= 0x6c) || (i >= LINUX_SLOT_ORDERS && i <= 0xfd) ||
                       (i >= LINUX_SLOT_ENTER && i < LINUX_SLOT_ENTER_END);
        bool whole = i == 0 || i == 0x20; /* cap_enter and exit themselves */
        if (door_outcome(seen) == OUTCOME_PASSED && !returns && !whole) {
            char what[80];
            snprintf(what, sizeof what, "the jump to byte 0x%llx passed", (unsigned long long)i);
            tap_note(what);
            tap_fail(__FILE__, __LINE__, "a jump into a slot ends the process");
            return;
        }
    }
}

TAP_TEST(no_way_through_the_middle_of_a_slot)
{
    door_as_users(jumps_into_the_page);
}
