# expect: clash_methods.capnp:File.read: its C name file_read_wait is also that of clash_methods.capnp:File.readWait; give one of them another name with $C.name
@0xc1d4a0a3d2f7b803;
interface File {
  readWait @0 ();
  read @1 ();
}
