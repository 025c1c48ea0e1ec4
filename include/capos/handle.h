/*
 * handle: capabilities that a program owns.
 *
 * A capability is a number (capos_cap) that names a slot of the process's
 * table in the kernel. Who may drop it? There are two ways to hold one:
 *
 *   borrowed   it is good as long as its owner keeps it: what the CapSet
 *              names, what a message brought until it is finished
 *   owned      it is the program's, and the program drops it in the end:
 *              what was adopted (capos/transfer.h, or here)
 *
 * An owned capability is a handle. The runtime counts its owners in this
 * process: it has one when it is adopted, acquire adds one, release takes one
 * away. The release by the last owner queues one RELEASE for the kernel; it
 * goes along with the next entry into it, or is sent when the ring is lent or
 * returned, or by capos_runtime_flush_releases(). Nothing of a handle may be
 * used after its release.
 *
 *     struct file file;
 *     capos_status status = directory_open(ring, docs, CAPOS_TEXT("notes"), &file);
 *     if (status == CAP_OK) {
 *         ...
 *         capos_handle_release(runtime, file.cap);
 *     }
 *
 * A release cannot fail: the queue runs through the table of handles itself.
 * The table has room for the slots 0 to 63; for higher ones it grows from the
 * heap (capos/heap.h), which only adopting needs: that is where NO_MEMORY is
 * answered.
 *
 * Capability ids are never reused, so a release that comes too late, or
 * twice, harms nobody: it is counted as stray. With -DCAPOS_DEBUG, for the
 * runtime too, a second release ends the program with a panic that says where
 * the handle came from.
 *
 * With -DCAPOS_DEBUG a program notes where it acquires what: when its main
 * function returns, each handle that is still held is told on the console,
 * with file and line.
 *
 * What is still queued or held when the program ends is released by the
 * kernel.
 */
#ifndef CAPOS_HANDLE_H
#define CAPOS_HANDLE_H

#include <capos/runtime.h>
#include <capos/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes a capability that the process holds and nobody owns, such as one of
 * the CapSet, a handle with one owner: *ret_cap, the same id. One that is
 * owned already gets one owner more. The null capability is adopted by doing
 * nothing.
 *
 * Returns CAP_OK; NO_MEMORY if the table cannot grow: it is as it was;
 * STALE_CAP if its last owner has released it, or it was given away.
 */
capos_status capos_handle_adopt(struct capos_runtime *runtime, capos_cap cap CAPOS_USES,
                                capos_cap *ret_cap CAPOS_ACQUIRES);

/*
 * Adds an owner to a handle: *ret_cap, the same id, is to be released like
 * the first one.
 *
 * Returns CAP_OK; STALE_CAP if nobody owns it; NO_MEMORY if it has 65535
 * owners.
 */
capos_status capos_handle_acquire(struct capos_runtime *runtime, capos_cap cap CAPOS_USES,
                                  capos_cap *ret_cap CAPOS_ACQUIRES);

/*
 * Takes an owner away; the last one queues the RELEASE. Never fails; the null
 * capability, and one that is gone, are released by doing nothing.
 */
void capos_handle_release(struct capos_runtime *runtime, capos_cap cap CAPOS_RELEASES);

/* Owners of a capability: 0 if it is borrowed, queued for release, or gone. */
uint32_t capos_handle_owners(const struct capos_runtime *runtime, capos_cap cap);

/* Counts since the start of the program, but for the first two. */
struct capos_handle_stats {
    uint32_t held;     /* handles that have an owner */
    uint32_t queued;   /* RELEASEs that are not sent yet */
    uint64_t released; /* RELEASEs that the kernel has done, stale ones included */
    uint64_t refused;  /* RELEASEs that it refused for another reason */
    uint64_t stray;    /* releases by someone who owned nothing */
};

/* Copies the counts. */
void capos_handle_stats(const struct capos_runtime *runtime, struct capos_handle_stats *ret_stats);

/*
 * Sends the RELEASEs that are queued and waits for their completions. The
 * ring need not be lent.
 *
 * Returns CAP_OK, or the kernel's first refusal since the last flush; what was
 * refused is off the queue all the same. A stale id is no refusal.
 */
capos_status capos_runtime_flush_releases(struct capos_runtime *runtime);

/* --- Where handles come from -------------------------------------------------- */

/*
 * Notes a place, a constant string: handles that are adopted from now on are
 * said to come from there. CAPOS_NOTED(call) notes the place where it stands;
 * with CAPOS_DEBUG, the functions that adopt do so by themselves.
 */
void capos_handle_note(const char *place);

#define CAPOS_PLACE_(line) #line
#define CAPOS_PLACE(line)  CAPOS_PLACE_(line)
#define CAPOS_NOTED(call)  (capos_handle_note(__FILE__ ":" CAPOS_PLACE(__LINE__)), (call))

#ifdef CAPOS_DEBUG
#    define capos_handle_adopt(...)   CAPOS_NOTED(capos_handle_adopt(__VA_ARGS__))
#    define capos_handle_acquire(...) CAPOS_NOTED(capos_handle_acquire(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
