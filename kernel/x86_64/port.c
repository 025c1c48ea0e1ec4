/*
 * Makes the port as a whole.
 */
#include "kernel/core/kernel.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

struct x86_port x86_port;

/* As large as the core can use, at most a quarter of what there is. */
void *x86_port_take_arena(size_t *ret_bytes)
{
    size_t bytes = x86_frames_free() / 4 * CAPOS_PAGE_BYTES;
    *ret_bytes = bytes < KERNEL_ARENA_BYTES ? bytes : KERNEL_ARENA_BYTES;
    void *arena = x86_memory_carve(*ret_bytes);
    if (!arena)
        x86_panic("no memory for the kernel's records");
    return arena;
}

void x86_port_open(const struct x86_boot_info *info, const struct x86_options *options)
{
    x86_port.options = *options;
    list_init(&x86_port.ready);
    list_init(&x86_port.gone);
    if (info->ram_count == 0)
        x86_panic("the memory map names no memory above 1 MiB");
    x86_memory_open(info);
    x86_map_kernel(info);
    x86_write_cr3(x86_kernel_tables());
    x86_processor_protect(options->hide_cpu);
    x86_timer_open();
    x86_console_listen();
    x86_entropy_open();
    x86_port.memory.fail_at = options->fail_take;
}
