#!/bin/sh
# Machines that the kernel boots on, and what it says on those that it cannot.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
kernel=$CAPOS_BUILD/kernel.elf
hello=$CAPOS_BUILD/boot/hello.boot
smoke=$CAPOS_BUILD/boot/smoke.boot

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

# run NAME CODE LAST-LINE PACKAGE [QEMU-OPTION...]: the exit code of run-qemu, and a pattern for the last line.
run() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    CAPOS_QEMU_SECONDS=20 tools/run-qemu "$kernel" "$@" >"$work/out" 2>&1 </dev/null
    code=$?
    if [ "$code" = "$wanted" ] && tail -1 "$work/out" | grep -qxE "$pattern"; then
        result 0 "$name"
    else
        echo "# exit code $code, wanted $wanted; output:"
        tail -5 "$work/out" | sed 's/^/#   /'
        result 1 "$name"
    fi
}

# as NAME LINE: whether the last output has that very line.
says() {
    grep -qxF "$2" "$work/out"
    result $? "$1"
}

good='capos: exit code 0'
for machine in microvm pc q35; do
    CAPOS_QEMU_MACHINE=$machine run "boots on $machine" 0 "$good" "$smoke"
done
run "boots on a processor without SMEP, SMAP, UMIP and RDRAND" 0 "$good" "$hello" -cpu qemu64
says "and says that it has no random numbers" \
    'capos: no random numbers: this machine has neither RDRAND nor a virtio-rng device'
run "an EntropySource without a source answers with an exception" 1 'capos: exit code 1' "$smoke" -cpu qemu64
run "the host's random numbers" 0 "$good" "$smoke" -cpu qemu64 -global virtio-mmio.force-legacy=false \
    -device virtio-rng-device
says "and says where they come from" 'capos: random numbers from the host (virtio-rng)'
run "a device of the old virtio version is passed over" 0 "$good" "$hello" -cpu qemu64 \
    -global virtio-mmio.force-legacy=true -device virtio-rng-device
run "programs without a clock instruction" 0 "$good" "$smoke" -append hide-cpu

# Memory: the smallest that does, less than that, and more than 32 bits can count.
run "6 MiB of memory" 0 "$good" "$smoke" -m 6M
run "5 GiB of memory" 0 "$good" "$hello" -m 5G
run "3 MiB of memory are said to be too few" 125 "capos: panic: not enough memory to start init" "$smoke" -m 3M

# What it cannot start, it says.
panic='capos: panic: '
run "an unknown word on the command line" 125 \
    "${panic}command line: \"quantums=5\": not an option; there are quantum=NS \(1000 and up\), hide-cpu, echo, fail-frame=N" \
    "$hello" -append 'hide-cpu quantums=5'
for wrong in quantum=999 quantum= quantum=1x quantum=1234567890123456 hide-cpux fail-frame=-1; do
    run "refused: $wrong" 125 "${panic}command line: \"$wrong\": not an option.*" "$hello" -append "$wrong"
done
head -c 1000 "$hello" >"$work/short.boot"
run "a boot package that was cut off" 125 "${panic}the boot package is damaged at word .*" "$work/short.boot"
: >"$work/empty.boot"
run "an empty boot package" 125 "${panic}no boot package: give it as the initrd .*" "$work/empty.boot"
run "a program that finds no memory" 125 "$panic.*memory.*" "$hello" -append fail-frame=9

# The machine's own power switch, where there is no exit device.
for machine in pc q35; do
    timeout 20 qemu-system-x86_64 -machine $machine -accel tcg -cpu max -m 128M -nodefaults -no-user-config \
        -display none -no-reboot -serial stdio -kernel "$kernel" -initrd "$hello" </dev/null >"$work/out" 2>&1
    [ $? = 0 ] && tail -1 "$work/out" | grep -qx "$good"
    result $? "$machine is turned off at the end"
done

# A person at a terminal sees what is typed, can correct it, and ends a line with the return key.
printf '\177ab\177c\rx\r\004' | tools/run-qemu "$kernel" "$CAPOS_BUILD/boot/echo.boot" -append echo >"$work/out" 2>&1
[ "$(sed -n '2,5p' "$work/out" | cat -v)" = "$(printf 'ab^H ^Hc\n1: ac\nx\n2: x')" ]
result $? "a line is shown and edited for a terminal"
{ printf '%0300d' 7; printf '\004'; } | tools/run-qemu "$kernel" "$CAPOS_BUILD/boot/echo.boot" -append echo >"$work/out" 2>&1
[ "$(sed -n '$d;2,$p' "$work/out" | tr -dc 07 | wc -c)" = 600 ]
result $? "a line longer than the editor takes is not lost"

# Interrupts that cannot be held off, while a program runs and while none does.
sh tests/linux/package.sh spin "$work/spin.boot"
for package in "$work/spin.boot" "$CAPOS_BUILD/boot/echo.boot"; do
    { sleep 0.5; printf 'nmi\nnmi\nnmi\n'; sleep 0.2; printf 'info status\nquit\n'; } |
        timeout 20 qemu-system-x86_64 -machine microvm -accel tcg -cpu max -m 128M -nodefaults -no-user-config \
            -display none -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 -monitor stdio \
            -serial "file:$work/serial" -kernel "$kernel" -initrd "$package" >"$work/out" 2>&1
    grep -q 'VM status: running' "$work/out" && ! grep -q panic "$work/serial"
    result $? "an NMI changes nothing: $(basename "$package" .boot)"
done

# run-qemu itself.
tools/run-qemu "$kernel" >"$work/out" 2>&1
[ $? = 125 ] && grep -q 'tools/run-qemu KERNEL PACKAGE' "$work/out"
result $? "run-qemu says how it is used"
CAPOS_QEMU_MACHINE=vax tools/run-qemu "$kernel" "$hello" >"$work/out" 2>&1
[ $? = 125 ] && grep -q '"vax"; accepted: microvm, pc, q35' "$work/out"
result $? "run-qemu names the machines that it knows"
CAPOS_QEMU_SECONDS=2 tools/run-qemu "$kernel" "$work/spin.boot" >"$work/out" 2>&1 </dev/null
[ $? = 124 ]
result $? "run-qemu ends what does not end"
echo "1..$count"
