# One program, and the one thing that it is given.
@0xc26d2f7d7fbcb48e;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [(name = "hello", elf = embed "/hello")],
  init = (binary = "hello", grants = [(name = "console", kernel = console)]),
);
