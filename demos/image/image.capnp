# A picture that is not copied: one program paints it, another looks at it.
@0x9c4ce9d2b5f7a361;

using Capos = import "/capos.capnp";

const manifest :Capos.Manifest = (
  schemaVersion = 1,
  binaries = [
    (name = "init", elf = embed "/init"),
    (name = "painter", elf = embed "/image-painter"),
    (name = "viewer", elf = embed "/image-viewer"),
  ],
  init = (
    binary = "init",
    grants = [
      (name = "boot", kernel = bootPackage),
      (name = "console", kernel = console),
      (name = "timer", kernel = timer),
      (name = "spawner", kernel = processSpawner),
      (name = "memory", kernel = memorySource),
    ],
  ),
  services = [
    (
      name = "painter",
      program = (binary = "painter", grants = [(name = "memory", kernel = memorySource)]),
      exports = [(name = "painter", interfaceId = 0xb3a8f6a2c1d4e508)],
    ),
    (
      name = "viewer",
      program = (
        binary = "viewer",
        grants = [
          (name = "console", kernel = console),
          (name = "painter", export = (service = "painter", name = "painter")),
        ],
      ),
    ),
  ],
);
