/*
 * The door: a hostile program tries every way out of its process that we could
 * think of, one process for each try, and the kernel's side notes what it saw.
 * What gets through must be named here; the table of outcomes is printed.
 *
 * Everything is tried as the user who runs the test, and as root once more as
 * user 65534 without capabilities.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/linux/layout.h"
#include "tests/linux/door/door.h"
#include "tests/linux/linux_runner.h"
#include "tests/tap.h"

extern const uint8_t door_program[], door_program_end[];

enum { IN_FLIGHT = 24, NUMBERS = 1024, X32_BIT = 0x40000000 };

enum outcome { OUTCOME_FORBIDDEN, OUTCOME_FAULT, OUTCOME_KILLED, OUTCOME_PASSED, OUTCOME_NONE };

struct probe {
    struct program_command command;
    struct mini_process *process;
    struct mini_process seen;
};

static const struct elf_image *door_image(void)
{
    static struct elf_image image;
    struct kernel_error error = {""};
    size_t bytes = (size_t)(door_program_end - door_program);
    if (image.file_bytes == 0 && !elf_open(door_program, bytes, &image, &error))
        tap_fail(__FILE__, __LINE__, error.text);
    return &image;
}

static enum outcome outcome_of(const struct mini_process *seen)
{
    if (seen->exited)
        return OUTCOME_PASSED;
    if (!seen->faulted)
        return OUTCOME_NONE;
    if (seen->fault.kind == FAULT_SYSCALL)
        return OUTCOME_FORBIDDEN;
    return seen->fault.kind == FAULT_KILLED ? OUTCOME_KILLED : OUTCOME_FAULT;
}

/* --- Running probes ------------------------------------------------------------------ */

static void finish(struct probe *probe)
{
    if (!probe->process)
        return;
    mini_wait_gone(probe->process);
    probe->seen = *probe->process;
    if (probe->process->gone)
        mini_free(probe->process);
    probe->process = NULL;
}

/* The log of thousands of deaths is not for reading. */
static void silence(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(null, STDERR_FILENO);
    close(null);
}

static void run_all(struct probe *probes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i >= IN_FLIGHT)
            finish(&probes[i - IN_FLIGHT]);
        probes[i].process = mini_start(door_image(), &probes[i].command);
        TAP_CHECK(probes[i].process);
        TAP_STOP_IF_FAILED();
    }
    for (size_t i = count > IN_FLIGHT ? count - IN_FLIGHT : 0; i < count; i++)
        finish(&probes[i]);
}

static void become_nobody(void)
{
    TAP_EQ(setgroups(0, NULL), 0);
    TAP_EQ(setresgid(65534, 65534, 65534), 0);
    TAP_EQ(setresuid(65534, 65534, 65534), 0);
}

/* Runs a part as this user, and as user 65534 if this one is root. */
static void as_users(void (*part)(void))
{
    silence();
    mini_open();
    TAP_STOP_IF_FAILED();
    part();
    TAP_STOP_IF_FAILED();
    mini_close();
    if (getuid() != 0)
        return;
    become_nobody();
    TAP_STOP_IF_FAILED();
    tap_note("again as user 65534");
    mini_open();
    TAP_STOP_IF_FAILED();
    part();
    TAP_STOP_IF_FAILED();
    mini_close();
}

/* --- System calls ------------------------------------------------------------------------ */

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
    {LINUX_NR_MUNMAP, LINUX_IP_SEAL, DOOR_SEAL}, /* unmaps what is unmapped */
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
    if (tried->a == CALL_UPROBE && outcome_of(seen) == OUTCOME_PASSED)
        return seen->code == (DOOR_PASSED | (-ENXIO & 0xffff));
    return outcome_of(seen) == OUTCOME_FAULT; /* SIGILL, or the slot's hlt after the return */
}

static const uint64_t slot_ends[] = {LINUX_IP_CAP_ENTER, LINUX_IP_EXIT, LINUX_IP_SEAL, LINUX_IP_FAULT};

static bool is_allowed(uint32_t number, uint64_t place, uint64_t arguments)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (allowed[i].number == number && LINUX_ENTRY_VADDR + allowed[i].place == place + 2 &&
            allowed[i].arguments == arguments)
            return true;
    return false;
}

static void check_call(const struct probe *probe)
{
    const struct program_command *tried = &probe->command;
    const struct mini_process *seen = &probe->seen;
    enum outcome outcome = outcome_of(seen);
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
        good = outcome == OUTCOME_PASSED;
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

static void note_outcomes(const char *what, const struct probe *probes, size_t count)
{
    static const char *const names[] = {"reported as forbidden", "faulted", "killed", "passed",
                                        "NOTHING SEEN"};
    unsigned counts[5] = {0};
    char line[200];
    for (size_t i = 0; i < count; i++)
        counts[outcome_of(&probes[i].seen)]++;
    for (int i = 0; i < 5; i++) {
        if (counts[i] == 0)
            continue;
        snprintf(line, sizeof line, "%-46s %5u %s", what, counts[i], names[i]);
        tap_note(line);
    }
}

static size_t add_numbers(struct probe *probes, size_t count, uint32_t bits, uint64_t place,
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
    static struct probe probes[NUMBERS + 8];
    memset(probes, 0, sizeof probes);
    size_t count = add_numbers(probes, 0, bits, place, arguments);
    run_all(probes, count);
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
    as_users(calls_from_own_memory);
}

static void calls_from_slots(void)
{
    static const char *const names[] = {"cap_enter", "exit", "seal", "fault"};
    char what[80];
    for (size_t i = 0; i < 4; i++) {
        uint64_t place = LINUX_ENTRY_VADDR + slot_ends[i] - 2;
        snprintf(what, sizeof what, "jump to the %s slot's syscall", names[i]);
        try_place(what, 0, place, DOOR_ZEROES);
        TAP_STOP_IF_FAILED();
        snprintf(what, sizeof what, "same, x32");
        try_place(what, X32_BIT, place, DOOR_ZEROES);
        TAP_STOP_IF_FAILED();
        snprintf(what, sizeof what, "same, with the seal's arguments");
        try_place(what, 0, place, DOOR_SEAL);
        TAP_STOP_IF_FAILED();
    }
}

TAP_TEST(no_other_system_call_from_the_entry_page)
{
    as_users(calls_from_slots);
}

/* Every byte of the entry page as a place to jump to: nothing but the slots does anything. */
static void jumps_into_the_page(void)
{
    enum { FROM = 0, TO = 256 };
    static struct probe probes[TO - FROM];
    memset(probes, 0, sizeof probes);
    for (uint64_t i = FROM; i < TO; i++)
        probes[i].command =
            (struct program_command){DOOR_SYSTEM_CALL, 39, LINUX_ENTRY_VADDR + i, DOOR_ZEROES};
    run_all(probes, TO - FROM);
    TAP_STOP_IF_FAILED();
    note_outcomes("jump to each byte of the entry page", probes, TO - FROM);
    for (uint64_t i = FROM; i < TO; i++) {
        const struct mini_process *seen = &probes[i].seen;
        /* Past the system call of cap_enter and of the seal there are only returns: nothing has happened. */
        bool returns = (i > 5 && i <= 0x0d) || (i > 0x45 && i <= 0x6c);
        bool whole = i == 0 || i == 0x20; /* cap_enter and exit themselves */
        if (outcome_of(seen) == OUTCOME_PASSED && !returns && !whole) {
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
    as_users(jumps_into_the_page);
}

/* --- Instructions -------------------------------------------------------------------------- */

static void describe(const struct mini_process *seen, char *text, size_t size)
{
    switch (outcome_of(seen)) {
    case OUTCOME_FORBIDDEN:
        snprintf(text, size, "forbidden call %llu", (unsigned long long)seen->fault.number);
        break;
    case OUTCOME_FAULT:
        snprintf(text, size, "fault, signal %d", seen->fault.signal);
        break;
    case OUTCOME_KILLED:
        snprintf(text, size, "killed, signal %d", seen->fault.signal);
        break;
    case OUTCOME_PASSED:
        snprintf(text, size, "passes");
        break;
    case OUTCOME_NONE:
        snprintf(text, size, "NOTHING SEEN");
        break;
    }
}

static void instructions(void)
{
    enum { STOPPED, OPEN, DEPENDS };
#define DOOR_VERDICT(name, code, verdict) {#name, verdict},
    static const struct {
        const char *name;
        int verdict;
    } tries[] = {DOOR_INSTRUCTIONS(DOOR_VERDICT)};
    static struct probe probes[DOOR_INSTRUCTION_COUNT];
    memset(probes, 0, sizeof probes);
    for (uint64_t i = 0; i < DOOR_INSTRUCTION_COUNT; i++)
        probes[i].command = (struct program_command){DOOR_INSTRUCTION, i, 0, 0};
    run_all(probes, DOOR_INSTRUCTION_COUNT);
    TAP_STOP_IF_FAILED();
    for (int i = 0; i < DOOR_INSTRUCTION_COUNT; i++) {
        char line[120], text[60];
        enum outcome outcome = outcome_of(&probes[i].seen);
        describe(&probes[i].seen, text, sizeof text);
        snprintf(line, sizeof line, "%-24s %s", tries[i].name, text);
        tap_note(line);
        TAP_CHECK(outcome != OUTCOME_NONE);
        TAP_CHECK(outcome != OUTCOME_PASSED || tries[i].verdict != STOPPED);
        TAP_CHECK(outcome == OUTCOME_PASSED || tries[i].verdict != OPEN);
    }
}

TAP_TEST(no_instruction_but_those_named)
{
    as_users(instructions);
}

/* --- What the process has --------------------------------------------------------------------- */

static enum kernel_enter wait_always(struct mini_process *process, int64_t *ret_result)
{
    (void)process;
    (void)ret_result;
    return KERNEL_ENTER_WAITS;
}

static size_t read_proc(const struct mini_process *process, const char *name, char *text, size_t size)
{
    char path[80];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)linux_process_of((struct process *)process)->pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = 0;
    return got > 0 ? (size_t)got : 0;
}

static bool has_line(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    return at && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
}

/* One line for each mapping: addresses, access, offset and name, without what differs from run to run. */
static void shorten_maps(const char *maps, char *out, size_t size)
{
    size_t length = 0;
    out[0] = 0;
    for (const char *line = maps; *line; line = strchr(line, '\n') + 1) {
        char range[64], access[8], offset[16], device[16], inode[24], name[64] = "";
        if (sscanf(line, "%63s %7s %15s %15s %23s %63[^\n]", range, access, offset, device, inode, name) < 5)
            break;
        if (strcmp(name, "[vsyscall]") == 0)
            continue;
        length += (size_t)snprintf(out + length, size - length, "%s %s %s %s\n", range, access, offset, name);
    }
}

static void check_maps(const struct mini_process *process)
{
    static const char expected[] = "00100000-00101000 r-xp 00000000 /memfd:capos-entry (deleted)\n"
                                   "00120000-00121000 r--s 00000000 /memfd:capos-arena (deleted)\n"
                                   "00160000-%08x rw-s 00002000 /memfd:capos-arena (deleted)\n"
                                   "00180000-00181000 rw-s 00001000 /memfd:capos-arena (deleted)\n"
                                   "00400000-00401000 r-xp 00000000 /memfd:capos-text (deleted)\n"
                                   "00401000-00402000 r--p 00001000 /memfd:capos-text (deleted)\n"
                                   "%s"
                                   "400000ff0000-400001000000 rw-s %08x /memfd:capos-arena (deleted)\n";
    char maps[4096], got[4096], wanted[4096], data[100] = "";
    const struct elf_image *image = door_image();
    unsigned fault_stack = (unsigned)linux_port_of(mini.kernel)->fault_stack_bytes;
    unsigned offset = 0x2000 + fault_stack;
    if (image->segment_count > 2) {
        unsigned first = (unsigned)image->segments[2].address, bytes = (unsigned)image->segments[2].pages;
        snprintf(data, sizeof data, "%08x-%08x rw-s %08x /memfd:capos-arena (deleted)\n", first,
                 first + bytes, offset);
        offset += bytes;
    }
    read_proc(process, "maps", maps, sizeof maps);
    shorten_maps(maps, got, sizeof got);
    snprintf(wanted, sizeof wanted, expected, 0x160000 + fault_stack, data, offset);
    TAP_STR_EQ(got, wanted);
}

static void check_process(void)
{
    char text[8192];
    mini.on_enter = wait_always;
    const struct program_command command = {DOOR_SYSTEM_CALL, 0, LINUX_ENTRY_VADDR, 0};
    struct mini_process *process = mini_start(door_image(), &command);
    mini_wait(&process->waits);
    TAP_STOP_IF_FAILED();
    check_maps(process);
    TAP_STOP_IF_FAILED();
    TAP_EQ(read_proc(process, "environ", text, sizeof text), 0);
    TAP_EQ(read_proc(process, "cmdline", text, sizeof text), 0);
    TAP_CHECK(read_proc(process, "status", text, sizeof text) > 0);
    TAP_CHECK(has_line(text, "NoNewPrivs:\t1"));
    TAP_CHECK(has_line(text, "Seccomp:\t2"));
    TAP_CHECK(has_line(text, "Seccomp_filters:\t1"));
    TAP_CHECK(has_line(text, "CapEff:\t0000000000000000"));
    TAP_CHECK(has_line(text, "CapPrm:\t0000000000000000"));
    TAP_CHECK(has_line(text, "FDSize:\t64") || has_line(text, "FDSize:\t32") ||
              has_line(text, "FDSize:\t256"));
    TAP_CHECK(has_line(text, "Threads:\t1"));
    TAP_CHECK(has_line(text, "SigBlk:\t0000000000000000"));
    TAP_CHECK(has_line(text, "SigIgn:\t0000000000000000"));
    TAP_CHECK(has_line(text, "SigCgt:\t00000000000004d8"));
    read_proc(process, "oom_score_adj", text, sizeof text);
    TAP_CHECK(atoi(text) >= 500);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/0", (int)linux_process_of(&process->process)->pid);
    for (int fd = 0; fd < 64; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)linux_process_of(&process->process)->pid, fd);
        TAP_EQ(readlink(path, text, sizeof text), -1);
        TAP_EQ(errno, ENOENT);
    }
    port_process_kill(mini.kernel, &process->process);
    mini_wait_gone(process);
    mini_free(process);
}

TAP_TEST(a_service_has_nothing_but_its_mappings)
{
    as_users(check_process);
}

static void check_no_dump(void)
{
    char text[256], path[64];
    const struct program_command command = {DOOR_SYSTEM_CALL, 0, LINUX_ENTRY_VADDR, 0};
    mini.on_enter = wait_always;
    struct mini_process *process = mini_start(door_image(), &command);
    mini_wait(&process->waits);
    TAP_STOP_IF_FAILED();
    snprintf(path, sizeof path, "/proc/%d/mem", (int)linux_process_of(&process->process)->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    TAP_CHECK(getuid() == 0 || fd < 0);
    if (fd >= 0)
        close(fd);
    TAP_CHECK(getuid() == 0 || read_proc(process, "maps", text, sizeof text) == 0);
    port_process_kill(mini.kernel, &process->process);
    mini_wait_gone(process);
    mini_free(process);
}

TAP_TEST(others_of_the_same_user_cannot_look_inside)
{
    runner_options.belts = LINUX_BELTS_ALL;
    as_users(check_no_dump);
}
