/*
 * Every bound of the kernel, by name. A build may lower any of them (-D...):
 * the tests pass with the smallest values, too.
 */
#ifndef CAPOS_KERNEL_LIMITS_H
#define CAPOS_KERNEL_LIMITS_H

/* Processes alive, or dead and not yet gone. */
#ifndef KERNEL_PROCESSES_MAX
#    define KERNEL_PROCESSES_MAX 1024
#endif

/* Capabilities that one process may hold; at most 65536. */
#ifndef KERNEL_CAP_SLOTS_MAX
#    define KERNEL_CAP_SLOTS_MAX 256
#endif

/* Unfinished calls of one process. */
#ifndef KERNEL_CALLS_MAX
#    define KERNEL_CALLS_MAX 64
#endif

/* Answer ids of a process lie below this: an answer that is kept counts as an unfinished call. 0 is none. */
#define KERNEL_ANSWERS_MAX (KERNEL_CALLS_MAX + 1)

/* Answers that may be looked at to see whether a promise leads back to itself: what leads further is taken
 * to. */
#ifndef KERNEL_CYCLE_MAX
#    define KERNEL_CYCLE_MAX 1024
#endif

/* Bytes of an exception's message that the calls get which depended on the answer. */
#define KERNEL_EXCEPTION_TEXT_MAX 256

/* Unfinished receives of one process. */
#ifndef KERNEL_RECVS_MAX
#    define KERNEL_RECVS_MAX 32
#endif

/* Calls of one process that may wait at one endpoint. */
#ifndef KERNEL_QUEUE_MAX
#    define KERNEL_QUEUE_MAX 16
#endif

/* Endpoints that processes may have made. */
#ifndef KERNEL_ENDPOINTS_MAX
#    define KERNEL_ENDPOINTS_MAX 4096
#endif

/* Badges of one endpoint that somebody holds, or whose end its owner has not been told of. */
#ifndef KERNEL_FACETS_MAX
#    define KERNEL_FACETS_MAX 4096
#endif

/* Badges that a program may have minted when nobody says otherwise; and all together. */
#ifndef KERNEL_BADGES_DEFAULT
#    define KERNEL_BADGES_DEFAULT 256
#endif
#define KERNEL_BADGES_MAX (KERNEL_PROCESSES_MAX * KERNEL_BADGES_DEFAULT)

/* Capabilities in one message. */
#ifndef KERNEL_CAPS_MAX
#    define KERNEL_CAPS_MAX 16
#endif

/* Accepted submissions without a read completion: calls, receives and a queue of the rest. */
#define KERNEL_CREDITS (KERNEL_CALLS_MAX + KERNEL_RECVS_MAX + CAPOS_CQ_ENTRIES)

/* Bytes of params, and of results, of one call. */
#ifndef KERNEL_MESSAGE_MAX
#    define KERNEL_MESSAGE_MAX 65536
#endif

/* What an endpoint takes in one message when nobody says otherwise. */
#ifndef KERNEL_ENDPOINT_MESSAGE_DEFAULT
#    define KERNEL_ENDPOINT_MESSAGE_DEFAULT CAPOS_ENDPOINT_MESSAGE_DEFAULT
#endif
#ifndef KERNEL_ENDPOINT_CAPS_DEFAULT
#    define KERNEL_ENDPOINT_CAPS_DEFAULT CAPOS_ENDPOINT_CAPS_DEFAULT
#endif

/* PT_LOAD segments of a program. */
#ifndef KERNEL_ELF_SEGMENTS_MAX
#    define KERNEL_ELF_SEGMENTS_MAX 8
#endif

/* Programs of a boot package, and grants of the first. */
#ifndef KERNEL_BINARIES_MAX
#    define KERNEL_BINARIES_MAX 64
#endif
#ifndef KERNEL_GRANTS_MAX
#    define KERNEL_GRANTS_MAX 32
#endif

/* Pages of a program's image (1 GiB) and of its stack. */
#define KERNEL_IMAGE_BYTES_MAX     (UINT64_C(1) << 30)
#define KERNEL_STACK_BYTES_DEFAULT (UINT64_C(64) << 10)
#define KERNEL_STACK_BYTES_MAX     (UINT64_C(8) << 20)

/* Programs lie in [CAPOS_IMAGE_VADDR, this): above it is the port's place. */
#define KERNEL_PROGRAM_END (UINT64_C(1) << 46)

/* Bytes of a piece of memory that processes share. */
#define KERNEL_MEMORY_BYTES_MAX (UINT64_C(64) << 20)

/* Bytes of it that one process may have made; and what a process may use in all when nobody says otherwise.
 */
#ifndef KERNEL_MEMORY_CHARGE_MAX
#    define KERNEL_MEMORY_CHARGE_MAX (UINT64_C(256) << 20)
#endif

/*
 * The places at which a process can have such memory: far above its stack, each of the size of two of the
 * largest, so that there is a gap behind whatever lies in one. 64: a bit each.
 */
#define KERNEL_PLACES          64
#define KERNEL_PLACES_START    UINT64_C(0x410000000000)
#define KERNEL_PLACE_BYTES     (2 * KERNEL_MEMORY_BYTES_MAX)
#define KERNEL_PLACES_END      (KERNEL_PLACES_START + KERNEL_PLACES * KERNEL_PLACE_BYTES)
#define KERNEL_PLACE_AT(place) (KERNEL_PLACES_START + (place)*KERNEL_PLACE_BYTES)

#endif
