# What runs on the host: archives, the capos command, the schema compiler's plugin, tests.

# Objects lie under $(O)/obj, as their sources lie in the tree.
objects = $(patsubst %.S,$(O)/obj/%.o,$(patsubst %.c,$(O)/obj/%.o,$(1)))
sources = $(wildcard $(addsuffix /*.c,$(1)) $(addsuffix /*.S,$(1)))

SCHEMAS     := $(wildcard schema/*.capnp)
GENERATED_C := $(SCHEMAS:%.capnp=build/gen/%.capos.c)
GENERATED_H := $(SCHEMAS:%.capnp=build/gen/%.capos.h)

$(O)/obj/%.o: %.c mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MODULE_CFLAGS) -c -o $@ $<

$(O)/obj/%.o: %.S mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) -c -o $@ $<

$(O)/obj/gen/%.o: build/gen/%.c mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(call objects,$(call sources,kernel/core kernel/objects kernel/linux capos-rt init) $(wildcard tests/*/*.c tests/init/check/*.c fuzz/*.c bench/host/*.c)): | $(GENERATED_H)

$(O)/obj/kernel/linux/%.o $(O)/obj/kernel/trace/%.o $(O)/obj/capnpc-capos/%.o $(O)/obj/tests/linux/%.o $(O)/obj/tests/port/%.o $(O)/obj/fuzz/%.o: MODULE_CFLAGS := -D_GNU_SOURCE

# What must not lean on libc is compiled so that it cannot.
FREESTANDING := wire kernel/core kernel/objects capos-rt base init
$(foreach m,$(FREESTANDING),$(eval $(O)/obj/$(m)/%.o: MODULE_CFLAGS := -ffreestanding))

# What ARCHIVES collects is what tools/check-symbols looks at.
ARCHIVES :=
# Links the objects and archives of a rule; the archives may need each other.
define link
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lpthread
endef

define archive
ARCHIVES += $(O)/$(1)
$(O)/$(1): $(2)
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef

SCHEMA_OBJECTS := $(GENERATED_C:build/gen/%.c=$(O)/obj/gen/%.o)
$(eval $(call archive,libwire.a,$(call objects,$(call sources,wire))))
$(eval $(call archive,libkernel.a,$(call objects,$(call sources,kernel/core kernel/objects)) $(SCHEMA_OBJECTS)))
LINUX_SOURCES  := $(filter-out $(addprefix kernel/linux/,main.c check.c zygote.c),$(call sources,kernel/linux))
$(eval $(call archive,liblinux.a,$(call objects,$(filter-out kernel/linux/trace.c,$(LINUX_SOURCES)))))
$(eval $(call archive,libtrace.a,$(call objects,$(call sources,kernel/trace))))
$(eval $(call archive,libcapos-rt-host.a,$(call objects,$(filter-out %.S,$(call sources,capos-rt))) $(SCHEMA_OBJECTS)))
$(eval $(call archive,libinit.a,$(call objects,$(INIT_PURE))))

# A folder with needs of its own has a rules.mk.
include $(wildcard */rules.mk */*/rules.mk)

# The kernel that tells of calls, as one object that shows linux_run_traced() alone: so the other one has nothing of it.
TRACED_SOURCES := $(call sources,kernel/core kernel/objects) $(LINUX_SOURCES)
TRACED         := $(patsubst %.S,$(O)/traced/%.o,$(patsubst %.c,$(O)/traced/%.o,$(TRACED_SOURCES)))
$(O)/traced/kernel/core/%.o $(O)/traced/kernel/objects/%.o: MODULE_CFLAGS := -ffreestanding
$(O)/traced/kernel/linux/%.o: MODULE_CFLAGS := -D_GNU_SOURCE
$(O)/traced/%.o: %.c mk/variants.mk | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(MODULE_CFLAGS) -DKERNEL_TRACE -c -o $@ $<

$(O)/traced/%.o: %.S mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) -c -o $@ $<

$(O)/traced/kernel.o: $(TRACED)
	$(call say,$@)
	$(Q)ld -r -o $@ $^
	$(Q)objcopy --keep-global-symbol=linux_run_traced $@

# The command says of services what init says: from init's code, and the runtime's that it needs.
ARCHIVES_capos := $(addprefix $(O)/,liblinux.a libkernel.a libtrace.a libinit.a libcapos-rt-host.a libwire.a)
$(O)/capos: $(call objects,kernel/linux/main.c kernel/linux/check.c) $(O)/traced/kernel.o $(ARCHIVES_capos)
	$(link)

# Looks at the boot packages of every variant, when they are made.
CHECKER := build/gcc/capos

# --- Generated code ---------------------------------------------------------
# The plugin that generates is always the gcc variant's, so that every variant compiles the same text.

PLUGIN := build/gcc/capnpc-capos
ifneq ($(wildcard capnpc-capos/main.c),)
$(O)/capnpc-capos: $(call objects,$(call sources,capnpc-capos)) $(O)/libwire.a
	$(call say,$@)
	$(Q)$(CC) $(CFLAGS) -o $@ $^

ifneq ($(VARIANT),gcc)
$(PLUGIN):
	$(MAKE) --no-print-directory VARIANT=gcc $@

$(CHECKER): $(PLUGIN) $(GENERATED_H)
	$(MAKE) --no-print-directory VARIANT=gcc $@
endif

build/gen/schema/%.capos.h build/gen/schema/%.capos.c build/gen/schema/%.client.capos.h build/gen/schema/%.server.capos.h: schema/%.capnp $(PLUGIN)
	@mkdir -p build/gen
	$(call say,$@)
	$(Q)capnp compile -o$(abspath $(PLUGIN)):build/gen schema/$*.capnp
endif

# --- Fuzz targets: VARIANT=fuzz alone -------------------------------------------

define fuzzer
build/fuzz/$(1)_fuzz: $$(call objects,fuzz/$(1)_fuzz.c $$(FUZZ_LINK_$(1))) $$(addprefix $(O)/,libkernel.a libwire.a)
	$$(call say,$$@)
	$$(Q)$$(CC) $$(CFLAGS) -fsanitize=fuzzer -o $$@ $$(filter %.o %.a,$$^)
endef
ifeq ($(VARIANT),fuzz)
$(foreach f,$(FUZZ),$(eval $(call fuzzer,$(f))))
endif

# --- Tests --------------------------------------------------------------------

define suite
$(O)/suites/$(1): $$(call objects,$$(wildcard tests/$(1)/*.c tests/$(1)/*.S) tests/tap.c tests/tap_fork.c $$(EXTRA_$(1))) $$(addprefix $(O)/,$$(LIBS_$(1)))
	@mkdir -p $$(@D)
	$$(link)
endef
$(foreach s,$(SUITES),$(if $(wildcard tests/$(s)/*_test.c),$(eval $(call suite,$(s)))))
SUITE_PROGRAMS := $(foreach s,$(SUITES),$(if $(wildcard tests/$(s)/*_test.c),$(O)/suites/$(s)))

-include $(shell test -d $(O) && find $(O) -name '*.d')
