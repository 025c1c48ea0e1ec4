# Shared by the scripts here: where things are, and TAP. Run from the top folder with CAPOS_BUILD set.
set -u
build=${CAPOS_BUILD:-build/gcc}
plugin=${CAPNPC_CAPOS:-$(pwd)/$build/capnpc-capos}
schemas=tests/gen/schemas
request_schema=/usr/include/capnp/schema.capnp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $build in
*asan*) cc="clang -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined" ;;
*clang*) cc="clang -O1" ;;
*) cc="gcc -O1" ;;
esac
cc="$cc -std=gnu17 -Wall -Wextra -Werror -Iinclude -I."

count=0
failed=0

# ok STATUS NAME: one result; what is in $work/log says why it failed.
ok() {
    count=$((count + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        failed=1
        [ ! -s "$work/log" ] || sed 's/^/# /' "$work/log" | head -40
    fi
}

skip() {
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

finish() {
    echo "1..$count"
    exit $failed
}

# generate FOLDER PREFIX SCHEMA...
generate() {
    folder=$1
    prefix=$2
    shift 2
    mkdir -p "$folder" && capnp compile -I. "-o$plugin:$folder" "--src-prefix=$prefix" "$@" >"$work/log" 2>&1
}

# The wire library of this build, or of the sources if it is not there.
wire=$build/libwire.a
[ -f "$wire" ] || wire=$(echo wire/*.c)
