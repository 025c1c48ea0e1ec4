# expect: clash_types.capnp:FooBar: its C name foo_bar_reader is also that of clash_types.capnp:Foo.Bar; give one of them another name with $C.name
@0xc1d4a0a3d2f7b802;
struct Foo { struct Bar {} }
struct FooBar {}
