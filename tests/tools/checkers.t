#!/bin/sh
# Every checker refuses what it is there to refuse, and says where.
. tests/tools/lib.sh
cp -r "$top/mk" "$top/.clang-tidy" "$top/.clang-format" .
mkdir -p include
ln -s "$top/include/capos" include/capos

# --- Includes ---
sample kernel/core/good.c '#include <stdint.h>\n#include "capos/abi.h"\n#include <capos/wire.h>\n#include "schema/x.capos.h"\n'
accepts "edges: what is declared" check-edges kernel/core/good.c
sample kernel/core/a.c '\n#include "capos-rt/rt.h"\n'
refuses "edges: kernel to runtime" "kernel/core/a.c:2: kernel/core may not include capos-rt" check-edges kernel/core/a.c
sample capos-rt/a.c '#include "kernel/core/ring.h"\n'
refuses "edges: runtime to kernel" "capos-rt may not include kernel/core" check-edges capos-rt/a.c
sample kernel/core/b.c '#include "kernel/linux/linux.h"\n'
refuses "edges: core to port" "kernel/core may not include kernel/linux" check-edges kernel/core/b.c
sample kernel/core/c.c '#include <capos/runtime.h>\n'
refuses "edges: core to the runtime's header" "kernel/core may not include include" check-edges kernel/core/c.c
sample wire/a.c '#  include  <stdio.h>\n'
refuses "edges: libc in a freestanding folder" "wire/a.c:1: wire may not include <stdio.h>" check-edges wire/a.c
sample wire/b.c '#include "../kernel/core/ring.h"\n'
refuses "edges: by way of a parent folder" "parent folder" check-edges wire/b.c
sample wire/c.c '#include "tests/tap.h"\n'
refuses "edges: tests in a library" "wire may not include tests" check-edges wire/c.c
sample elsewhere/a.c '\n'
refuses "edges: a folder that is not declared" "does not declare" check-edges elsewhere/a.c

# --- Sizes ---
seq 500 | sed 's,.*,/* & */,' >long.c
accepts "sizes: 500 lines" check-sizes long.c
echo >>long.c
refuses "sizes: 501 lines" "long.c: 501 lines" check-sizes long.c wire/a.c

# --- Paths; in pieces, so that this file passes ---
sample docs/a.md '[root](../README.md) https://example.org/work/x\n'
accepts "paths: up to the root" check-paths docs/a.md
sample docs/b.md "one\n[x](../..""/shared/x)\n"
refuses "paths: above the root" "docs/b.md:2: names a folder above" check-paths docs/b.md
sample c.sh "cd ..""/other\n"
refuses "paths: above the root, from it" "c.sh:1:" check-paths c.sh
for place in /wo""rk/main /ho""me/me/src /tm""p/bash_jobs.0/1; do
    sample d.c "/* see $place/x.c */\n"
    refuses "paths: $place" "d.c:1: names a folder of one machine" check-paths d.c
done

# --- Public headers ---
sample good.h '#include <stdint.h>\n#ifndef A_H\n#define A_H\nstatic inline int a(int *x) { return *x; }\n#endif\n'
accepts "headers: a clean one" check-headers good.h
sample bad.h '#ifndef A_H\n#define A_H\nuint32_t a;\n#endif\n'
refuses "headers: one that does not stand alone" "bad.h: not clean with gcc" check-headers bad.h
sample bad.h '#ifndef A_H\n#define A_H\nstatic inline int *a(void *x) { return x; }\n#endif\n'
refuses "headers: one that is not C++" "bad.h: not clean with g++" check-headers bad.h

# --- Symbols ---
library() { # SOURCE
    sample o/x.c "$1"
    rm -rf build
    mkdir -p build wire
    gcc -c -O1 -o o/x.o o/x.c && ar rc build/libwire.a o/x.o
}
library 'int wire_a(int x) { return x; } static const int t[] = {1}; const int *wire_t(void) { return t; }'
accepts "symbols: a clean library" check-symbols build libwire.a
library 'int other(void) { return 0; }'
refuses "symbols: a name without its prefix" "other has no prefix" check-symbols build libwire.a
library 'int puts(const char *); int wire_a(void) { return puts("x"); }'
refuses "symbols: a need of libc" "needs puts" check-symbols build libwire.a
library 'static int n; int wire_a(void) { return n++; }'
refuses "symbols: a writable variable" "has writable data" check-symbols build libwire.a
library 'static int n = 1; int wire_a(void) { return n++; }'
refuses "symbols: an initialised variable" "has writable data" check-symbols build libwire.a
rm -rf build
refuses "symbols: a library that was not built" "not built" check-symbols build libwire.a

# --- Docs ---
rm include/capos
mkdir -p docs include/capos tools
rm -f docs/b.md
cp "$top/tools/sources" tools/
sample docs/a.md '[there](b.md)\n'
sample docs/b.md '# b\n'
mkdir -p tests
sample docs/security.md '# s\n\n1. One. Held by tests/one.c.\n\n## End\n'
sample tests/one.c '/* docs/security.md, 1 */\n'
sample docs/abi.md '`CAP_ERR_A`\n'
sample include/capos/abi.h '    X(A, -1, "a")\n'
sample include/capos/x.h '/* Does x. */\nint capos_x(void);\n'
sample docs/x.md '`capos_x()`\n'
sample tests/x.c 'capos_x();\n'
mkdir -p tests/errors/a/client
sample tests/errors/a/client/client.c 'CAP_ERR_A CAP_ERR_B\n'
accepts "docs: complete" check-docs
sample tests/errors/a/client/client.c 'CAP_ERR_AB\n'
refuses "docs: an error code that nothing provokes" "nothing provokes CAP_ERR_A" check-docs
sample tests/errors/a/client/client.c 'CAP_ERR_A CAP_ERR_B\n'
sample include/capos/abi.h '    X(A, -1, "a")\n    X(B, -2, "b")\n'
refuses "docs: an error code that is not explained" "says nothing of CAP_ERR_B" check-docs
sample include/capos/abi.h ''
rm tests/x.c
refuses "docs: a function without a test" "include/capos/x.h: no test calls capos_x" check-docs
sample tests/x.c 'capos_x();\n'
rm docs/x.md
refuses "docs: a function without a page" "include/capos/x.h: no page of docs/ says anything of capos_x" check-docs
sample docs/x.md '`capos_x()`\n'
sample include/capos/x.h 'int capos_x(void);\n'
refuses "docs: a function without a comment" "include/capos/x.h:1: capos_x" check-docs
sample include/capos/x.h ''
sample docs/a.md '[there](c.md)\n'
refuses "docs: a link to nowhere" "docs/a.md: links to c.md" check-docs
sample docs/a.md '```c\n#include <stdint.h>\nint x(void) { return missing; }\n```\n'
refuses "docs: a program that does not compile" "docs/a.md: a block of C" check-docs
sample docs/a.md ''
sample tests/one.c ''
refuses "docs: a test that does not name its clause" "tests/one.c: does not name docs/security.md" check-docs
rm tests/one.c
refuses "docs: a clause whose test is gone" "names tests/one.c, which is not there" check-docs
sample tests/one.c 'docs/security.md\nTAP_TEST(one_is_one)\n'
sample docs/traps.md '| trap | here | tests |\n|---|---|---|\n| a trap | x | tests/one.c: one_is_one |\n'
accepts "docs: a trap and its test" check-docs
sample docs/traps.md '| a trap | x | tests/one.c: two_is_two |\n'
refuses "docs: a trap whose test is gone" "names two_is_two, which is not in tests/one.c" check-docs
sample docs/traps.md '| a trap | x | y |\n'
refuses "docs: a trap without a test" "names no test" check-docs
rm docs/traps.md
# tools/mutants --check
mutant() { sample tests/mutants "clause: one\nfile: wire/one.c\nfrom: $1\nto: 2\nsuite: wire\ntest: $2\n"; }
sample wire/one.c 'int one = 1;\nint other = 3;\nint third = 3;\n'
sample tests/wire/one_test.c 'TAP_TEST(one_is_one)\n'
mutant 1 one_is_one
accepts "mutants: a break that can be made" mutants --check
mutant 2 one_is_one
refuses "mutants: a text that is not there" "stands 0 times in wire/one.c" mutants --check
mutant 3 one_is_one
refuses "mutants: a text that is there twice" "stands 2 times" mutants --check
mutant 1 two_is_two
refuses "mutants: a test that is not there" "there is no test two_is_two" mutants --check
finish
