# expect: annotation_prefix.capnp: "1st" is no name for C
@0xc1d4a0a3d2f7b807;
using C = import "/capnpc-capos/c.capnp";
$C.prefix("1st");
