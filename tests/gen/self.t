#!/bin/sh
# Self-hosting: the generator reads requests through its own output, and nothing changes.
. tests/gen/lib.sh

same() { # NAME A B
    diff -r "$2" "$3" >"$work/log" 2>&1
    ok $? "$1"
}

generate "$work/stage0" /usr/include $request_schema
ok $? "stage 0 generates schema.capnp"
$cc -D_GNU_SOURCE -I"$work/stage0" '-DGEN_SCHEMA_H=<capnp/schema.capos.h>' -o "$work/capnpc-capos" \
    capnpc-capos/*.c $wire >"$work/log" 2>&1
ok $? "stage 1 builds with it"
plugin=$work/capnpc-capos
generate "$work/stage1" /usr/include $request_schema
ok $? "stage 1 generates schema.capnp"
same "and the same as stage 0" "$work/stage0" "$work/stage1"
generate "$work/zoo" $schemas $schemas/zoo.capnp $schemas/deep/other.capnp
ok $? "stage 1 generates everything else"
same "and the same as stage 0 did" tests/gen/golden "$work/zoo"
finish
