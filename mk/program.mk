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

# A folder with NAME/NAME.capnp is a program, and a system that runs it.
FOLDERS  := $(patsubst %/,%,$(dir $(wildcard demos/*/*.capnp bench/*/*.capnp capos-rt/smoke/*.capnp)))
PROGRAMS := $(notdir $(FOLDERS))
$(foreach f,$(FOLDERS),$(eval $(call program,$(notdir $(f)),$(f))))

# A boot package from a manifest: absolute embeds are looked for in $(O)/elf.
define package
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)capnp eval -I $(O)/elf -I schema -o flat $< manifest > $@
endef

define system
$(O)/boot/$(notdir $(1)).boot: $(1)/$(notdir $(1)).capnp $(O)/elf/$(notdir $(1)) schema/capos.capnp
	$$(package)
endef
$(foreach f,$(FOLDERS),$(eval $(call system,$(f))))

BOOTS := $(PROGRAMS:%=$(O)/boot/%.boot)
