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

# A boot package of that name whose manifest has these fields. $elf is a good program.
package() {
    cat >"$work/$1.capnp" <<END
@0xd1c5b1b0e6a2a001;
using Capos = import "/capos.capnp";
const manifest :Capos.Manifest = ($2);
END
    capnp eval -I / -I schema -o flat "$work/$1.capnp" manifest >"$work/$1"
}

make_packages() {
    elf="embed \"$(realpath "$CAPOS_BUILD/tests/linux/ends/ends.elf")\""
    good="schemaVersion = 1, binaries = [(name = \"a\", elf = $elf)]"
    package no-version "binaries = [(name = \"a\", elf = $elf)], init = (binary = \"a\")"
    package version-2 "schemaVersion = 2, binaries = [(name = \"a\", elf = $elf)], init = (binary = \"a\")"
    package no-binaries 'schemaVersion = 1, init = (binary = "a")'
    package no-init "$good"
    package other-init "$good, init = (binary = \"b\")"
    package script 'schemaVersion = 1, binaries = [(name = "a", elf = "#!/bin/sh")], init = (binary = "a")'
    package dynamic "schemaVersion = 1, binaries = [(name = \"a\", elf = embed \"/bin/true\")], init = (binary = \"a\")"
    package no-grant "$good, init = (binary = \"a\", grants = [(name = \"x\")])"
    package two-grants "$good, init = (binary = \"a\", grants = [(name = \"x\", kernel = timer), (name = \"x\", kernel = timer)])"
    package export "$good, init = (binary = \"a\", grants = [(name = \"x\", export = (service = \"s\", name = \"n\"))])"
    package profile "$good, init = (binary = \"a\", profile = (processes = 5000))"
    package services "$good, init = (binary = \"a\"), services = [(name = \"s\")]"
    package import "$good, init = (binary = \"a\", grants = [(name = \"x\", export = (service = \"s\", name = \"n\"))]), services = [(name = \"s\", program = (binary = \"a\"), exports = [(name = \"m\", interfaceId = 5)])]"
    head -c 200 "$work/good.boot" >"$work/cut-off"
}

make_files() {
    sh $here/package.sh exit0 "$work/good.boot"
    capnp eval -I / -I schema -o binary "$work/good.boot.capnp" manifest >"$work/framed"
    capnp eval -I / -I schema -o packed "$work/good.boot.capnp" manifest >"$work/packed"
    : >"$work/empty"
    printf 'hello, \0orld' >"$work/twelve"
    cp "$CAPOS_BUILD/tests/linux/ends/ends.elf" "$work/program"
    truncate -s 1073741832 "$work/huge"
    mkdir "$work/folder"
    capnp compile -o- schema/demo.capnp >"$work/demo.schema"
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
    try run --polling=on file
    try run --polling
    try check --debug file
    try run -x file
    try run file --debgu
    try run file -xy
    try run --help=yes
    try run --debug
    try run --trase file
    try check --trace file
    try run --schema "$work/demo.schema" "$work/good.boot"
    try run --trace="$work/nowhere/trace" "$work/good.boot"
    try run --trace-args --schema "$work/missing" "$work/good.boot"
    try run --trace --schema "$work/folder" "$work/good.boot"
    try run --trace --schema schema/demo.capnp "$work/good.boot"
    try run --trace --schema "$work/good.boot" "$work/good.boot"
    try run --trace="$work/trace" --schema "$work/demo.schema" "$work/good.boot"
    for file in missing folder empty good.boot.capnp twelve huge program framed packed cut-off no-version version-2 no-binaries no-init \
        other-init script dynamic no-grant two-grants export profile services import; do
        try run "$work/$file"
    done
    try check "$work/missing"
    try check "$work/framed"
    try check "$work/good.boot"
    try run -- "$work/good.boot"
}

make_files
make_packages
try_all >"$work/cli"
if [ "${1:-}" = --rewrite ]; then
    cp "$work/cli" $here/cli.golden
else
    diff -u $here/cli.golden "$work/cli"
fi
