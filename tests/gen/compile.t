#!/bin/sh
# Generated code compiles without a warning, as C11 and as C++17, with gcc and with clang, without a libc:
# that for all schemas of Cap'n Proto itself, and for ours.
. tests/gen/lib.sh

generate "$work/system" /usr/include $(find /usr/include/capnp -name '*.capnp')
ok $? "all schemas in /usr/include/capnp generate"
generate "$work/zoo" $schemas $schemas/zoo.capnp $schemas/deep/other.capnp
ok $? "schemas/zoo.capnp generates"
generate "$work/capos" . schema/*.capnp
ok $? "schema/ generates"

warnings="-Wall -Wextra -Werror -ffreestanding -Iinclude"
# check FILE FOLDER: all four ways; a source only as C.
cat >"$work/check" <<END
file=\$1 folder=\$2
for compiler in 'gcc -std=c11 -xc' 'clang -std=c11 -xc' 'g++ -std=c++17 -xc++' 'clang++ -std=c++17 -xc++'; do
    case \$file-\$compiler in *.c-*++*) continue ;; esac
    \$compiler $warnings -Wundef -I\$folder -include \$file -fsyntax-only /dev/null || exit 255
done
END
# Headers are parsed only, sources compiled.
for folder in system zoo capos; do
    case $build in
    *asan*) skip "what is generated for $folder compiles" "compiled once, in another variant" ;;
    *)
        find "$work/$folder" -type f | sed 's/.*/&\n'"$(printf %s "$work/$folder" | sed 's/[/&]/\\&/g')"'/' |
            xargs -n 2 -P 2 sh "$work/check" >"$work/log" 2>&1
        ok $? "what is generated for $folder compiles"
        ;;
    esac
done
finish
