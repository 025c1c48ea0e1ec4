# expect: clash_constant.capnp:Foo.dataWords: its C name FOO_DATA_WORDS is also that of clash_constant.capnp:Foo; give one of them another name with $C.name
@0xc1d4a0a3d2f7b804;
struct Foo { const dataWords :UInt8 = 1; }
