#!/bin/sh
# Makes a boot package whose one program ends in the way of HOW (tests/linux/ends):
# package.sh HOW FILE.boot. Leaves the manifest as FILE.boot.capnp. Needs CAPOS_BUILD.
set -eu
ends=$(realpath "$CAPOS_BUILD/tests/linux/ends/ends.elf")
cat >"$2.capnp" <<END
@0xd1c5b1b0e6a2a001;
using Capos = import "/capos.capnp";
const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [(name = "ends", elf = embed "$ends")],
  init = (binary = "ends", grants = [(name = "$1", kernel = console)]));
END
capnp eval -I / -I schema -o flat "$2.capnp" manifest >"$2"
