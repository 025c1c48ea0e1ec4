/*
 * The kernel's start: what the loader left, the port, the core, the loop.
 */
#include "kernel/core/kernel.h"
#include "kernel/x86_64/x86_64.h"

void x86_main(uint32_t start_info);

static struct kernel kernel;
static struct x86_boot_info info;

void x86_main(uint32_t start_info)
{
    struct x86_options options;
    struct kernel_error error = {""};
    x86_console_open();
    x86_processor_open();
    x86_pvh_read(start_info, &info);
    if (!x86_options_parse(info.command_line, &options, &error))
        x86_panic(error.text);
    if (info.package.start == info.package.end)
        x86_panic("no boot package: give it as the initrd (qemu-system-x86_64 -kernel kernel.elf -initrd "
                  "FILE.boot)");
    x86_port.kernel = &kernel;
    x86_port_open(&info, &options);
    struct kernel_boot boot = {
        .package = x86_direct(info.package.start),
        .package_bytes = info.package.end - info.package.start,
        .port = &x86_port,
    };
    boot.arena = x86_port_take_arena(&boot.arena_bytes);
    if (!kernel_boot(&kernel, &boot, &error))
        x86_panic(error.text);
    x86_power_off(x86_loop_run());
}
