# The modules, what each may include, and what each test suite links.
# tools/check-edges reads EDGES_* and SYSTEM_*: a module may include itself, what EDGES_ lists ("schema" is what is
# generated from schema/; * stands for part of a name), and system headers: those that SYSTEM_ lists, all where it is not given.

EDGES_include        := include
EDGES_base           :=
EDGES_wire           := include/capos/wire*.h
EDGES_capos-rt       := include schema
EDGES_capnpc-capos   := include/capos/wire*.h
EDGES_kernel/core    := include/capos/wire*.h include/capos/abi.h include/capos/schema.h schema
EDGES_kernel/objects := include/capos/wire*.h include/capos/abi.h kernel/core schema
EDGES_kernel/trace   := include/capos/wire*.h include/capos/abi.h capnpc-capos/stage0/schema.h
EDGES_kernel/linux   := include/capos/abi.h include/capos/wire*.h kernel/core kernel/trace init/graph.h
EDGES_kernel/x86_64  := include/capos/abi.h kernel/core
EDGES_demos          := include schema
EDGES_init           := include schema

SYSTEM_freestanding   := stddef.h stdint.h stdbool.h stdarg.h string.h
SYSTEM_include        := $(SYSTEM_freestanding)
SYSTEM_base           := $(SYSTEM_freestanding)
SYSTEM_wire           := $(SYSTEM_freestanding)
SYSTEM_capos-rt       := $(SYSTEM_freestanding)
SYSTEM_kernel/core    := $(SYSTEM_freestanding) elf.h
SYSTEM_kernel/objects := $(SYSTEM_freestanding)
SYSTEM_kernel/x86_64  := $(SYSTEM_freestanding)
SYSTEM_demos          := $(SYSTEM_freestanding)
SYSTEM_init           := $(SYSTEM_freestanding)

# Suites: tests/NAME/*.c with the harness, and these archives of $(O). tests/NAME/*.t are scripts. What does not
# depend on the variant runs once.
SUITES          := base wire kernel rt init trace linux kill x86_64 gen install tools models
SUITES_ONCE     := install tools models
# Those that read kernel/core/limits.h pass with the smallest limits, too.
SUITES_TINY     := kernel
LIBS_base       :=
LIBS_wire       := libwire.a
LIBS_kernel     := libkernel.a libwire.a
LIBS_rt         := libcapos-rt-host.a libwire.a
LIBS_init       := libinit.a libcapos-rt-host.a libwire.a
LIBS_trace      := libtrace.a libwire.a
LIBS_linux      := liblinux.a libkernel.a libwire.a
LIBS_kill       := liblinux.a libkernel.a libwire.a
LIBS_gen        := libwire.a

# Seconds that each suite may take on two cores, in one variant if it is named; it is killed at three times that.
SHARE_base   := 5
SHARE_wire   := 20
SHARE_kernel := 20
SHARE_kernel_asan := 90
SHARE_rt     := 20
SHARE_init   := 10
SHARE_trace  := 5
SHARE_linux  := 60
SHARE_kill   := 30
SHARE_x86_64 := 60
SHARE_gen    := 60
SHARE_install := 20
SHARE_tools  := 20
SHARE_models := 30
SHARE_fuzz   := 30

# What of init/ holds no capability; the rest is linked into the program alone.
INIT_GRAPH := $(addprefix init/,manifest.c graph.c check.c)
INIT_PURE  := $(INIT_GRAPH) init/run.c

# Fuzz targets: fuzz/NAME_fuzz.c, and the sources that it needs beside libkernel.a and libwire.a.
FUZZ := $(sort $(patsubst fuzz/%_fuzz.c,%,$(wildcard fuzz/*_fuzz.c)))
FUZZ_LINK_dispatch := $(addprefix tests/kernel/,fake_port.c fake_calls.c fake_ipc.c fake_spawn.c sample_elf.c) tests/tap.c fuzz/tap_write.c
FUZZ_LINK_boot     := $(FUZZ_LINK_dispatch)
FUZZ_LINK_capset   := $(addprefix capos-rt/,capset.c runtime.c ring.c panic.c text.c handle.c alloc.c heap.c no_heap.c promise.c) tests/rt/fake_kernel.c
FUZZ_LINK_server   := $(filter-out capos-rt/start.c,$(wildcard capos-rt/*.c)) tests/tap.c fuzz/tap_write.c \
  $(addprefix tests/rt/,fake_kernel.c fake_endpoint.c demo_server.c)
FUZZ_LINK_manifest := $(INIT_GRAPH) capos-rt/text.c
FUZZ_LINK_trace := $(wildcard kernel/trace/*.c) kernel/trace/system.S
FUZZ_LINK_gen_request := $(filter-out capnpc-capos/main.c,$(wildcard capnpc-capos/*.c))
