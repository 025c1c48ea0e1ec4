# expect: clash_enumerants.capnp:Color.darkREd: its C name COLOR_DARK_RED is also that of clash_enumerants.capnp:Color.darkRed; give one of them another name with $C.name
@0xc1d4a0a3d2f7b805;
using C = import "/capnpc-capos/c.capnp";
enum Color {
  darkRed @0;
  darkREd @1 $C.name("dark_red");
}
