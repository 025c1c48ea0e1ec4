/*
 * The Linux port's own state and internal functions.
 *
 * One process, one thread is the kernel. It owns everything here:
 *
 *   struct linux_port    -> zygotes, texts (one for each program in use),
 *                           the table of processes by pid, the console
 *   struct linux_process -> its arena: the memfd that holds all its own writable
 *                           memory, mapped here too; its pidfd
 *   struct port_memory   -> the memfd of shared memory, mapped here, too
 *   struct linux_zygote  -> the listener on which up to 32 services ring
 *
 * Ways through it: loop.c waits for host events and calls doorbell.c (system
 * calls of services), context.c (their end), console.c and the core's
 * kernel_tick(); the core calls back through port.h. Before it waits it looks at the mailboxes of busy
 * services (polling.c).
 */
#ifndef CAPOS_KERNEL_LINUX_LINUX_H
#define CAPOS_KERNEL_LINUX_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/core/elf.h"
#include "kernel/core/limits.h"
#include "kernel/core/port.h"
#include "kernel/linux/layout.h"
#include "kernel/linux/zygote.h"

/* One listener's cost grows with the services blocked on it. */
enum { LINUX_ZYGOTE_SERVICES = 32 };
enum { LINUX_HASH_SIZE = 1024 };

enum { LINUX_DIRECT_LISTENERS = 3 }; /* see listeners.c */
enum { LINUX_REGIONS_MAX = KERNEL_ELF_SEGMENTS_MAX + 1 };

/* Exit codes of the command. */
enum { LINUX_EXIT_OWN_ERROR = 125, LINUX_EXIT_SIGNAL = 128 };

/* What an event of the epoll instance is about: the first member of whatever owns the descriptor. */
struct linux_source {
    enum linux_source_kind {
        LINUX_SOURCE_LISTENER,
        LINUX_SOURCE_PROCESS,
        LINUX_SOURCE_SIGNAL,
        LINUX_SOURCE_INPUT,
        LINUX_SOURCE_OUTPUT,
    } kind;
};

struct linux_zygote {
    struct linux_source source;
    struct linux_zygote *next;
    pid_t pid;
    int socket;   /* -1: it is dead, no service can be started from it */
    int listener; /* -1: its services are gone, too */
    unsigned services;
    uint64_t last_ring;    /* of port->rings */
    unsigned rings_behind; /* how often it rang through epoll */
};

/* The read-only part of a program, shared by all processes that run it. */
struct linux_text {
    struct linux_text *next;
    const uint8_t *file; /* of the image it was made from */
    size_t file_bytes;
    int memfd;
    uint8_t *memory; /* this process's own mapping, read-only */
    size_t bytes;
    unsigned users;
    uint64_t last_use;
};

/* A piece of program memory and where this process sees it. Ascending, without overlap. */
struct linux_region {
    uint64_t address;
    uint64_t bytes;
    uint8_t *memory;
    bool writable;
};

/* A place for shared memory (port.h): what the core wants there, and what the service has. */
struct linux_place {
    struct port_memory *memory; /* NULL: nothing */
    bool writable;
    uint64_t there; /* bytes */
};

/* What the entry page's orders slot reads. */
struct linux_orders {
    uint64_t number; /* of a system call; 0: no more, result is that of cap_enter */
    uint64_t arguments[6];
    uint64_t result;
};

CAPOS_ASSERT_AT(linux_orders, result, LINUX_ORDERS_RESULT);

/* The order that the kernel has written and that the service has not come to the door with. */
struct linux_order {
    struct linux_orders written; /* number 0: there is none */
    uint32_t place;
    bool withdrawn; /* an mmap that is not wanted any more */
};

/* The port's own words of a ring page, where cap_enter meets a kernel that polls. Never trusted. */
struct linux_mailbox {
    /* Written by the entry page. */
    uint32_t bell; /* the number of the latest cap_enter */
    uint32_t min_complete;
    uint64_t timeout_ns;
    uint32_t calm; /* so many calls sleep at once */
    uint32_t calm_next;
    uint32_t looks; /* between two yields of this call */
    uint32_t reserved0;
    /* Written by the kernel. */
    uint32_t window;   /* for how long to wait here, in steps of the time stamp counter; 0: nobody looks */
    uint32_t answered; /* the number of the cap_enter that result belongs to */
    int64_t result;
    uint32_t processor; /* on which the kernel has answered, as rdtscp tells it */
    uint32_t reserved1[3];
};

CAPOS_STATIC_ASSERT(LINUX_MAILBOX_VADDR ==
                    CAPOS_RING_VADDR + offsetof(struct capos_ring_header, port_private));
CAPOS_STATIC_ASSERT(sizeof(struct linux_mailbox) == sizeof((struct capos_ring_header *)0)->port_private);
CAPOS_ASSERT_AT(linux_mailbox, bell, LINUX_MAILBOX_BELL);
CAPOS_ASSERT_AT(linux_mailbox, min_complete, LINUX_MAILBOX_MIN_COMPLETE);
CAPOS_ASSERT_AT(linux_mailbox, timeout_ns, LINUX_MAILBOX_TIMEOUT);
CAPOS_ASSERT_AT(linux_mailbox, calm, LINUX_MAILBOX_CALM);
CAPOS_ASSERT_AT(linux_mailbox, calm_next, LINUX_MAILBOX_CALM_NEXT);
CAPOS_ASSERT_AT(linux_mailbox, looks, LINUX_MAILBOX_LOOKS);
CAPOS_ASSERT_AT(linux_mailbox, window, LINUX_MAILBOX_WINDOW);
CAPOS_ASSERT_AT(linux_mailbox, answered, LINUX_MAILBOX_ANSWERED);
CAPOS_ASSERT_AT(linux_mailbox, result, LINUX_MAILBOX_RESULT);
CAPOS_ASSERT_AT(linux_mailbox, processor, LINUX_MAILBOX_PROCESSOR);

struct linux_process {
    struct linux_source source;
    struct linux_process *next_in_hash;
    struct linux_port *port;
    struct process *process;
    const struct elf_image *image;
    struct linux_text *text;
    struct linux_zygote *zygote;
    uint8_t *arena;
    size_t arena_bytes;
    int arena_memfd; /* -1 once it runs */
    int pidfd;       /* -1: not started */
    pid_t pid;
    bool ended; /* reported to the core, or told to stop: what it does does not count any more */
    enum linux_call {
        LINUX_CALL_NONE,
        LINUX_CALL_RANG,     /* at the mailbox; its answer goes there */
        LINUX_CALL_TRAPPED,  /* by its system call, which returns the answer */
        LINUX_CALL_ANSWERED, /* at the mailbox; a system call that had given up waiting gets it, too */
    } call;                  /* the cap_enter at hand */
    uint64_t notification;   /* of one that trapped */
    struct linux_mailbox *mailbox;
    uint32_t bell;  /* the last one taken */
    int64_t result; /* what was answered at the mailbox */
    bool polled;    /* among those of polling.c */
    uint64_t last_bell;
    uint32_t region_count;
    struct linux_region regions[LINUX_REGIONS_MAX];
    struct linux_place places[KERNEL_PLACES];
    uint64_t places_changed; /* a bit for each where the service does not have what the core wants */
    struct linux_orders *orders;
    struct linux_order order;
    struct linux_spawn spawn;
    struct linux_traced *traced; /* what was recorded of it; NULL: nothing yet */
};

/* Output that the console has not taken yet, and what the core waits for. */
enum { LINUX_CONSOLE_BYTES = 65536 };

struct linux_console {
    struct linux_source input;
    struct linux_source output;
    int in, out;
    bool in_watched;
    bool out_pollable; /* pipes, terminals; not files */
    bool out_watched;  /* it would have blocked */
    bool core_waits_for_room;
    bool end_told; /* the core knows of out_error */
    int out_error; /* errno of a failed write: nothing more is written */
    size_t out_chunk;
    size_t first, count; /* a queue in a circle */
    uint8_t bytes[LINUX_CONSOLE_BYTES];
};

struct linux_options {
    uint32_t belts;    /* enum linux_belt: which to use where they work */
    int in, out;       /* the console */
    int log;           /* where port_log() writes */
    bool polling;      /* look at the mailboxes of busy services before sleeping */
    const char *debug; /* the name of processes that wait for a debugger, or NULL */
};

/* The busy services, whose mailboxes are looked at. All times are of the time stamp counter. */
enum { LINUX_POLLED_MAX = 32 };

struct linux_polling {
    uint32_t window; /* how long a silence is waited out; 0: there is no polling */
    unsigned count;
    struct linux_process *processes[LINUX_POLLED_MAX];
    uint64_t last_event; /* of any service */
    uint64_t last_listen;
    uint64_t rings; /* port->rings then */
    uint32_t switches_left;
    uint32_t calm; /* so many events without polling */
    uint32_t calm_next;
    uint64_t first_steps, first_ns; /* when the port was opened, by both clocks */
};

/* Of options.debug. */
struct linux_debug {
    char folder[64];  /* with the programs that are debugged; empty: not made */
    unsigned files;   /* in it: 0.elf and so on */
    char others[200]; /* names of processes that have another name */
};

struct linux_port {
    struct kernel *kernel;
    struct linux_options options;
    uint32_t belts; /* which took effect */
    int epoll;
    struct linux_source signal_source;
    int signal_fd;
    int signal;  /* the one that ended the system; 0: none */
    bool failed; /* of its own: it ends with LINUX_EXIT_OWN_ERROR */
    int entry_memfd;
    size_t fault_stack_bytes;
    struct linux_zygote *zygotes;
    struct linux_zygote *direct[LINUX_DIRECT_LISTENERS];
    unsigned direct_count; /* the listeners of all others are in epoll */
    uint64_t rings;        /* of all listeners, counted */
    struct linux_polling polling;
    struct linux_text *texts;
    uint64_t uses;  /* of texts, counted */
    uint64_t pages; /* of arenas, of texts that are used, and of shared memory */
    struct linux_process *hash[LINUX_HASH_SIZE];
    struct linux_console console;
    struct linux_debug debug;
    struct linux_trace *trace; /* of the kernel with KERNEL_TRACE */
};

struct linux_port *linux_port_of(struct kernel *kernel);
struct linux_process *linux_process_of(struct process *process);

/* --- port.c ------------------------------------------------------------------- */

/*
 * Makes a port in *port (caller's, any content): the entry page, the first
 * zygote. Blocks SIGINT, SIGTERM, SIGHUP in this thread and takes them from
 * then on. False: error says what this Linux lacks.
 */
bool linux_port_open(struct linux_port *port, const struct linux_options *options,
                     struct kernel_error *error);

/* Frees everything, and with it ends every service and zygote. */
void linux_port_close(struct linux_port *port);

/* Watches a descriptor; false when it is of a kind that cannot be watched. */
bool linux_watch(struct linux_port *port, int fd, uint32_t events, struct linux_source *source);

/* --- loop.c -------------------------------------------------------------------- */

/* Waits for host events until `until` (port_now() time) at the latest and reports them. */
void linux_loop_step(struct linux_port *port, uint64_t until);

/* Runs until the system has ended; the command's exit code. */
int linux_loop_run(struct linux_port *port);

/* --- listeners.c ---------------------------------------------------------------- */

/* From now on / no longer waited for. */
bool linux_listener_watch(struct linux_port *port, struct linux_zygote *zygote);
void linux_listener_unwatch(struct linux_port *port, struct linux_zygote *zygote);

/* A service of it rings, or all are gone. */
void linux_listener_ready(struct linux_port *port, struct linux_zygote *zygote, bool rings);

/*
 * Waits until `until` at the latest for the direct listeners and handles what they say. True when there
 * is something for epoll_wait().
 */
bool linux_listeners_wait(struct linux_port *port, uint64_t until);

/* --- polling.c ------------------------------------------------------------------- */

/* Once before services are started, and once when a first one could be: then it knows the time stamp counter.
 */
void linux_polling_open(struct linux_port *port);
void linux_polling_ready(struct linux_port *port);

/* A service has come, or is about to go on: it is busy. */
void linux_polling_add(struct linux_port *port, struct linux_process *process);
void linux_polling_remove(struct linux_port *port, struct linux_process *process);

/*
 * Looks at the mailboxes once and does what they ask for; yields the processor when that is nothing. False:
 * there was nothing for so long that it is time to sleep, and no service counts on being looked at any more.
 */
bool linux_polling_step(struct linux_port *port);

/* A yield took so many steps: whether it let others run, and whether they need the processor. */
void linux_polling_yielded(struct linux_polling *polling, uint64_t took);

/* While that goes on, the listeners are looked at now and then. */
bool linux_polling_listens(struct linux_port *port);

/* --- context.c, zygotes.c -------------------------------------------------------- */

/* A zygote with room for one more service, or NULL. */
struct linux_zygote *linux_zygote_get(struct linux_port *port, struct kernel_error *error);

/* Starts a service from it: its pid, or -errno (then the zygote may be dead). */
pid_t linux_zygote_spawn(struct linux_zygote *zygote, const struct linux_process *process);

/* One of its services is gone. */
void linux_zygote_leave(struct linux_port *port, struct linux_zygote *zygote);

/* It and all its services have died, whether we have seen that of each or not. */
void linux_zygote_hung_up(struct linux_port *port, struct linux_zygote *zygote);

void linux_zygotes_close(struct linux_port *port);

/* NULL: none by that pid. */
struct linux_process *linux_process_find(struct linux_port *port, pid_t pid);

/* Its pidfd says that it is gone. */
void linux_process_died(struct linux_port *port, struct linux_process *process);

/* --- memory.c, map_image.c --------------------------------------------------------- */

/* An empty memfd, -1 with errno: executable when that is asked for, else not where Linux can tell. */
int linux_memfd(const char *name, bool executable);

/* The same with these bytes in it, sealed against every change. */
int linux_memfd_sealed(const char *name, const void *bytes, size_t count);

/* Zeroed memory of its own memfd, mapped here; its size cannot change. NULL with errno: there is not enough.
 */
uint8_t *linux_memory_make(const char *name, size_t bytes, int *ret_memfd);

/* Makes and maps process->arena_bytes of memory. False: there is not enough. */
bool linux_arena_make(struct linux_process *process);
void linux_arena_free(struct linux_process *process);

struct linux_text *linux_text_acquire(struct linux_port *port, const struct elf_image *image);
void linux_text_release(struct linux_port *port, struct linux_text *text);
void linux_texts_close(struct linux_port *port);

/* Decides where everything lies: fills spawn, arena_bytes and, without their memory, the regions. */
void linux_layout(struct linux_process *process, const struct elf_image *image, size_t capset_bytes,
                  size_t fault_stack_bytes);

/* Fills the mapped arena with the program's data, its TLS block and its first stack words. */
void linux_fill_arena(struct linux_process *process);

/* --- shared_memory.c ------------------------------------------------------------------- */

/*
 * A cap_enter is about to be answered with result. True: there are orders to carry out first,
 * and the answer is LINUX_ANSWER_ORDERS.
 */
bool linux_orders_begin(struct linux_process *process, int64_t result);

/* What a service asks for at the orders slot is the order at hand, to the last register. */
bool linux_order_is(const struct linux_process *process, int number, const uint64_t arguments[6]);

/* Marks it as carried out and writes the next one. Returns how to answer it. */
struct linux_order_answer {
    bool pass;      /* let the system call happen; else it returns the address */
    int descriptor; /* becomes the service's descriptor 0 first; -1: none */
};

struct linux_order_answer linux_order_take(struct linux_process *process);

/* The kernel's view of what is mapped at a place: NULL, or the byte at address, with *ret_bytes to the end.
 */
uint8_t *linux_place_find(const struct linux_process *process, uint64_t address, bool write,
                          uint64_t *ret_bytes);

/* The process is gone: its places are empty. */
void linux_places_close(struct linux_process *process);

/* --- doorbell.c, fault.c ------------------------------------------------------------- */

bool linux_doorbell_set_sync_wake(int listener);

/* A service rings at its mailbox. */
void linux_doorbell_rung(struct linux_port *port, struct linux_process *process, uint32_t number);

/* A service of this zygote made a system call. */
void linux_doorbell(struct linux_port *port, struct linux_zygote *zygote);

/* Ends a process for what it did: log line, kernel_fault(). */
void linux_fault(struct linux_port *port, struct linux_process *process, const struct fault *fault);

/* The handler's report of a signal, as the process claims it. */
void linux_fault_signal(struct linux_port *port, struct linux_process *process, int signal, int code,
                        uint64_t address, uint64_t instruction);

/* NULL: not known by name here. */
const char *linux_system_call_name(uint64_t number);

/* --- debug.c ---------------------------------------------------------------------------- */

/* A process is about to start: one that is to be debugged will stop before its first instruction. */
void linux_debug_prepare(struct linux_port *port, struct linux_process *process);

/* It has started: says how to debug it. */
void linux_debug_announce(struct linux_port *port, const struct linux_process *process);

/* Says so if there was none; removes the files. */
void linux_debug_close(struct linux_port *port);

/* --- console.c ------------------------------------------------------------------------ */

void linux_console_open(struct linux_port *port);

/* Writes what it can without waiting; reports room and failure to the core. */
void linux_console_flush(struct linux_port *port);
void linux_console_input_ready(struct linux_port *port);
void linux_console_output_ready(struct linux_port *port, uint32_t events);

/* --- probe.c ---------------------------------------------------------------------------- */

/* Prints what of this Linux is used, for `capos version`. False: it is not enough, error says why. */
bool linux_probe_print(struct kernel_error *error);

/* In words, for an error: what a zygote could not do and which Linux is needed. */
void linux_zygote_explain(const struct linux_zygote_ready *ready, struct kernel_error *error);

/* --- options.c, boot_file.c ---------------------------------------------------------------- */

/* A boot package, or a schema, in memory, 8-byte aligned; the caller frees data. */
struct linux_boot_file {
    void *data;
    size_t bytes;
};

enum { LINUX_SCHEMAS_MAX = 16 };

struct linux_trace_options {
    const char *file; /* NULL: no trace; empty: standard error */
    bool args;
    size_t schema_count;
    const char *schema_files[LINUX_SCHEMAS_MAX];
    struct linux_boot_file schemas[LINUX_SCHEMAS_MAX]; /* for linux_run_traced(): what is in them */
};

struct linux_command {
    enum linux_verb { LINUX_RUN, LINUX_CHECK, LINUX_VERSION, LINUX_HELP } verb;
    const char *file;
    const char *debug; /* the service that waits for a debugger, or NULL */
    bool hide_cpu;
    bool polling_off;
    struct linux_trace_options trace;
};

/* False: it has said what is wrong (or printed the help asked for); *ret_exit is the exit code. */
bool linux_options_parse(int argc, char **argv, struct linux_command *ret_command, int *ret_exit);

/* False: error says what is wrong. */
bool linux_boot_file_read(const char *path, struct linux_boot_file *ret_file, struct kernel_error *error);

/* What `capos check` does. False: error says what is wrong, as the kernel or init would at the boot. */
bool linux_check(const struct linux_boot_file *file, struct kernel_error *error);

/* Any file, whatever is in it: a compiled schema is looked at by the trace. */
bool linux_schema_read(const char *path, struct linux_boot_file *ret_file, struct kernel_error *error);

/* --- system.c ---------------------------------------------------------------------------------- */

/* Runs a system from its start to its end: the command's exit code. It has said what went wrong. */
int linux_run(const struct linux_boot_file *file, const struct linux_command *command);

/* The same with a trace, by a kernel of its own that is built for that: kernel/core/trace.h. */
int linux_run_traced(const struct linux_boot_file *file, const struct linux_command *command);

#endif
