#!/bin/sh
# capos run --trace: a line for each call, and nothing of the system lost by it. Holds a clause of docs/security.md.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
capos=$CAPOS_BUILD/capos
store=$CAPOS_BUILD/boot/watch.boot

result() { # status name
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

# same EXPECTED GOT NAME: of two files.
same() {
    diff -u "$1" "$2" >"$work/diff"
    status=$?
    sed 's/^/# /' "$work/diff"
    result $status "$3"
}

# What no run repeats: times, and who was first.
plain() { sed -E 's/^[0-9]+\.[0-9]{9} /T /; s/ (ok|[A-Z_]+|[a-z][A-Za-z]+) [0-9]+/ \1 N/; s/ queued=[0-9]+/ queued=N/; s/\(ns = [0-9]+/(ns = N/' "$@"; }

"$capos" run --trace="$work/trace" "$store" >"$work/out" 2>"$work/log" </dev/null
[ $? = 0 ] && [ ! -s "$work/log" ] && cmp -s tests/trace/watch/transcript "$work/out"
result $? "a system with a trace says what it says without"
grep -vE '^[0-9]+\.[0-9]{9} [^ ]+ [^ ]+ [^ ]+ [0-9]+->[0-9]+ [A-Za-z_]+ [0-9]+( queued=[0-9]+ server=[^ ]+)?$' "$work/trace" >"$work/odd"
[ "$(cat "$work/odd")" = "# time process capability method params->results status ns" ]
result $? "each line has its columns"
grep -q ' client#3 store 0xb3a8f6a2c1d4e505.1 24->16 ok ' "$work/trace" && grep -q ' console Console.writeLine ' "$work/trace"
result $? "the system's interfaces have names, others their ids"
awk '/queued=/ { split($8, q, "="); if (q[2] + 0 > $7 + 0) exit 1; n++ } END { exit n != 7 }' "$work/trace"
result $? "no call waited longer in a queue than in all"
awk '/^[0-9]/ && ($7 > 60e9 || $1 > 60) { exit 1 } $6 == "CANCELLED" { n += $7 >= 1e6 } END { exit n != 1 }' "$work/trace"
result $? "times are those of the caller: one gave up after a millisecond"

capnp compile -o- schema/demo.capnp >"$work/demo.schema"
"$capos" run --trace="$work/trace" --trace-args --schema "$work/demo.schema" "$store" >"$work/out" 2>"$work/log"
cat >"$work/expected" <<'END'
# time process capability method params->results status ns
T client#3 store Store.get 16->40 failed N queued=N server=store#2 (key = 7) -> (type = failed, message = "no such key")
T client#3 console Console.writeLine 32->0 ok N (text = "no such key") -> ()
T client#3 store Store.put 24->16 ok N queued=N server=store#2 (key = 7, value = 42) -> (version = 1)
T client#3 console Console.writeLine 32->0 ok N (text = "put, version: 1") -> ()
T client#3 store Store.get 16->24 ok N queued=N server=store#2 (key = 7) -> (value = 42, version = 1)
T client#3 console Console.writeLine 24->0 ok N (text = "get: 42") -> ()
T client#3 store Store.watch 24->0 CANCELLED N queued=N server=store#2 (key = 7, version = 1)
T client#3 console Console.writeLine 56->0 ok N (text = "nothing yet later than version: 1") -> ()
T client#3 store Store.watch 24->24 ok N queued=N server=store#2 (key = 7, version = 1) -> (value = 43, version = 2)
T client#3 store Store.put 24->16 ok N queued=N server=store#2 (key = 7, value = 43) -> (version = 2)
T client#3 console Console.writeLine 32->0 ok N (text = "put, version: 2") -> ()
T client#3 console Console.writeLine 32->0 ok N (text = "watch saw: 43") -> ()
T client#3 store Store.get 16->24 ok N queued=N server=store#2 (key = 7) -> (value = 43, version = 2)
T client#3 console Console.writeLine 24->0 ok N (text = "get: 43") -> ()
END
plain "$work/trace" | grep -v ' init#1 ' >"$work/got"
same "$work/expected" "$work/got" "--trace-args with a schema: every call, as it was asked and answered"

cat >"$work/expected" <<'END'
T init#1 spawner ProcessSpawner.endpoint 16->16 ok N (messageMax = 0, capsMax = 0) -> (endpoint = <capability 0>)
T init#1 spawner ProcessSpawner.spawn 120->16 ok N (name = "store", binary = "server", grants = [(name = "store", capability = <any>)], profile = (capSlots = 0, calls = 0, memoryBytes = 0, processes = 0, endpoints = 0, badges = 0)) -> (process = <capability 0>)
T init#1 spawner.endpoint Endpoint.mint 24->16 ok N (badge = 1, interfaceId = 12945868307773580549) -> (client = <any>)
T init#1 spawner ProcessSpawner.spawn 144->16 ok N (name = "client", binary = "client", grants = [(name = "console", capability = <any>), (name = "store", capability = <any>)], profile = (capSlots = 0, calls = 0, memoryBytes = 0, processes = 0, endpoints = 0, badges = 0)) -> (process = <capability 0>)
T init#1 timer Timer.now 0->16 ok N () -> (ns = N)
T init#1 spawner.spawn ProcessHandle.wait 0->40 ok N () -> (status = (exited = 0))
T init#1 spawner.spawn ProcessHandle.kill 0->0 ok N () -> ()
T init#1 spawner.spawn ProcessHandle.wait 0->40 ok N () -> (status = (killed = void))
END
plain "$work/trace" | grep ' init#1 ' | grep -v ' BootPackage' >"$work/got"
same "$work/expected" "$work/got" "so init's: whom it started with what, and how they ended"

# Capabilities that came with results and with calls say so; refused submissions have their line.
"$capos" run --trace --schema "$work/demo.schema" "$CAPOS_BUILD/boot/relay.boot" 2>"$work/trace" >"$work/out"
plain "$work/trace" | grep -oE '#[0-9]+ (start#[0-9]+:[^ ]+|eve\.[^ ]+|baton) [A-Za-z.]+ .* (ok|STALE_CAP)' | sort >"$work/got"
cat >"$work/expected" <<'END'
#2 start#6:Runner.take Baton.touch 24->16 ok
#2 start#6:Runner.take/1 Runner.take 24->16 ok
#4 start#6:Runner.take Baton.touch 24->16 ok
#6 baton Baton.touch 24->0 STALE_CAP
#6 eve.drop Baton.touch 24->16 ok
END
same "$work/expected" "$work/got" "capabilities are named after where they came from; --trace goes to standard error"

for file in /dev/full; do
    timeout -k 5 20 "$capos" run --trace=$file "$store" >"$work/out" 2>"$work/log" </dev/null
    [ $? = 0 ] && cmp -s tests/trace/watch/transcript "$work/out" &&
        [ "$(cat "$work/log")" = "capos: the trace ends here, it cannot be written to $file: No space left on device" ]
    result $? "a file that is full: one line says so, the system goes on"
done
mkfifo "$work/pipe"
head -c 100 "$work/pipe" >/dev/null &
timeout -k 5 20 "$capos" run --trace="$work/pipe" "$CAPOS_BUILD/boot/ipc.boot" >"$work/out" 2>"$work/log" </dev/null
[ $? = 0 ] && [ "$(grep -c 'the trace ends here' "$work/log")" = 1 ]
result $? "so does one whose reader goes away"

# What a program makes of its messages is no way to write lines of its own.
"$capos" run --trace-args "$CAPOS_BUILD/boot/errors.boot" 2>"$work/trace" >"$work/out"
[ "$(grep -c -vE '^([0-9]+\.[0-9]{9} |# time|capos: )' "$work/trace")" = 0 ] && ! LC_ALL=C grep -q '[^ -~]' "$work/trace"
result $? "hostile calls: lines of graphic ASCII, each with its columns"
for status in BAD_PARAMS BAD_RESULT_BUFFER BUFFER_TOO_SMALL STALE_CAP CANCELLED NO_SLOTS QUEUE_FULL TOO_MANY_CALLS ended; do
    grep -qE " $status [0-9]+" "$work/trace" || echo "# no $status"
done >"$work/missing"
cat "$work/missing"
[ ! -s "$work/missing" ]
result $? "also submissions that did not become calls have a line, with their status"

# Not told, not slower: the kernel without a trace has nothing of it.
nm "$CAPOS_BUILD/libkernel.a" | grep -q port_trace
[ $? = 1 ]
result $? "the kernel that runs without a trace tells nothing"
echo "1..$count"
