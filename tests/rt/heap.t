#!/bin/sh
# The heap's worst case: as many instructions with 20000 blocks as with 20.
set -u
steps=$CAPOS_BUILD/bench/heap-steps
if ! said=$("$steps" 2>&1); then
    echo "$said" | sed 's/^/# /'
    echo "1..0 # SKIP no instruction can be counted here"
    exit 0
fi
echo "$said" | sed 's/^/# /'
count=0
ok() { # description, what awk says of the counts
    count=$((count + 1))
    if echo "$said" | awk "$2"; then echo "ok $count - $1"; else echo "not ok $count - $1"; fi
}
ok 'an allocation takes no more with 20000 blocks' \
    '$1 == "take" { most[$2] = $4 } END { exit !(most[20] > 20 && most[20000] > 20 && most[20000] <= most[20] * 1.5 && most[20000] < 1500) }'
ok 'a free takes no more with 20000 blocks' \
    '$1 == "give" { most[$2] = $4 } END { exit !(most[20] > 20 && most[20000] <= 500) }'
echo "1..$count"
