# expect: deep_lists.capnp:Foo.x: lists nested more than 16 deep
@0xc1d4a0a3d2f7b808;
struct Foo {
  x @0 :List(List(List(List(List(List(List(List(List(List(List(List(List(List(List(List(List(Bool)))))))))))))))));
}
