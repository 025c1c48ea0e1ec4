# Confined programs, and the boot packages that carry them. $(O)/target has their objects.

target = $(patsubst %.S,$(O)/target/%.o,$(patsubst %.c,$(O)/target/%.o,$(1)))

$(O)/target/%.o: %.c | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) -c -o $@ $<

$(O)/target/%.o: %.S
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) -c -o $@ $<

$(O)/target/gen/%.o: build/gen/%.c
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) -c -o $@ $<

RUNTIME_SOURCES := $(call sources,capos-rt wire base)
$(eval $(call archive,libcapos-rt.a,$(call target,$(RUNTIME_SOURCES)) $(GENERATED_C:build/gen/%.c=$(O)/target/gen/%.o)))

# A program NAME from a folder: $(call program,NAME,FOLDER)
define program
$(O)/elf/$(1): $(call target,$(call sources,$(2))) $(O)/libcapos-rt.a
	@mkdir -p $$(@D)
	$$(call say,$$@)
	$$(Q)$$(CC) $$(PROGRAM_LDFLAGS) -o $$@ $$^
endef

DEMOS    := $(notdir $(patsubst %/,%,$(dir $(wildcard demos/*/*.capnp))))
PROGRAMS := $(DEMOS) $(if $(wildcard capos-rt/smoke/*.c),smoke)
$(foreach d,$(DEMOS),$(eval $(call program,$(d),demos/$(d))))
$(eval $(call program,smoke,capos-rt/smoke))

# A boot package from a manifest: absolute embeds are looked for in $(O)/elf.
define package
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)capnp eval -I $(O)/elf -I schema -o flat $< manifest > $@
endef

$(foreach d,$(DEMOS),$(eval $(O)/boot/$(d).boot: demos/$(d)/$(d).capnp $(O)/elf/$(d) schema/capos.capnp ; $$(package)))
$(O)/boot/smoke.boot: capos-rt/smoke/smoke.capnp $(O)/elf/smoke schema/capos.capnp
	$(package)

BOOTS := $(PROGRAMS:%=$(O)/boot/%.boot)
