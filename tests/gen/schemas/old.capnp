# What a sender or a receiver may still have that new.capnp has grown from.

@0x9c6a2a9a8c1a5a01;

struct Person {
  name @0 :Text;
  age @1 :UInt8;
  address @2 :Address;
  phones @3 :List(UInt32);
  kind :union {
    none @4 :Void;
    child @5 :Text;
  }
  mood @6 :Mood;
}

struct Address { street @0 :Text; }

enum Mood { calm @0; glad @1; }
