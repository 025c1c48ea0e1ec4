# A program that hears and answers.
@0xb5d8b7a3b2f1c6e4;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [(name = "echo", elf = embed "/echo")],
  init = (binary = "echo", grants = [(name = "console", kernel = console)]),
);
