/*
 * The system call filter of every service; for the zygote alone. It decides as
 * little as it can: what is not surely the loader or the seal goes to the
 * kernel process, which looks at it.
 */
#ifndef CAPOS_KERNEL_LINUX_ZYGOTE_FILTER_H
#define CAPOS_KERNEL_LINUX_ZYGOTE_FILTER_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/linux/layout.h"

#define FIELD(field)      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define FIELD_HIGH(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define LOW(x)            ((uint32_t)(x))
#define HIGH(x)           ((uint32_t)((uint64_t)(x) >> 32))

/* Goes on when the accumulator is k, else to the instruction `to` (index of this one: `at`). */
#define UNLESS(at, k, to) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (k), 0, (to) - (at)-1)

enum { FILTER_ENTRY = 7, FILTER_CLOSE = 20, FILTER_YIELD = 27, FILTER_ALLOW = 30, FILTER_NOTIFY = 31 };

/*
 * Allowed: every call from this page (an instruction pointer is that of the next instruction),
 * the one munmap of the seal slot, close(0) where an order ends (there is nothing else that it could
 * close), and the sched_yield of cap_enter. All else goes to the kernel process, which looks at it.
 */
static const struct sock_filter filter[] = {
    [0] = FIELD(arch),
    [1] = UNLESS(1, AUDIT_ARCH_X86_64, FILTER_NOTIFY),
    [2] = FIELD_HIGH(instruction_pointer),
    [3] = UNLESS(3, HIGH(LINUX_ZYGOTE_VADDR), FILTER_ENTRY),
    [4] = FIELD(instruction_pointer),
    [5] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LOW(LINUX_ZYGOTE_VADDR) + 4096, FILTER_NOTIFY - 6, 0),
    [6] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, LOW(LINUX_ZYGOTE_VADDR), FILTER_ALLOW - 7, FILTER_NOTIFY - 7),
    [FILTER_ENTRY] = UNLESS(7, HIGH(LINUX_ENTRY_VADDR), FILTER_NOTIFY),
    [8] = FIELD(instruction_pointer),
    [9] = UNLESS(9, LINUX_ENTRY_VADDR + LINUX_IP_SEAL, FILTER_CLOSE),
    [10] = FIELD(nr),
    [11] = UNLESS(11, LINUX_NR_MUNMAP, FILTER_NOTIFY),
    [12] = FIELD(args[0]),
    [13] = UNLESS(13, LOW(LINUX_LIMIT), FILTER_NOTIFY),
    [14] = FIELD_HIGH(args[0]),
    [15] = UNLESS(15, HIGH(LINUX_LIMIT), FILTER_NOTIFY),
    [16] = FIELD(args[1]),
    [17] = UNLESS(17, LOW(LINUX_TOP - LINUX_LIMIT), FILTER_NOTIFY),
    [18] = FIELD_HIGH(args[1]),
    [19] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HIGH(LINUX_TOP - LINUX_LIMIT), FILTER_ALLOW - 20,
                    FILTER_NOTIFY - 20),
    [FILTER_CLOSE] = UNLESS(20, LINUX_ENTRY_VADDR + LINUX_IP_CLOSE, FILTER_YIELD),
    [21] = FIELD(nr),
    [22] = UNLESS(22, LINUX_NR_CLOSE, FILTER_NOTIFY),
    [23] = FIELD(args[0]),
    [24] = UNLESS(24, 0, FILTER_NOTIFY),
    [25] = FIELD_HIGH(args[0]),
    [26] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, FILTER_ALLOW - 27, FILTER_NOTIFY - 27),
    [FILTER_YIELD] = UNLESS(27, LINUX_ENTRY_VADDR + LINUX_IP_YIELD, FILTER_NOTIFY),
    [28] = FIELD(nr),
    [29] = UNLESS(29, LINUX_NR_YIELD, FILTER_NOTIFY),
    [FILTER_ALLOW] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    [FILTER_NOTIFY] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
};

#endif
