# Shared by the scripts here: a work folder with a tree of its own, and TAP. Run from the top folder.
set -u
top=$(pwd)
PATH=$top/tools:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset CAPOS_COUNTING V
count=0
bad=0

result() { # GOOD NAME
    count=$((count + 1))
    if [ "$1" = y ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/# /' "$work/said"
        bad=1
    fi
}

# sample FILE TEXT: writes a file, and its folders.
sample() {
    mkdir -p "$(dirname "$1")"
    printf '%b' "$2" >"$1"
}

# accepts NAME COMMAND...
accepts() {
    name=$1
    shift
    if "$@" >"$work/said" 2>&1; then result y "$name"; else result n "$name"; fi
}

# refuses NAME TEXT COMMAND...: it fails, and says so.
refuses() {
    name=$1 text=$2
    shift 2
    if "$@" >"$work/said" 2>&1; then
        result n "$name"
    elif grep -qF -e "$text" "$work/said"; then
        result y "$name"
    else
        result n "$name (says \"$text\")"
    fi
}

finish() {
    echo "1..$count"
    exit $bad
}
