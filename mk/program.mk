# Confined programs, and the boot packages that carry them. $(O)/target has their objects.

target = $(patsubst %.S,$(O)/target/%.o,$(patsubst %.c,$(O)/target/%.o,$(1)))

$(O)/target/%.o: %.c mk/variants.mk | $(GENERATED_H)
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) -c -o $@ $<

$(O)/target/%.o: %.S mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) -c -o $@ $<

$(O)/target/gen/%.o: build/gen/%.c mk/variants.mk
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)$(CC) $(CPPFLAGS) $(PROGRAM_CFLAGS) -c -o $@ $<

$(O)/target/base/%.o: private PROGRAM_CFLAGS += -fno-lto

RUNTIME_SOURCES := $(call sources,capos-rt wire base)
$(eval $(call archive,libcapos-rt.a,$(call target,$(RUNTIME_SOURCES)) $(GENERATED_C:build/gen/%.c=$(O)/target/gen/%.o)))

# A program NAME from a folder: $(call program,NAME,FOLDER)
define program
$(O)/elf/$(1): $(call target,$(call sources,$(2))) $(O)/libcapos-rt.a
	@mkdir -p $$(@D)
	$$(call say,$$@)
	$$(Q)$$(CC) $$(PROGRAM_LDFLAGS) -o $$@ $$^
endef

# A folder with NAME/NAME.capnp is a system. Its sources, if it has any, are the program NAME; those of a folder PART
# in it are the program NAME-PART.
FOLDERS   := $(patsubst %/,%,$(dir $(wildcard demos/*/*.capnp bench/*/*.capnp capos-rt/smoke/*.capnp tests/kill/*/*.capnp tests/errors/*/*.capnp tests/trace/*/*.capnp tests/spawn/*/*.capnp)))
ALONE     := $(patsubst %/,%,$(sort $(dir $(wildcard $(addsuffix /*.c,$(FOLDERS))))))
PARTS     := $(patsubst %/,%,$(sort $(dir $(wildcard $(addsuffix /*/*.c,$(FOLDERS))))))
part_name  = $(notdir $(patsubst %/,%,$(dir $(1))))-$(notdir $(1))
PROGRAMS  := $(notdir $(ALONE)) $(foreach p,$(PARTS),$(call part_name,$(p)))
$(foreach f,$(ALONE),$(eval $(call program,$(notdir $(f)),$(f))))
$(foreach p,$(PARTS),$(eval $(call program,$(call part_name,$(p)),$(p))))

ifneq ($(wildcard init/main.c),)
PROGRAMS += init
$(eval $(call program,init,init))
endif

# A boot package from a manifest: absolute embeds are looked for in $(O)/elf.
embeds = $(addprefix $(O)/elf/,$(shell sed 's/\#.*//' $(1) | tr '\n' ' ' | grep -o 'embed *"/[^"]*"' | cut -d'"' -f2 | sed 's|^/||'))
define package
	@mkdir -p $(@D)
	$(call say,$@)
	$(Q)capnp eval -I $(O)/elf -I schema -o flat $< manifest > $@
	$(Q)$(CHECKER) check $@
endef

define system
$(O)/boot/$(notdir $(1)).boot: $(1)/$(notdir $(1)).capnp $(call embeds,$(1)/$(notdir $(1)).capnp) schema/capos.capnp | $(CHECKER)
	$$(package)
endef
$(foreach f,$(FOLDERS),$(eval $(call system,$(f))))

BOOTS := $(foreach f,$(FOLDERS),$(O)/boot/$(notdir $(f)).boot)
