# Calls on answers that have not arrived, to files and to three walkers.
@0xd7c1b2a4e8f93065;

using Capos = import "/capos.capnp";

const walker :UInt64 = 0xb3a8f6a2c1d4e509;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "client", elf = embed "/promises-client"),
    (name = "walker", elf = embed "/promises-walker"),
    (name = "files", elf = embed "/files-server"),
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
    (
      name = "client",
      program = (
        binary = "client",
        grants = [
          (name = "console", kernel = console),
          (name = "docs", export = (service = "docs", name = "docs")),
          (name = "ada", export = (service = "first", name = "ada")),
          (name = "bob", export = (service = "second", name = "bob")),
          (name = "eve", export = (service = "third", name = "eve")),
        ],
      ),
    ),
    (name = "docs", program = (binary = "files"), exports = [(name = "docs", interfaceId = 0xb3a8f6a2c1d4e503)]),
    (name = "first", program = (binary = "walker"), exports = [(name = "ada", interfaceId = .walker)]),
    (name = "second", program = (binary = "walker"), exports = [(name = "bob", interfaceId = .walker)]),
    (name = "third", program = (binary = "walker"), exports = [(name = "eve", interfaceId = .walker)]),
  ],
);
