@0x9d1c2f0b7a64e3f5;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "budget", elf = embed "/budget"),
    (name = "child", elf = embed "/budget-child"),
  ],
  init = (
    binary = "budget",
    grants = [
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "spawner", kernel = processSpawner),
    ],
  ),
);
