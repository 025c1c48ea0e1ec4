# What benchmarks serve for each other.

@0xc4e0d2b6f8a19375;

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
