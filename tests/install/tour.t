#!/bin/sh
# docs/tour.md: its files, made in an empty folder with what was installed and nothing else, print what the page says.
. tests/install/lib.sh
page=$PWD/docs/tour.md

# A fence names its file: the block becomes it.
mkdir "$work/tour"
awk -v folder="$work/tour" '/^```/ { out = out == "" && NF == 2 ? folder "/" $2 : ""; next } out != "" { print >out }' "$page"
[ "$(cd "$work/tour" && echo *)" = "Makefile bare.sh client.c guestbook.capnp output server.c system.capnp wrong" ]
ok $? "the page has the files of a system"
[ "$(cat "$work/tour"/*.c | wc -l)" -le 60 ] && [ "$(wc -l <"$work/tour/Makefile")" -le 12 ]
ok $? "at most 60 lines of C, at most 12 of a Makefile"

installed PREFIX="$prefix"
ok $? "make install"
cd "$work/tour" || exit 1
mv output wrong bare.sh ..
# Whoever looks for the repository does not find it: neither by a path nor by a variable.
tour() {
    env -i HOME="$work" PATH="$prefix/bin:/usr/local/bin:/usr/bin:/bin" PKG_CONFIG_PATH="$prefix/lib/pkgconfig" "$@"
}
tour make -s run >"$work/said" 2>"$work/log"
status=$?
sed 's/^/# /' "$work/log"
[ $status = 0 ] && [ ! -s "$work/log" ]
ok $? "make run in the folder, without a warning"
diff -u "$work/output" "$work/said" | sed 's/^/# /'
cmp -s "$work/output" "$work/said"
ok $? "it prints what the page says"
tour capos check system.boot
ok $? "the boot package is good"
sed -i 's/(service = "guestbook"/(service = "guestbok"/' system.capnp
tour make -s run >"$work/log" 2>&1
tour capos check system.boot >>"$work/log" 2>&1
{ sed 's/^/init: /' "$work/wrong"; sed 's/^/capos: system.boot: /' "$work/wrong"; } >"$work/expected"
grep -v '^make: ' "$work/log" | cmp -s "$work/expected" - || sed 's/^/# /' "$work/log"
grep -v '^make: ' "$work/log" | cmp -s "$work/expected" -
ok $? "a wrong manifest gets the words on the page, from init and from capos check"
sed -i 's/guestbok/guestbook/' system.capnp
tour make -s system.boot
tour timeout 60 sh ../bare.sh >"$work/serial" 2>&1 </dev/null
tr -d '\r' <"$work/serial" | grep -qx -f "$work/output"
ok $? "on the bare machine, with the command on the page, too"
finish
