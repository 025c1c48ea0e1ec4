# What benchmarks serve for each other.

@0xc4e0d2b6f8a19375;

using Capos = import "capos.capnp";

interface Meter @0x8f1d3b5a7c9e2046 {
  echo @0 (number :UInt64, data :Data) -> (number :UInt64, data :Data);
  # What it gets. With 40 bytes of data, messages of 64 bytes go both ways.

  take @1 (meter :Meter);
  # A capability goes along, and is dropped there.

  make @2 () -> (meter :Meter);
  # A new object, which lives as long as its capability.

  step @3 (to :Meter) -> (meter :Meter);
  # What it is given: the next link of a chain is there.
}

interface Depot @0x9b6c4e2d8f1a7035 {
  # Takes bytes in three ways. The answer of each is how many came, and 40 bytes: 64 bytes go back.

  put @0 (data :Data) -> (bytes :UInt64, data :Data);
  # In the message.

  share @1 (memory :Capos.MemoryObject);
  # Memory for both, which stays mapped here.

  look @2 (bytes :UInt64) -> (bytes :UInt64, data :Data);
  # In the memory that is shared: nothing is copied.

  hand @3 (bytes :UInt64, memory :Capos.MemoryObject) -> (bytes :UInt64, data :Data);
  # In memory that goes along, mapped for this call.

  taken @4 () -> (calls :UInt64);
  # How many calls there were but share and this.
}
