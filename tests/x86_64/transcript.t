#!/bin/sh
# The same boot package on Linux and on bare metal: the same transcript, but for what differences.sed lists, and the
# same exit code; for a demo, the transcript that stands beside it. Two runs with a clock that counts instructions give
# the same bytes.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

same() { # name package [input]
    timeout 20 "$CAPOS_BUILD/capos" run "$2" >"$work/linux" 2>&1 <"${3:-/dev/null}"
    linux=$?
    tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$2" >"$work/qemu" 2>&1 <"${3:-/dev/null}"
    qemu=$?
    for port in linux qemu; do sed -f tests/x86_64/differences.sed "$work/$port" >"$work/$port.same"; done
    diff -u "$work/linux.same" "$work/qemu.same" | sed 's/^/# /'
    [ "$linux" = "$qemu" ] || echo "# exit codes: $linux on Linux, $qemu in QEMU"
    cmp -s "$work/linux.same" "$work/qemu.same" && [ "$linux" = "$qemu" ]
    result $? "$1: $(wc -l <"$work/qemu.same") lines and exit code $qemu on both"
}

same smoke "$CAPOS_BUILD/boot/smoke.boot"
# Addresses in programs are each compiler's own.
places() { sed 's/ at 0x4[0-9a-f]*\( (.*)\)\{0,1\}$//' "$1"; }

for demo in demos/*/ tests/errors/errors/ tests/spawn/spawn/; do
    name=$(basename "$demo")
    input=$demo/input
    [ -e "$input" ] || input=
    same "$name" "$CAPOS_BUILD/boot/$name.boot" "$input"
    places "$work/linux" >"$work/told"
    diff -u "$demo/transcript" "$work/told" | sed 's/^/# /'
    cmp -s "$demo/transcript" "$work/told"
    result $? "$name: says what its transcript says"
done
for how in exit0 exit7 exit256 exit-minus-1 null divide syscall; do
    sh tests/linux/package.sh "$how" "$work/$how.boot"
    same "$how" "$work/$how.boot"
done

# Every line of differences.sed is needed.
"$CAPOS_BUILD/capos" run "$work/syscall.boot" >"$work/all" 2>&1 </dev/null
tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$work/syscall.boot" >>"$work/all" 2>&1 </dev/null
grep -v '^#' tests/x86_64/differences.sed | grep . >"$work/rules"
unused=0
while IFS= read -r rule; do
    printf '%s\n' "$rule" >"$work/rule"
    sed -f "$work/rule" "$work/all" | cmp -s - "$work/all" && { unused=1; echo "# not needed: $rule"; }
done <"$work/rules"
result $unused "every difference that is allowed is one"

repeat() { # name qemu-option...
    name=$1
    shift
    for run in 1 2; do
        tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$CAPOS_BUILD/boot/smoke.boot" -icount shift=0,sleep=off "$@" \
            >"$work/run$run" 2>&1 </dev/null || echo "# exit code $?"
    done
    cmp "$work/run1" "$work/run2" && tail -1 "$work/run1" | grep -qx 'capos: exit code 0'
    result $? "two runs with -icount give the same bytes$name"
}
repeat ''
repeat ', with two processors' -smp 2

for quantum in 1000 3700 50000; do
    CAPOS_QEMU_APPEND=quantum=$quantum tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$CAPOS_BUILD/boot/smoke.boot" \
        -icount shift=0,sleep=off </dev/null 2>&1 | sed -f tests/x86_64/differences.sed >"$work/quantum"
    "$CAPOS_BUILD/capos" run "$CAPOS_BUILD/boot/smoke.boot" </dev/null 2>&1 | cmp -s - "$work/quantum"
    result $? "the same with a quantum of $quantum ns"
done
echo "1..$count"
