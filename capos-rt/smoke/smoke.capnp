# The smoke program with everything that the kernel grants.
@0xd20ba1ff5e6b1c8c;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [(name = "smoke", elf = embed "/smoke")],
  init = (
    binary = "smoke",
    grants = [
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "entropy", kernel = entropySource),
      (name = "boot", kernel = bootPackage),
    ],
  ),
);
