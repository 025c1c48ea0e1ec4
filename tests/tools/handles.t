#!/bin/sh
# The checker of capabilities finds each kind of mistake, and nothing in code that is right.
. tests/tools/lib.sh
mkdir -p include build
ln -s "$top/include/capos" include/capos
ln -s "$top/build/gen" build/gen

# program NAME BODY: a function that is given a runtime, a ring and a directory.
program() {
    sample "$1.c" '#include "schema/demo.client.capos.h"\n
int64_t run(struct capos_runtime *runtime, struct capos_ring *ring, struct directory docs);
int64_t run(struct capos_runtime *runtime, struct capos_ring *ring, struct directory docs)
{
    struct file file;
    uint64_t bytes = 0;
    if (directory_open(ring, docs, WIRE_TEXT("a"), &file) < 0)
        return 1;
'"$2"'
    return (int64_t)bytes;
}
'
}

program good '
    if (file_size(ring, file, &bytes) < 0) {
        capos_handle_release(runtime, file.cap);
        return 2;
    }
    if (directory_link(ring, docs, WIRE_TEXT("b"), file_copied(file)) < 0) {
        capos_handle_release(runtime, file.cap);
        return 3;
    }
    capos_status status = directory_link(ring, docs, WIRE_TEXT("b"), file_moved(file));
    if (status < 0 && capos_handle_keep(runtime, &file.cap) == CAP_OK)
        capos_handle_release(runtime, file.cap);'
accepts "handles: right code" check-handles good.c

program leak '
    if (file_size(ring, file, &bytes) < 0)
        return 2;
    capos_handle_release(runtime, file.cap);'
refuses "handles: a leak on an early return" "leak.c:12:16: warning: Potential leak of handle" check-handles leak.c

program twice '
    if (file_size(ring, file, &bytes) < 0)
        capos_handle_release(runtime, file.cap);
    capos_handle_release(runtime, file.cap);'
refuses "handles: a second release" "twice.c:13:5: warning: Releasing a previously released handle" check-handles twice.c

program late '
    capos_handle_release(runtime, file.cap);
    file_size(ring, file, &bytes);'
refuses "handles: a use after the release" "warning: Using a previously released handle" check-handles late.c

program given '
    directory_link(ring, docs, WIRE_TEXT("b"), file_moved(file));
    capos_handle_release(runtime, file.cap);'
refuses "handles: a release of what was given away" "given.c:12:5: warning: Releasing a previously released handle" \
    check-handles given.c

program own '
    capos_handle_release(runtime, file.cap);
    struct file more;
    if (capos_handle_acquire(runtime, docs.cap, &more.cap) < 0)
        return 2;'
refuses "handles: an owner that is added and not taken away" "Potential leak of handle" check-handles own.c

# What is adopted from a promise's answer is owned. The checker does not see that a promised capability itself is released, or that
# its call is never finished: the release is counted as stray, and a program with CAPOS_DEBUG tells of the call at its end
# (tests/rt/promise_test.c, tests/rt/promise_id_test.c).
program promised '
    capos_handle_release(runtime, file.cap);
    struct directory_open_call open;
    struct directory_open_results_reader results;
    struct file promise;
    directory_open_send(ring, docs, WIRE_TEXT("b"), &open);
    promise = directory_open_promised_file(&open);
    if (file_size(ring, promise, &bytes) < 0 || directory_open_wait(ring, &open, &results) < 0) {
        directory_open_finish(ring, &open);
        return 2;
    }
    capos_status status = directory_open_results_adopt_file(results, &file);
    directory_open_finish(ring, &open);
    if (status < 0)
        return 3;
    capos_handle_release(runtime, file.cap);'
accepts "handles: a promise that is used, and what is adopted from its answer" check-handles promised.c

program kept '
    capos_handle_release(runtime, file.cap);
    struct directory_open_call open;
    struct directory_open_results_reader results;
    directory_open_send(ring, docs, WIRE_TEXT("b"), &open);
    if (directory_open_wait(ring, &open, &results) < 0)
        return 2;
    if (directory_open_results_adopt_file(results, &file) < 0)
        return 3;
    directory_open_finish(ring, &open);'
refuses "handles: what was adopted from an answer outlives it" "Potential leak of handle" check-handles kept.c

# What is generated is looked at as a whole.
program header 'capos_handle_release(runtime, file.cap);'
sed "s/^int64_t run(/static inline int64_t run(/" header.c >good.h
accepts "handles: a header" check-handles ./good.h
program header '(void)file;'
sed 's/^int64_t run(/static inline int64_t run(/' header.c >bad.h
refuses "handles: a header that nobody uses" "Potential leak of handle" check-handles ./bad.h
finish
