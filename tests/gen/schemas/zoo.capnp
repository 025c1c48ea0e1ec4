# Everything that a schema can say, once: what is generated for it is in
# tests/gen/golden/, and the round trips read and write it.

@0xd5e29e3bbb3f6f1c;

using C = import "/capnpc-capos/c.capnp";
using Cxx = import "/capnp/c++.capnp";
using Other = import "deep/other.capnp";
using Unused = import "deep/unused.capnp";
$Cxx.namespace("zoo");
$Unused.tag("of no concern to C");

struct Scalars {
  # All scalars, each without and with a default.

  void @0 :Void;
  bool @1 :Bool;
  int8 @2 :Int8;
  int16 @3 :Int16;
  int32 @4 :Int32;
  int64 @5 :Int64;
  uInt8 @6 :UInt8;
  uInt16 @7 :UInt16;
  uInt32 @8 :UInt32;
  uInt64 @9 :UInt64;
  float32 @10 :Float32;
  float64 @11 :Float64;
  color @12 :Color;

  boolOr @13 :Bool = true;
  int8Or @14 :Int8 = -128;
  int16Or @15 :Int16 = -32768;
  int32Or @16 :Int32 = -2147483648;
  int64Or @17 :Int64 = -9223372036854775808;
  uInt8Or @18 :UInt8 = 255;
  uInt16Or @19 :UInt16 = 65535;
  uInt32Or @20 :UInt32 = 4294967295;
  uInt64Or @21 :UInt64 = 18446744073709551615;
  float32Or @22 :Float32 = 1.5;
  float64Or @23 :Float64 = -inf;
  colorOr @24 :Color = blue;
  farColor @25 :Other.Shade = dark;
}

enum Color {
  red @0;
  # The first.

  green @1;
  blue @2;
}

struct Pointers {
  text @0 :Text;
  data @1 :Data;
  scalars @2 :Scalars;
  other @3 :Other.Thing;
  any @4 :AnyPointer;
  anyStruct @5 :AnyStruct;
  anyList @6 :AnyList;
  capability @7 :Capability;
  animal @8 :Animal;

  textOr @9 :Text = "say \"what??/\"\\\n\xc3\xa9";
  dataOr @10 :Data = 0x"00 ff 7f";
  scalarsOr @11 :Scalars = (int32 = 5, colorOr = green);
  listOr @12 :List(Int16) = [1, -2, 3];
  structsOr @13 :List(Point) = [(x = 1, y = 2), (x = 3)];
  emptyTextOr @14 :Text = "";
  emptyDataOr @15 :Data = "";
  dataOr2 @16 :List(Text) = ["a", "bc"];
}

struct Ordered {
  # Accessors stand in this order, whatever the numbers.
  last @1 :UInt8;
  first @0 :UInt8;
}

struct Point {
  x @0 :Int32;
  y @1 :Int32;
}

struct Lists {
  voids @0 :List(Void);
  bools @1 :List(Bool);
  int8s @2 :List(Int8);
  uInt16s @3 :List(UInt16);
  int32s @4 :List(Int32);
  uInt64s @5 :List(UInt64);
  float32s @6 :List(Float32);
  float64s @7 :List(Float64);
  texts @8 :List(Text);
  datas @9 :List(Data);
  colors @10 :List(Color);
  points @11 :List(Point);
  others @12 :List(Other.Thing);
  matrix @13 :List(List(Int32));
  polygons @14 :List(List(Point));
  cubes @15 :List(List(List(Text)));
  animals @16 :List(Animal);
}

struct Unions {
  before @0 :UInt8;

  union {
    nothing @1 :Void;
    number @2 :Int32;
    flag @3 :Bool;
    text @4 :Text;
    point @5 :Point;
    list @6 :List(Point);
    any @7 :AnyPointer;
    animal @8 :Animal;
    box :group {
      # Two corners.
      low @9 :Point;
      high @10 :Point;
      inner :union {
        weight @11 :Float64;
        name @12 :Text;
      }
    }
    withDefault @13 :UInt16 = 7;
    pointOr @14 :Point = (x = 9, y = 8);
  }

  named :union {
    left @15 :Int16;
    right @16 :Text;
    bare :group {
      only @17 :Void;
    }
  }

  plain :group {
    a @18 :UInt8;
    b @19 :Text;
    nested :group {
      c @20 :Bool = true;
    }
  }
}

struct Nested {
  # Names within names, and constants among them.

  const limit :UInt32 = 100;
  enum Kind { none @0; some @1; }

  struct Inner {
    kind @0 :Kind;
    struct Innermost { deep @0 :UInt8; }
    innermost @1 :Innermost;
  }
  inner @0 :Inner;

  group :group { x @1 :UInt8; }
  struct Group { y @0 :UInt8; }
  typeGroup @2 :Group;
}

struct HTTPServer2Go {
  # Names that need care.

  int @0 :Int32;
  class @1 :Text;
  default @2 :Bool;
  aURL @3 :Text;
  utf8Name @4 :Text;
  sha256Sum @5 :Data;
  x @6 :UInt8;
  clash @7 :UInt8 $C.name("no_clash");
}

struct WireShark {
  u8 @0 :UInt8;
}

enum Register {
  int @0;
  volatile @1;
}

struct Empty {}

struct Box(T) {
  # A box of one T.
  value @0 :T;
  box @1 :Box(T);
}

struct Boxes {
  text @0 :Box(Text);
  point @1 :Box(Point);
}

struct All {
  # What the round trips carry.

  scalars @0 :Scalars;
  pointers @1 :Pointers;
  lists @2 :Lists;
  unions @3 :List(Unions);
  boxes @4 :Boxes;
  thing @5 :Other.Thing;
  primes @6 :List(UInt16);
  shark @7 :WireShark;
}

interface Animal {
  # What lives here.

  name @0 () -> (name :Text);
  # What it is called.

  feed @1 (food :Text, grams :UInt32, colors :Color, photo :Data) -> (full :Bool, weight :Float64, mood :Color);
  move @2 (to :Point);
  call @3 (ring :UInt8, self :Bool, int :Int32, retX :UInt8, nothing :Void) -> (nothing :Void);
  swap @4 Point -> Point;
  give @5 (to :Animal) -> (from :Animal);
  watch @6 (any :AnyPointer) -> stream;
  generic @7 [T] (value :T) -> (value :T);
  choose @8 Unions -> (unions :Unions);
  sleep @9 ();
  echo @10 (retX :UInt8) -> (x :UInt8);
}

interface Pet extends (Animal, Other.Owned) {
  stroke @0 () -> (purrs :Bool);
  name @1 () -> (name :Text);
}

interface Cat extends (Pet) {}

interface Class {
  new @0 ();
  pick @1 () -> Picked;
}

struct Picked {
  # Capabilities at places of their own, by ordinals: those of groups and unions, too.

  last @4 :Animal;
  group :group {
    inner @1 :Capability;
    deeper :group {
      innermost @3 :Cat;
    }
  }
  union {
    none @0 :Void;
    other @2 :Class;
  }
  list @5 :List(Animal);
}

const aBool :Bool = true;
const anInt8 :Int8 = -128;
const anInt64 :Int64 = -9223372036854775808;
const aUInt64 :UInt64 = 18446744073709551615;
const aFloat :Float32 = 0.1;
const aDouble :Float64 = -1e300;
const infinityToo :Float64 = inf;
const notANumber :Float32 = nan;
const minusZero :Float64 = -0.0;
const aColor :Color = green;
const aText :Text = "quote \" question ??= and \xe2\x82\xac";
const someData :Data = 0x"de ad be ef";
const origin :Point = (x = 1, y = -1);
const primes :List(UInt16) = [2, 3, 5, 7, 11];
const polygon :List(Point) = [(x = 1), (y = 2)];
const thing :Other.Thing = (name = "far", unions = (text = "away"));
const int32Max :Int32 = 1;

annotation note(*) :Text;

struct Comments {
  # A comment may hold */ and /* and **/ and // and trigraphs: ??/
  # a line may end in a backslash \
  # or in a trigraph of one ??/
  # a tab	, a percent sign %s %n, quotes " ' and é €.
  #
  #   Indented.

  a @0 :UInt8;
  # /* nested /* comments */ */

  b @1 :UInt8;
  # \
}
