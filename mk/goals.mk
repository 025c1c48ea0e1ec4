# The goals.

.PHONY: all help run run-hello test lint fuzz test-mutants test-fresh test-debian-kernel test-long capos-rt-test capos-rt-check format golden clean \
  suites everything setup-%

ALL := $(O)/capos $(if $(wildcard capnpc-capos/main.c),$(O)/capnpc-capos) $(BOOTS)

setup-%:
	@tools/setup $*

help: ## lists the goals
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' mk/goals.mk | expand -t 18

all: setup-run ## builds the capos command, the programs and their boot packages
	@$(MAKE) --no-print-directory $(ALL)

run: all ## runs the smoke program: what the system promises, seen from inside
	$(O)/capos run $(O)/boot/smoke.boot

run-hello: all ## runs the smallest program
	$(O)/capos run $(O)/boot/hello.boot

# What a variant's tests need; sub-makes build it.
everything: $(ALL) $(SUITE_PROGRAMS)

test: setup-test ## builds both variants with -Werror and passes all tests
	@tools/run-suites begin
	@$(MAKE) --no-print-directory VARIANT=gcc WERROR=1 everything
	@$(MAKE) --no-print-directory VARIANT=asan WERROR=1 everything
	@$(MAKE) --no-print-directory VARIANT=gcc-O0 WERROR=1 $(O:%gcc=%gcc-O0)/capos
	@$(MAKE) --no-print-directory VARIANT=clang WERROR=1 $(O:%gcc=%clang)/capos
	@$(MAKE) --no-print-directory VARIANT=gcc suites
	@$(MAKE) --no-print-directory VARIANT=asan suites
	@$(MAKE) --no-print-directory fuzz-replay
	@tools/run-suites end

suites:
	@$(foreach s,$(SUITES),tools/run-suites suite $(VARIANT) $(s) $(SHARE_$(s));)

capos-rt-test: setup-test ## the runtime's unit tests alone
	@$(MAKE) --no-print-directory WERROR=1 $(O)/suites/rt
	prove $(O)/suites/rt

capos-rt-check: setup-test ## checks the program files of both compilers
	@for v in gcc clang; do $(MAKE) --no-print-directory VARIANT=$$v build/$$v/elf/smoke build/$$v/elf/hello && \
	  tools/check-elf build/$$v/elf/smoke build/$$v/elf/hello || exit 1; done

lint: setup-lint ## checks form, structure and habits of the sources
	@$(MAKE) --no-print-directory $(GENERATED_H)
	@tools/lint

# --- Fuzzing -------------------------------------------------------------------

SECONDS ?= 60
FUZZ_PROGRAMS := $(FUZZ:%=build/fuzz/%)
FUZZ_FLAGS := -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

.SECONDEXPANSION:
build/fuzz/%: fuzz/%_fuzz.c $$(FUZZ_LINK_$$*) $(wildcard wire/*.c) | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)clang $(FUZZ_FLAGS) $(CPPFLAGS) -o $@ $(filter %.c,$^)

.PHONY: fuzz-replay
fuzz-replay: $(FUZZ_PROGRAMS)
	@tools/run-suites fuzz $(FUZZ)

fuzz: setup-test $(FUZZ_PROGRAMS) ## SECONDS=60: runs each fuzz target that long
	@for f in $(FUZZ); do mkdir -p build/fuzz/found/$$f; echo "fuzz: $$f"; \
	  build/fuzz/$$f -max_total_time=$(SECONDS) -print_final_stats=0 -verbosity=0 -max_len=8192 \
	    -artifact_prefix=build/fuzz/$$f- build/fuzz/found/$$f $$(ls -d fuzz/corpus/$$f 2>/dev/null) || exit 1; done

test-mutants: setup-test ## breaks the code on purpose and sees the named tests fail
	@tools/mutants

test-fresh: ## a fresh Debian 12 runs the commands of README; needs root
	@tools/test-fresh

test-debian-kernel: ## the smoke transcript on the kernel of Debian 12, in QEMU
	@tools/test-debian-kernel

$(O)/bench/peers: bench/peers.c
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $<

bench: all $(O)/bench/peers ## calls to the kernel's objects beside what Linux itself takes
	@bench/run

format: ## rewrites the sources in the one style
	git ls-files '*.c' '*.h' | xargs clang-format -i

golden: all ## rewrites the golden files of the tests
	@for t in tests/*/golden.sh; do CAPOS_BUILD=$(O) sh $$t --rewrite; done

clean: ## removes all that was built
	rm -rf build
