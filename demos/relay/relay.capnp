# An object that is handed through three programs.
@0xa3b6f7c9e5d2184f;

using Capos = import "/capos.capnp";

const runner :UInt64 = 0xb3a8f6a2c1d4e507;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "start", elf = embed "/relay-start"),
    (name = "runner", elf = embed "/relay-runner"),
    (name = "baton", elf = embed "/relay-baton"),
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
    (name = "first", program = (binary = "runner"), exports = [(name = "ada", interfaceId = .runner)]),
    (name = "second", program = (binary = "runner"), exports = [(name = "bob", interfaceId = .runner)]),
    (name = "third", program = (binary = "runner"), exports = [(name = "eve", interfaceId = .runner)]),
    (
      name = "baton",
      program = (binary = "baton", grants = [(name = "console", kernel = console)]),
      exports = [(name = "baton", interfaceId = 0xb3a8f6a2c1d4e506)],
    ),
    (
      name = "start",
      program = (
        binary = "start",
        grants = [
          (name = "console", kernel = console),
          (name = "ada", export = (service = "first", name = "ada")),
          (name = "bob", export = (service = "second", name = "bob")),
          (name = "eve", export = (service = "third", name = "eve")),
          (name = "baton", export = (service = "baton", name = "baton")),
        ],
      ),
    ),
  ],
);
