#!/bin/sh
# Compares what init says of each of manifests.capnp with golden; --rewrite makes it the new golden state.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
manifests=tests/init/manifests.capnp
for name in $(sed -n 's/^const \([a-zA-Z0-9]*\) :Manifest = .*/\1/p' $manifests); do
    capnp eval -I schema -o flat $manifests "$name" >"$work/$name"
    printf '%s\n    ' "$name"
    "$CAPOS_BUILD/tests/init/check" "$work/$name"
done >"$work/says"
if [ "${1:-}" = --rewrite ]; then
    cp "$work/says" tests/init/golden
    exit
fi
diff -u tests/init/golden "$work/says"
