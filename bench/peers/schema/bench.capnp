@0xecdb1412c2ea38a5;
# What the peers over Cap'n Proto RPC call, and what a service of capos can be asked for the same.

struct Eight {
  a @0 :UInt64;
  b @1 :UInt64;
  c @2 :UInt64;
  d @3 :UInt64;
  e @4 :UInt64;
  f @5 :UInt64;
  g @6 :UInt64;
  h @7 :UInt64;
}

interface Bench {
  call @0 Eight -> Eight;
  # 64 bytes there and back: a, plus one.

  put @1 (bytes :Data) -> Eight;
  # Bytes there, 64 back.

  next @2 (to :Bench) -> (next :Bench);
  # The links of a chain: what it is given, or itself.
}
