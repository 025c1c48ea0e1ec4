# The system schema of capos: the capabilities that the kernel itself serves,
# the exceptions that every call may answer with, and the manifest of a boot
# package. Doc comments here become the comments of the generated headers.

@0xdf10c8f407a360d6;

interface Console @0xc20e47cf36e2fea5 {
  # The text console of the person who runs the system.

  write @0 (data :Data);
  # Writes bytes as they are. Returns when the console has taken them all;
  # the writes of one program appear in the order of their calls.

  writeLine @1 (text :Text);
  # Writes text and a newline; no other program's bytes come in between.

  read @2 (maxBytes :UInt32) -> (data :Data);
  # Waits for input and returns 1 to maxBytes bytes of it, no more than the
  # caller's result buffer takes. Empty data is the end of the input.
  # maxBytes 0 is an invalidArgument.
}

interface Timer @0x90699771782c4d3e {
  # The system's monotonic clock.

  now @0 () -> (ns :UInt64);
  # Nanoseconds since a fixed point before the system started.

  sleep @1 (ns :UInt64);
  # Answers once ns nanoseconds have passed. Sleeps end in the order of their
  # deadlines, and of their calls where those are equal. A deadline more than
  # 100 years away is an invalidArgument.
}

interface EntropySource @0xf47582968b6a3d34 {
  # Random bytes that are fit for keys.

  fill @0 (count :UInt32) -> (data :Data);
  # Returns count bytes, 1 to 4096; another count is an invalidArgument.
}

interface BootPackage @0xa7cc987a7fad7544 {
  # What the system was started from.

  manifestSize @0 () -> (bytes :UInt64);
  # How large a result buffer readManifest needs.

  readManifest @1 () -> (manifest :Manifest);
  # The manifest without the bytes of its binaries.
}

interface MemorySource @0xc7d1f6f05b3e8a29 {
  # Memory that can be shared.

  create @0 (bytes :UInt64) -> (memory :MemoryObject);
  # Takes zeroed pages, for 1 byte to 64 MiB, rounded up to pages of 4096
  # bytes. They are charged to the process that calls, then to who started it, and
  # given back when nobody holds the memory or has it mapped any more.
  # overloaded: there are not so many, or the process has as many as it may.
}

interface MemoryObject @0xe0a95c2b74d1836f {
  # Memory that every process can map whose capability it is.

  size @0 () -> (bytes :UInt64);
  # A multiple of 4096.

  map @1 (writable :Bool) -> (address :UInt64);
  # Maps it for the caller, whole, once more if need be; never executable. It
  # stays mapped until the caller unmaps it or ends, also when the capability
  # is dropped. invalidArgument: the capability is one for reading only.
  # overloaded: the process has 64 mappings, or there is no memory for it.

  unmap @2 (address :UInt64) -> ();
  # Ends a mapping of this memory by the caller. From when the caller's
  # cap_enter returns each access is a fault.

  readOnly @3 () -> (memory :MemoryObject);
  # The same memory, for reading only.
}

interface Capability @0xb8f0c8a1f1d0a2c5 {
  # What the kernel itself answers on every capability, whatever it refers to.

  watch @0 () -> ();
  # Answers with the exception disconnected when the target is gone or was
  # revoked, and not before. Cancel the call to stop watching.
}

interface Endpoint @0xe6b1c39f0d5a7e14 {
  # The owner facet of an endpoint, beside receiving from it and minting on it.

  revoke @0 (badge :UInt64) -> ();
  # Takes the badge from all who hold it. When this answers, no call with it
  # is delivered any more; those that were delivered have completed with
  # disconnected, and returning them is UNKNOWN_CALL. No RELEASED comes for
  # the badge. Minting it again makes a new capability. A badge that nobody
  # holds is no error.

  limits @1 () -> (messageMax :UInt32, capsMax :UInt32);
  # What a call to this endpoint may carry: bytes of params, and capabilities.
  # A receive buffer is 64 + messageMax + 32 * capsMax bytes, or more.

  mint @2 (badge :UInt64, interfaceId :UInt64) -> (client :AnyPointer);
  # A client facet for the owner itself, as MINT makes one for others.
  # overloaded: there is no memory for it.
}

interface ProcessSpawner @0xb4d1e0f3a9c75628 {
  # Starts programs. What they may use comes out of what the caller itself may
  # use and does not need, and comes back when they are gone.

  spawn @0 (name :Text, binary :Text, grants :List(SpawnGrant), profile :ResourceProfile)
      -> (process :ProcessHandle);
  # Starts a binary of the boot package with what it is granted: all of it or
  # nothing. It ends when the caller does. name is 1 to 43 bytes of UTF-8, for
  # the log. invalidArgument: the message says which field is wrong, and why
  # the binary cannot be run. overloaded: it says of what there is too little.

  endpoint @1 (messageMax :UInt32, capsMax :UInt32) -> (endpoint :Endpoint);
  # A fresh endpoint: its owner facet. messageMax is a multiple of 8 up to
  # 65536, 0 is 4096; capsMax is up to 16, 0 is 4. Owner facets can be
  # granted to a program that starts, copied or moved, and in no other way be
  # given away. Each owner may receive; the answer to a call is owed by the
  # process that received it.
}

struct SpawnGrant @0xd27b63f0e81ca945 {
  # One capability for a program that starts.

  name @0 :Text;
  # 1 to 43 bytes of UTF-8, unique among the grants.
  capability @1 :AnyPointer;
  # Copied, moved or minted, and not null. One call grants up to 16.
}

interface ProcessHandle @0xc95e8a1f46d3b702 {
  # A process, for the one that spawned it: it cannot be handed on. Dropping it
  # does not end the process.

  wait @0 () -> (status :ProcessStatus);
  # Answers when the process is gone, and what it held is released.

  kill @1 ();
  # Ends it. Harmless if it has ended.

  status @2 () -> (status :ProcessStatus);
}

struct ProcessStatus @0xa6f3c81d905be427 {
  union {
    running @0 :Void;
    exited @1 :Int64;
    # The code that it exited with.
    faulted @2 :Text;
    # Why and where, in words.
    killed @3 :Void;
    # By its handle, or because its spawner ended.
  }
}

interface Stats @0xd3a4f5e0b7c81962 {
  # What the kernel keeps for all processes together.

  read @0 () -> (
    processes :UInt64,
    # Alive, or dead and kept for a call that a server has not returned.
    slots :UInt64,
    # Capabilities that processes hold.
    calls :UInt64,
    # Submitted and not complete, or delivered and not returned.
    receives :UInt64,
    endpoints :UInt64,
    facets :UInt64,
    # Badges that somebody holds, or whose end is not yet told.
    queuedMessages :UInt64,
    queuedBytes :UInt64,
    # Calls that wait at endpoints, and their params.
    bundles :UInt64,
    # Messages under way that carry capabilities.
    arenaBytes :UInt64,
    # Memory taken for records, those that are free to be used again included.
    memories :UInt64,
    memoryBytes :UInt64,
    # What MemorySource made and has not got back.
    mappings :UInt64,
    # Of these, in all processes.
    pages :UInt64
    # Of the machine's memory: what processes take, memories included. The
    # read-only part of a program counts once, and not at all when it is only
    # kept for a next start.
  );
}

enum ExceptionType @0xac25977d8fb8ae4e {
  # What a caller can do about an exception. The first four are those of
  # Cap'n Proto's rpc.capnp.

  failed @0;
  # The call went wrong; doing it again will most likely fail again.
  overloaded @1;
  # Something that the call needs is used up; later it may work.
  disconnected @2;
  # The target is gone or was revoked.
  unimplemented @3;
  # The target has no such interface or method.
  invalidArgument @4;
  # The params ask for what cannot be.
}

struct CapException @0xbd7cd088ca774372 {
  # Why a live target did not do what a call asked for.

  type @0 :ExceptionType;
  message @1 :Text;
  # For the person who reads the log: no addresses, no secrets.
}

struct Manifest @0xd9fcec74de26b297 {
  # What a system consists of: a constant in a .capnp file, compiled by
  # `capnp eval -o flat FILE NAME` into a boot package. A field that a kernel
  # does not act on is refused, never ignored.

  schemaVersion @0 :UInt32;
  # Must be 1.

  binaries @1 :List(Binary);
  init @2 :Program;
  # The first program, and the only one that the kernel starts: it is granted
  # kernel capabilities alone. The system ends when it does, with its exit
  # code.

  services @3 :List(Service);
  # What the program init of this repository starts, each after those that it
  # imports from; another first program may read them as it likes. One without
  # processSpawner starts nothing, so the kernel refuses services then. A service
  # that exports something, or that is restarted always and without limit,
  # serves others; any other is a job. The system runs until the last job has
  # ended (if there is none: until the last service has), then what is left
  # is stopped in the reverse order of its start. A service that fails and is
  # not started again is told on the console; the others go on. The exit code
  # of the system is that of the first such failure, and 0 if there is none.
}

struct Binary @0xcbb30c98013294f5 {
  name @0 :Text;
  elf @1 :Data;
  # The file's bytes: `embed "path"`.
}

struct Program @0xa798ff3f50075441 {
  # A binary and what it is given.

  binary @0 :Text;
  # The name of one of the manifest's binaries.
  grants @1 :List(Grant);
  profile @2 :ResourceProfile;
}

struct Grant @0xf768397affd8b804 {
  # One capability, under the name by which the program looks it up.

  name @0 :Text;
  # 1 to 43 bytes of UTF-8, unique among a program's grants.

  union {
    kernel @1 :KernelCapability;
    # A service gets what init was granted of the kind.
    export :group {
      # What another service exports: each grant gets a badge of its own,
      # another one for each start, whose lower 32 bits are 1: the exported
      # object's number. Init itself imports nothing.
      service @2 :Text;
      name @3 :Text;
      interfaceId @4 :UInt64;
      # What the export must be; 0 leaves that to the program.
    }
  }
}

enum KernelCapability @0xe92bf416a8f3ccd9 {
  # What the kernel itself can grant. There is none by default.

  none @0;
  console @1;
  timer @2;
  entropySource @3;
  bootPackage @4;
  stats @5;
  memorySource @6;
  processSpawner @7;
}

struct Service @0x90679a9fd66b9443 {
  name @0 :Text;
  # 1 to 43 bytes of UTF-8, unique among services.
  program @1 :Program;
  exports @2 :List(Export);
  restart @3 :RestartPolicy;
}

struct Export @0xc0f31cb3877bd79c {
  # A capability that a service serves for others. The service finds the owner
  # facet of the endpoint under the name; who is granted the export, a client
  # facet with the interface id.

  name @0 :Text;
  # As a grant's, and unique among them, too.
  interfaceId @1 :UInt64;
  messageMax @2 :UInt32;
  # Bytes of params that one call may have: a multiple of 8 up to 65536; 0 is 4096.
  capsMax @3 :UInt32;
  # Capabilities that one call may carry: up to 16; 0 is 4.
}

struct RestartPolicy @0xa3cae25e7e5550ab {
  # What happens when a service ends. One that may be started again keeps its
  # endpoints: calls that it had received end with disconnected, later ones
  # wait for the next instance.

  mode @0 :RestartMode;
  limit @1 :UInt32;
  # Restarts before giving up; 0 is no limit. Without a limit there must be a
  # pause.
  backoffNs @2 :UInt64;
  # The pause before the first restart; it doubles with each, up to an hour,
  # which is also the longest that it may be.
}

enum RestartMode @0xfa25bae04150e0f7 {
  never @0;
  onFailure @1;
  # After an exit code other than 0, a fault, or a start that did not succeed.
  always @2;
}

struct ResourceProfile @0x927ba6b8d8c2a879 {
  # What a program and all that it starts may use together. It comes out of
  # what its spawner may use. The first program's default is as much as the kernel
  # keeps records for.

  capSlots @0 :UInt32;
  # Capabilities. A program itself holds up to 256 of them at a time; the rest
  # is for those that it starts. 0 is 256.

  calls @1 :UInt32;
  # Unfinished calls. A program itself has up to 64; the rest is for those that
  # it starts. 0 is 64.

  memoryBytes @2 :UInt64;
  # Its program and stack, and the shared memory that it makes. 0 is 256 MiB.

  processes @3 :UInt32;
  # That it may start, and that these may start. 0 is none.

  endpoints @4 :UInt32;
  # That it may make. 0 is none.

  badges @5 :UInt32;
  # That it may have minted at a time, on whatever endpoints. One counts until
  # nobody holds it and its end is told, revoked or not. 0 is 256.
}
