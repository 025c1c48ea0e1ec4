#!/bin/sh
# Programs that start programs on the bare machine: one after the other 300 times, 10 000 with CAPOS_LONG=1; and 100 at a time.
set -u
count=0
cycles=300
[ -z "${CAPOS_LONG-}" ] || cycles=10000

order() { # words that must be said, name, order
    count=$((count + 1))
    said=$(echo "$3" | CAPOS_QEMU_SECONDS=200 tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$CAPOS_BUILD/boot/many.boot" 2>&1)
    status=$?
    if [ $status = 0 ] && echo "$said" | grep -qx "$1"; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
    echo "$said" | sed 's/^/# /'
}

order "all is as it was after cycles: $cycles" "$cycles processes leave nothing behind" "cycles $cycles"
order "alive, and each has answered a call: 100" "100 processes are alive, and each has answered a call" "alive 100"
echo "1..$count"
