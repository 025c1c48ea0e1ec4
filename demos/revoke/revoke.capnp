# A door that is taken back from a guest, and from whoever got it from the guest.
@0xe1d7a94b60c3f825;

using Capos = import "/capos.capnp";

const guest :UInt64 = 0xb3a8f6a2c1d4e522;

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "start", elf = embed "/revoke-start"),
    (name = "guest", elf = embed "/revoke-guest"),
    (name = "room", elf = embed "/revoke-room"),
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
    (name = "room", program = (binary = "room"), exports = [(name = "keeper", interfaceId = 0xb3a8f6a2c1d4e521)]),
    (name = "first", program = (binary = "guest"), exports = [(name = "ada", interfaceId = .guest)]),
    (name = "second", program = (binary = "guest"), exports = [(name = "bob", interfaceId = .guest)]),
    (name = "third", program = (binary = "guest"), exports = [(name = "eve", interfaceId = .guest)]),
    (
      name = "start",
      program = (
        binary = "start",
        grants = [
          (name = "console", kernel = console),
          (name = "timer", kernel = timer),
          (name = "keeper", export = (service = "room", name = "keeper")),
          (name = "ada", export = (service = "first", name = "ada")),
          (name = "bob", export = (service = "second", name = "bob")),
          (name = "eve", export = (service = "third", name = "eve")),
        ],
      ),
    ),
  ],
);
