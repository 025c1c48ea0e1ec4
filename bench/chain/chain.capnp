# Chains of calls to another program.
@0xe9d2c4b6a8f07153;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "chain", elf = embed "/chain"),
    (name = "server", elf = embed "/ipc-server"),
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
      name = "chain",
      program = (
        binary = "chain",
        grants = [
          (name = "console", kernel = console),
          (name = "timer", kernel = timer),
          (name = "meter", export = (service = "meter", name = "meter")),
        ],
      ),
    ),
    (
      name = "meter",
      program = (binary = "server"),
      exports = [(name = "meter", interfaceId = 0x8f1d3b5a7c9e2046)],
    ),
  ],
);
