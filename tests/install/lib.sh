# For tests of what `make install` leaves: $work, $prefix, ok STATUS NAME, finish. Nothing of the outer make comes in.
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/usr
count=0

ok() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

finish() { echo "1..$count"; }

# installed ARGUMENT...: make install with them, quiet unless it fails.
installed() {
    make --no-print-directory install "$@" >"$work/log" 2>&1 || { sed 's/^/# /' "$work/log"; return 1; }
}
