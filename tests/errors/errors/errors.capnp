# What is refused, and in which words: every status that a kernel or the runtime gives a program.
@0xa7d5c3b1f0e29486;

using Capos = import "/capos.capnp";

const directory :UInt64 = 0xb3a8f6a2c1d4e503;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "client", elf = embed "/errors-client"),
    (name = "server", elf = embed "/errors-server"),
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
          (name = "timer", kernel = timer),
          (name = "boot", kernel = bootPackage),
          (name = "odd", export = (service = "odd", name = "odd")),
          (name = "docs", export = (service = "docs", name = "docs")),
        ],
      ),
    ),
    (
      name = "odd",
      program = (binary = "server", grants = [(name = "timer", kernel = timer)]),
      exports = [(name = "odd", interfaceId = .directory)],
    ),
    (name = "docs", program = (binary = "files"), exports = [(name = "docs", interfaceId = .directory)]),
  ],
);
