/*
 * The interrupt controllers, the timer and the clock. The processor's own
 * timer wakes, its time stamp counter tells the time; how fast both run is
 * measured against the old timer chip, the one clock of known rate on every machine.
 */
#include "kernel/x86_64/instructions.h"
#include "kernel/x86_64/x86_64.h"

/* The local controller (Intel's manual, volume 3, chapter 11), as 32-bit registers. */
#define LOCAL_PADDR UINT64_C(0xfee00000)
enum {
    LOCAL_DONE = 0xb0,
    LOCAL_SPURIOUS = 0xf0,
    LOCAL_TIMER = 0x320,
    LOCAL_TIMER_START = 0x380,
    LOCAL_TIMER_NOW = 0x390,
    LOCAL_TIMER_DIVIDE = 0x3e0,
    LOCAL_BYTES = 0x400,
};
enum { SPURIOUS_ENABLE = 0x100, TIMER_MASKED = 0x10000, DIVIDE_BY_1 = 0xb };

/* The devices' controller. */
#define ROUTER_PADDR UINT64_C(0xfec00000)
enum { ROUTER_INDEX = 0x00, ROUTER_DATA = 0x10, ROUTER_BYTES = 0x20, ROUTER_FIRST_PIN = 0x10 };

/* The two controllers of the first machines: moved out of the exceptions' way and silenced. */
enum { PIC_1 = 0x20, PIC_2 = 0xa0, PIC_INIT = 0x11, PIC_ALL = 0xff };

/* The timer chip: 16-bit channel 0 counting down once. */
enum {
    CHIP_CHANNEL_0 = 0x40,
    CHIP_COMMAND = 0x43,
    CHIP_HZ = 1193182,
    CHIP_ONE_SHOT = 0x30,
    CHIP_LATCH = 0x00
};
enum { MEASURE_TICKS = CHIP_HZ / 100 };

static volatile uint32_t *local, *router;
static uint64_t tsc_start;
static uint64_t tsc_to_ns, ns_to_timer; /* 32.32 fixed point */

static void write_local(unsigned at, uint32_t value)
{
    local[at / sizeof *local] = value;
}

static void write_router(uint32_t index, uint32_t value)
{
    router[ROUTER_INDEX / sizeof *router] = index;
    router[ROUTER_DATA / sizeof *router] = value;
}

static void silence_old_controllers(void)
{
    static const uint8_t words[4][2] = {
        {PIC_INIT, PIC_INIT}, {X86_VECTOR_PIC, X86_VECTOR_PIC + 8}, {4, 2}, {1, 1}};
    for (int i = 0; i < 4; i++) {
        x86_out8(PIC_1 + (i > 0), words[i][0]);
        x86_out8(PIC_2 + (i > 0), words[i][1]);
    }
    x86_out8(PIC_1 + 1, PIC_ALL);
    x86_out8(PIC_2 + 1, PIC_ALL);
}

void x86_interrupt_route(unsigned pin, unsigned vector)
{
    write_router(ROUTER_FIRST_PIN + 2 * pin + 1, 0);
    write_router(ROUTER_FIRST_PIN + 2 * pin, vector);
}

void x86_interrupt_done(void)
{
    write_local(LOCAL_DONE, 0);
}

/* --- The clock ------------------------------------------------------------------------------ */

static uint64_t scale(uint64_t value, uint64_t factor)
{
    return (uint64_t)((unsigned __int128)value * factor >> 32);
}

/* numerator is below 2^32. */
static uint64_t factor_of(uint64_t numerator, uint64_t denominator)
{
    return (numerator << 32) / denominator;
}

static uint32_t read_chip(void)
{
    x86_out8(CHIP_COMMAND, CHIP_LATCH);
    uint32_t low = x86_in8(CHIP_CHANNEL_0);
    return low | (uint32_t)x86_in8(CHIP_CHANNEL_0) << 8;
}

static void start_chip(void)
{
    x86_out8(CHIP_COMMAND, CHIP_ONE_SHOT);
    x86_out8(CHIP_CHANNEL_0, 0xff);
    x86_out8(CHIP_CHANNEL_0, 0xff);
}

static void measure(void)
{
    enum { TRIES = 100000000 };
    start_chip();
    write_local(LOCAL_TIMER_START, UINT32_MAX);
    uint32_t chip_start = read_chip(), chip = chip_start;
    uint64_t tsc = x86_read_tsc();
    uint32_t timer = local[LOCAL_TIMER_NOW / sizeof *local];
    for (int i = 0; i < TRIES && chip_start - chip < MEASURE_TICKS && chip <= chip_start; i++)
        chip = read_chip();
    tsc_start = x86_read_tsc();
    uint64_t timer_ticks = timer - local[LOCAL_TIMER_NOW / sizeof *local];
    uint64_t ns = (uint64_t)(chip_start - chip) * 1000000000 / CHIP_HZ;
    if (ns < 1000000 || timer_ticks == 0 || tsc_start <= tsc)
        x86_panic("the timers do not count: a timer chip (8254) and a local interrupt controller are needed");
    tsc_to_ns = factor_of(ns, tsc_start - tsc);
    ns_to_timer = factor_of(timer_ticks, ns);
    write_local(LOCAL_TIMER_START, 0);
}

uint64_t port_now(struct kernel *kernel)
{
    (void)kernel;
    return scale(x86_read_tsc() - tsc_start, tsc_to_ns);
}

/* --- The timer -------------------------------------------------------------------------------- */

void x86_timer_set(uint64_t now, uint64_t at)
{
    if (at == x86_port.timer_at)
        return;
    x86_port.timer_at = at;
    uint64_t ticks = 0;
    if (at != CAPOS_FOREVER) {
        uint64_t ns = at > now ? at - now : 0;
        ticks = ns >> 32 ? UINT32_MAX : scale(ns, ns_to_timer) + 1;
    }
    write_local(LOCAL_TIMER_START, ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}

void x86_timer_open(void)
{
    local = x86_map_device(LOCAL_PADDR, LOCAL_BYTES);
    router = x86_map_device(ROUTER_PADDR, ROUTER_BYTES);
    silence_old_controllers();
    write_local(LOCAL_SPURIOUS, SPURIOUS_ENABLE | X86_VECTOR_SPURIOUS);
    write_local(LOCAL_TIMER_DIVIDE, DIVIDE_BY_1);
    write_local(LOCAL_TIMER, TIMER_MASKED | X86_VECTOR_TIMER);
    measure();
    write_local(LOCAL_TIMER, X86_VECTOR_TIMER);
    x86_port.timer_at = CAPOS_FOREVER;
}
