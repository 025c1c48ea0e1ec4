# Annotations for capnpc-capos, the generator of C. C has one space of names
# for everything, so a schema may have to say what its names become:
#
#     using C = import "/capnpc-capos/c.capnp";
#     $C.prefix("shop");                        # struct Order -> shop_order
#     struct Order { type @0 :Kind $C.name("sort"); }   # shop_order_get_sort

@0x801fe4ae89462ca6;

annotation prefix @0xb12b23a6f631984a (file) :Text;
# Stands before all C names of a file, with a "_".

annotation name @0xf68ff82738afa2c2
    (struct, field, union, group, enum, enumerant, interface, method, const) :Text;
# What this one is called in C, instead of its name in snake case. Scopes and
# prefix still stand before it.
