#!/bin/sh
# What is strange and yet good.
. tests/gen/lib.sh

request() { # NAME
    mkdir -p "$work/$1"
    capnp encode $request_schema CodeGeneratorRequest <tests/gen/odd/$1.request >"$work/request" &&
        (cd "$work/$1" && "$plugin" <"$work/request" >"$work/log" 2>&1)
}

request empty && [ -z "$(ls "$work/empty")" ]
ok $? "an empty request writes nothing"

request sparse
ok $? "a sparse request is good"
header=$work/sparse/dir.1/sparse.capos.h
grep -q '^/\* S here \*/' "$header" && grep -q '^/\* e here \*/' "$header" && ! grep -q 'nobody\|too many' "$header"
ok $? "comments go where they belong"
$cc -I"$work/sparse" -include dir.1/sparse.capos.h -fsyntax-only -xc /dev/null >"$work/log" 2>&1
ok $? "what is generated compiles"

# The same schema twice in one run, and over what an earlier run left.
generate "$work/twice" $schemas $schemas/old.capnp $schemas/old.capnp && generate "$work/twice" $schemas $schemas/old.capnp
ok $? "running again overwrites"
[ "$(ls "$work/twice" | tr '\n' ' ')" = "old.capos.c old.capos.h old.client.capos.h old.server.capos.h " ]
ok $? "and leaves nothing else"
finish
