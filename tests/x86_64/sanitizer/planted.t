#!/bin/sh
# The sanitizer of this build sees errors that were planted.
exec tests/x86_64/run-image "$CAPOS_BUILD/x86_64/tests/planted.elf"
