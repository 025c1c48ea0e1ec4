#!/bin/sh
# The unit tests again, inside kernel images on the bare machine: each image's TAP as one stream.
set -u
images="base wire kernel rt contract port"

# What mk leaves out of the images (TARGET_NOT), and why.
left_out() {
    echo "wire.shared_test # SKIP needs threads"
    echo "wire.oracle_test # SKIP needs the capnp tool"
    echo "kernel.soak_test # SKIP it is the host's sanitizers that judge"
    echo "kernel.small_world_test # SKIP it is the host's sanitizers that judge"
    echo "wire.flip_test # SKIP it is the host's sanitizers that judge"
}

{
    for image in $images; do
        echo "@begin $image"
        tests/x86_64/run-image "$CAPOS_BUILD/x86_64/tests/$image.elf"
        printf '\n@end %s\n' $?
    done 2>&1
    left_out | sed 's/^/@left /'
} | tests/x86_64/merge-tap
