# Files of two programs: one links to a file of the other.
@0xe1c7b5a49382716f;

using Capos = import "/capos.capnp";

const directory :UInt64 = 0xb3a8f6a2c1d4e503;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "server", elf = embed "/files-server"),
    (name = "client", elf = embed "/files-client"),
  ],
  init = (
    binary = "init",
    grants = [
      (name = "boot", kernel = bootPackage),
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "spawner", kernel = processSpawner),
    ],
  ),
  services = [
    (name = "docs", program = (binary = "server"), exports = [(name = "docs", interfaceId = .directory)]),
    (name = "attic", program = (binary = "server"), exports = [(name = "attic", interfaceId = .directory)]),
    (
      name = "client",
      program = (
        binary = "client",
        grants = [
          (name = "console", kernel = console),
          (name = "docs", export = (service = "docs", name = "docs")),
          (name = "attic", export = (service = "attic", name = "attic")),
        ],
      ),
    ),
  ],
);
