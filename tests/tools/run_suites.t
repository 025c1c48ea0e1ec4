#!/bin/sh
# The runner counts right, and nothing that goes wrong passes.
. tests/tools/lib.sh
unset CAPOS_LONG # which lengthens the time that a suite may take

# suite TEXT: one script as the whole suite x.
suite() {
    sample tests/x/x.t "#!/bin/sh\n$1"
    chmod +x tests/x/x.t
    run-suites begin
    run-suites suite gcc x 1 >log
    run-suites end >>log
    status=$?
    tail -n 1 log >last
    cp log said
    [ $status -eq 0 ]
}
last() { [ "$(cat last)" = "$1" ]; }

accepts "a suite that passes" suite 'echo ok 1; echo "ok 2 # SKIP why"; echo 1..2'
accepts "its line" last "1 passed, 0 failed"
refuses "one failure" "not ok 2 - b" suite 'echo ok 1; echo "# why"; echo not ok 2 - b; echo 1..2; exit 1'
accepts "its line" last "1 passed, 1 failed"
refuses "the reason is shown" "# why" cat log missing
refuses "a plan that is not kept" "ran 1 tests, planned 2" suite 'echo ok 1; echo 1..2'
refuses "no plan" "planned none" suite 'echo ok 1'
refuses "an exit status after good tests" "exit status 3" suite 'echo ok 1; echo 1..1; exit 3'
refuses "a crash" "exit status" suite 'echo ok 1; echo 1..1; kill -SEGV $$'
refuses "no end" "killed after 3 s" suite 'echo ok 1; sleep 20; echo 1..1'
refuses "a suite without a test" "no test ran" suite 'echo 1..0'
mkdir -p tests/y
empty() { run-suites begin; run-suites suite gcc y 1; run-suites end; }
refuses "a suite without a program" "no test ran" empty
nothing() { run-suites begin; run-suites end; }
refuses "nothing at all" "nothing ran" nothing
built() { run-suites begin; run-suites check a true; run-suites end 2; }
refuses "a build that failed" "1 passed, 1 failed" built
check() { run-suites begin; run-suites check a "$@"; run-suites end; }
accepts "a check that passes" check true
refuses "a check that fails" "0 passed, 1 failed" check false
nested() {
    run-suites begin
    (CAPOS_COUNTING=1 && export CAPOS_COUNTING && check true && check true) && run-suites end >last
    last "2 passed, 0 failed"
}
accepts "runs that are counted as one" nested
finish
