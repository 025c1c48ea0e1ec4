# Streams from one program to two others, one of which is slow.
@0xf1a6c3d5e7b90428;

using Capos = import "/capos.capnp";

const sink :UInt64 = 0xb3a8f6a2c1d4e50a;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "source", elf = embed "/stream-source"),
    (name = "sink", elf = embed "/stream-sink"),
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
      name = "quick",
      program = (binary = "sink"),
      exports = [(name = "quick", interfaceId = .sink, messageMax = 32768)],
    ),
    (
      name = "slow",
      program = (binary = "sink"),
      exports = [(name = "slow", interfaceId = .sink, messageMax = 32768)],
    ),
    (
      name = "source",
      program = (
        binary = "source",
        grants = [
          (name = "console", kernel = console),
          (name = "quick", export = (service = "quick", name = "quick")),
          (name = "slow", export = (service = "slow", name = "slow")),
        ],
      ),
    ),
  ],
);
