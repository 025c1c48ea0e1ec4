# Imported by odd_import_path.capnp.
@0xc1d4a0a3d2f7b80a;
struct Thing {}
