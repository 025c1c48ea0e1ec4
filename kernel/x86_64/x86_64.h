/*
 * The bare-metal port's own state and internal functions.
 *
 * One processor, one kernel stack, interrupts off while the kernel runs. A
 * process that does not run is a struct x86_frame; the kernel lets one run by
 * a call (x86_run_process) that returns when the process traps or a device
 * interrupts. So the main loop reads as on any host:
 *
 *   struct x86_port    -> frames of memory, texts (one for each program in
 *                         use), the run queue, the console, this processor
 *   struct x86_process -> a chain of frames: itself, its page tables, its memory
 *
 * Ways through it: loop.c lets processes run and reports what they do; a
 * cap_enter that need not wait goes from entry.S to doorbell.c and back
 * without the loop; the core calls back through port.h.
 */
#ifndef CAPOS_KERNEL_X86_64_X86_64_H
#define CAPOS_KERNEL_X86_64_X86_64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/core/elf.h"
#include "kernel/core/limits.h"
#include "kernel/core/list.h"
#include "kernel/core/port.h"
#include "kernel/x86_64/layout.h"

enum { X86_RANGES_MAX = 16 };
enum { X86_REGIONS_MAX = KERNEL_ELF_SEGMENTS_MAX + 1 };

/* --- Processor -------------------------------------------------------------------- */

/* The registers of a process that does not run, as entry.S pushes and the processor pops them. */
struct x86_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

CAPOS_STATIC_ASSERT(sizeof(struct x86_frame) == X86_FRAME_BYTES);
CAPOS_ASSERT_AT(x86_frame, rax, X86_FRAME_RAX);
CAPOS_ASSERT_AT(x86_frame, vector, X86_FRAME_VECTOR);
CAPOS_ASSERT_AT(x86_frame, cs, X86_FRAME_CS);
CAPOS_ASSERT_AT(x86_frame, rsp, X86_FRAME_RSP);

/* What entry.S finds through GS. */
struct x86_cpu {
    uint64_t user_rsp;   /* of the syscall at hand */
    uint64_t kernel_rsp; /* of the x86_run_process() that waits */
    uint64_t frame_end;  /* of the process that runs; also in the TSS */
};

CAPOS_ASSERT_AT(x86_cpu, user_rsp, X86_CPU_USER_RSP);
CAPOS_ASSERT_AT(x86_cpu, kernel_rsp, X86_CPU_KERNEL_RSP);
CAPOS_ASSERT_AT(x86_cpu, frame_end, X86_CPU_FRAME_END);

/* --- Memory ----------------------------------------------------------------------- */

/* Frame 0 is never handed out. */
typedef uint32_t x86_frame_number;

/* Frames that belong together, in the order in which they were taken. */
struct x86_chain {
    x86_frame_number first, last;
    uint64_t count;
};

struct x86_range {
    uint64_t start, end; /* physical addresses, page boundaries */
};

struct x86_memory {
    x86_frame_number *next; /* for each frame of the machine: the one behind it in its chain */
    struct x86_chain free;
    struct x86_range ranges[X86_RANGES_MAX]; /* never used so far */
    uint32_t range_count;
    uint64_t count;      /* of frames, the carved ones not among them */
    uint64_t free_count; /* in free and in ranges */
    uint64_t takes;      /* counted */
    uint64_t fail_at;    /* the take that fails on purpose; 0: none */
};

/* The read-only part of a program, shared by all processes that run it; kept while there is memory. */
struct x86_text {
    const uint8_t *file; /* of the image it was made from; NULL: unused */
    size_t file_bytes;
    struct x86_chain frames;
    unsigned users;
};

/* --- Processes --------------------------------------------------------------------- */

enum x86_state {
    X86_CREATED,
    X86_READY, /* in the run queue */
    X86_WAITS, /* in cap_enter */
    X86_GONE,  /* stopped; in port->gone until the core knows */
};

/* A page that was looked up for a copy. All zero: none. */
struct x86_found {
    uint64_t page;   /* its address, X86_FOUND, and 1 if it can be written */
    uint8_t *memory; /* as the kernel sees it */
};

enum { X86_FOUND_PAGES = 8, X86_FOUND = 2 };

struct x86_process {
    uint8_t fpu[512] __attribute__((aligned(16)));
    struct x86_frame frame;
    struct list_node in_port; /* the run queue, or gone */
    struct process *process;
    const struct elf_image *image;
    struct x86_text *text;
    struct x86_chain frames; /* this very one first */
    uint64_t tables;         /* physical address of its top page table */
    uint64_t fs_base;
    struct x86_found found[X86_FOUND_PAGES];   /* each page has one place */
    struct port_memory *places[KERNEL_PLACES]; /* NULL: empty */
    enum x86_state state;
    bool woken; /* before its kernel_enter() was over */
};

CAPOS_STATIC_ASSERT(sizeof(struct x86_process) <= CAPOS_PAGE_BYTES);
CAPOS_STATIC_ASSERT((offsetof(struct x86_process, frame) + sizeof(struct x86_frame)) % 16 == 0);

/* --- The port ------------------------------------------------------------------------ */

/* From the command line. */
struct x86_options {
    uint64_t quantum_ns; /* how long a process runs while others could */
    uint64_t fail_take;  /* see x86_memory */
    bool hide_cpu;       /* no clock instruction for programs */
    bool echo;           /* a person types: lines are shown and edited */
};

struct x86_port {
    struct kernel *kernel;
    struct x86_options options;
    struct x86_cpu cpu;
    struct x86_memory memory;
    struct x86_text texts[KERNEL_BINARIES_MAX];

    struct list ready;
    struct list gone;
    struct x86_process *loaded; /* whose address space and FPU state the processor has */
    bool look;                  /* the loop must look before a process runs on */
    uint64_t timer_at;          /* when the timer was set to fire */
    uint64_t quantum_end;       /* of the process that runs */

    bool console_input_wanted;
    bool console_room_wanted;
};

/* The one port: a machine has no second one. */
extern struct x86_port x86_port;

struct x86_process *x86_process_of(struct process *process);

/* --- What the boot loader said (boot.S hands it over, pvh.c copies it) ------------------- */

enum { X86_COMMAND_LINE_MAX = 1024 };

struct x86_boot_info {
    char command_line[X86_COMMAND_LINE_MAX];
    struct x86_range ram[X86_RANGES_MAX]; /* from 1 MiB up; whole pages */
    uint32_t ram_count;
    struct x86_range package; /* the boot module, exact */
};

/* Panics, in words, when the loader's information is not as PVH says. */
void x86_pvh_read(uint32_t start_info, struct x86_boot_info *ret_info);

/* --- options.c ------------------------------------------------------------------------------ */

/* False: error names the word and what is accepted. */
bool x86_options_parse(const char *line, struct x86_options *ret_options, struct kernel_error *error);

/* --- port.c ---------------------------------------------------------------------------------- */

/*
 * Makes the port in x86_port out of what the loader left. From then on all of
 * physical memory is mapped, devices work, nothing runs. The arena is what the core may use.
 */
void x86_port_open(const struct x86_boot_info *info, const struct x86_options *options);
void *x86_port_take_arena(size_t *ret_bytes);

/* --- processor.c, entry.S ----------------------------------------------------------------------- */

/* Exceptions are told from here on. */
void x86_processor_open(void);

/* Protection that this processor offers. After memory is mapped. */
void x86_processor_protect(bool hide_cpu);

/* Makes it the process whose registers, FPU state and memory the processor has. */
void x86_processor_load(struct x86_process *process);

/* Its memory is about to go. */
void x86_processor_unload(void);

/* Some of its pages were unmapped. */
void x86_processor_forget(const struct x86_process *process);

/* Runs until it traps or a device interrupts; its frame then says which. */
void x86_run_process(struct x86_frame *frame);

/* Waits for an interrupt: its vector. */
uint64_t x86_idle(void);

extern const uint8_t x86_entry_page[CAPOS_PAGE_BYTES];

/* Ends the machine: the message is the last line. */
_Noreturn void x86_panic(const char *message);

/* --- memory.c, page_table.c, map_image.c ------------------------------------------------------------ */

static inline void *x86_direct(uint64_t physical)
{
    return (void *)(X86_DIRECT_VADDR + physical);
}

static inline uint64_t x86_physical(const void *direct)
{
    return (uintptr_t)direct - X86_DIRECT_VADDR;
}

/* A zeroed frame at the chain's end: its memory, or NULL. */
void *x86_frame_take(struct x86_chain *chain);
void x86_chain_give(struct x86_chain *chain);
uint64_t x86_frames_free(void);

void x86_memory_open(const struct x86_boot_info *info);

/* Takes so many bytes in one piece, for ever. NULL: there is no such piece any more. */
void *x86_memory_carve(size_t bytes);

struct x86_text *x86_text_acquire(const struct elf_image *image);
void x86_text_release(struct x86_text *text);
/* Frees the frames of texts that nothing runs. False: there was none. */
bool x86_texts_drop_idle(void);

/* Maps device registers, for ever. */
volatile void *x86_map_device(uint64_t physical, size_t bytes);
/* The kernel's own address space: image, direct map, devices. */
void x86_map_kernel(const struct x86_boot_info *info);
uint64_t x86_kernel_tables(void);

/* An address space with nothing in it but the kernel. False: no memory. */
bool x86_space_make(struct x86_process *process);
/* Maps a frame where none is; access (enum elf_access) is for the program. False: no memory for tables. */
bool x86_space_map(struct x86_process *process, uint64_t address, uint64_t physical, uint32_t access);
/* The opposite, for a page that was mapped. The processor may still remember it. */
void x86_space_unmap(struct x86_process *process, uint64_t address);
/* The place of what was found of a page. */
static inline struct x86_found *x86_found_at(struct x86_process *process, uint64_t page)
{
    return &process->found[page / CAPOS_PAGE_BYTES % X86_FOUND_PAGES];
}

/* The memory behind a program's address, with the access needed, by the tables; NULL: not mapped so. */
uint8_t *x86_space_find(const struct x86_process *process, uint64_t address, bool write);

/* Maps and fills everything that the program starts with. False: no memory. */
bool x86_map_image(struct x86_process *process, const struct elf_image *image);

/* --- shared_memory.c -------------------------------------------------------------------------------------
 */

/* The process is gone: its places are empty. */
void x86_places_close(struct x86_process *process);

/* --- loop.c, context.c ---------------------------------------------------------------------------------- */

/* Lets processes run, or waits, until something was reported or `until` (port_now() time) at the latest. */
void x86_loop_step(uint64_t until);

/* Runs until the system has ended: the exit code. */
int x86_loop_run(void);

void x86_make_ready(struct x86_process *process);
void x86_make_wait(struct x86_process *process);

/* --- doorbell.c, fault.c
 * ------------------------------------------------------------------------------------ */

/* A process came by syscall from a place that entry.S does not know. */
void x86_doorbell_other(struct x86_process *process);

/* It raised an exception. */
void x86_fault(struct x86_process *process);

/* Ends a process for what it did: log line, kernel_fault(). */
void x86_end_by(struct x86_process *process, const struct fault *fault);

/* --- Devices
 * ---------------------------------------------------------------------------------------------------- */

/* x86_console_print() works from here on; interrupts from x86_console_listen(). */
void x86_console_open(void);
void x86_console_listen(void);
void x86_console_interrupt(void);
/* Text at once, whatever else happens. */
void x86_console_print(const char *text);

/* The interrupt controllers and the timer. */
void x86_timer_open(void);
void x86_timer_set(uint64_t now, uint64_t at);
void x86_interrupt_done(void);
void x86_interrupt_route(unsigned pin, unsigned vector);

void x86_clock_open(void);
void x86_entropy_open(void);
bool x86_virtio_rng_open(void);
bool x86_virtio_rng_read(void *bytes, size_t count);

_Noreturn void x86_power_off(int code);

#endif
