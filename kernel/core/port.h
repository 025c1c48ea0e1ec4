/*
 * The seam between the portable core and a port.
 *
 * The first half is what a port supplies (port_*): memory, processes, time,
 * randomness, the console. The second half (kernel_*) is what a port reports
 * to the core. Nothing else crosses.
 *
 * Preconditions, once for all of it:
 * - One thread at a time runs in the core and in port_*, for one kernel.
 * - A process given to a port_* function has been created by
 *   port_process_create() and not yet reported gone, unless said otherwise.
 * - port_* functions return; they never call back into kernel_*. What they
 *   learn meanwhile they report later, from the port's own loop.
 * - Sizes are bytes, times are ns since a fixed point before boot.
 */
#ifndef CAPOS_KERNEL_PORT_H
#define CAPOS_KERNEL_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capos/abi.h"

struct kernel;
struct process;
struct elf_image;

/* === What a port supplies ================================================ */

/* --- Time and randomness -------------------------------------------------- */

/* Never decreases. */
uint64_t port_now(struct kernel *kernel);

/* Fills with bytes fit for keys; false: the source failed, nothing is promised. */
bool port_random(struct kernel *kernel, void *bytes, size_t count);

/* --- A process's memory ---------------------------------------------------- */

/*
 * Copies between the kernel and a process's program memory (its image, its
 * stack and what is mapped at its places, never the window below
 * CAPOS_IMAGE_VADDR). All bytes or none of them: false when any byte is not
 * mapped with the access needed. Any address and count may be given; count 0
 * is true. The process, and others that share the memory, may change it at
 * the same time.
 */
bool port_copy_in(struct process *process, void *to, uint64_t from, size_t count);
bool port_copy_out(struct process *process, uint64_t to, const void *from, size_t count);

/* Whether port_copy_out() of that range would succeed now. */
bool port_writable(struct process *process, uint64_t address, size_t count);

/* --- Memory that processes share --------------------------------------------- */

/* The core's record of a piece of memory; it stays where it is while the memory is there. */
struct port_memory {
    size_t bytes;     /* whole pages */
    uint32_t mapped;  /* so many places have it */
    uint64_t port[2]; /* the port's own */
};

/*
 * Takes zeroed pages, for bytes (1 to KERNEL_MEMORY_BYTES_MAX) rounded up to
 * pages. CAP_OK, or CAP_ERR_NO_MEMORY with nothing left behind.
 */
int port_memory_create(struct kernel *kernel, size_t bytes, struct port_memory *ret_memory);

/* Gives them back. No place has the memory. */
void port_memory_destroy(struct kernel *kernel, struct port_memory *memory);

/*
 * Maps the memory at a place (below KERNEL_PLACES) of the process that is empty: at
 * KERNEL_PLACE_AT(place), readable, writable if that is asked for, never
 * executable. The kernel's copies see it at once, the process at the latest when
 * its cap_enter at hand, or the next one, returns. CAP_OK, or CAP_ERR_NO_MEMORY with
 * nothing changed.
 */
int port_memory_map(struct kernel *kernel, struct process *process, uint32_t place,
                    struct port_memory *memory, bool writable);

/*
 * Empties a place that has memory. For the kernel's copies it is gone at once. A
 * process that runs may reach the pages until its cap_enter at hand, or the next one, returns;
 * until then, or until its end, they are not used for anything else, whatever the core destroys.
 */
void port_memory_unmap(struct kernel *kernel, struct process *process, uint32_t place);

/* --- Accounting ---------------------------------------------------------------- */

/*
 * Pages of the machine's memory that processes take, and the memory that they share: as many as before when
 * all that was created is destroyed. Read-only parts of programs are counted once, however many run them,
 * and not at all while they are only kept for a next start; nor is what the port has for itself.
 * Page tables for places stay with their process until it is destroyed.
 */
uint64_t port_pages(struct kernel *kernel);

/* --- Processes -------------------------------------------------------------- */

/*
 * Prepares the memory of a process: the image mapped as elf.h describes it,
 * a stack, CapSet pages (capset_bytes, rounded up to pages) and a ring page,
 * both zeroed. On success sets process->ring and process->capset to where the
 * kernel can write them, and process->port. image (and the file it refers to)
 * outlives the process.
 *
 * CAP_OK, or CAP_ERR_NO_MEMORY with nothing left behind.
 */
int port_process_create(struct kernel *kernel, struct process *process, const struct elf_image *image,
                        size_t capset_bytes);

/*
 * Runs it from the image's entry point, with registers as abi.h says. From
 * now on the port reports what it does. CAP_OK, or CAP_ERR_NO_MEMORY: then it
 * does not run and the core will call port_process_destroy().
 */
int port_process_start(struct kernel *kernel, struct process *process);

/*
 * Stops a started process for good. When it can touch nothing any more the
 * port reports kernel_process_gone(). Calling it again, or for one that is
 * ending by itself, is harmless.
 */
void port_process_kill(struct kernel *kernel, struct process *process);

/* Frees all that create made, and empties the process's places: after kernel_process_gone(), or instead of a
 * start. */
void port_process_destroy(struct kernel *kernel, struct process *process);

/*
 * Ends the cap_enter in which the process waits; result is its value. Only for a
 * process whose kernel_enter() said KERNEL_ENTER_WAITS, once each.
 */
void port_wake(struct kernel *kernel, struct process *process, int64_t result);

/* --- Console and log --------------------------------------------------------- */

/*
 * Takes the first bytes of data for the console, without blocking, and says
 * how many. When fewer than count, kernel_console_output() is reported once
 * there is room.
 */
size_t port_console_write(struct kernel *kernel, const void *data, size_t count);

#define PORT_CONSOLE_LATER ((int64_t)-1)

/*
 * Reads up to count bytes (1 and up) of console input: how many; 0 at its
 * end; PORT_CONSOLE_LATER when there is none yet: kernel_console_input() is
 * reported once there is.
 */
int64_t port_console_read(struct kernel *kernel, void *data, size_t count);

/* One line about the system for the person who runs it; no newline in it. */
void port_log(struct kernel *kernel, const char *line);

/* === What a port reports ================================================== */

/*
 * Starts a kernel in struct kernel (caller's, any content): carves its tables
 * out of arena, opens the boot package, creates and starts the first process.
 * The arena and the package stay as they are until kernel is no longer used.
 *
 * True when the system runs. False: nothing runs; error says in one line what, where, and what would be
 * accepted.
 */
struct kernel_boot {
    void *arena; /* 16-byte aligned */
    size_t arena_bytes;
    const void *package; /* 8-byte aligned: the boot package's flat message */
    size_t package_bytes;
    void *port; /* becomes kernel->port */
};

struct kernel_error {
    char text[400];
};

bool kernel_boot(struct kernel *kernel, const struct kernel_boot *boot, struct kernel_error *error);

/* Validates a boot package as kernel_boot() would, and runs nothing. */
bool kernel_check_package(const void *package, size_t package_bytes, struct kernel_error *error);

/* Of a package that is good: whether a spawn could start that binary. Else error has the spawn's words. */
bool kernel_check_binary(const void *package, size_t package_bytes, const char *name, size_t name_bytes,
                         struct kernel_error *error);

enum kernel_enter {
    KERNEL_ENTER_RETURNS, /* *ret_result is the value of cap_enter */
    KERNEL_ENTER_WAITS,   /* port_wake() will give it */
    KERNEL_ENTER_ENDS,    /* the process is dead: it must not run on */
};

/* The process called cap_enter (and does not run until it returns). */
enum kernel_enter kernel_enter(struct kernel *kernel, struct process *process, uint32_t min_complete,
                               uint64_t timeout_ns, int64_t *ret_result);

/*
 * The process called exit. The port then stops it as for port_process_kill(); its
 * memory can be copied in until this returns.
 */
void kernel_exit(struct kernel *kernel, struct process *process, int64_t code);

/* Why a process was ended from outside. */
enum fault_kind {
    FAULT_MEMORY,      /* address: what it touched */
    FAULT_INSTRUCTION, /* illegal, privileged (signal 11), or at an address that cannot be */
    FAULT_ARITHMETIC,
    FAULT_BREAKPOINT,
    FAULT_SYSCALL, /* number: a system call from outside the entry page */
    FAULT_KILLED,  /* number: the host's signal */
};

struct fault {
    enum fault_kind kind;
    int signal; /* the POSIX signal it corresponds to: 4, 5, 7, 8, 9, 11, 31... */
    uint64_t address;
    uint64_t instruction; /* 0: not known */
    uint64_t number;
};

/* The process did what it must not, or was killed. As kernel_exit() for the port. */
void kernel_fault(struct kernel *kernel, struct process *process, const struct fault *fault);

/* The process can touch nothing any more. Its record is gone when this returns. */
void kernel_process_gone(struct kernel *kernel, struct process *process);

/* Time has passed: completes what is due. Call it at kernel_deadline() or later. */
void kernel_tick(struct kernel *kernel);

/* When kernel_tick() is next needed; CAPOS_FOREVER: not until something else happens. */
uint64_t kernel_deadline(const struct kernel *kernel);

void kernel_console_input(struct kernel *kernel);
void kernel_console_output(struct kernel *kernel);

/* Ends every process; the port goes on until kernel_ended(). */
void kernel_shutdown(struct kernel *kernel);

/*
 * How the system ended: the first process's code, or its fault. False while any
 * process is left. The port then drains its console before it ends.
 */
struct kernel_end {
    bool faulted;
    int64_t code;
    struct fault fault;
};

bool kernel_ended(const struct kernel *kernel, struct kernel_end *ret_end);

#endif
