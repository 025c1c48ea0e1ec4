#!/bin/sh
# Compares what `capos check` says of each of manifests.capnp with golden, and with what the kernel or init says at the
# boot; --rewrite makes it the new golden state. Where the two differ, both are told.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
manifests=tests/init/manifests.capnp
capos=$CAPOS_BUILD/capos
for name in $(sed -n 's/^const \([a-zA-Z0-9]*\) :Manifest = .*/\1/p' $manifests); do
    capnp eval -I "$CAPOS_BUILD/elf" -I schema -o flat $manifests "$name" >"$work/boot"
    "$capos" check "$work/boot" >"$work/check" 2>&1
    echo "[$?]" >>"$work/check"
    timeout 20 "$capos" run "$work/boot" >"$work/run" 2>&1 </dev/null
    [ $? = 0 ] && echo "[0]" >>"$work/run" || echo "[125]" >>"$work/run"
    sed -i -n "s|^capos: $work/boot: ||p; t; s|^init: ||p; /^\\[/p" "$work/check" "$work/run"
    echo "$name"
    sed 's/^/    /' "$work/check"
    cmp -s "$work/check" "$work/run" || sed 's/^/    at the boot: /' "$work/run"
done >"$work/says"
if [ "${1:-}" = --rewrite ]; then
    cp "$work/says" tests/init/golden
    exit
fi
diff -u tests/init/golden "$work/says"
