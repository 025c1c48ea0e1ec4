/*
 * The core for tests of a port.
 */
#include "tests/port/mini_core.h"

#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define LIMIT_NS UINT64_C(5000000000)

enum { CAPSET_BYTES = 128 };

struct mini_core mini;
static uint64_t next_id;

static struct mini_process *mini_of(struct process *process)
{
    return (struct mini_process *)process;
}

/* --- What the port calls --------------------------------------------------------------- */

enum kernel_enter kernel_enter(struct kernel *kernel, struct process *process, uint32_t min_complete,
                               uint64_t timeout_ns, int64_t *ret_result)
{
    struct mini_process *caller = mini_of(process);
    (void)kernel;
    caller->enters++;
    caller->last_min = min_complete;
    caller->last_timeout = timeout_ns;
    *ret_result = 0;
    enum kernel_enter outcome = mini.on_enter ? mini.on_enter(caller, ret_result) : KERNEL_ENTER_RETURNS;
    caller->waits = outcome == KERNEL_ENTER_WAITS;
    return outcome;
}

void kernel_exit(struct kernel *kernel, struct process *process, int64_t code)
{
    struct mini_process *ended = mini_of(process);
    (void)kernel;
    ended->exited = true;
    ended->code = code;
    if (mini.on_end)
        mini.on_end(ended);
}

void kernel_fault(struct kernel *kernel, struct process *process, const struct fault *fault)
{
    struct mini_process *ended = mini_of(process);
    (void)kernel;
    ended->faulted = true;
    ended->fault = *fault;
    if (mini.on_end)
        mini.on_end(ended);
}

void kernel_process_gone(struct kernel *kernel, struct process *process)
{
    struct mini_process *old = mini_of(process);
    port_process_destroy(kernel, process);
    old->gone = true;
    mini.running--;
}

void kernel_tick(struct kernel *kernel)
{
    if (mini.ticks++ == 0)
        mini.first_tick = port_now(kernel);
    mini.deadline = CAPOS_FOREVER;
}

uint64_t kernel_deadline(const struct kernel *kernel)
{
    (void)kernel;
    return mini.deadline;
}

void kernel_console_input(struct kernel *kernel)
{
    (void)kernel;
    mini.inputs++;
}

void kernel_console_output(struct kernel *kernel)
{
    (void)kernel;
    mini.outputs++;
}

void kernel_shutdown(struct kernel *kernel)
{
    (void)kernel;
    mini.shut_down = true;
}

bool kernel_ended(const struct kernel *kernel, struct kernel_end *ret_end)
{
    (void)kernel;
    (void)ret_end;
    return mini.running == 0;
}

/* --- What tests call ---------------------------------------------------------------------- */

void mini_open(void)
{
    memset(&mini, 0, sizeof mini);
    mini.deadline = CAPOS_FOREVER;
    mini.kernel = calloc(1, sizeof *mini.kernel);
    mini_port_open(mini.kernel);
}

void mini_close(void)
{
    uint64_t limit = port_now(mini.kernel) + LIMIT_NS;
    while (mini.running > 0 && port_now(mini.kernel) < limit)
        mini_port_step(mini.kernel, 1000000);
    unsigned left = mini.running;
    uint64_t pages = port_pages(mini.kernel);
    mini_port_close(mini.kernel);
    free(mini.kernel);
    TAP_EQ(left, 0);
    TAP_EQ(pages, 0);
}

struct mini_process *mini_create(const struct elf_image *image, const struct program_command *command)
{
    struct mini_process *made = calloc(1, sizeof *made);
    made->process.id = ++next_id;
    strcpy(made->process.name, "probe");
    if (port_process_create(mini.kernel, &made->process, image, CAPSET_BYTES) != CAP_OK) {
        free(made);
        return NULL;
    }
    memcpy(made->process.capset, command, sizeof *command);
    return made;
}

struct mini_process *mini_start(const struct elf_image *image, const struct program_command *command)
{
    struct mini_process *made = mini_create(image, command);
    if (made && port_process_start(mini.kernel, &made->process) == CAP_OK) {
        mini.running++;
        return made;
    }
    if (made)
        mini_free(made);
    return NULL;
}

void mini_wait(const bool *flag)
{
    uint64_t limit = port_now(mini.kernel) + LIMIT_NS;
    while (!*flag && port_now(mini.kernel) < limit)
        mini_port_step(mini.kernel, 100000000);
    TAP_CHECK(*flag);
}

void mini_wait_gone(struct mini_process *process)
{
    mini_wait(&process->gone);
}

void mini_free(struct mini_process *process)
{
    if (!process->gone)
        port_process_destroy(mini.kernel, &process->process);
    free(process);
}
