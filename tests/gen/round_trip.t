#!/bin/sh
# Messages between generated code and the stock tool, both ways, and between programs of different age.
. tests/gen/lib.sh
programs=tests/gen/programs

program() { # NAME SOURCE FOLDER FLAGS GENERATED...
    name=$1 source=$2 folder=$3 flags=$4
    shift 4
    (cd "$folder" && ls "$@" >/dev/null) &&
        $cc $flags -I"$folder" -o "$work/$name" $programs/$source $(for f; do echo "$folder/$f"; done) $wire -lm \
            >"$work/log" 2>&1
    ok $? "$name compiles"
}

generate "$work/gen" $schemas $schemas/*.capnp $schemas/deep/other.capnp
ok $? "the schemas generate"

# Generated code builds, the stock tool reads.
program build_zoo build_zoo.c "$work/gen" "" zoo.capos.c deep/other.capos.c
"$work/build_zoo" >"$work/built" 2>"$work/log" &&
    capnp decode -I. $schemas/zoo.capnp All <"$work/built" >"$work/decoded" 2>>"$work/log" &&
    diff -u $programs/zoo.txt "$work/decoded" >"$work/log" 2>&1
ok $? "capnp decode understands all that was built"

# The stock tool builds, in one segment and in many, and generated code reads.
program read_zoo read_zoo.c "$work/gen" "" zoo.capos.c deep/other.capos.c
"$work/read_zoo" <"$work/built" >"$work/log" 2>&1
ok $? "what was built is read"
for size in 8192 100 1; do
    capnp encode -I. --segment-size=$size $schemas/zoo.capnp All <$programs/zoo.txt >"$work/encoded" 2>"$work/log" &&
        "$work/read_zoo" <"$work/encoded" >"$work/log" 2>&1
    ok $? "what capnp encodes is read, segments of $size words"
done

# Clients, against a runtime that writes down what it is asked.
program client client.c "$work/gen" "" zoo.capos.c deep/other.capos.c
"$work/client" >"$work/log" 2>&1
ok $? "clients call what they should"

# A program and one that was built from an older schema.
program old upgrade.c "$work/gen" -DOLD old.capos.c
program new upgrade.c "$work/gen" "" new.capos.c
"$work/old" write >"$work/old.message" 2>"$work/log" && "$work/new" read <"$work/old.message" >>"$work/log" 2>&1
ok $? "a new program reads an old message, and lets it grow"
"$work/new" write >"$work/new.message" 2>"$work/log" && "$work/old" read <"$work/new.message" >>"$work/log" 2>&1
ok $? "an old program reads a new message"
finish
