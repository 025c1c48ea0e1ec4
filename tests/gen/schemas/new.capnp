# old.capnp, grown: new fields, a larger struct, a list of numbers that became
# a list of structs, a new member of a union, a new value of an enum.

@0x9c6a2a9a8c1a5a02;

struct Person {
  name @0 :Text;
  age @1 :UInt8;
  address @2 :Address;
  phones @3 :List(Phone);
  kind :union {
    none @4 :Void;
    child @5 :Text;
    adult @7 :UInt64;
  }
  mood @6 :Mood;
  nickname @8 :Text = "none";
  height @9 :Float64 = 1.75;
}

struct Address { street @0 :Text; city @1 :Text; zip @2 :UInt32 = 1000; }

struct Phone { number @0 :UInt32; label @1 :Text; }

enum Mood { calm @0; glad @1; proud @2; }
