#!/bin/sh
# Compares what is generated for schemas/ with golden/; --rewrite makes it the new golden state.
. tests/gen/lib.sh
generate "$work/new" $schemas $schemas/zoo.capnp $schemas/deep/other.capnp || { cat "$work/log"; exit 1; }
if [ "${1:-}" = --rewrite ]; then
    rm -rf tests/gen/golden
    cp -r "$work/new" tests/gen/golden
    exit
fi
diff -ru tests/gen/golden "$work/new"
