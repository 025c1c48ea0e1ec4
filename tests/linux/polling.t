#!/bin/sh
# The contract of a port, and shared memory, with a kernel that polls: parts of this suite once more. Holds docs/security.md,
# clause 32.
set -u
suite=$CAPOS_BUILD/suites/linux
if [ ! -x "$suite" ]; then
    echo "# $suite is not built"
    exit 1
fi
for part in cap_enter process memory place map service slot; do
    CAPOS_POLLING=auto "$suite" "$part" || [ $? = 1 ] || echo "not ok 0 - $part ends"
done | awk '/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) } /^1\.\.[0-9]+$/ { next } { print } END { print "1.." n }'
