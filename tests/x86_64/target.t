#!/bin/sh
# The unit tests again, inside kernel images on the bare machine: each image's TAP as one stream.
set -u
images="base wire kernel rt contract port"

# What mk leaves out of the images (TARGET_NOT), and why.
left_out() {
    echo "wire.shared_test # SKIP needs threads"
    echo "wire.oracle_test # SKIP needs the capnp tool"
    echo "kernel.soak_test # SKIP it is the host's sanitizers that judge"
    echo "wire.flip_test # SKIP it is the host's sanitizers that judge"
}

{
    for image in $images; do
        echo "@begin $image"
        tests/x86_64/run-image "$CAPOS_BUILD/x86_64/tests/$image.elf"
        printf '\n@end %s\n' $?
    done 2>&1
    left_out | sed 's/^/@left /'
} | awk '
    function result(good, name) { print (good ? "ok " : "not ok ") ++count " - " name; bad += !good }
    /^@begin / { image = $2; ran = failed = 0; plan = -1; next }
    /^@end / {
        whole = plan == ran && ($2 == 0) == (failed == 0)
        if ($2 == 124) print "# no end: after the last of these a test hangs"
        else if (!whole) print "# ran " ran " tests, planned " plan ", exit status " $2
        if (!whole) result(0, image " comes to its end")
        next
    }
    /^@left / { result(1, substr($0, 7)); next }
    /^(not )?ok / {
        ran++
        good = $1 == "ok"
        failed += !good
        sub(/^(not )?ok [0-9]+ - /, "")
        result(good, image "." $0)
        next
    }
    /^1\.\./ { plan = substr($0, 4) + 0; next }
    /^#/ { print; next }
    /./ { print "# " $0 }
    END { print "1.." count; exit bad > 0 }'
