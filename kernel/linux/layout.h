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
#define LINUX_ENTRY_VADDR    0x100000
#define LINUX_SLOT_SEAL      0x40  /* two slots: unmaps all from the limit up, then starts the program */
#define LINUX_SLOT_FAULT     0x80  /* the handler of every fault signal */
#define LINUX_SLOT_ORDERS    0xa0  /* where cap_enter goes on when the process is to change its memory */
#define LINUX_SLOT_ENTER     0x120 /* where cap_enter goes on at once */
#define LINUX_SLOT_ENTER_END 0x280

/* Where orders stand (struct linux_orders): the low end of the fault stack. */
#define LINUX_ORDERS_VADDR  0x160000
#define LINUX_ORDERS_RESULT 56

/* The answer to cap_enter that sends it there; its results are no more than 32. */
#define LINUX_ANSWER_ORDERS 0xcab3

/* What the slots put into rax: numbers that no Linux system call has. */
#define LINUX_NR_CAP_ENTER 0xcab0
#define LINUX_NR_EXIT      0xcab1
#define LINUX_NR_FAULT     0xcab2
#define LINUX_NR_CLOSE     3
#define LINUX_NR_MMAP      9
#define LINUX_NR_MUNMAP    11
#define LINUX_NR_YIELD     24

/*
 * The mailbox (struct linux_mailbox): the port's own words of the ring page. Polling, kernel and service meet
 * there, and nobody makes a system call.
 */
#define LINUX_MAILBOX_VADDR        (0x180000 + 0xc0)
#define LINUX_MAILBOX_BELL         0
#define LINUX_MAILBOX_MIN_COMPLETE 4
#define LINUX_MAILBOX_TIMEOUT      8
#define LINUX_MAILBOX_CALM         16
#define LINUX_MAILBOX_CALM_NEXT    20
#define LINUX_MAILBOX_LOOKS        24
#define LINUX_MAILBOX_WINDOW       32
#define LINUX_MAILBOX_ANSWERED     36
#define LINUX_MAILBOX_RESULT       40
#define LINUX_MAILBOX_PROCESSOR    48

/*
 * The rule of polling, for both sides: for a window at most, and for so many yields that let somebody else
 * run. After one that took very long, calls sleep at once: as many as make up for it, and four times as many
 * each time that this happens again.
 */
#define LINUX_POLL_WINDOW_NS 20000
#define LINUX_POLL_SWITCHES  4
#define LINUX_POLL_HOGGED    5  /* windows that a yield took: somebody else needs this processor */
#define LINUX_POLL_SHORT     4  /* a shift: a yield longer than this part of a window has switched */
#define LINUX_POLL_LOOKS     8  /* between two yields; 1 on the kernel's processor */
#define LINUX_CALM           32 /* calls for each window (as a power of two) that such a yield took */
#define LINUX_CALM_MAX       65536

/* Where the system call instructions of the slots end, from the page's start. */
#define LINUX_IP_CAP_ENTER 0x15b
#define LINUX_IP_YIELD     0x1ea
#define LINUX_IP_EXIT      0x27
#define LINUX_IP_SEAL      0x47
#define LINUX_IP_FAULT     0x96
#define LINUX_IP_ORDER     0xe2
#define LINUX_IP_CLOSE     0xf3

/* The hlt of a seal slot whose munmap failed, and of an order that failed. */
#define LINUX_IP_SEAL_FAILED  0x7f
#define LINUX_IP_ORDER_FAILED 0x10f

#endif
