/*
 * kernel/x86_64/console.c, with the serial port looped back: what is written
 * comes in. While it is, nothing can be printed; so results are kept first.
 */
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"
#include "tests/port/contract.h"

enum { DATA = 0x3f8, MODEM = DATA + 4, STATUS = DATA + 5 };
enum { LOOPED = 0x1b, NORMAL = 0x0b, STATUS_INPUT = 1, KEY_END = 4 };

/* With nothing of before to read. */
static void loop_back(void)
{
    x86_out8(MODEM, LOOPED);
    while (x86_in8(STATUS) & STATUS_INPUT)
        x86_in8(DATA);
}

static void receive(uint8_t byte)
{
    x86_out8(DATA, byte);
    while (!(x86_in8(STATUS) & STATUS_INPUT))
        continue;
}

static void step_ms(uint64_t ms)
{
    x86_loop_step(port_now(mini.kernel) + ms * 1000000);
}

TAP_TEST(console_input_is_read_as_it_comes_and_ends)
{
    uint8_t byte = 0, same = 7;
    mini_open();
    loop_back();
    int64_t nothing = port_console_read(mini.kernel, &same, 1);
    receive('q');
    int64_t one = port_console_read(mini.kernel, &byte, 1);
    receive('\r'); /* not a person's: left as it is */
    uint8_t ret = 0;
    port_console_read(mini.kernel, &ret, 1);
    receive(KEY_END);
    int64_t end = port_console_read(mini.kernel, &same, 1);
    int64_t more = port_console_read(mini.kernel, &same, 1);
    x86_out8(MODEM, NORMAL);
    TAP_EQ(nothing, PORT_CONSOLE_LATER);
    TAP_EQ(one, 1);
    TAP_EQ(byte, 'q');
    TAP_EQ(ret, '\r');
    TAP_EQ(end, 0);
    TAP_EQ(more, PORT_CONSOLE_LATER);
    TAP_EQ(same, 7);
    mini_close();
}

TAP_TEST(console_input_is_reported_once_when_it_is_waited_for)
{
    uint8_t byte = 0;
    unsigned counts[3];
    mini_open();
    loop_back();
    receive('a'); /* nobody waits */
    step_ms(1);
    counts[0] = mini.inputs;
    port_console_read(mini.kernel, &byte, 1);
    int64_t later = port_console_read(mini.kernel, &byte, 1);
    receive('b');
    step_ms(5000);
    counts[1] = mini.inputs;
    port_console_read(mini.kernel, &byte, 1);
    receive('c'); /* nobody waits any more */
    step_ms(1);
    counts[2] = mini.inputs;
    x86_out8(MODEM, NORMAL);
    TAP_EQ(later, PORT_CONSOLE_LATER);
    TAP_EQ(byte, 'b');
    TAP_EQ(counts[0], 0);
    TAP_EQ(counts[1], 1);
    TAP_EQ(counts[2], 1);
    mini_close();
}
