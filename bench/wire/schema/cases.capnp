@0x97316d978c7fd3e2;
# The three workloads of Cap'n Proto's own benchmark: an expression tree, cars on a lot, a list to be ranked.

enum Operator { add @0; subtract @1; multiply @2; divide @3; modulo @4; }

struct Expression {
  op @0 :Operator;
  left :union {
    value @1 :Int32;
    expression @2 :Expression;
  }
  right :union {
    value @3 :Int32;
    expression @4 :Expression;
  }
}

struct Value {
  value @0 :Int32;
}

struct Lot {
  cars @0 :List(Car);
}

struct Worth {
  amount @0 :UInt64;
}

struct Car {
  make @0 :Text;
  model @1 :Text;
  color @2 :Color;
  seats @3 :UInt8;
  doors @4 :UInt8;
  wheels @5 :List(Wheel);
  length @6 :UInt16;
  width @7 :UInt16;
  height @8 :UInt16;
  weight @9 :UInt32;
  engine @10 :Engine;
  fuelCapacity @11 :Float32;
  fuelLevel @12 :Float32;
  powerWindows @13 :Bool;
  powerSteering @14 :Bool;
  cruiseControl @15 :Bool;
  cupHolders @16 :UInt8;
  navigation @17 :Bool;
}

enum Color { black @0; white @1; red @2; green @3; blue @4; cyan @5; magenta @6; yellow @7; silver @8; }

struct Wheel {
  diameter @0 :UInt16;
  airPressure @1 :Float32;
  snowTires @2 :Bool;
}

struct Engine {
  horsepower @0 :UInt16;
  cylinders @1 :UInt8;
  cc @2 :UInt32;
  usesGas @3 :Bool;
  usesElectric @4 :Bool;
}

struct Ranking {
  results @0 :List(Found);
}

struct Found {
  url @0 :Text;
  score @1 :Float64;
  snippet @2 :Text;
}
