# A program that starts as many others as it is told.
@0xb6e4d2c0a8f19753;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "many", elf = embed "/many"),
    (name = "child", elf = embed "/many-child"),
  ],
  init = (
    binary = "many",
    grants = [
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "stats", kernel = stats),
      (name = "spawner", kernel = processSpawner),
    ],
  ),
);
