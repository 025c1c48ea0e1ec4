#!/bin/sh
# What the capos command says to wrong invocations and wrong files, one after the other, compared
# with cli.golden; --rewrite makes that file anew. Needs CAPOS_BUILD.
set -eu
here=tests/linux
capos=$CAPOS_BUILD/capos
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One invocation: what it says, without the name of the work folder, and its exit code.
try() {
    echo "\$ capos $*" | sed "s|$work/||g"
    code=0
    "$capos" "$@" >"$work/.said" 2>&1 </dev/null || code=$?
    sed "s|$work/||g" "$work/.said"
    echo "[$code]"
    echo
}

make_files() {
    sh $here/package.sh exit0 "$work/good.boot"
    capnp eval -I / -I schema -o binary "$work/good.boot.capnp" manifest >"$work/framed"
    capnp eval -I / -I schema -o packed "$work/good.boot.capnp" manifest >"$work/packed"
    : >"$work/empty"
    printf '%s' 'hello, world' >"$work/twelve"
    cp "$CAPOS_BUILD/tests/linux/ends/ends.elf" "$work/program"
    truncate -s 1073741832 "$work/huge"
    mkdir "$work/folder"
}

try_all() {
    try
    try --help
    try -h
    try help
    try run --help
    try check --help
    try version --help
    try rnu
    try chekc file
    try versoin
    try start file
    try a-very-long-word-that-is-like-no-command-at-all
    try --hlep
    try -v
    try run
    try check
    try run one two
    try version one
    try run --debgu file
    try run --hide-cpo file
    try check --debug file
    try run -x file
    try run file --debgu
    try run file -xy
    try run --help=yes
    for file in missing folder empty twelve huge program framed packed; do
        try run "$work/$file"
    done
    try check "$work/missing"
    try check "$work/framed"
    try check "$work/good.boot"
    try run -- "$work/good.boot"
}

make_files
try_all >"$work/cli"
if [ "${1:-}" = --rewrite ]; then
    cp "$work/cli" $here/cli.golden
else
    diff -u $here/cli.golden "$work/cli"
fi
