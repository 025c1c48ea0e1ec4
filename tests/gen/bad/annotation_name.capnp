# expect: annotation_name.capnp:Foo.x: "no name" is no name for C
@0xc1d4a0a3d2f7b806;
using C = import "/capnpc-capos/c.capnp";
struct Foo { x @0 :UInt8 $C.name("no name"); }
