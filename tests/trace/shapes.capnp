# Every shape that a payload can have, for the texts of the trace.
@0xc61a3e5d7b9f2048;

interface Shapes @0xa15c3e7d9b2f4068 {
  all @0 All -> All;
  deep @1 Node -> Node;
  nothing @2 ();
  inner @3 (shapes :Shapes, any :AnyPointer, nested :Nested);
  interface Nested @0xd2e4f60718293a4b { touch @0 (); }
}

enum Colour { red @0; green @1; }

struct Node {
  next @0 :Node;
  nodes @1 :List(Node);
  nothings @2 :List(Void);
}

struct All {
  void @0 :Void;
  yes @1 :Bool;
  no @2 :Bool = true;
  i8 @3 :Int8;
  i16 @4 :Int16 = -300;
  i32 @5 :Int32;
  i64 @6 :Int64;
  u8 @7 :UInt8 = 200;
  u16 @8 :UInt16;
  u32 @9 :UInt32;
  u64 @10 :UInt64;
  f32 @11 :Float32;
  f64 @12 :Float64 = 2.5;
  colour @13 :Colour;
  text @14 :Text;
  data @15 :Data;
  bools @16 :List(Bool);
  signed @17 :List(Int16);
  colours @18 :List(Colour);
  texts @19 :List(Text);
  lists @20 :List(List(UInt8));
  parts @21 :List(Part);
  absent @22 :Text;
  union {
    number @23 :UInt16;
    word @24 :Text;
    group :group {
      left @25 :Int32;
      right @26 :Text;
    }
  }
  struct Part { name @0 :Text; count @1 :UInt32 = 1; }
}

const sample :All = (
  yes = true, no = true, i8 = -128, i16 = 7, i32 = -2147483648, i64 = -9223372036854775808, u8 = 0, u16 = 65535,
  u32 = 4294967295, u64 = 18446744073709551615, f32 = 0.5, f64 = -1e300, colour = green,
  text = "a \"b\" \\ \n\t\x1b\xc3\xa9", data = 0x"00 7f 41", bools = [true, false], signed = [-1, 2], colours = [red, green],
  texts = ["x", ""], lists = [[1, 2], []], parts = [(name = "p"), (count = 3)], group = (left = -5, right = "r"));
const defaults :All = (number = 3);
