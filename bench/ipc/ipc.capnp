# Calls between two programs.
@0xb8f6d4c2a0e19375;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "client", elf = embed "/ipc-client"),
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
      name = "client",
      program = (
        binary = "client",
        grants = [
          (name = "console", kernel = console),
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
