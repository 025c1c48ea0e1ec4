#!/bin/sh
# The models of ring and promises: spin goes through all that can happen in them, within 60 s and 1 GiB each, and finds nothing; in
# each broken variant it finds what is named here.
set -u
models=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
count=0

# verify MODEL OPTION...: what the verifier says, in the file said.
verify() {
    model=$1
    shift
    rm -f pan* said
    { spin "$@" -a "$models/$model.pml" && gcc -w -O0 -DSAFETY -DMEMLIM=1024 -DCOLLAPSE -o pan pan.c &&
        timeout 60 ./pan -m100000 -n; } >said 2>&1
}

# result WHAT: a test by the status of the last command; what the verifier said if it failed.
result() {
    status=$?
    count=$((count + 1))
    [ "$status" = 0 ] && echo "ok $count - $1" && return
    echo "not ok $count - $1"
    sed 's/^/# /' said
}

# holds MODEL: searched to its end, without an error.
holds() {
    verify "$1" && grep -q 'errors: 0$' said && ! grep -Eq 'max search depth too small|out of memory|Search not completed' said
    result "$1 holds"
}

# catches MODEL VARIANT TEXT: the error that the verifier finds.
catches() {
    verify "$1" "-DBROKEN_$2"
    grep -q '^State-vector.* errors: 1$' said && grep -qF "$3" said
    result "$1 without $2 fails"
}

echo 1..10
holds ring
catches ring CREDITS 'assertion violated (deferred_count<3)'
catches ring OVERTAKING 'assertion violated (cq[(cq_head%2)].serial==read)'
catches ring WAIT 'invalid end state'
catches ring PUBLISHING 'assertion violated (number==taken)'
holds answers
catches answers COUNT 'assertion violated (((answers[0].state==0)'
catches answers ORDER 'assertion violated ((calls[each].target!='
catches answers DROP 'assertion violated ((calls[target_of].state=='
catches answers FINISH '.caused)||calls['
