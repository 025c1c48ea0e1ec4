/*
 * The boot packages of the systems, in memory.
 */
        .section .rodata.packages, "a", @progbits
        .globl  crowd_package, crowd_package_end, family_package, family_package_end
        .balign 16
crowd_package:
        .incbin CROWD_BOOT
crowd_package_end:
        .balign 16
family_package:
        .incbin FAMILY_BOOT
family_package_end:
        .section .note.GNU-stack, "", @progbits
