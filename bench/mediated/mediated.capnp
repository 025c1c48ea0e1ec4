# Calls between two programs, for as long and as many at once as the console's input says.
@0xd2a4f6e8b0c21735;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "client", elf = embed "/mediated-client"),
    (name = "server", elf = embed "/mediated-server"),
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
