#!/bin/sh
# Nor in whole systems.
set -u
said=$(mktemp)
trap 'rm -f "$said"' EXIT
count=0
for system in hello smoke; do
    for machine in microvm q35; do
        count=$((count + 1))
        if CAPOS_QEMU_MACHINE=$machine tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$CAPOS_BUILD/boot/$system.boot" \
            </dev/null >"$said" 2>&1; then
            echo "ok $count - $system runs to its end on $machine"
        else
            tail -3 "$said" | sed 's/^/# /'
            echo "not ok $count - $system runs to its end on $machine"
        fi
    done
done

# The images of door.t, once.
for image in door system; do
    count=$((count + 1))
    if CAPOS_QEMU_OPTIONS="-icount shift=0,sleep=off -m 256M" \
        tests/x86_64/run-image "$CAPOS_BUILD/x86_64/tests/$image.elf" >"$said" 2>&1; then
        echo "ok $count - the tests of $image pass"
    else
        grep -A3 -E '^# (panic|tests)|^not ok' "$said" | sed 's/^/# /'
        echo "not ok $count - the tests of $image pass"
    fi
done
echo "1..$count"
