# A server that crashes and is started again: its client's one handle works as before.
@0xc4a1f3b7e9d05826;

using Capos = import "/capos.capnp";

const baton :UInt64 = 0xb3a8f6a2c1d4e506;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "counter", elf = embed "/restart-counter"),
    (name = "client", elf = embed "/restart-client"),
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
          (name = "counter", export = (service = "counter", name = "counter", interfaceId = .baton)),
        ],
      ),
    ),
    (
      name = "counter",
      program = (binary = "counter", grants = [(name = "console", kernel = console)]),
      exports = [(name = "counter", interfaceId = .baton)],
      restart = (mode = onFailure, limit = 2, backoffNs = 1000000),
    ),
  ],
);
