#!/bin/sh
# The instruction budget: held, the same on every machine, and a gate that shuts.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

tools/check-budget "$CAPOS_BUILD" >"$work/said" 2>&1
status=$?
sed 's/^/# /' "$work/said"
case $status in
77) echo "ok $((count += 1)) - no instruction more than bench/budget.txt allows # SKIP $(tail -1 "$work/said")" ;;
*) result $status "no instruction more than bench/budget.txt allows" ;;
esac

# A budget of this very compiler and QEMU, to compare with.
budget=$work/budget.txt
tools/check-budget --rewrite "$CAPOS_BUILD" "$budget"
result $? "the budget can be rewritten"

for machine in pc q35; do
    CAPOS_QEMU_MACHINE=$machine tools/check-budget --rewrite "$CAPOS_BUILD" "$work/$machine" &&
        cmp "$budget" "$work/$machine"
    result $? "the same numbers on $machine"
done
tools/run-qemu "$CAPOS_BUILD/kernel.elf" "$CAPOS_BUILD/boot/budget.boot" -icount shift=0,sleep=off -smp 2 </dev/null |
    sed -n 's/^budget: \([^ ]* [0-9]*\)$/\1/p' >"$work/two"
[ -s "$work/two" ] && ! grep -vxFf "$budget" "$work/two"
result $? "and with two processors"

# gate NAME STATUS TEXT SED-SCRIPT: what is said of a changed budget.
gate() {
    sed "$4" "$budget" >"$work/changed"
    tools/check-budget "$CAPOS_BUILD" "$work/changed" >"$work/said" 2>&1
    [ $? = "$2" ] && grep -qE "$3" "$work/said"
    result $? "$1"
}
gate "a rise is refused, with how much" 1 'cap-enter .*, 2 too many' "$(awk '/^cap-enter/ {
    print "s/^cap-enter .*/cap-enter " $2 - 2 "/" }' "$budget")"
gate "and how to accept it" 1 'make budget accepts it' 's/^process-exit .*/process-exit 1/'
gate "a fall passes, and asks for the new number" 0 'less than before: make budget' 's/^timer-now .*/&0/'
gate "a number that is gone is refused" 1 'removed: in .*, not counted' 's/^timer-now .*/&\nremoved 1/'
gate "a number without a budget is refused" 1 'timer-now .* not in' '/^timer-now/d'
gate "the numbers of another compiler say nothing" 77 'is of GNU C17 1.2.3' 's/^compiler .*/compiler GNU C17 1.2.3/'
gate "nor do those of another QEMU" 77 'QEMU 1.2.3; this is' 's/^qemu .*/qemu 1.2.3/'
echo "1..$count"
