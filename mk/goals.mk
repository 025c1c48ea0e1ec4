# The goals.

GOALS := all help run run-qemu run-% test lint fuzz test-mutants test-sanitizers test-fresh test-debian-kernel test-long capos-rt-test \
  capos-rt-check bench bench-quick bench-wire bench-report budget install uninstall \
  format golden clean
.PHONY: $(filter-out run-%,$(GOALS)) run-qemu suites everything sanitized built archives programs setup-% fuzz-programs compile_commands.json

# Goals run one after the other; what they build is built in parallel, also when nobody said -j.
ifneq ($(filter $(GOALS),$(or $(MAKECMDGOALS),all)),)
.NOTPARALLEL:
endif
JOBS ?= $(shell nproc)
SUB   = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

ALL := $(O)/capos $(O)/kernel.elf $(if $(wildcard capnpc-capos/main.c),$(O)/capnpc-capos) $(BOOTS)

setup-%:
	@tools/setup $*

help: ## lists the goals
	@sed -n 's/^#*\([a-zA-Z_.-]*\):.*## \(.*\)/\1\t\2/p' mk/goals.mk | expand -t 24

all: setup-run ## builds the capos command, the programs and their boot packages
	+@$(SUB) built
	$(if $(filter-out all,$(MAKECMDGOALS)),,@echo "$(O)/capos is built; go on with make run, or make help")

run: run-smoke ## boots the smoke program and its peer: what the system promises, seen from inside

run-qemu: run-smoke-qemu ## the same on the bare-metal kernel, in QEMU

#run-NAME: ## runs a system: hello and the other demos (demos/README.md), or spawn, which asks for what it must not get
#run-NAME-qemu: ## the same on the bare-metal kernel, in QEMU
SYSTEMS := $(notdir $(FOLDERS))
.PHONY: $(SYSTEMS:%=run-%) $(SYSTEMS:%=run-%-qemu)
$(SYSTEMS:%=run-%): run-%: all
	$(O)/capos run $(O)/boot/$*.boot

$(SYSTEMS:%=run-%-qemu): run-%-qemu: setup-qemu all
	tools/run-qemu $(O)/kernel.elf $(O)/boot/$*.boot

run-%:
	@echo "make run-NAME: there is no system '$*'; there are: $(sort $(SYSTEMS))" >&2; false

# What the instruction budget takes beside the budget program: a kernel that starts processes, and what it starts, which is
# the smallest program with a start of its own.
BUDGET := $(O)/bench/x86_64/processes.elf $(O)/bench/x86_64/hello.boot

# What a variant's tests need; sub-makes build it.
everything: built archives $(SUITE_PROGRAMS) $(TARGET_IMAGES) $(BUDGET)
	@:

built: $(ALL)
	@:

archives: $(ARCHIVES)
	@:

programs: $(PROGRAMS:%=$(O)/elf/%)
	@:

test: setup-test ## builds both variants with -Werror and passes all tests
	@tools/run-suites begin
	+@$(foreach v,$(VARIANTS_TESTED) $(VARIANTS_COMPILED),$(SUB) VARIANT=$(v) WERROR=1 everything &&) \
	  $(SUB) VARIANT=tiny WERROR=1 $(SUITES_TINY:%=build/tiny/suites/%) && $(SUB) VARIANT=fuzz WERROR=1 fuzz-programs || { tools/run-suites check build false; exit 1; }
	@$(foreach v,$(VARIANTS_TESTED),$(MAKE) --no-print-directory VARIANT=$(v) suites;)
	@$(foreach s,$(SUITES_TINY),tools/run-suites suite tiny $(s) $(SHARE_$(s));)
	@tools/run-suites fuzz $(FUZZ)
	@$(if $(PROGRAMS),tools/run-suites check programs tools/check-elf $(PROGRAMS:%=build/gcc/elf/%) $(PROGRAMS:%=build/clang/elf/%) || :)
	@tools/run-suites end

suites:
	@$(foreach s,$(if $(filter gcc,$(VARIANT)),$(SUITES),$(filter-out $(SUITES_ONCE),$(SUITES))),\
	  tools/run-suites suite $(VARIANT) $(s) $(or $(SHARE_$(s)_$(VARIANT)),$(SHARE_$(s)));)

capos-rt-test: setup-test ## the runtime's unit tests alone
	+@$(SUB) WERROR=1 $(O)/suites/rt
	prove $(O)/suites/rt

capos-rt-check: setup-test ## checks the program files of both compilers
	+@$(foreach v,gcc clang,$(SUB) VARIANT=$(v) programs &&) :
	@tools/check-elf $(PROGRAMS:%=build/gcc/elf/%) $(PROGRAMS:%=build/clang/elf/%)

lint: setup-lint ## checks form, structure and habits of the sources
	+@$(SUB) WERROR=1 built archives $(BENCH_CASES).capos.h
	@tools/lint

# --- Fuzzing -------------------------------------------------------------------

SECONDS ?= 60
FUZZ_PROGRAMS := $(FUZZ:%=build/fuzz/%_fuzz)

fuzz-programs: $(FUZZ_PROGRAMS)
	@:

fuzz: setup-fuzz ## SECONDS=60: runs each fuzz target that long; what is new goes to build/fuzz/found
	+@$(SUB) VARIANT=fuzz fuzz-programs
	@for f in $(FUZZ); do mkdir -p build/fuzz/found/$$f; echo "fuzz: $$f"; \
	  build/fuzz/$${f}_fuzz -max_total_time=$(SECONDS) -print_final_stats=0 -verbosity=0 -max_len=8192 \
	    -artifact_prefix=build/fuzz/$$f- build/fuzz/found/$$f $$(ls -d fuzz/corpus/$$f 2>/dev/null) || exit 1; done

test-long: setup-test ## the tests with CAPOS_LONG=1, the sanitizer kernels, the mutants, the fuzz targets for SECONDS each
	@CAPOS_LONG=1 $(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory test-sanitizers test-mutants fuzz

# A kernel for the bare machine with a sanitizer, and what it is tried with.
sanitized: $(O)/kernel.elf $(TARGET_IMAGES) $(O)/boot/hello.boot $(O)/boot/smoke.boot
	@:

test-sanitizers: setup-test ## systems and unit tests on bare-metal kernels with sanitizers of their own
	@tools/run-suites begin
	+@$(foreach v,$(VARIANTS_SANITIZED),$(SUB) VARIANT=$(v) WERROR=1 sanitized &&) : || \
	  { tools/run-suites check build false; exit 1; }
	@$(foreach v,$(VARIANTS_SANITIZED),tools/run-suites suite $(v) x86_64/sanitizer 120;)
	@tools/run-suites end

test-mutants: setup-test ## breaks the code on purpose and sees the named tests fail
	@tools/mutants

test-fresh: ## a fresh Debian 12 runs the commands of README; needs root
	@tools/test-fresh

test-debian-kernel: ## the smoke transcript on the kernel of Debian 12, in QEMU
	@tools/test-debian-kernel

# --- Benchmarks: bench.mk builds them ------------------------------------------------

$(O)/bench/x86_64/processes.elf: $(call x86_objects,$(filter-out %/main.c,$(X86_SOURCES)) bench/x86_64/processes.c) \
                                 $(X86_CORE) kernel/x86_64/kernel.ld
	$(x86_link)

$(O)/bench/x86_64/hello: $(call target,bench/x86_64/start.S demos/hello/hello.c) $(O)/libcapos-rt.a
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(PROGRAM_LDFLAGS) -Wl,-u,bench_start -Wl,-e,bench_start -o $@ $^

$(O)/bench/x86_64/hello.boot: demos/hello/hello.capnp $(O)/bench/x86_64/hello schema/capos.capnp | $(CHECKER)
	$(call say,$@)
	$(Q)capnp eval -I $(@D) -I schema -o flat $< manifest > $@
	$(Q)$(CHECKER) check $@

bench: setup-bench all ## capos beside what people use today, in one run of at most 5 minutes: build/bench
	+@$(SUB) benches
	@bench/run
	@bench/count heap
	@bench/count wire
	@bench/report

bench-quick: setup-bench all ## the same in one minute, and coarse
	+@$(SUB) benches
	@bench/run --quick
	@bench/report

bench-wire: setup-bench all ## instructions of Cap'n Proto's own workloads, with wire and with the C++ library
	+@$(SUB) benches
	@bench/count wire

bench-report: setup-bench ## writes what the last bench found into docs/performance.md
	@bench/report --docs

budget: setup-qemu all ## accepts what instructions calls and processes take now: rewrites bench/budget.txt
	+@$(SUB) $(BUDGET)
	@tools/check-budget --rewrite $(O)

# --- Installing: install.mk has what goes where ----------------------------------------------

install: all ## PREFIX=/usr/local, DESTDIR: installs the command, the generator and what programs are built with
	+@$(SUB) install-files

uninstall: ## removes what install put there
	@rm -f $(foreach f,$(INSTALLED),'$(DESTDIR)$(call installed_path,$(f))')
	@for d in $(INSTALL_FOLDERS); do rmdir '$(DESTDIR)'"$$d" 2>/dev/null || :; done

format: ## rewrites the sources in the one style
	tools/sources --ours '*.c' '*.h' | xargs clang-format -i

compile_commands.json: all ## tells editors and language servers how each file is compiled
	@$(MAKE) --no-print-directory -Bn V=1 VARIANT=clang everything | tools/compile-commands >$@

golden: all ## rewrites the golden files of the tests
	@for t in tests/*/golden.sh; do CAPOS_BUILD=$(O) sh $$t --rewrite; done

clean: ## removes all that was built
	rm -rf build
