/*
 * The console: the first serial port, a byte at a time. A 16550's queues stay
 * off: turning them on drops what a user has typed so far. Nothing here waits
 * but log lines.
 */
#include <string.h>

#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

enum { PORT = 0x3f8, PIN = 4 };
enum { DATA = PORT, INTERRUPTS, QUEUES, LINE, MODEM, STATUS };
enum { STATUS_INPUT = 0x01, STATUS_ROOM = 0x20 };
enum { INTERRUPT_INPUT = 1, INTERRUPT_ROOM = 2 };
enum { LINE_DIVISOR = 0x80, LINE_8N1 = 0x03, MODEM_ON = 0x0b };

/* What a person's terminal sends. */
enum { KEY_END = 0x04, KEY_BACKSPACE = 0x08, KEY_DELETE = 0x7f };

static bool end_follows; /* KEY_END came behind other input */

/* Where a person types, what is read is a whole line, as it stands when the return key ends it. */
static struct line {
    uint8_t bytes[256];
    size_t count;
    size_t taken;
    bool complete;
} typed;

void x86_console_open(void)
{
    x86_out8(INTERRUPTS, 0);
    x86_out8(LINE, LINE_DIVISOR);
    x86_out8(DATA, 1); /* 115200 baud */
    x86_out8(INTERRUPTS, 0);
    x86_out8(LINE, LINE_8N1);
    x86_out8(MODEM, MODEM_ON);
}

void x86_console_listen(void)
{
    x86_interrupt_route(PIN, X86_VECTOR_SERIAL);
}

static bool status(uint8_t bit)
{
    return x86_in8(STATUS) & bit;
}

static void set_interrupts(void)
{
    x86_out8(INTERRUPTS, (x86_port.console_input_wanted ? INTERRUPT_INPUT : 0) |
                             (x86_port.console_room_wanted ? INTERRUPT_ROOM : 0));
}

void x86_console_print(const char *text)
{
    for (; *text; text++) {
        while (!status(STATUS_ROOM))
            continue;
        x86_out8(DATA, (uint8_t)*text);
    }
}

size_t port_console_write(struct kernel *kernel, const void *data, size_t count)
{
    const uint8_t *bytes = data;
    size_t taken = 0;
    (void)kernel;
    while (taken < count && status(STATUS_ROOM))
        x86_out8(DATA, bytes[taken++]);
    if (taken < count) {
        x86_port.console_room_wanted = true;
        set_interrupts();
    }
    return taken;
}

static void edit(uint8_t key)
{
    bool erases = key == KEY_BACKSPACE || key == KEY_DELETE;
    const char shown[2] = {(char)key, 0};
    if (key == KEY_END || (erases && typed.count == 0)) {
        typed.complete = key == KEY_END;
    } else if (erases) {
        typed.count--;
        x86_console_print("\b \b");
    } else {
        typed.bytes[typed.count++] = key;
        typed.complete = key == '\n' || typed.count == sizeof typed.bytes;
        x86_console_print(shown);
    }
}

/* Bytes of the line; 0 at an empty one, which is the end of the input. */
static int64_t read_line(void *data, size_t count)
{
    while (!typed.complete && status(STATUS_INPUT)) {
        uint8_t key = x86_in8(DATA);
        edit(key == '\r' ? '\n' : key);
    }
    if (!typed.complete)
        return PORT_CONSOLE_LATER;
    size_t left = typed.count - typed.taken;
    size_t part = left < count ? left : count;
    memcpy(data, typed.bytes + typed.taken, part);
    typed.taken += part;
    if (typed.taken == typed.count)
        typed = (struct line){.count = 0};
    return (int64_t)part;
}

/* Bytes as they come, up to KEY_END. */
static int64_t read_bytes(uint8_t *bytes, size_t count)
{
    size_t got = 0;
    while (!end_follows && got < count && status(STATUS_INPUT)) {
        uint8_t key = x86_in8(DATA);
        end_follows = key == KEY_END;
        if (!end_follows)
            bytes[got++] = key;
    }
    if (got == 0 && !end_follows)
        return PORT_CONSOLE_LATER;
    end_follows = end_follows && got > 0;
    return (int64_t)got;
}

int64_t port_console_read(struct kernel *kernel, void *data, size_t count)
{
    (void)kernel;
    int64_t got = x86_port.options.echo ? read_line(data, count) : read_bytes(data, count);
    if (got == PORT_CONSOLE_LATER) {
        x86_port.console_input_wanted = true;
        set_interrupts();
    }
    return got;
}

/* One interrupt for both: what is wanted and there is reported, once. */
void x86_console_interrupt(void)
{
    bool input = x86_port.console_input_wanted && status(STATUS_INPUT);
    bool room = x86_port.console_room_wanted && status(STATUS_ROOM);
    x86_port.console_input_wanted &= !input;
    x86_port.console_room_wanted &= !room;
    set_interrupts();
    if (input)
        kernel_console_input(x86_port.kernel);
    if (room)
        kernel_console_output(x86_port.kernel);
}

void port_log(struct kernel *kernel, const char *line)
{
    (void)kernel;
    x86_console_print("capos: ");
    x86_console_print(line);
    x86_console_print("\n");
}
