/* kernel/x86_64/processor.c: the protection that is on, tried by doing what it forbids. */
#include <string.h>

#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"
#include "tests/x86_64/target/panics.h"

extern uint8_t x86_image_start[], x86_guards[];

static volatile uint8_t *place;

/* Null, too: it is the processor that judges. */
__attribute__((no_sanitize("undefined"))) static void read_place(void)
{
    (void)*place;
}

__attribute__((no_sanitize("undefined"))) static void write_place(void)
{
    *place = 1;
}

static void call_place(void)
{
    ((void (*)(void))(uintptr_t)place)();
}

/* A page fault comes with this error code, at this address. */
static void check(void (*act)(void), volatile void *at, const char *ending)
{
    place = at;
    const char *panic = target_panics(act);
    TAP_CHECK(panic);
    const char *error = strstr(panic, "error code");
    TAP_CHECK(strstr(panic, "exception 14 in the kernel at ") == panic && error);
    TAP_STR_EQ(error, ending);
}

TAP_TEST(the_kernel_cannot_write_to_its_code)
{
    check(write_place, x86_image_start, "error code 0x3, address 0xffffffff80100000");
}

TAP_TEST(the_kernel_cannot_execute_data)
{
    static uint8_t code[16] = {0xc3};
    const char *panic;
    place = code;
    panic = target_panics(call_place);
    TAP_CHECK(panic && strstr(panic, "exception 14") == panic && strstr(panic, "error code 0x11,"));
    place = x86_direct(x86_physical(x86_memory_carve(1)));
    panic = target_panics(call_place);
    TAP_CHECK(panic && strstr(panic, "exception 14") == panic && strstr(panic, "error code 0x11,"));
}

TAP_TEST(null_and_the_low_memory_of_the_boot_loader_are_not_mapped)
{
    check(read_place, NULL, "error code 0x0, address 0x0");
    TAP_STOP_IF_FAILED();
    check(write_place, (void *)0x100000, "error code 0x2, address 0x100000");
}

/* A process's memory is there, at its own addresses, and the kernel has no use for it: SMAP and SMEP. */
TAP_TEST(the_kernel_cannot_touch_or_execute_a_programs_memory)
{
    enum { SMEP = 1 << 20, SMAP = 1 << 21, UMIP = 1 << 11 };
    const struct program_command command = {.operation = PROGRAM_EXIT};
    TAP_EQ(x86_read_cr4() & (SMEP | SMAP | UMIP), SMEP | SMAP | UMIP);
    mini_open();
    struct mini_process *process = mini_create(contract_image(), &command);
    TAP_CHECK(process);
    x86_processor_load(x86_process_of(&process->process));
    check(read_place, (void *)CAPOS_RING_VADDR, "error code 0x1, address 0x180000");
    TAP_STOP_IF_FAILED();
    check(write_place, (void *)CAPOS_RING_VADDR, "error code 0x3, address 0x180000");
    TAP_STOP_IF_FAILED();
    check(call_place, (void *)CAPOS_ENTRY_VADDR, "error code 0x11, address 0x100000");
    TAP_STOP_IF_FAILED();
    mini_free(process);
    mini_close();
}
