# What demos and tests serve for each other: an interface for every way in
# which programs hand capabilities around.

@0xd60fd7df3aacb8ea;

using Capos = import "capos.capnp";

interface Node @0xb3a8f6a2c1d4e501 {
  # What a directory can hold.

  size @0 () -> (bytes :UInt64);
}

interface File @0xb3a8f6a2c1d4e502 extends (Node) {
  read @0 (offset :UInt64, count :UInt32) -> (data :Data);
  # Up to count bytes from offset on; fewer at the end.

  write @1 (offset :UInt64, data :Data);
}

interface Directory @0xb3a8f6a2c1d4e503 extends (Node) {
  open @0 (name :Text) -> (file :File);
  # A capability to the file of that name.

  create @1 (name :Text) -> (file :File, isNew :Bool);

  link @2 (name :Text, file :File);
  # Puts a file under a name, be it one of another program.

  list @3 () -> (entries :List(Entry));

  openAll @4 (names :List(Text)) -> (files :List(File));

  replace @5 (entry :Entry) -> (old :Entry);

  self @6 () -> (here :Directory, parent :Directory);
}

struct Entry @0xb3a8f6a2c1d4e504 {
  # What has a name in a directory.

  name @0 :Text;
  union {
    nothing @1 :Void;
    file @2 :File;
    directory @3 :Directory;
    link :group {
      # A name of something elsewhere.
      path @4 :Text;
      node @5 :Node;
    }
  }
}

interface Store @0xb3a8f6a2c1d4e505 {
  # Values by key.

  get @0 (key :UInt64) -> (value :UInt64, version :UInt64);
  put @1 (key :UInt64, value :UInt64) -> (version :UInt64);

  watch @2 (key :UInt64, version :UInt64) -> (value :UInt64, version :UInt64);
  # Answers once the key has a version later than this one.

  mount @3 () -> (root :AnyPointer);
}

interface Baton @0xb3a8f6a2c1d4e506 {
  # An object that programs hand on.

  touch @0 (by :Text) -> (touches :UInt32);
}

interface Runner @0xb3a8f6a2c1d4e507 {
  take @0 (baton :Baton, next :Runner) -> (touches :UInt32);
  # Touches the baton and hands it on to the next runner, if there is one.

  drop @1 () -> (baton :Baton);
  # Gives back what it holds.
}

interface Painter @0xb3a8f6a2c1d4e508 {
  paint @0 (width :UInt32, height :UInt32) -> (pixels :Capos.MemoryObject);
  # A picture, a byte a pixel, row by row, in memory for reading only.
}

interface Walker @0xb3a8f6a2c1d4e509 {
  # Somebody who is always somewhere: for chains of calls.

  step @0 (to :Walker) -> (at :Walker);
  # The walker that was given; if none was, a new one here, one step further.

  place @1 () -> (name :Text, steps :UInt64);

  rest @2 () -> (at :Walker);
  # Never answers. A caller may give up.

  lose @3 () -> (at :Walker);
  # Answers without a walker.
}

interface Sink @0xb3a8f6a2c1d4e50a {
  # Takes whatever comes, as fast as it can.

  put @0 (data :Data) -> stream;

  taken @1 () -> (bytes :UInt64, calls :UInt64);
}

interface Door @0xb3a8f6a2c1d4e520 {
  # A guest's way into a room.

  knock @0 () -> (knocks :UInt32);

  stay @1 () -> ();
  # Goes in. Answers when the keeper lets those inside go.
}

interface Keeper @0xb3a8f6a2c1d4e521 {
  # Whose the room is.

  invite @0 (guest :UInt32) -> (door :Door);
  # A door for a guest, numbered from 0.

  inside @1 () -> (count :UInt32);

  expel @2 (guest :UInt32) -> (unheard :UInt32);
  # Takes the guest's door back, wherever it is by now. unheard: how many stays there were
  # of whom nobody waits for an answer any more.

  letGo @3 ();
  # Answers those inside.
}

interface Guest @0xb3a8f6a2c1d4e522 {
  take @0 (door :Door);

  lend @1 () -> (door :Door);
  # Another capability to its door.

  knock @2 () -> (answer :Text);
  stay @3 () -> (answer :Text);
  # Does so at the door, and says how that ended.
}
