# Chains of calls to one program, and to two in turn, as deep as the console's input says.
@0xe9d2c4b6a8f07153;

using Capos = import "/capos.capnp";

const meter :UInt64 = 0x8f1d3b5a7c9e2046;

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
          (name = "meter", export = (service = "first", name = "meter")),
          (name = "other", export = (service = "second", name = "meter")),
        ],
      ),
    ),
    (name = "first", program = (binary = "server"), exports = [(name = "meter", interfaceId = .meter)]),
    (name = "second", program = (binary = "server"), exports = [(name = "meter", interfaceId = .meter)]),
  ],
);
