# The smoke program with everything that it calls: what the kernel grants, and a peer.
@0xd20ba1ff5e6b1c8c;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "smoke", elf = embed "/smoke"),
    (name = "files", elf = embed "/files-server"),
  ],
  init = (
    binary = "init",
    grants = [
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "entropy", kernel = entropySource),
      (name = "boot", kernel = bootPackage),
      (name = "spawner", kernel = processSpawner),
    ],
  ),
  services = [
    (name = "files", program = (binary = "files"), exports = [(name = "docs", interfaceId = 0xb3a8f6a2c1d4e503)]),
    (
      name = "smoke",
      program = (
        binary = "smoke",
        grants = [
          (name = "console", kernel = console),
          (name = "timer", kernel = timer),
          (name = "entropy", kernel = entropySource),
          (name = "boot", kernel = bootPackage),
          (name = "peer", export = (service = "files", name = "docs", interfaceId = 0xb3a8f6a2c1d4e503)),
        ],
      ),
    ),
  ],
);
