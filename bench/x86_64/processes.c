/*
 * What a process takes, told by a kernel of its own: the core and the port
 * without their main loop. It starts the package's program again and again,
 * which reads the time stamp counter in its first instruction and before its exit
 * call (start.S), and tells the least that was seen: from the request to the
 * program's first instruction, and from its exit to the last of it being gone.
 */
#include "kernel/core/kernel.h"
#include "kernel/core/process.h"
#include "kernel/core/text.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"
#include "schema/capos.capos.h"

enum { ROUNDS = 200 };

void x86_main(uint32_t start_info);

static struct kernel kernel;
static struct x86_boot_info info;

struct costs {
    uint64_t create, exit;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct costs run_one(void)
{
    struct object *object = &kernel.objects[KERNEL_CAPABILITY_CONSOLE];
    struct process_grant console = {"console", 7, object, object->type->interface->id};
    struct process *process;
    struct kernel_end end;
    uint64_t asked = x86_read_tsc();
    const struct process_start start = {.name = kernel.package.init.name,
                                        .image = &kernel.package.init.image,
                                        .grants = &console,
                                        .grant_count = 1,
                                        .budget = kernel_budget_first};
    if (kernel_process_spawn(&kernel, &start, &process) < 0)
        x86_panic("no memory for a process");
    struct x86_process *made = x86_process_of(process);
    while (made->state != X86_GONE)
        x86_loop_step(CAPOS_FOREVER);
    uint64_t began = made->frame.rdi, exited = made->frame.rsi;
    while (!kernel_ended(&kernel, &end))
        x86_loop_step(CAPOS_FOREVER);
    return (struct costs){began - asked, x86_read_tsc() - exited};
}

static void tell(const char *what, uint64_t number)
{
    char line[80];
    struct text text = KERNEL_TEXT_IN(line);
    kernel_text_add(&text, "budget: ");
    kernel_text_add(&text, what);
    kernel_text_add(&text, " ");
    kernel_text_add_number(&text, number);
    kernel_text_add(&text, "\n");
    x86_console_print(line);
}

void x86_main(uint32_t start_info)
{
    struct x86_options options;
    struct kernel_error error = {""};
    x86_console_open();
    x86_processor_open();
    x86_pvh_read(start_info, &info);
    if (!x86_options_parse(info.command_line, &options, &error))
        x86_panic(error.text);
    x86_port.kernel = &kernel;
    x86_port_open(&info, &options);
    size_t arena_bytes;
    void *arena = x86_port_take_arena(&arena_bytes);
    kernel_init(&kernel, &x86_port, arena, arena_bytes);
    if (!kernel_boot_open(x86_direct(info.package.start), info.package.end - info.package.start,
                          &kernel.package, &error))
        x86_panic(error.text);
    struct costs least = {UINT64_MAX, UINT64_MAX};
    run_one(); /* with memory as it was at the start, which differs between machines */
    for (int i = 0; i < ROUNDS; i++) {
        struct costs costs = run_one();
        least = (struct costs){smaller(least.create, costs.create), smaller(least.exit, costs.exit)};
    }
    tell("process-create", least.create);
    tell("process-exit", least.exit);
    x86_power_off(0);
}
