# A program that starts others, and asks for what it must not get; the program files that no kernel runs are made by bad-elf.
@0xd8a1f0c3b5e79264;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "spawn", elf = embed "/spawn"),
    (name = "child", elf = embed "/spawn-child"),
    (name = "files", elf = embed "/files-server"),
    (name = "good", elf = embed "/bad-good"),
    (name = "bad text", elf = embed "/bad-text"),
    (name = "bad machine", elf = embed "/bad-machine"),
    (name = "bad narrow", elf = embed "/bad-narrow"),
    (name = "bad movable", elf = embed "/bad-movable"),
    (name = "bad headers", elf = embed "/bad-headers"),
    (name = "bad header size", elf = embed "/bad-header-size"),
    (name = "bad far headers", elf = embed "/bad-far-headers"),
    (name = "bad entry", elf = embed "/bad-entry"),
    (name = "bad outside", elf = embed "/bad-outside"),
    (name = "bad shrinks", elf = embed "/bad-shrinks"),
    (name = "bad low", elf = embed "/bad-low"),
    (name = "bad high", elf = embed "/bad-high"),
    (name = "bad wraps", elf = embed "/bad-wraps"),
    (name = "bad writable code", elf = embed "/bad-writable-code"),
    (name = "bad unreadable", elf = embed "/bad-unreadable"),
    (name = "bad overlap", elf = embed "/bad-overlap"),
    (name = "bad large", elf = embed "/bad-large"),
    (name = "bad stack code", elf = embed "/bad-stack-code"),
    (name = "bad stack", elf = embed "/bad-stack"),
    (name = "bad tls", elf = embed "/bad-tls"),
    (name = "bad interpreter", elf = embed "/bad-interpreter"),
    (name = "bad dynamic", elf = embed "/bad-dynamic"),
    (name = "bad no note", elf = embed "/bad-no-note"),
    (name = "bad version", elf = embed "/bad-version"),
    (name = "bad features", elf = embed "/bad-features"),
    (name = "bad note size", elf = embed "/bad-note-size"),
    (name = "bad note runs over", elf = embed "/bad-note-runs-over"),
  ],
  init = (
    binary = "spawn",
    grants = [
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "stats", kernel = stats),
      (name = "memory", kernel = memorySource),
      (name = "spawner", kernel = processSpawner),
    ],
  ),
);
