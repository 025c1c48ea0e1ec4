#!/bin/sh
# What a program costs before it has done anything: all of the runtime, and the smallest service.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

fits() { # bytes, bytes that there may be, name
    count=$((count + 1))
    echo "# $3: $1 of $2 bytes"
    if [ "$1" -gt 0 ] && [ "$1" -le "$2" ]; then echo "ok $count - $3"; else echo "not ok $count - $3"; fi
}

if objdump --dwarf=info --dwarf-depth=1 "$CAPOS_BUILD/target/capos-rt/ring.o" | grep -q 'DW_AT_producer.*GNU C'; then
    fits "$(size "$CAPOS_BUILD"/target/capos-rt/*.o | awk 'NR > 1 { text += $1 } END { print text + 0 }')" 24576 \
        "the runtime, all of it, has at most 24 KiB of text"
else
    echo "ok $((count += 1)) - the runtime, all of it, has at most 24 KiB of text # SKIP the bound is for gcc"
fi
strip -o "$work/hello" "$CAPOS_BUILD/elf/hello"
fits "$(stat -c %s "$work/hello")" 32768 "hello, stripped, has at most 32 KiB"
echo "1..$count"
