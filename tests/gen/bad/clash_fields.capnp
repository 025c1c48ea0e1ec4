# expect: clash_fields.capnp:Order.itemID: its C name order_get_item_id is also that of clash_fields.capnp:Order.itemId; give one of them another name with $C.name
@0xc1d4a0a3d2f7b801;
struct Order {
  itemId @0 :UInt32;
  itemID @1 :UInt32;
}
