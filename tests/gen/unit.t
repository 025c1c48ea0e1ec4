#!/bin/sh
# The generator's functions one by one: unit/names_test.c.
. tests/gen/lib.sh
sources=$(ls capnpc-capos/*.c | grep -v '/main.c')
if $cc -D_GNU_SOURCE -o "$work/unit" tests/gen/unit/*_test.c tests/tap.c tests/tap_fork.c $sources $wire >"$work/log" 2>&1; then
    "$work/unit"
else
    ok 1 "the unit tests compile"
    finish
fi
