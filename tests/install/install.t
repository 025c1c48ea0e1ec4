#!/bin/sh
# make install: where files go, that none is forgotten or left, and that what is installed is complete by itself.
. tests/install/lib.sh

root="$work/a root"
files() { (cd "$1" && find . -type f | sort); }

installed PREFIX=/opt/capos DESTDIR="$root"
ok $? "make install with PREFIX and DESTDIR"
[ "$(ls "$root")" = opt ] && [ "$(ls "$root/opt")" = capos ]
ok $? "all of it is below DESTDIR and PREFIX"
grep -qx 'prefix=/opt/capos' "$root/opt/capos/lib/pkgconfig/capos.pc" && ! grep -rqlF "$work" "$root"
ok $? "nothing that is installed names DESTDIR"
! grep -lF "$PWD" "$root"/opt/capos/lib/pkgconfig/* "$root"/opt/capos/include -r
ok $? "nor the folder that it was built in"

# What git has of public headers and manual pages is what is installed.
{
    for file in include/capos/*.h; do echo "./include/capos/${file##*/}"; done
    for kind in capos client.capos server.capos; do echo "./include/capos/gen/schema/capos.$kind.h"; done
    for page in docs/man/*.1; do echo "./share/man/man1/${page##*/}"; done
    printf './%s\n' bin/capos bin/capnpc-capos lib/capos/libcapos-rt.a lib/capos/kernel.elf lib/pkgconfig/capos.pc \
        share/capos/schema/capos.capnp share/capos/schema/capnpc-capos/c.capnp
    [ ! -e init/main.c ] || echo ./lib/capos/init
} | sort >"$work/expected"
files "$root/opt/capos" | diff "$work/expected" - | sed 's/^/# /'
files "$root/opt/capos" | cmp -s "$work/expected" -
ok $? "the files are all there, and no other"

pc="$root/opt/capos/lib/pkgconfig"
of() { PKG_CONFIG_PATH=$pc pkg-config "$@" capos; }
"$root/opt/capos/bin/capos" version >"$work/version" && grep -q "^capos $(of --modversion)," "$work/version"
ok $? "capos version and pkg-config agree"
PKG_CONFIG_PATH=$pc pkg-config --validate capos
ok $? "capos.pc is valid"

# Each public header compiles with what is installed alone.
cd "$root/opt/capos" || exit 1
for header in include/capos/*.h include/capos/gen/schema/*.h; do
    echo "#include <${header#include/}>"
done >"$work/all.c"
gcc -std=c11 -Wall -Wextra -Werror $(of --cflags-only-other) -Iinclude -Iinclude/capos/gen -Iinclude/capos/gen/schema \
    -fsyntax-only "$work/all.c" 2>"$work/log"
status=$?
sed 's/^/# /' "$work/log"
ok $status "the installed headers need nothing else"
cd - >/dev/null || exit 1

echo mine >"$root/opt/capos/lib/pkgconfig/other.pc"
make --no-print-directory uninstall PREFIX=/opt/capos DESTDIR="$root" >"$work/log" 2>&1
[ "$(files "$root")" = ./opt/capos/lib/pkgconfig/other.pc ] && [ ! -e "$root/opt/capos/include/capos" ]
ok $? "make uninstall removes that, and nothing else"
finish
