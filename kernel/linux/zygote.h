/*
 * What the kernel process and a zygote say to each other: messages over a
 * SOCK_SEQPACKET pair, of which the zygote holds one end as descriptor 0.
 *
 *   kernel -> zygote   linux_zygote_config, with the entry page's memfd
 *   zygote -> kernel   linux_zygote_ready, with the listener unless error is set
 *   kernel -> zygote   linux_spawn, with the text's and the arena's memfd
 *   zygote -> kernel   int32_t: the pid, or a negative errno
 *
 * The last two repeat. The zygote ends when the kernel's end is closed.
 */
#ifndef CAPOS_KERNEL_LINUX_ZYGOTE_H
#define CAPOS_KERNEL_LINUX_ZYGOTE_H

#include <stdint.h>

#include "kernel/core/limits.h"

/* Parts of the confinement that not every Linux has. */
enum linux_belt {
    LINUX_BELT_TSC_OFF = 1,    /* rdtsc faults */
    LINUX_BELT_CPUID_OFF = 2,  /* cpuid faults */
    LINUX_BELT_LANDLOCK = 4,   /* no file can be opened even if a system call got through */
    LINUX_BELT_NO_DUMP = 8,    /* /proc, ptrace and core files are closed to others of the same user */
    LINUX_BELT_SYNC_WAKE = 16, /* the kernel process's own: wake-ups on the waker's CPU */
    LINUX_BELTS_ALL = 31,
    /* These two make every switch between kernel and service write a control register: dear, in virtual
     * machines above all. */
    LINUX_BELTS_CPU = LINUX_BELT_TSC_OFF | LINUX_BELT_CPUID_OFF,
    LINUX_BELTS_DEFAULT = LINUX_BELTS_ALL & ~LINUX_BELTS_CPU,
};

struct linux_zygote_config {
    int32_t kernel_pid;
    uint32_t belts;       /* which to try */
    uint64_t fault_stack; /* address */
    uint64_t fault_stack_bytes;
};

/* What it was doing when error happened. */
enum linux_zygote_step {
    LINUX_STEP_CONFIG,
    LINUX_STEP_PARENT,
    LINUX_STEP_SIGNALS,
    LINUX_STEP_NO_NEW_PRIVS,
    LINUX_STEP_FILTER,
};

struct linux_zygote_ready {
    int32_t step;   /* enum linux_zygote_step */
    int32_t error;  /* errno; 0: ready */
    uint32_t belts; /* which took effect */
};

/* Which descriptor a mapping comes from, as numbered in the zygote. */
enum linux_map_source {
    LINUX_MAP_ENTRY = 1,
    LINUX_MAP_TEXT = 2,
    LINUX_MAP_ARENA = 3,
};

struct linux_map {
    uint64_t address;
    uint64_t bytes;
    uint64_t offset;
    uint32_t protection;
    uint32_t source; /* enum linux_map_source */
};

/* Entry page, CapSet, fault stack, ring, stack, and the program's segments. */
#define LINUX_MAPS_MAX (5 + KERNEL_ELF_SEGMENTS_MAX)

struct linux_spawn {
    uint64_t stack_pointer; /* at the four words that the seal slot pops */
    uint64_t fs_base;       /* 0: none */
    char name[16];          /* as ps shows it */
    uint32_t map_count;
    uint32_t stop; /* 1: it waits before its first instruction, and lets debuggers at itself */
    struct linux_map maps[LINUX_MAPS_MAX];
};

#endif
