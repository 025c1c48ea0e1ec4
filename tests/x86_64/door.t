#!/bin/sh
# Holds docs/security.md, clauses 20 to 22: the door on bare metal, on a processor with all that QEMU has and on one without
# SMEP, SMAP, UMIP and RDRAND; turns, cycles, and frames that run out. Under -icount, so that turns are of the same length
# whatever else the machine does. With CAPOS_LONG=1: ten times the cycles, and missing frames by one seed after the other for 60 s.
set -u
export CAPOS_QEMU_OPTIONS="-icount shift=0,sleep=off"
images=$CAPOS_BUILD/x86_64/tests

run() { # NAME PROCESSOR WORDS IMAGE [TEST-NAME-PART]
    echo "@begin $1"
    CAPOS_QEMU_CPU=$2 CAPOS_QEMU_APPEND=$3 tests/x86_64/run-image "$images/$4.elf" "${5-}"
    printf '\n@end %s\n' $?
}

{
    run door-max max "" door
    run door-qemu64 qemu64 "" door
    run system max "" system
    if [ -n "${CAPOS_LONG-}" ]; then
        run system-cycles max count=10000 system many_processes
        end=$(($(date +%s) + 60)) seed=1
        while [ "$(date +%s)" -lt $end ]; do
            run system-seed-$seed max "seed=$seed count=1000" system any_frame
            seed=$((seed + 1))
        done
    fi
} 2>&1 | tests/x86_64/merge-tap
