@0xffbccafea63ae5bc;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [(name = "calls", elf = embed "/calls")],
  init = (
    binary = "calls",
    grants = [(name = "console", kernel = console), (name = "timer", kernel = timer)],
  ),
);
