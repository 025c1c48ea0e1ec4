# Programs that start programs, and services that init starts again, for tests that kill any of them.
@0x9b6e0d51c7a4f382;

using Capos = import "/capos.capnp";

const baton :UInt64 = 0xb3a8f6a2c1d4e506;

# The test writes a seed over the digits before it boots the package.
const client :List(Capos.Grant) = [
  (name = "seed-0000000000000000", kernel = timer),
  (name = "tough", export = (service = "tough", name = "baton")),
  (name = "frail", export = (service = "frail", name = "baton")),
];
const parent :List(Capos.Grant) = [
  (name = "seed-0000000000000000", kernel = timer),
  (name = "tough", export = (service = "tough", name = "baton")),
  (name = "frail", export = (service = "frail", name = "baton")),
  (name = "spawner", kernel = processSpawner),
];

# Two children, with two grandchildren each.
const profile :Capos.ResourceProfile = (capSlots = 832, calls = 224, memoryBytes = 16777216, processes = 6);

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "kin", elf = embed "/family-kin"),
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
    (name = "client-1", program = (binary = "kin", grants = .client)),
    (name = "client-2", program = (binary = "kin", grants = .client)),
    (name = "client-3", program = (binary = "kin", grants = .parent, profile = .profile)),
    (name = "client-4", program = (binary = "kin", grants = .parent, profile = .profile)),
    (
      name = "tough",
      program = (binary = "baton"),
      exports = [(name = "baton", interfaceId = .baton)],
      restart = (mode = always, backoffNs = 50000),
    ),
    (
      name = "frail",
      program = (binary = "baton"),
      exports = [(name = "baton", interfaceId = .baton)],
      restart = (mode = onFailure, limit = 2, backoffNs = 100000),
    ),
  ],
);
