#!/bin/sh
# The code in docs/codegen.md compiles, with the schema that stands there.
. tests/gen/lib.sh
page=docs/codegen.md

# blocks LANGUAGE: the code of all its blocks.
blocks() { awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```$/ { on = 0 } on' $page; }

blocks capnp >"$work/shop.capnp"
generate "$work/gen" "$work" "$work/shop.capnp"
ok $? "the schema in $page generates"
{ echo '#include "shop.server.capos.h"'; blocks c; } >"$work/page.c"
$cc -Wno-unused-function -I"$work/gen" -c -o "$work/page.o" "$work/page.c" >"$work/log" 2>&1
ok $? "the code in $page compiles"
[ "$(blocks c | wc -l)" -gt 50 ]
ok $? "and it is there"
finish
