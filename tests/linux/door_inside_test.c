/*
 * What a confined process has and can do without any system call: its
 * mappings, its state as Linux shows it, and every instruction that tells
 * something about the machine or could leave the process. Holds docs/security.md, clause 10.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/linux/layout.h"
#include "tests/linux/door_probe.h"
#include "tests/tap.h"

/* --- Instructions -------------------------------------------------------------------------- */

enum { STOPPED, OPEN, DEPENDS };

#define DOOR_VERDICT(name, code, verdict, bare) {#name, verdict},
static const struct {
    const char *name;
    int verdict;
} tries[] = {DOOR_INSTRUCTIONS(DOOR_VERDICT)};

/* The names of those that had one outcome. */
static void note_group(const char *what, const struct door_probe *probes, enum door_outcome outcome)
{
    char line[1000];
    int length = snprintf(line, sizeof line, "| %s:", what);
    for (int i = 0; i < DOOR_INSTRUCTION_COUNT; i++)
        if (door_outcome(&probes[i].seen) == outcome)
            length += snprintf(line + length, sizeof line - (size_t)length, " %s", tries[i].name);
    tap_note(line);
}

static void instructions(void)
{
    static struct door_probe probes[DOOR_INSTRUCTION_COUNT];
    memset(probes, 0, sizeof probes);
    for (uint64_t i = 0; i < DOOR_INSTRUCTION_COUNT; i++)
        probes[i].command = (struct program_command){DOOR_INSTRUCTION, i, 0, 0};
    door_run_all(probes, DOOR_INSTRUCTION_COUNT);
    TAP_STOP_IF_FAILED();
    note_group("instructions that pass", probes, OUTCOME_PASSED);
    note_group("that fault", probes, OUTCOME_FAULT);
    note_group("reported as system calls", probes, OUTCOME_FORBIDDEN);
    note_group("that kill without a report", probes, OUTCOME_KILLED);
    for (int i = 0; i < DOOR_INSTRUCTION_COUNT; i++) {
        enum door_outcome outcome = door_outcome(&probes[i].seen);
        bool good = outcome == OUTCOME_PASSED ? tries[i].verdict != STOPPED
                                              : outcome != OUTCOME_NONE && tries[i].verdict != OPEN;
        if (!good)
            tap_fail(__FILE__, __LINE__, tries[i].name);
    }
}

TAP_TEST(no_instruction_but_those_named)
{
    runner_hides_cpu = true;
    door_as_users(instructions);
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
        unsigned first = (unsigned)image->segments[2].address,
                 bytes = (unsigned)image->segments[2].mapped_bytes;
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
    door_as_users(check_process);
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
    door_as_users(check_no_dump);
}
