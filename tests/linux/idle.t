#!/bin/sh
# A system that waits makes no wake-ups and uses no processor: over 2 s, in long tests over 60.
set -u
capos=$CAPOS_BUILD/capos
work=$(mktemp -d)
kernel=
trap 'exec 3>&-; [ -z "$kernel" ] || kill "$kernel" 2>/dev/null; rm -rf "$work"' EXIT
seconds=2
[ -z "${CAPOS_LONG:-}" ] || seconds=60
count=0

# Context switches and clock ticks of the kernel process and its children, one line each.
used() {
    for status in /proc/[0-9]*/status; do
        awk -v kernel="$kernel" '/^Pid:/ { pid = $2 } /^PPid:/ { parent = $2 } /ctxt_switches/ { switches += $2 }
            END { if (pid == kernel || parent == kernel) print pid, switches }' "$status" 2>/dev/null
    done
    for stat in /proc/[0-9]*/stat; do
        sed 's/.*) //' "$stat" 2>/dev/null | awk -v kernel="$kernel" -v at="$stat" \
            '$2 == kernel || at == "/proc/" kernel "/stat" { print at, $12 + $13 }'
    done
}

idle() { # mode
    mkfifo "$work/in.$1"
    "$capos" run --polling="$1" "$CAPOS_BUILD/boot/echo.boot" <"$work/in.$1" >"$work/out.$1" 2>&1 &
    kernel=$!
    exec 3>"$work/in.$1"
    echo line >&3
    tries=0
    while ! grep -qs line "$work/out.$1" && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    sleep 1
    used >"$work/before"
    sleep $seconds
    used >"$work/after"
    exec 3>&-
    wait $kernel
    code=$?
    kernel=
    count=$((count + 1))
    if [ -s "$work/before" ] && [ "$(wc -l <"$work/before")" -ge 6 ] && cmp -s "$work/before" "$work/after" && [ $code = 0 ]; then
        echo "ok $count - an idle system does nothing, --polling=$1"
    else
        echo "# exit code $code; before, and after $seconds s:"
        sed 's/^/# /' "$work/before" "$work/after"
        echo "not ok $count - an idle system does nothing, --polling=$1"
    fi
}

idle auto
idle off
echo "1..$count"
