#!/bin/sh
# Wrong manifests, and what is said of them when they are made and at the boot: docs/security.md.
log=$(sh tests/init/golden.sh 2>&1)
status=$?
printf '%s\n' "$log" | sed 's/^/# /'
if [ $status = 0 ]; then echo "ok 1 - what is said of manifests, the same before the boot and at it, equals tests/init/golden"; else echo "not ok 1 - tests/init/golden"; fi
wrong=$(grep -c '^    \[125\]' tests/init/golden)
if [ "$wrong" -ge 20 ] && ! grep -q 'at the boot' tests/init/golden; then echo "ok 2 - $wrong wrong manifests"; else echo "not ok 2 - $wrong wrong manifests"; fi
echo "1..2"
