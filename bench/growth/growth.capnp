# How the cost of a call grows: with clients, calls in flight, other services, bytes.
@0x8d5f2b9e4c7a1063;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "growth", elf = embed "/growth"),
    (name = "client", elf = embed "/growth-client"),
    (name = "server", elf = embed "/growth-server"),
  ],
  init = (
    binary = "growth",
    grants = [
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "memory", kernel = memorySource),
      (name = "stats", kernel = stats),
      (name = "spawner", kernel = processSpawner),
    ],
  ),
);
