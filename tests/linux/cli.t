#!/bin/sh
# The command line: what is said to wrong invocations, and the exit codes of systems that ran.
set -u
if [ ! -x "$CAPOS_BUILD/capos" ]; then
    echo "# $CAPOS_BUILD/capos is not built"
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

sh tests/linux/golden.sh >"$work/diff" 2>&1
status=$?
sed 's/^/# /' "$work/diff"
result $status "wrong invocations are answered as in cli.golden"

# ends HOW CODE LOG-PATTERN: as this user, and as root also as nobody.
ends() {
    sh tests/linux/package.sh "$1" "$work/$1.boot"
    run_one "" "$@"
    if [ "$(id -u)" = 0 ]; then
        run_one "setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all" "$@"
    fi
}

run_one() { # prefix how code pattern
    code=0
    $1 "$work/capos" run "$work/$2.boot" >"$work/out" 2>"$work/log" </dev/null || code=$?
    if [ "$code" = "$3" ] && grep -qxE "$4" "$work/log" || { [ "$code" = "$3" ] && [ -z "$4$(cat "$work/log")" ]; }; then
        result 0 "$2 ends with $3${1:+ (as nobody)}"
    else
        echo "# exit code $code, log: $(cat "$work/log")"
        result 1 "$2 ends with $3${1:+ (as nobody)}"
    fi
}

cp "$CAPOS_BUILD/capos" "$work/capos"
chmod -R a+rX "$work"
service='capos: service "ends":'
ends exit0 0 ''
ends exit7 7 ''
ends exit256 1 ''
ends exit-minus-1 255 ''
ends null 139 "$service SIGSEGV: access to address 0x8 at 0x4[0-9a-f]+ \(read_null\+0x[0-9a-f]+\)"
ends divide 136 "$service SIGFPE: .* at 0x4[0-9a-f]+ \(program_main\+0x[0-9a-f]+\)"
ends syscall 159 "$service forbidden system call 39 \(getpid\) at 0x4[0-9a-f]+ \(make_system_call\+0x[0-9a-f]+\)"

"$CAPOS_BUILD/capos" version >"$work/out" && grep -q '^capos .*ABI version 1$' "$work/out"
result $? "version prints what is used"
"$CAPOS_BUILD/capos" version >/dev/full 2>/dev/null
[ $? = 125 ]
result $? "version says when its output cannot be written"
echo "1..$count"
