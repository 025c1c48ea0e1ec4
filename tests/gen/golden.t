#!/bin/sh
# What is generated is what was last looked at; `make golden` rewrites it.
. tests/gen/lib.sh
CAPOS_BUILD=$build sh tests/gen/golden.sh >"$work/log" 2>&1
ok $? "generated code equals tests/gen/golden"
finish
