# Servers and clients that init starts, and that call each other at random, for tests that kill some of them.
@0xf2d4c6b8a0918273;

using Capos = import "/capos.capnp";

const directory :UInt64 = 0xb3a8f6a2c1d4e503;
const runner :UInt64 = 0xb3a8f6a2c1d4e507;

# The test writes a seed over the digits before it boots the package.
const grants :List(Capos.Grant) = [
  (name = "seed-0000000000000000", kernel = timer),
  (name = "docs", export = (service = "docs", name = "docs")),
  (name = "attic", export = (service = "attic", name = "attic")),
  (name = "store", export = (service = "store", name = "store")),
  (name = "ada", export = (service = "first", name = "ada")),
  (name = "bob", export = (service = "second", name = "bob")),
  (name = "baton", export = (service = "baton", name = "baton")),
];

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "client", elf = embed "/crowd-client"),
    (name = "files", elf = embed "/files-server"),
    (name = "store", elf = embed "/store-server"),
    (name = "runner", elf = embed "/relay-runner"),
    (name = "baton", elf = embed "/crowd-baton"),
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
    (name = "client-1", program = (binary = "client", grants = .grants)),
    (name = "client-2", program = (binary = "client", grants = .grants)),
    (name = "client-3", program = (binary = "client", grants = .grants)),
    (name = "docs", program = (binary = "files"), exports = [(name = "docs", interfaceId = .directory)]),
    (name = "attic", program = (binary = "files"), exports = [(name = "attic", interfaceId = .directory)]),
    (name = "store", program = (binary = "store"), exports = [(name = "store", interfaceId = 0xb3a8f6a2c1d4e505)]),
    (name = "first", program = (binary = "runner"), exports = [(name = "ada", interfaceId = .runner)]),
    (name = "second", program = (binary = "runner"), exports = [(name = "bob", interfaceId = .runner)]),
    (name = "baton", program = (binary = "baton"), exports = [(name = "baton", interfaceId = 0xb3a8f6a2c1d4e506)]),
  ],
);
