# Imported by ../zoo.capnp, which it imports itself.

@0xb0f8f1a6ad4b1e2c;

using Zoo = import "../zoo.capnp";
using C = import "/capnpc-capos/c.capnp";
$C.prefix("far");

struct Thing {
  name @0 :Text;
  unions @1 :Zoo.Unions;
  point @2 :Zoo.Point;
}

enum Shade {
  light @0;
  dark @1;
}

interface Owned {
  owner @0 () -> (owner :Thing);
}
