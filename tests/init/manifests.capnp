# Manifests that are refused, each for one thing, and a few that are not: golden.sh compares what is said of them.
@0xe1f5c2a7b3d49680;

using Capos = import "/capos.capnp";
using Manifest = Capos.Manifest;

const binaries :List(Capos.Binary) = [
  (name = "init", elf = embed "/init"), (name = "one", elf = embed "/hello"), (name = "two", elf = embed "/echo")];
const grants :List(Capos.Grant) = [
  (name = "boot", kernel = bootPackage), (name = "console", kernel = console),
  (name = "timer", kernel = timer), (name = "spawner", kernel = processSpawner)];
const init :Capos.Program = (binary = "init", grants = .grants);
const one :Capos.Program = (binary = "one");

# --- Good ones ---------------------------------------------------------------------------------

const goodWithoutServices :Manifest = (schemaVersion = 1, binaries = .binaries, init = .init);

const goodOfOneProgram :Manifest = (schemaVersion = 1, binaries = .binaries,
  init = (binary = "two", grants = [(name = "console", kernel = console)]));

const goodServices :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [
    (name = "shell", program = (binary = "two", grants = [
      (name = "console", kernel = console),
      (name = "kv", export = (service = "kv", name = "store", interfaceId = 0x8000000000000011)),
      (name = "log", export = (service = "logger", name = "log"))])),
    (name = "other", program = (binary = "two", grants = [(name = "console", kernel = console)])),
    (name = "kv", program = (binary = "two", grants = [
      (name = "console", kernel = console),
      (name = "log", export = (service = "logger", name = "log")),
      (name = "more log", export = (service = "logger", name = "log"))]),
      exports = [(name = "store", interfaceId = 0x8000000000000011, messageMax = 64, capsMax = 16)],
      restart = (mode = onFailure, limit = 3, backoffNs = 1000000)),
    (name = "logger", program = (binary = "two", grants = [(name = "console", kernel = console)]),
      exports = [(name = "log", interfaceId = 0x8000000000000022)], restart = (mode = always, backoffNs = 3600000000000)),
  ]);

const goodBudget :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = .grants, profile = (memoryBytes = 100000000, processes = 2)),
  services = [
    (name = "a", program = (binary = "two", grants = [(name = "console", kernel = console)],
      profile = (memoryBytes = 60000000, calls = 7))),
    (name = "b", program = (binary = "two", grants = [(name = "console", kernel = console)],
      profile = (memoryBytes = 30000000)))]);

# --- The manifest ---------------------------------------------------------------------------

const schemaVersionIsMissing :Manifest = (binaries = .binaries, init = .init);
const schemaVersionIsNew :Manifest = (schemaVersion = 2, binaries = .binaries, init = .init);

const initIsMissing :Manifest = (schemaVersion = 1, binaries = .binaries);

# --- Binaries -------------------------------------------------------------------------------

const binaryTwice :Manifest = (
  schemaVersion = 1, init = .init,
  binaries = [(name = "init", elf = embed "/init"), (name = "one"), (name = "init")]);

const binaryWithoutName :Manifest = (schemaVersion = 1, binaries = [(name = "init", elf = embed "/init"), ()], init = .init);

const binaryUnknown :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "three"))]);

const binaryNotSaid :Manifest = (schemaVersion = 1, binaries = .binaries, init = ());

const binaryOfServiceNotSaid :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init, services = [(name = "kv", program = ())]);

const binaryIsNoProgram :Manifest = (
  schemaVersion = 1, init = .init, binaries = [(name = "init", elf = embed "/init"), (name = "one", elf = "#!/bin/sh")],
  services = [(name = "kv", program = .one)]);

# --- What init needs ------------------------------------------------------------------------

const initLacksTimer :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = [
    (name = "boot", kernel = bootPackage), (name = "console", kernel = console), (name = "spawner", kernel = processSpawner)]),
  services = [(name = "kv", program = .one)]);

const initLacksBootPackage :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = [
    (name = "console", kernel = console), (name = "timer", kernel = timer), (name = "spawner", kernel = processSpawner)]),
  services = [(name = "kv", program = .one)]);

const initLacksProcessSpawner :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = [
    (name = "boot", kernel = bootPackage), (name = "console", kernel = console), (name = "timer", kernel = timer)]),
  services = [(name = "kv", program = .one)]);

# --- Services -------------------------------------------------------------------------------

const serviceTwice :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one), (name = "log", program = .one), (name = "kv", program = .one)]);

const serviceWithoutName :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init, services = [(program = .one)]);

const serviceNameTooLong :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "a name of forty-four bytes, which is one more", program = .one)]);

const serviceNameWithNewline :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init, services = [(name = "k\nv", program = .one)]);

const serviceNameIsNotUtf8 :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init, services = [(name = "k\xc0\x80v", program = .one)]);

const serviceWithoutProgram :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init, services = [(name = "kv")]);

# --- Exports --------------------------------------------------------------------------------

const exportTwice :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, exports = [
    (name = "store", interfaceId = 0x8000000000000011), (name = "store", interfaceId = 0x8000000000000022)])]);

const exportNamedAsGrant :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [(name = "store", kernel = timer)]),
    exports = [(name = "store", interfaceId = 0x8000000000000011)])]);

const exportWithoutInterface :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, exports = [(name = "store")])]);

const exportOfOddMessages :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, exports = [
    (name = "store", interfaceId = 0x8000000000000011, messageMax = 100)])]);

const exportOfTooManyCaps :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, exports = [
    (name = "store", interfaceId = 0x8000000000000011, capsMax = 17)])]);

# --- Grants ---------------------------------------------------------------------------------

const grantTwice :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [
    (name = "log", kernel = console), (name = "log", kernel = timer)]))]);

const grantWithoutName :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [(kernel = console)]))]);

const grantOfNothing :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [(name = "log")]))]);

const grantThatInitLacks :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [(name = "dice", kernel = entropySource)]))]);

const grantToInit :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = [
    (name = "spawner", kernel = processSpawner), (name = "kv", export = (service = "kv", name = "store"))]),
  services = [(name = "kv", program = .one, exports = [(name = "store", interfaceId = 0x8000000000000011)])]);

const importFromNobody :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [
    (name = "console", kernel = console), (name = "log", export = (service = "logger", name = "log"))]))]);

const importUnknown :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [
    (name = "a", program = .one, exports = [(name = "b", interfaceId = 0x8000000000000011)]),
    (name = "logger", program = .one, exports = [
      (name = "lines", interfaceId = 0x8000000000000011), (name = "bytes", interfaceId = 0x8000000000000022)]),
    (name = "kv", program = (binary = "one", grants = [
      (name = "log", export = (service = "logger", name = "log"))])),
  ]);

const importFromItself :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = (binary = "one", grants = [
      (name = "me", export = (service = "kv", name = "store"))]),
    exports = [(name = "store", interfaceId = 0x8000000000000011)])]);

const importOfAnotherInterface :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [
    (name = "kv", program = .one, exports = [(name = "store", interfaceId = 0x8000000000000011)]),
    (name = "shell", program = (binary = "two", grants = [
      (name = "log", export = (service = "kv", name = "store", interfaceId = 0x8000000000000022))])),
  ]);

const cycleOfTwo :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [
    (name = "a", program = (binary = "one", grants = [(name = "b", export = (service = "b", name = "x"))]),
      exports = [(name = "x", interfaceId = 0x8000000000000011)]),
    (name = "b", program = (binary = "one", grants = [
        (name = "console", kernel = console), (name = "a", export = (service = "a", name = "x"))]),
      exports = [(name = "x", interfaceId = 0x8000000000000011)]),
  ]);

const cycleBehindOthers :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [
    (name = "user", program = (binary = "one", grants = [(name = "a", export = (service = "a", name = "x"))])),
    (name = "free", program = .one, exports = [(name = "x", interfaceId = 0x8000000000000011)]),
    (name = "a", program = (binary = "one", grants = [
        (name = "free", export = (service = "free", name = "x")),
        (name = "b", export = (service = "b", name = "x"))]),
      exports = [(name = "x", interfaceId = 0x8000000000000011)]),
    (name = "b", program = (binary = "one", grants = [(name = "c", export = (service = "c", name = "x"))]),
      exports = [(name = "x", interfaceId = 0x8000000000000011)]),
    (name = "c", program = (binary = "one", grants = [(name = "a", export = (service = "a", name = "x"))]),
      exports = [(name = "x", interfaceId = 0x8000000000000011)]),
  ]);

# --- Restarts and profiles ------------------------------------------------------------------

const restartNeverWithLimit :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, restart = (limit = 3))]);

const restartWithoutEnd :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, restart = (mode = always))]);

const restartAfterDays :Manifest = (
  schemaVersion = 1, binaries = .binaries, init = .init,
  services = [(name = "kv", program = .one, restart = (mode = onFailure, limit = 1, backoffNs = 86400000000000))]);

const profileBeyondBudget :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = .grants, profile = (memoryBytes = 100000000)),
  services = [
    (name = "a", program = (binary = "one", profile = (memoryBytes = 60000000))),
    (name = "b", program = .one),
    (name = "c", program = (binary = "one", profile = (memoryBytes = 40000001)))]);

const profileOfTooManyEndpoints :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = .grants, profile = (endpoints = 3)),
  services = [(name = "a", program = (binary = "one", profile = (endpoints = 4)))]);

const profileOfTooManyBadges :Manifest = (
  schemaVersion = 1, binaries = .binaries,
  init = (binary = "init", grants = .grants, profile = (badges = 1000)),
  services = [
    (name = "a", program = (binary = "one", profile = (badges = 700))),
    (name = "b", program = (binary = "one", profile = (badges = 301)))]);
