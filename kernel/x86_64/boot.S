/*
 * From the boot loader's 32-bit world to C: page tables for the first GiB,
 * at its physical addresses and where the kernel is linked; long mode; the stack. The
 * protocol is PVH: ebx holds the physical address of struct hvm_start_info
 * (Xen's public/arch-x86/hvm/start_info.h).
 */
#include "kernel/x86_64/layout.h"

#define PHYSICAL(symbol) ((symbol) - X86_KERNEL_VADDR)

        .section .note.Xen, "a", @note
        .balign 4
        .long   4, 8, 18        /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .quad   PHYSICAL(x86_start)

        .section .text.boot, "ax", @progbits
        .code32
        .globl  x86_start
x86_start:
        cld
        mov     $PHYSICAL(boot_directory), %edi
        mov     $0x83, %eax     /* 2 MiB, present, writable */
        xor     %ecx, %ecx
1:      mov     %eax, (%edi,%ecx,8)
        add     $0x200000, %eax
        inc     %ecx
        cmp     $512, %ecx
        jb      1b

        mov     $PHYSICAL(boot_directory) + 3, %eax
        mov     %eax, PHYSICAL(boot_low)
        mov     %eax, PHYSICAL(boot_high) + 510 * 8
        movl    $PHYSICAL(boot_low) + 3, PHYSICAL(boot_tables)
        movl    $PHYSICAL(boot_low) + 3, PHYSICAL(boot_tables) + 256 * 8
        movl    $PHYSICAL(boot_high) + 3, PHYSICAL(boot_tables) + 511 * 8

        mov     %cr4, %eax
        or      $0x20, %eax     /* PAE */
        mov     %eax, %cr4
        mov     $PHYSICAL(boot_tables), %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx
        rdmsr
        or      $0x901, %eax    /* EFER: SCE, LME, NXE */
        wrmsr
        mov     %cr0, %eax
        or      $0x80000001, %eax
        mov     %eax, %cr0
        lgdt    PHYSICAL(boot_gdt_pointer)
        ljmp    $8, $PHYSICAL(1f)

        .code64
1:      movabs  $2f, %rax
        jmp     *%rax
2:      xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $x86_stack_end, %rsp
        xor     %ebp, %ebp
        mov     %ebx, %edi
        call    x86_main
        hlt

        .section .rodata.boot, "a", @progbits
        .balign 8
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff
boot_gdt_pointer:
        .word   boot_gdt_pointer - boot_gdt - 1
        .long   PHYSICAL(boot_gdt)

/* --- Zeroed memory: the tables of the start, and the stacks, each above a page that stays unmapped --- */

        .section .bss.boot, "aw", @nobits
        .balign 4096
boot_tables:
        .skip   4096
boot_low:
        .skip   4096
boot_high:
        .skip   4096
boot_directory:
        .skip   4096

        .section .stacks, "aw", @nobits
        .balign 4096
        .globl  x86_guards, x86_stack_end, x86_debug_stack_end, x86_nmi_stack_end, x86_fault_stack_end
x86_guards:
        .skip   X86_GUARD_BYTES + X86_STACK_BYTES
x86_stack_end:
        .skip   X86_GUARD_BYTES + X86_IST_BYTES
x86_debug_stack_end:
        .skip   X86_GUARD_BYTES + X86_IST_BYTES
x86_nmi_stack_end:
        .skip   X86_GUARD_BYTES + X86_IST_BYTES
x86_fault_stack_end:

        .section .note.GNU-stack, "", @progbits
