#!/bin/sh
# capos run --debug: the session of docs/debugging.md, replayed. Holds a clause of docs/security.md.
set -u
work=$(mktemp -d)
system=
trap '[ -z "$system" ] || kill "$system" 2>/dev/null; rm -rf "$work"' EXIT
export TMPDIR="$work"
count=0
capos=$CAPOS_BUILD/capos boot=$CAPOS_BUILD/boot/store.boot
page=docs/debugging.md
# What makes the command of the page, and its code, differ by variant is the folder.
[ "$CAPOS_BUILD" = build/gcc ] || page=

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

# begin SERVICE [COMMAND...]: a system in the background that waits for a debugger; sets $pid.
begin() {
    service=$1
    shift
    rm -f "$work/log"
    timeout 60 "$@" "$capos" run --debug "$service" "$boot" >"$work/out" 2>"$work/log" <demos/store/input &
    system=$!
    pid=
    for _ in $(seq 100); do
        pid=$(sed -n 's/^capos:   gdb .* -p \([0-9]*\) .*/\1/p' "$work/log")
        [ -z "$pid" ] || return 0
        sleep 0.05
    done
    sed 's/^/# /' "$work/log"
    return 1
}

finished() { # the system has ended, and well
    wait "$system"
    ended=$?
    system=
    [ "$ended" = 0 ] && cmp -s "$work/out" demos/store/transcript
}

begin store
result $? "a service waits, and the command to debug it is printed"
[ ! -s "$work/out" ]
result $? "its client waits for it"
kill -CONT "$pid"
finished
result $? "kill -CONT lets it go on"
[ "$(ls "$work")" = "log
out" ]
result $? "the program's file is gone with the system"

# The owner of what /proc shows is root for what no debugger may look at.
owners() {
    for process in /proc/[0-9]*; do
        name=$(cat "$process/comm" 2>/dev/null) || continue
        case $name in init | shell | store) ;; *) continue ;; esac
        parent=$(sed -n 's/^PPid:\t//p' "$process/status" 2>/dev/null)
        [ "$(readlink "/proc/$parent/exe")" = "$capos" ] && echo "$name $(stat -c %u "$process/maps")"
    done | sort
}
cp "$capos" "$boot" "$work"
capos=$work/capos boot=$work/store.boot
chmod a+rwx "$work"
if [ "$(id -u)" = 0 ]; then
    begin store setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all
    user=65534
else
    begin store
    user=$(id -u)
fi
[ "$(owners)" = "init 0
shell 0
store $user" ]
result $? "debuggers of the same user get at that service, and at no other"
kill -CONT "$pid"
finished
capos=$CAPOS_BUILD/capos boot=$CAPOS_BUILD/boot/store.boot
rm -f "$work/capos" "$work/store.boot"

begin init
result $? "the first program, by the name of its binary"
kill -TERM "$system"
wait "$system"
[ $? = 143 ]
result $? "a system that waits for a debugger ends on SIGTERM"
system=

timeout 60 "$CAPOS_BUILD/capos" run --debug stroe "$CAPOS_BUILD/boot/store.boot" >"$work/out" 2>"$work/log" </dev/null
grep -qx 'capos: --debug: no service "stroe" was started; there were: "init", "store", "shell"' "$work/log"
result $? "a name that no service has"

sleep 60 &
other=$!
gdb -q -batch -p $other >"$work/gdb" 2>&1
attached=$?
kill $other
grep -q "ptrace" "$work/gdb" && attached=1
if ! command -v gdb >/dev/null || [ $attached != 0 ] || [ -z "$page" ]; then
    count=$((count + 1))
    echo "ok $count - the session of the page # SKIP ${page:-it is that of build/gcc}: $(tail -1 "$work/gdb")"
    echo "1..$count"
    exit
fi

# The page's own blocks: what is typed, and what must come, in that order.
awk -v file="$work/shell" -v session="$work/session" '/^```/ { out = /session/ ? (/sh/ ? file : session) : ""; next }
    out != "" { print >out }' "$page"
[ "$(cat "$work/shell")" = "$CAPOS_BUILD/capos run --debug store $CAPOS_BUILD/boot/store.boot" ]
result $? "the command of the page is the one that is run here"
begin store
sed -n 's/^(gdb) //p' "$work/session" >"$work/commands"
command=$(sed -n 's/^capos:   \(gdb .*\)/\1/p' "$work/log")
eval "timeout 60 $command -batch -x $work/commands" >"$work/gdb" 2>&1
perl -e '
    open my $got, "<", $ARGV[0]; my $text = do { local $/; <$got> }; open my $page, "<", $ARGV[1];
    while (<$page>) {
        next if /^\(gdb\)/; chomp; my $line = join ".*", map { quotemeta } split /\.\.\./, $_, -1;
        $text =~ /\G(?:.*\n)*?$line.*\n/gc or do { print "# the page has: $_\n# gdb said:\n"; print map { "# $_\n" } split /\n/, $text; exit 1 };
    }' "$work/gdb" "$work/session"
result $? "the session of the page"
finished
result $? "the system runs on to its end without gdb"
echo "1..$count"
