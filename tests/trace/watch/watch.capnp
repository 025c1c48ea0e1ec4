# What a trace is taken of: the store of demos/, and a client whose calls are the same each time.
@0xd8c9fa6a07a3c5b2;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "server", elf = embed "/store-server"),
    (name = "client", elf = embed "/watch-client"),
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
          (name = "store", export = (service = "store", name = "store")),
        ],
      ),
    ),
    (
      name = "store",
      program = (binary = "server"),
      exports = [(name = "store", interfaceId = 0xb3a8f6a2c1d4e505)],
    ),
  ],
);
