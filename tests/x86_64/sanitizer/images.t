#!/bin/sh
# And none in the unit tests on target. The shadow takes room.
CAPOS_QEMU_OPTIONS="-m 256M" exec tests/x86_64/target.t
