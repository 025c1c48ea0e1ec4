/*
 * The boot package of the crowd, in memory.
 */
        .section .rodata.crowd_package, "a", @progbits
        .balign 16
        .globl  crowd_package, crowd_package_end
crowd_package:
        .incbin CROWD_BOOT
crowd_package_end:
        .section .note.GNU-stack, "", @progbits
