#!/bin/sh
# The budget of calls: held, and a gate that shuts.
set -u
case $CAPOS_BUILD in
*gcc) ;;
*)
    echo "1..0 # SKIP bench/calls.txt is of the gcc variant"
    exit
    ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

tools/check-calls "$CAPOS_BUILD" >"$work/said" 2>&1
status=$?
sed 's/^/# /' "$work/said"
case $status in
77) echo "ok $((count += 1)) - no call costs more than bench/calls.txt allows # SKIP $(tail -1 "$work/said")" ;;
*) result $status "no call costs more than bench/calls.txt allows" ;;
esac

gate() { # name status text sed-script
    sed "$4" bench/calls.txt >"$work/changed"
    tools/check-calls "$CAPOS_BUILD" "$work/changed" >"$work/said" 2>&1
    [ $? = "$2" ] && grep -qE "$3" "$work/said"
    result $? "$1"
}
gate "a sleep more is refused" 1 'sleeps-call .* too many' 's/^sleeps-call .*/sleeps-call 2.00/'
if command -v valgrind >/dev/null; then
    gate "the instructions of another compiler say nothing" 77 'is of GNU C17 1.2.3' 's/^compiler .*/compiler GNU C17 1.2.3/'
fi
if [ "$status" = 0 ]; then
    gate "an instruction more is refused" 1 'instructions-enter .* too many' 's/^instructions-enter .*/instructions-enter 1/'
fi
echo "1..$count"
