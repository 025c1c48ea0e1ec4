#!/bin/sh
# tests/kill on the bare machine, under -icount: a seed makes the same run each time. One round again:
# CAPOS_QEMU_OPTIONS="-icount shift=0,sleep=off" CAPOS_QEMU_APPEND="seed=7 count=1" tests/x86_64/run-image IMAGE
set -u
export CAPOS_QEMU_OPTIONS="-icount shift=0,sleep=off" CAPOS_QEMU_SECONDS=300
{
    echo "@begin kill"
    CAPOS_QEMU_APPEND=${CAPOS_LONG:+count=400} tests/x86_64/run-image "$CAPOS_BUILD/x86_64/tests/kill.elf"
    printf '\n@end %s\n' $?
} 2>&1 | tests/x86_64/merge-tap
