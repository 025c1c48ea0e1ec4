/*
 * The end: a last line that says how, then off. QEMU's exit device is asked first, which
 * makes the machine's end an exit status: 33 for code 0, 37 for others, 35 for a panic.
 */
#include "kernel/core/text.h"
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

enum { EXIT_DEVICE = 0xf4, EXIT_GOOD = 16, EXIT_PANIC = 17, EXIT_OTHER = 18 };
enum { POWER_Q35 = 0x604, POWER_PC = 0xb004, POWER_OFF = 0x2000 };

static _Noreturn void off(uint8_t exit)
{
    x86_out8(EXIT_DEVICE, exit);
    x86_out16(POWER_Q35, POWER_OFF);
    x86_out16(POWER_PC, POWER_OFF);
    for (;;)
        __asm__ volatile("cli\n\thlt");
}

void x86_power_off(int code)
{
    char line[40];
    struct text text = KERNEL_TEXT_IN(line);
    kernel_text_add(&text, "exit code ");
    kernel_text_add_number(&text, (uint64_t)code);
    port_log(x86_port.kernel, line);
    off(code == 0 ? EXIT_GOOD : EXIT_OTHER);
}

void x86_panic(const char *message)
{
    x86_console_print("capos: panic: ");
    x86_console_print(message);
    x86_console_print("\n");
    off(EXIT_PANIC);
}
