#!/bin/sh
# What cannot be generated for is refused, with a reason that names the place, and writes no file. Each file in bad/
# says in its first line what must be printed: schemas, and requests in text that capnp itself would never send.
. tests/gen/lib.sh

# refused STATUS NAME EXPECTED: the plugin ran with its output in $work/out and its words in $work/log.
refused() {
    status=0
    [ "$1" -ne 0 ] || { echo "it succeeded" >>"$work/log"; status=1; }
    grep -qF -- "$3" "$work/log" || { echo "expected: $3" >>"$work/log"; status=1; }
    [ "$(grep -cF -- "$3" "$work/log")" = 1 ] || { echo "not once" >>"$work/log"; status=1; }
    [ -z "$(find "$work/out" -type f)" ] || { echo "it wrote files" >>"$work/log"; status=1; }
    ok $status "$2"
    rm -rf "$work/out"
    mkdir "$work/out"
}

request() { (cd "$work/out" && "$plugin" >"$work/log" 2>&1); }
expected() { sed -n '1s/^# expect: //p' "$1"; }

mkdir "$work/out"
for file in tests/gen/bad/*.capnp; do
    wanted=$(expected "$file")
    [ -n "$wanted" ] || continue
    generate "$work/out" tests/gen/bad "$file"
    refused $? "$(basename "$file")" "capnpc-capos: $wanted"
done
for file in tests/gen/bad/*.request; do
    capnp encode $request_schema CodeGeneratorRequest <"$file" >"$work/request" || exit 1
    request <"$work/request"
    refused $? "$(basename "$file")" "$(expected "$file")"
done

# Many interfaces, each inheriting the one before.
{
    echo '@0xc1d4a0a3d2f7b80b; interface I0 {}'
    i=0
    while [ $i -lt 257 ]; do
        echo "interface I$((i + 1)) extends (I$i) {}"
        i=$((i + 1))
    done
} >"$work/long.capnp"
generate "$work/out" "$work" "$work/long.capnp"
refused $? "too many superclasses" "long.capnp:I256: inherits more than 255 interfaces"

# Requests that are damaged.
capnp compile -I. -o- --src-prefix=$schemas $schemas/zoo.capnp >"$work/request"
head -c 1000 "$work/request" | request
refused $? "half a request" "the request is not a message: The stream ends inside the message."
printf '' | request
refused $? "no request" "standard input is empty; see --help"
printf 'hello, world, this is no message' | request
refused $? "no message" "the request is not a message:"
{ head -c 64 "$work/request"; head -c 100000 /dev/zero | tr '\0' '\377'; } | head -c "$(wc -c <"$work/request")" | request
refused $? "a broken message" "the request is damaged at word"

# Where there is nowhere to write.
mkdir "$work/out/zoo.capos.h"
generate "$work/out" $schemas $schemas/zoo.capnp
[ $? -ne 0 ] && grep -q 'zoo.capos.h: Is a directory' "$work/log" && [ -z "$(find "$work/out" -name '*.tmp')" ]
ok $? "an output that cannot be written"
rm -rf "$work/out"

# The command line.
"$plugin" --help >"$work/log" 2>&1 && grep -q '^Usage: capnp compile' "$work/log"
ok $? "--help"
"$plugin" --version >"$work/log" 2>&1 && grep -q '^capnpc-capos [0-9]' "$work/log"
ok $? "--version"
"$plugin" schema.capnp >"$work/log" 2>&1
[ $? -ne 0 ] && grep -q 'takes no arguments' "$work/log"
ok $? "arguments"
finish
