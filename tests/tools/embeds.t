#!/bin/sh
# A boot package is made anew when a program that its manifest embeds is: mk/program.mk finds all of them.
. tests/tools/lib.sh
cat >two.capnp <<'END'
# embed "/none" is a comment
const a :B = [(elf = embed "/one-part"), (elf = embed "/two"), (elf = embed "beside")]; # nor is embed "/this"
const c :D = (elf = embed
  "/three", elf = embed  "/four");
END
told() { make -s --no-print-directory -C "$top" VARIANT=gcc --eval='told: ; @echo $(call embeds,'"$work/two.capnp"')' told; }
echo build/gcc/elf/one-part build/gcc/elf/two build/gcc/elf/three build/gcc/elf/four >wanted
told >got 2>&1
accepts "every embed of a line is found, and none in a comment" cmp wanted got
finish
