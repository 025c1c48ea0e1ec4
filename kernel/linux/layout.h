/*
 * Where things lie in a confined process, and the numbers by which its entry
 * page reaches the kernel: what entry.S, the zygote (with its filter) and the
 * kernel process must agree on. For C and for the assembler.
 */
#ifndef CAPOS_KERNEL_LINUX_LAYOUT_H
#define CAPOS_KERNEL_LINUX_LAYOUT_H

/* Above the programs (KERNEL_PROGRAM_END, 2^46) lies the stack; its top is also the limit of the process. */
#define LINUX_LIMIT 0x400001000000

/* The zygote's one page, far above the limit; it vanishes from a service with its start. */
#define LINUX_ZYGOTE_VADDR 0x600000000000

/* The end of what Linux maps for a process. */
#define LINUX_TOP 0x7ffffffff000

/* The entry page's address, and the port's own slots in it (the others are in abi.h). */
#define LINUX_ENTRY_VADDR 0x100000
#define LINUX_SLOT_SEAL   0x40 /* two slots: unmaps all from the limit up, then starts the program */
#define LINUX_SLOT_FAULT  0x80 /* the handler of every fault signal */

/* What the slots put into rax: numbers that no Linux system call has. */
#define LINUX_NR_CAP_ENTER 0xcab0
#define LINUX_NR_EXIT      0xcab1
#define LINUX_NR_FAULT     0xcab2
#define LINUX_NR_MUNMAP    11

/* Where the one system call instruction of each slot ends, from the page's start. */
#define LINUX_IP_CAP_ENTER 0x07
#define LINUX_IP_EXIT      0x27
#define LINUX_IP_SEAL      0x47
#define LINUX_IP_FAULT     0x96

/* The hlt of a seal slot whose munmap failed. */
#define LINUX_IP_SEAL_FAILED 0x7f

#endif
