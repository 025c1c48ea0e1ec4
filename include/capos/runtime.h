/*
 * runtime: how a program starts, and what it is given.
 *
 * A program defines capos_rt_main() and links libcapos-rt.a. The runtime
 * checks what the kernel handed over and calls it; what it returns is the
 * program's exit code.
 *
 *     int64_t capos_rt_main(struct capos_runtime *runtime)
 *     {
 *         struct capos_ring *ring;
 *         struct console console;
 *         if (capos_runtime_lend_ring(runtime, &ring) < 0)
 *             return 1;
 *         capos_status status = console_from_capset(runtime, "console", &console);
 *         if (status == CAP_OK)
 *             status = console_write_line(ring, console, CAPOS_TEXT("hello"));
 *         capos_runtime_return_ring(runtime, ring);
 *         return status < 0;
 *     }
 *
 * A program has no other way to reach anything: no system calls, no
 * environment, no arguments. It runs in one thread, on a stack of 64 KiB
 * (link with -z stack-size=BYTES for another size); the heap, if it wants
 * one, is declared with CAPOS_HEAP_BYTES() of capos/heap.h.
 */
#ifndef CAPOS_RUNTIME_H
#define CAPOS_RUNTIME_H

#include <capos/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct capos_ring;
struct capos_runtime;

/* Exit codes of the runtime itself. */
#define CAPOS_EXIT_PANIC    120 /* capos_panic(), a failed assertion */
#define CAPOS_EXIT_BAD_RING 121 /* the ring cannot be repaired, or cap_enter answers what it never should */
#define CAPOS_EXIT_START    122 /* the ring that the kernel handed over is not at its place, or no ring */

/* The program's own main function. `runtime` lives as long as the program. */
int64_t capos_rt_main(struct capos_runtime *runtime);

/*
 * Lends the ring. There is one, and one user of it at a time: whoever has it
 * passes it on as an argument.
 *
 * Returns CAP_OK, or RING_LENT if it is lent already.
 */
capos_status capos_runtime_lend_ring(struct capos_runtime *runtime, struct capos_ring **ret_ring);

/*
 * Takes the ring back, and sends the releases that are queued
 * (capos/handle.h), as lending does. Calls that are still pending are cancelled first, and
 * their buffers are the program's again when this returns; they are still to
 * be finished, which frees what they hold.
 *
 * Returns CAP_OK, or RING_LENT if `ring` is not the one that is lent.
 */
capos_status capos_runtime_return_ring(struct capos_runtime *runtime, struct capos_ring *ring);

/* The kernel's number for this process; it says nothing about any other. */
uint64_t capos_runtime_process_id(const struct capos_runtime *runtime);

/*
 * Ends the program at once. Nothing is flushed or finished: the kernel
 * releases all that the process holds.
 */
__attribute__((noreturn)) void capos_runtime_exit(struct capos_runtime *runtime, int64_t code);

#ifdef __cplusplus
}
#endif

#endif
