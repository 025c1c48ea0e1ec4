# What `make bench` runs: ours, and the peers. A peer that cannot be built is no failure: bench/build-peer keeps why.

BENCH       := $(O)/bench
# What other generators make: no header of ours.
BENCH_GEN   := build/bench-gen
BENCH_C      = $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g $(WARNINGS) -Iinclude -I. -Ibuild/gen
BENCH_CXX   := g++ -std=gnu++17 -O2 -g -Wall -Wextra -Iinclude -I. -I$(BENCH_GEN)
BENCH_CAPNP := mkdir -p $(BENCH_GEN) && capnp compile -oc++:$(BENCH_GEN)

$(BENCH)/tiny: bench/tiny.c
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) -static -o $@ $<

$(O)/obj/bench/spawn.o: MODULE_CFLAGS := -D_GNU_SOURCE
$(BENCH)/spawn: $(call objects,bench/spawn.c tests/linux/linux_runner.c tests/tap.c $(EXTRA_linux)) \
                $(addprefix $(O)/,$(LIBS_linux))
	@mkdir -p $(@D)
	$(link)

# The core on the machine of its unit tests, with memory functions of our own: glibc's depend on the processor.
$(BENCH)/host: $(call objects,bench/host/host.c $(addprefix tests/kernel/,fake_port.c fake_calls.c fake_ipc.c) tests/tap.c \
                 fuzz/tap_write.c $(call sources,base)) $(addprefix $(O)/,$(LIBS_kernel))
	@mkdir -p $(@D)
	$(link)
$(O)/suites/linux: | $(BENCH)/host $(O)/boot/mediated.boot

# --- Wire and heap ------------------------------------------------------------------------

BENCH_CASES := build/gen/bench/wire/schema/cases
$(BENCH_CASES).capos.h $(BENCH_CASES).capos.c: bench/wire/schema/cases.capnp $(PLUGIN)
	@mkdir -p build/gen
	$(call say,$@)
	$(Q)capnp compile -o$(abspath $(PLUGIN)):build/gen $<

$(BENCH)/wire-capos: $(wildcard bench/wire/*.c bench/wire/*.h) $(BENCH_CASES).capos.c $(BENCH_CASES).capos.h $(O)/libwire.a
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(BENCH_C) -o $@ $(filter %.c %.a,$^)

$(BENCH)/wire-null: bench/wire/null/null.c bench/wire/work.h
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(BENCH_C) -o $@ $<

$(BENCH)/wire-cpp: $(wildcard bench/peers/wire/*) bench/wire/work.h bench/wire/schema/cases.capnp
	$(call say,$@)
	@bench/build-peer $@ '$(BENCH_CAPNP) bench/wire/schema/cases.capnp && $(BENCH_CXX) -o $@ bench/peers/wire/*.cpp \
	  $(BENCH_GEN)/bench/wire/schema/cases.capnp.c++ -lcapnp -lkj'

$(BENCH)/heap-capos: bench/heap/capos.c bench/heap/mix.h $(O)/libcapos-rt-host.a $(O)/libwire.a
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(BENCH_C) -o $@ $(filter %.c %.a,$^)

$(BENCH)/heap-steps: bench/heap/steps.c bench/measure.h $(O)/libcapos-rt-host.a $(O)/libwire.a
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(BENCH_C) -o $@ $(filter %.c %.a,$^)
ifeq ($(VARIANT),gcc)
$(O)/suites/rt: | $(BENCH)/heap-steps
endif

$(BENCH)/heap-glibc $(BENCH)/heap-mimalloc: $(BENCH)/heap-%: bench/heap/%.c bench/heap/mix.h bench/peers/peer.h
	$(call say,$@)
	@bench/build-peer $@ '$(BENCH_C) -o $@ $< $(if $(filter mimalloc,$*),-lmimalloc)'

# --- Peers: bench/peers/NAME.c with PEER_LIBS_NAME, or NAME.cpp -------------------------------

PEER_LIBS_sdbus       := -lsystemd
PEER_LIBS_dbus_broker := -lsystemd
PEERS                 := $(basename $(notdir $(wildcard bench/peers/*.c bench/peers/*.cpp)))

$(BENCH)/peers/%: bench/peers/%.c $(wildcard bench/peers/*.h) bench/measure.h
	$(call say,$@)
	@bench/build-peer $@ '$(BENCH_C) -o $@ $< $(PEER_LIBS_$*)'

$(BENCH)/peers/capnp: bench/peers/capnp.cpp bench/peers/schema/bench.capnp $(wildcard bench/peers/*.h) bench/measure.h
	$(call say,$@)
	@bench/build-peer $@ '$(BENCH_CAPNP) bench/peers/schema/bench.capnp && $(BENCH_CXX) -o $@ $< \
	  $(BENCH_GEN)/bench/peers/schema/bench.capnp.c++ -lcapnp-rpc -lcapnp -lkj-async -lkj'

$(BENCH)/peers/grpc: bench/peers/grpc.cpp bench/peers/schema/bench.proto $(wildcard bench/peers/*.h) bench/measure.h
	$(call say,$@)
	@bench/build-peer $@ 'mkdir -p $(BENCH_GEN) && protoc -I. --cpp_out=$(BENCH_GEN) --grpc_out=$(BENCH_GEN) \
	  --plugin=protoc-gen-grpc=$$(command -v grpc_cpp_plugin) bench/peers/schema/bench.proto && $(BENCH_CXX) -o $@ $< \
	  $(BENCH_GEN)/bench/peers/schema/bench.pb.cc $(BENCH_GEN)/bench/peers/schema/bench.grpc.pb.cc \
	  $$(pkg-config --libs grpc++ protobuf)'

BENCH_WIRE := $(addprefix $(BENCH)/,wire-capos wire-cpp wire-null)
BENCH_HEAP := $(addprefix $(BENCH)/heap-,capos glibc mimalloc)
BENCHES    := $(addprefix $(BENCH)/,tiny spawn $(PEERS:%=peers/%)) $(BENCH_WIRE) $(BENCH_HEAP)
benches: $(BENCHES)
	@:
.PHONY: benches
