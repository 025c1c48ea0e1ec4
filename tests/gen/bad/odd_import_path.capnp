# expect: odd_import_path.capnp: the import "odd*name.capnp" has a character that C cannot include
@0xc1d4a0a3d2f7b809;
using Odd = import "odd*name.capnp";
struct S { thing @0 :Odd.Thing; }
