/*
 * Runs the hostile program, one process for each thing that it tries.
 */
#include "tests/linux/door_probe.h"

#include <grp.h>
#include <unistd.h>

#include "tests/tap.h"

extern const uint8_t door_program[], door_program_end[];

enum { IN_FLIGHT = 24 };

const struct elf_image *door_image(void)
{
    static struct elf_image image;
    struct kernel_error error = {""};
    size_t bytes = (uintptr_t)door_program_end - (uintptr_t)door_program;
    if (image.file_bytes == 0 && !elf_open(door_program, bytes, &image, &error))
        tap_fail(__FILE__, __LINE__, error.text);
    return &image;
}

enum door_outcome door_outcome(const struct mini_process *seen)
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

static void finish(struct door_probe *probe)
{
    if (!probe->process)
        return;
    mini_wait_gone(probe->process);
    probe->seen = *probe->process;
    if (probe->process->gone)
        mini_free(probe->process);
    probe->process = NULL;
}

void door_run_all(struct door_probe *probes, size_t count)
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
void door_as_users(void (*part)(void))
{
    mini_open();
    TAP_STOP_IF_FAILED();
    part();
    TAP_STOP_IF_FAILED();
    mini_close();
    if (getuid() != 0)
        return;
    become_nobody();
    TAP_STOP_IF_FAILED();
    tap_note("| again as user 65534");
    mini_open();
    TAP_STOP_IF_FAILED();
    part();
    TAP_STOP_IF_FAILED();
    mini_close();
}
